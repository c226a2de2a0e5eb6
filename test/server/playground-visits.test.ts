import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import {
  type OpenPage,
  findBrowser,
  launchBrowser,
  openAgain,
  openPage,
  waitUntil,
} from '../support/browser.ts';
import { type PrefixProxy, startPrefixProxy } from '../support/prefix-proxy.ts';
import { type TestService, ofFirst, startTestService } from '../support/service.ts';

const executablePath = findBrowser();
if (!executablePath)
  console.log('Skipped: visits of the playground, since /usr/bin/chromium is not installed.');

/** The tab of a first visit. */
const FIRST = ['Badges'];
const SECRET = 'the-secret-of-the-router';
const COUNT = 'query Count { badges { totalCount } }';
/** More than any server takes in its first line. */
const LONG = `${COUNT}\n${`# ${'long '.repeat(20)}\n`.repeat(300)}`;
const COUNT_ANSWER = { data: { badges: { totalCount: 16 } } };

let url: string;
let browser: Browser;
let shared: OpenPage;
let service: TestService;
let proxy: PrefixProxy;
let firstVisit: { bytes: number; foreignRequests: string[]; errors: string[] };
beforeAll(async () => {
  if (!executablePath) return;
  browser = await launchBrowser(executablePath);
  service = await startTestService({ hasPlayground: true });
  url = service.url;
  proxy = await startPrefixProxy(url, '/internal/badges-playground');
  shared = await openPage(browser, `${url}/`);
  await waitForWorkers(shared);
  const { foreignRequests, errors } = shared;
  firstVisit = {
    bytes: await pageBytes(shared),
    foreignRequests: [...foreignRequests],
    errors: [...errors],
  };
});
afterAll(async () => {
  await browser?.close();
  await proxy?.close();
  await service?.close();
});

/** One page at a time. What the browser has stored for it, if anything. */
async function visit(url: string, stored?: Record<string, string>): Promise<OpenPage> {
  await openAgain(shared, url, stored);
  await editorOf(shared).waitFor();
  return shared;
}

/** Its lines, of which only those in view exist. */
const editorOf = ({ page }: OpenPage) => page.locator('.graphiql-query-editor .view-line').first();

async function textOf({ page }: OpenPage, editor: string): Promise<string> {
  const text = await page.locator(`${editor} .view-lines`).first().innerText();
  return text.replaceAll('\u00a0', ' ');
}

async function reload(open: OpenPage): Promise<void> {
  await open.page.reload();
  await editorOf(open).waitFor();
}

async function tabsOf({ page }: OpenPage): Promise<{ front: string; names: string[] }> {
  const trim = (name: string) => name.trim();
  const names = (await page.getByRole('tab').allInnerTexts()).map(trim);
  const [front = ''] = await page.locator('[role=tab][aria-selected=true]').allInnerTexts();
  return { front: front.trim(), names };
}

async function write(open: OpenPage, text: string): Promise<void> {
  await editorOf(open).click();
  await open.page.keyboard.press('Control+A');
  await open.page.keyboard.insertText(text);
}

/** Puts the text in the editor and goes on in the same moment, before GraphiQL has heard of it. */
async function writeAnd({ page }: OpenPage, text: string, goOn: string): Promise<void> {
  await page.evaluate(`
    const isQuery = (model) => model.uri.path.endsWith('operation.graphql');
    __MONACO.editor.getModels().find(isQuery).setValue(${JSON.stringify(text)});
    ${goOn};
  `);
}

/** The browser takes half a minute to type as much. */
async function writeLong(open: OpenPage): Promise<void> {
  await writeAnd(open, LONG, '');
  await open.page.getByRole('tab', { name: 'Count' }).waitFor();
}

type Press = (page: OpenPage['page']) => Promise<void>;
const pressButton: Press = (page) => page.locator('.graphiql-execute-button').click();
/** Where there are several operations, the button shows a menu of them. */
const pressKeys: Press = (page) => page.keyboard.press('Control+Enter');

async function run({ page }: OpenPage, press = pressButton) {
  const answered = page.waitForResponse((response) => {
    const body = response.request().postData();
    return body !== null && !body.includes('IntrospectionQuery');
  });
  await press(page);
  const response = await answered;
  return {
    url: response.url(),
    sent: response.request().postDataJSON() as { operationName?: string; variables?: unknown },
    answer: (await response.json()) as unknown,
  };
}

/** Bytes of the page and of what it loads, as they came over the wire with their headers. */
async function pageBytes({ page }: OpenPage): Promise<number> {
  return page.evaluate<number>(`
    [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
      .filter(({ initiatorType }) => initiatorType !== 'fetch')
      .reduce((sum, { transferSize }) => sum + transferSize, 0)
  `);
}

/** The page starts a worker when an editor first needs it. */
async function waitForWorkers({ page }: OpenPage): Promise<void> {
  const loaded =
    "performance.getEntriesByType('resource').filter(({ name }) => name.includes('worker'))";
  await waitUntil(page, `${loaded}.length === 3`);
}

/** Presses the example in the list, and waits for its tab. */
async function openExample(open: OpenPage, name: string): Promise<void> {
  await open.page.getByRole('button', { name }).first().click();
  await open.page.getByRole('tab', { name, selected: true }).waitFor();
}

/** The address, and what the browser keeps beyond this session. */
async function keptOf({ page }: OpenPage): Promise<string> {
  return page.evaluate<string>('location.href + JSON.stringify({ ...localStorage })');
}

(executablePath ? describe : describe.skip)('in a real browser', () => {
  test('the page is below 3 MB on the wire, is not sent again at a reload, and runs no script but its own', async () => {
    const open = await visit(`${url}/`);
    await reload(open);
    await waitForWorkers(open);

    expect(firstVisit).toEqual({ bytes: expect.any(Number), foreignRequests: [], errors: [] });
    expect(firstVisit.bytes).toBeGreaterThan(100_000);
    expect(firstVisit.bytes).toBeLessThan(3_000_000);
    expect(await pageBytes(open)).toBeLessThan(1_000);
    expect([open.foreignRequests, open.errors]).toEqual([[], []]);
    expect(await tabsOf(open)).toEqual({ front: 'Badges', names: FIRST });

    await open.page.evaluate(`
      const script = document.createElement('script');
      script.textContent = 'window.hasRun = true';
      document.body.append(script);
    `);
    expect(await open.page.evaluate('window.hasRun')).toBeUndefined();
    expect(open.errors).toEqual([expect.stringContaining('Content Security Policy')]);
  });

  describe('after a reload', () => {
    test('the tab that was in front still is, with its changes, and there is no other', async () => {
      const open = await visit(`${url}/`);
      expect(await tabsOf(open)).toEqual({ front: 'Badges', names: FIRST });

      await openExample(open, 'BadgeEntities');
      await reload(open);
      expect(await tabsOf(open)).toEqual({
        front: 'BadgeEntities',
        names: [...FIRST, 'BadgeEntities'],
      });
      expect(await textOf(open, '.graphiql-editor-tool')).toContain('representations');

      await write(open, COUNT);
      await open.page.getByRole('tab', { name: 'Count' }).waitFor();
      // At once: what is kept after half a second is not kept yet.
      await reload(open);
      expect(await tabsOf(open)).toEqual({
        front: 'Count',
        names: [...FIRST, 'Count'],
      });
      expect(await textOf(open, '.graphiql-query-editor')).toBe(COUNT);
      expect(open.page.url()).toBe(`${url}/`);
    });

    test('a new tab, a closed one and an empty one are as they were', async () => {
      const open = await visit(`${url}/`);
      await open.page.getByRole('button', { name: 'New tab' }).click();
      await reload(open);
      const names = [...FIRST, '<untitled>'];
      expect(await tabsOf(open)).toEqual({ front: '<untitled>', names });

      await write(open, COUNT);
      await open.page.getByRole('tab', { name: 'Count' }).waitFor();
      await open.page.getByRole('tab', { name: 'Badges' }).first().click();
      await open.page.locator('.graphiql-tab-close').first().click();
      await reload(open);
      expect(await tabsOf(open)).toEqual({ front: 'Count', names: ['Count'] });
    });

    test('an edit of the last moment is kept, under its name', async () => {
      const open = await visit(`${url}/`);
      for (const [query, name] of [
        [COUNT, 'Count'],
        ['{ badges { totalCount } }', '<untitled>'],
      ] as const) {
        const loaded = open.page.waitForEvent('load');
        await writeAnd(open, query, 'location.reload()');
        await loaded;
        await editorOf(open).waitFor();
        expect(await tabsOf(open)).toEqual({ front: name, names: [name] });
        expect(await textOf(open, '.graphiql-query-editor')).toBe(query);
        expect((await run(open)).answer).toEqual(COUNT_ANSWER);
      }
    });

    test('a query that is too long for an address is still there', async () => {
      const open = await visit(`${url}/`);
      await writeLong(open);
      await reload(open);

      expect(open.page.url()).toBe(`${url}/`);
      expect(await tabsOf(open)).toEqual({ front: 'Count', names: ['Count'] });
      expect((await run(open)).answer).toEqual(COUNT_ANSWER);
      expect(open.errors).toEqual([]);
    });

    test('tabs that cannot be read are the examples again', async () => {
      for (const text of ['{', 'null', '[]', '{"tabs":[],"activeTabIndex":0}']) {
        const open = await visit(`${url}/`, { 'badges-playground:/:graphiql:tabState': text });
        expect(await tabsOf(open)).toEqual({ front: 'Badges', names: FIRST });
      }
    });
  });

  describe('a shared link', () => {
    const query = `query One { badges { totalCount } }
      query Two($first: Int) { badges(first: $first) { nodes { __typename } } }`;
    const variables = '{"first":1}';
    const link = { query, variables, operationName: 'Two' };

    test.each(['?', '#'])(
      'opens its operation in front with its variables after %s, and only once',
      async (mark) => {
        const open = await visit(`${url}/${mark}${new URLSearchParams(link).toString()}`);
        expect(await tabsOf(open)).toEqual({ front: 'Two', names: ['Two', ...FIRST] });
        expect(open.page.url()).toBe(`${url}/`);
        await open.page.locator('.graphiql-query-editor .monaco-editor.focused').waitFor();
        const { sent, answer } = await run(open, pressKeys);
        expect([sent.operationName, sent.variables]).toEqual(['Two', { first: 1 }]);
        expect(answer).toMatchObject({ data: { badges: { nodes: [expect.anything()] } } });

        await reload(open);
        expect(await tabsOf(open)).toEqual({ front: 'Two', names: ['Two', ...FIRST] });

        await open.page.getByRole('tab', { name: 'Badges' }).click();
        await open.page.goto('about:blank');
        await open.page.goto(`${url}/${mark}${new URLSearchParams(link).toString()}`);
        await editorOf(open).waitFor();
        expect(await tabsOf(open)).toEqual({ front: 'Two', names: ['Two', ...FIRST] });
        expect(open.errors).toEqual([]);
      },
    );

    test('may hold a query only, or variables that are no JSON', async () => {
      const open = await visit(`${url}/?query=${encodeURIComponent('{ badges { totalCount } }')}`);
      expect((await tabsOf(open)).front).toBe('Shared');
      expect((await run(open)).answer).toEqual(COUNT_ANSWER);

      const odd = new URLSearchParams({ query: COUNT, variables: '{ "first": ', theme: 'dark' });
      await open.page.goto(`${url}/?${odd.toString()}`);
      await editorOf(open).waitFor();
      expect((await tabsOf(open)).front).toBe('Count');
      expect(await textOf(open, '.graphiql-editor-tool')).toContain('{ "first": ');
      expect(open.page.url()).toBe(`${url}/?theme=dark`);
    });

    test('is copied by a button, and opens elsewhere what is shown here', async () => {
      const open = await visit(`${url}/`);
      await open.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      const copy = "document.querySelector('[data-action=link]').click()";
      await writeAnd(open, LONG, copy);
      await open.page.getByRole('button', { name: 'Link copied' }).waitFor();
      const copied = await open.page.evaluate<string>('navigator.clipboard.readText()');

      await visit(copied);
      expect(await tabsOf(open)).toEqual({ front: 'Count', names: ['Count', ...FIRST] });
      expect((await run(open)).answer).toEqual(COUNT_ANSWER);
    });
  });

  test.each(['', '/', '?from=here'])(
    'it works where a proxy serves it under a prefix, with %p at its end',
    async (end) => {
      const open = await visit(`${proxy.url}${end}`);
      await write(open, COUNT);
      const { url: asked, answer } = await run(open);
      expect([asked, answer]).toEqual([`${proxy.url}/graphql`, COUNT_ANSWER]);

      await reload(open);
      expect((await tabsOf(open)).front).toBe('Count');
      expect(open.errors).toEqual([]);
    },
  );

  describe('with a router secret', () => {
    function changeSecrets(...routerSecrets: string[]): void {
      const { providerValues } = service.sandbox;
      const tenant = { id: 'default', providerValues: ofFirst(providerValues), requestLimits: {} };
      service.apply({ tenants: [tenant], routerSecrets });
    }
    beforeEach(() => changeSecrets(SECRET));
    afterEach(() => changeSecrets());

    const dialogOf = ({ page }: OpenPage) => page.getByRole('dialog');

    async function enter({ page }: OpenPage, secret: string): Promise<void> {
      await page.getByLabel('Router secret').fill(secret);
      await page.keyboard.press('Enter');
    }

    test('a person enters it once a session, and it stands in no address and no lasting storage', async () => {
      const open = await visit(`${url}/`);
      await dialogOf(open)
        .getByText('Header "router-authorization" must contain the router\'s secret.')
        .waitFor();
      const rejected = open.page.waitForResponse((response) => response.status() === 401);
      await enter(open, 'not-the-secret');
      await rejected;
      await dialogOf(open).getByText('must contain').waitFor();
      await enter(open, SECRET);
      await dialogOf(open).waitFor({ state: 'hidden' });
      await write(open, COUNT);
      expect((await run(open)).answer).toEqual(COUNT_ANSWER);

      await reload(open);
      expect((await run(open)).answer).toEqual(COUNT_ANSWER);
      expect(await dialogOf(open).count()).toBe(0);
      expect(await keptOf(open)).not.toContain(SECRET);
    });

    test('a secret that is changed meanwhile is asked for again, and the operation then goes on', async () => {
      const open = await visit(`${url}/`);
      await enter(open, SECRET);
      await dialogOf(open).waitFor({ state: 'hidden' });
      await write(open, COUNT);
      changeSecrets('another-secret');
      await pressButton(open.page);
      await dialogOf(open).waitFor();
      await enter(open, 'another-secret');
      await open.page.locator('.result-window').getByText('totalCount').waitFor();
    });

    test('who cancels sees the refusal, and can enter it later', async () => {
      const open = await visit(`${url}/`);
      await dialogOf(open).waitFor();
      await open.page.keyboard.press('Escape');
      await open.page.locator('.result-window').getByText('UNAUTHENTICATED').waitFor();
      expect(await dialogOf(open).count()).toBe(0);
      await open.page.getByRole('button', { name: 'Session headers' }).click();
      const schemaRead = open.page.waitForResponse((response) => response.status() === 200);
      await enter(open, SECRET);
      await schemaRead;
      await write(open, COUNT);
      expect((await run(open)).answer).toEqual(COUNT_ANSWER);
    });
  });

  test('tenant, token and actor are sent too, whatever letters they have', async () => {
    const open = await visit(`${url}/`);
    await open.page.getByRole('button', { name: 'Session headers' }).click();
    await open.page.getByLabel('Token').fill('a.b.c');
    await open.page.getByLabel('Tenant').fill('acme');
    await open.page.getByLabel('Actor').fill(' Jürgen 🏅 ');
    await open.page.getByRole('button', { name: 'Use headers' }).click();
    await open.page.getByRole('button', { name: 'Session headers (3)' }).waitFor();
    expect(await keptOf(open)).not.toMatch(/a\.b\.c|acme|Jürgen/);
    expect(await open.page.getByRole('button', { name: 'Headers', exact: true }).count()).toBe(0);
    const asked = open.page.waitForRequest(`${url}/graphql`);
    await pressButton(open.page);
    const headers = (await asked).headers();
    expect([headers.authorization, headers['x-badges-tenant']]).toEqual(['Bearer a.b.c', 'acme']);
    expect(Buffer.from(headers['x-badges-actor'] ?? '', 'latin1').toString()).toBe('Jürgen 🏅');
  });
});
