import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { exampleOperations } from '../../src/badges/examples.ts';
import { type OpenPage, findBrowser, launchBrowser, openPage } from '../support/browser.ts';
import { type TestService, startTestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ hasPlayground: true });
});
afterAll(() => service.close());

test.each(exampleOperations)(
  'the example $name works on the sandbox as it stands',
  async (example) => {
    const { data, errors } = await service.execute<Record<string, unknown>, object>(
      example.query,
      example.variables,
    );

    expect(errors).toBeUndefined();
    const text = JSON.stringify(data);
    const codes = [...text.matchAll(/"code":"([A-Z_]+)","message"/g)].map(([, code]) => code);
    expect(codes.filter((code) => code !== 'AUTOMATION_DELAYED')).toEqual(
      example.name === 'UpdateTagMangoIfUnchanged' ? ['CONFLICT'] : [],
    );
    expect(text).not.toContain('[null');
    if (example.name.startsWith('Rename')) {
      expect(data).toMatchObject({ updateBadge: { badge: expect.anything(), userErrors: [] } });
    }
  },
);

const executablePath = findBrowser();
if (!executablePath)
  console.log('Skipped: the playground in a browser, since /usr/bin/chromium is not installed.');

(executablePath ? describe : describe.skip)('in a browser without a network', () => {
  let fresh: TestService;
  let browser: Browser;
  let open: OpenPage;
  beforeAll(async () => {
    fresh = await startTestService({ hasPlayground: true });
    browser = await launchBrowser(executablePath ?? '');
    open = await openPage(browser, `${fresh.url}/`);
  });
  afterAll(async () => {
    await browser.close();
    await fresh.close();
  });

  /** The editor draws spaces as no-break spaces, and only the lines in view. */
  async function shown(): Promise<string> {
    return (await open.page.locator('.result-window').innerText()).replaceAll('\u00a0', ' ');
  }

  /** Whether the operation went out: after a change of tabs the page takes a moment to know which one it is. */
  async function pressButton(operation: string): Promise<boolean> {
    const answered = open.page
      .waitForResponse(
        (response) => response.request().postData()?.includes(` ${operation}(`) ?? false,
        { timeout: 1_000 },
      )
      .then(() => true)
      .catch(() => false);
    await open.page.locator('.graphiql-execute-button').click();
    return answered;
  }

  /** Opens the tab, presses the button, and scrolls down in the answer until the text is in view. */
  async function run(tab: string, expected: string): Promise<void> {
    const { page } = open;
    await page.getByRole('tab', { name: tab }).first().click();
    while (!(await pressButton(tab))) continue;
    await page.locator('.result-window .view-line').first().hover();
    const deadline = performance.now() + 10_000;
    while (!(await shown()).includes(expected)) {
      if (performance.now() > deadline) throw new Error(`${expected} never came into view`);
      await page.mouse.wheel(0, 200);
      await page.evaluate('new Promise(requestAnimationFrame)');
    }
  }

  test('opens with a tab for each example', async () => {
    const tabs = open.page.getByRole('tab');
    await tabs.first().waitFor();
    const names = exampleOperations.map(({ name }) => name);
    expect((await tabs.allInnerTexts()).slice(0, names.length)).toEqual(names);
  });

  test('opens each tab at the first click', async () => {
    for (const { name } of exampleOperations.toReversed()) {
      const tab = open.page.getByRole('tab', { name }).first();
      await tab.click({ delay: 60 });
      expect([name, await tab.getAttribute('aria-selected')]).toEqual([name, 'true']);
    }
  });

  test('runs the query and an update by clicking, and the query then shows the new name', async () => {
    await run('Badges', '"totalCount": 16');
    await run('RenameTagMangoBadge', '"name": "Hall of Fame 2026"');
    await run('Badges', '"name": "Hall of Fame 2026"');
    const { SCREENSHOT: path } = process.env;
    if (path) await open.page.screenshot({ path });
  });

  test('asks nobody but this machine, and reports no error', () => {
    expect([open.foreignRequests, open.errors]).toEqual([[], []]);
  });
});
