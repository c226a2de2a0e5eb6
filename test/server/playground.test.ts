import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { exampleOperations } from '../../src/badges/examples.ts';
import {
  type OpenPage,
  findBrowser,
  launchBrowser,
  openPage,
  waitUntil,
} from '../support/browser.ts';
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

  async function openExample(name: string): Promise<void> {
    const { page } = open;
    // A search by role takes longer, because it computes the names of all elements.
    await page.locator(`#examples button:has(b:text-is("${name}"))`).click();
    await page.locator('[role=tab][aria-selected=true]', { hasText: name }).waitFor();
  }

  /** Opens the example, presses the button, and scrolls down in the answer until the text is in view. */
  async function run(name: string, expected: string): Promise<void> {
    const { page } = open;
    await openExample(name);
    while (!(await pressButton(name))) continue;
    await page.locator('.result-window').hover();
    const deadline = performance.now() + 10_000;
    while (!(await shown()).includes(expected)) {
      if (performance.now() > deadline) throw new Error(`${expected} never came into view`);
      await page.mouse.wheel(0, 200);
      await page.evaluate('new Promise(requestAnimationFrame)');
    }
  }

  /** Moves the pointer to the first place with this text that is wholly in view. */
  async function pointAt(text: string): Promise<void> {
    const { page } = open;
    const window = page.locator('.result-window');
    const { y: top = 0, height = 0 } = (await window.boundingBox()) ?? {};
    const boxes = await Promise.all(
      (await window.getByText(text).all()).map((one) => one.boundingBox()),
    );
    const box = boxes.find((one) => one && one.y > top + 50 && one.y < top + height - 80);
    if (!box) return;
    await page.mouse.move(box.x, box.y);
    await page.mouse.move(box.x + 40, box.y + box.height / 2, { steps: 3 });
  }

  test('opens with a list of examples by group, and with the first in a tab', async () => {
    const { page } = open;
    await page.getByRole('tab').first().waitFor();
    expect(await page.getByRole('tab').allInnerTexts()).toEqual(['Badges']);
    expect(await page.locator('#examples summary').allInnerTexts()).toEqual([
      'Read',
      'Change',
      'Award',
      'History',
      'Entities, for routers',
    ]);
    expect(await page.locator('#examples li b').allInnerTexts()).toEqual(
      exampleOperations.map(({ name }) => name),
    );
  });

  test('opens each example at the first click, and no second tab for it; the editors know the whole schema, and find no fault', async () => {
    const { page } = open;
    for (const { name } of exampleOperations.toReversed()) await openExample(name);
    for (const { name } of exampleOperations) {
      await openExample(name);
      await page.getByText('Fetching schema').waitFor({ state: 'hidden' });
    }
    const names = (await page.getByRole('tab').allInnerTexts()).map((name) => name.trim());
    const [front, ...others] = exampleOperations.map(({ name }) => name);
    expect(names).toEqual([front, ...others.toReversed()]);

    // Faults are found a moment later, all of them at once: so one is added to wait for, to an operation of federation.
    await page.evaluate(`
      const isQuery = (model) => model.uri.path.endsWith('operation.graphql');
      const model = __MONACO.editor.getModels().find(isQuery);
      model.setValue(model.getValue() + ' query Wrong { nowhere }');
    `);
    const faults = `__MONACO.editor.getModelMarkers({})
      .filter(({ resource }) => resource.path.endsWith('operation.graphql'))
      .map(({ message }) => message)`;
    await waitUntil(page, `${faults}.some((message) => message.includes('nowhere'))`);
    expect(await page.evaluate(faults)).toEqual([expect.stringContaining('nowhere')]);
  });

  test('runs the query and an update by clicking, and the query then shows the new name', async () => {
    await run('Badges', '"totalCount": 16');
    await run('RenameTagMangoBadge', '"name": "Hall of Fame 2026"');
    await run('Badges', '"name": "Hall of Fame 2026"');
  });

  test('shows the picture when the pointer is on its URL', async () => {
    const { page } = open;
    await run('Badges', '/pictures/');
    // A line at the edge of the window is covered.
    await page.mouse.wheel(0, 200);
    const picture = page.locator('.monaco-hover img').first();
    const isShown = () =>
      picture.waitFor({ timeout: 2_000 }).then(
        () => true,
        () => false,
      );
    do await pointAt('/pictures/');
    while (!(await isShown()));
    expect(await picture.getAttribute('src')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/pictures\//);
    await waitUntil(
      page,
      "[...document.querySelectorAll('.monaco-hover img')].some((one) => one.naturalWidth > 0)",
    );
    const { SCREENSHOT: path } = process.env;
    if (path) await page.screenshot({ path, animations: 'disabled' });
  });

  test('documents the schema from its description on, without federation', async () => {
    const { page } = open;
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    const docs = page.locator('.graphiql-doc-explorer');
    await docs.getByText('All Schema Types').waitFor();
    const text = await docs.innerText();
    expect(text).toMatch(/^Docs\s+Badges of several gamification services/);
    expect(text).toContain('BadgeConnection');
    expect(text).not.toMatch(/\b_\w+|\w__\w/);
    await docs.getByText('Query', { exact: true }).click();
    await docs.getByText('badgesByKeys').first().waitFor();
    expect(await docs.innerText()).not.toMatch(/\b_\w+/);
    await page.getByRole('button', { name: 'Hide Documentation Explorer' }).click();
  });

  test('asks nobody but this machine, and reports no error', () => {
    expect([open.foreignRequests, open.errors]).toEqual([[], []]);
  });
});
