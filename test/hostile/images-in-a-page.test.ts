import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Browser, Page } from 'playwright-core';
import { isHttpsUrl } from '../../src/providers/graph-types.ts';
import { numRuns } from '../properties/runs.ts';
import { anyCharacter } from '../properties/texts.ts';
import { findBrowser, launchBrowser } from '../support/browser.ts';
import { BAD_URLS, GOOD_URLS } from './urls.ts';

const executablePath = findBrowser();
if (!executablePath)
  console.log('Skipped: URLs in a real page, since /usr/bin/chromium is not installed.');

const PIECES = [
  ...['https://', 'http://', 'HTTPS://', '//', '/', '\\', '?', '#', '&', '=', '@', ':', '.', '%'],
  ...['img.example', 'evil.example', 'a', 'ß', 'é', 'ｅ', '%65', '%27', '&#39;', '&quot;', '&sol;'],
  ...["'", '"', '`', '<', '>', ' ', '\n', '\0', '\u202e', '\u2028', '’', '»', '＂', '\u00ad'],
  ...['onerror=alert(1)', 'javascript:', 'srcset=', '-->', '<!--', '{', '}', '(', ')', ';', ','],
];
const urlLike = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: anyCharacter, maxLength: 2 })), {
    maxLength: 6,
  })
  .map((parts) => parts.join(''));
const candidate = fc.oneof(
  fc
    .tuple(fc.constantFrom('', 'https://img.example', 'https://'), urlLike)
    .map((two) => two.join('')),
  fc.tuple(fc.constantFrom(...GOOD_URLS), urlLike).map((two) => two.join('')),
  fc.constantFrom(...BAD_URLS),
);

(executablePath ? describe : describe.skip)('in a real page', () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await launchBrowser(executablePath ?? '');
    page = await browser.newPage();
    await page.route('**/*', (route) => route.abort());
  });
  afterAll(() => browser.close());

  test('a URL that is let through stays one attribute, and leads to the host that it names', async () => {
    const urls = fc.sample(candidate, numRuns * 50).filter(isHttpsUrl);
    expect(urls.length).toBeGreaterThan(numRuns);
    // Unescaped, as a careless template writes it, in each way that an attribute can be written.
    const seen = await page.evaluate<unknown[]>(`${JSON.stringify(urls)}.map((url) =>
      ["'" + url + "'", '"' + url + '"', url].map((value) => {
        const { body } = new DOMParser().parseFromString('<img src=' + value + '>', 'text/html');
        const images = [...body.querySelectorAll('*')];
        return images.map((image) => image.getAttributeNames() + ' ' + new URL(image.getAttribute('src')).host);
      }))`);
    const expected = urls.map((url) => {
      const image = [`src ${new URL(url).host}`];
      return [image, image, image];
    });
    expect(seen).toEqual(expected);
  });
});
