import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import {
  type OpenPage,
  findBrowser,
  launchBrowser,
  openAgain,
  openPage,
} from '../support/browser.ts';
import { manyBadges } from '../support/records.ts';
import { type TestService, startTestService } from '../support/service.ts';

const executablePath = findBrowser();
if (!executablePath)
  console.log('Skipped: examples of the playground, since /usr/bin/chromium is not installed.');

(executablePath ? describe : describe.skip)('an example, where there are no demo badges', () => {
  let browser: Browser;
  let service: TestService;
  let open: OpenPage;
  beforeAll(async () => {
    browser = await launchBrowser(executablePath ?? '');
    // One of the two providers is configured, and has none of the demo badges.
    service = await startTestService({
      hasPlayground: true,
      sandbox: manyBadges(2),
      configured: ['tagMango'],
    });
    open = await openPage(browser, `${service.url}/`);
    await waitForEditor();
  });
  afterAll(async () => {
    await browser.close();
    await service.close();
  });

  const waitForEditor = async () =>
    open.page.locator('.graphiql-query-editor .view-line').first().waitFor();

  async function openExample(name: string) {
    const { page } = open;
    await page.getByRole('button', { name }).first().click();
    await page.getByRole('tab', { name, selected: true }).waitFor();
    const variables = await page.evaluate<string>(`
      __MONACO.editor.getModels().find(({ uri }) => uri.path.endsWith('variables.json')).getValue()
    `);
    const notice = await page.locator('#examples output').innerText();
    return { variables: JSON.parse(variables) as unknown, notice };
  }

  const [first, second] = ['0'.repeat(24), `${'0'.repeat(23)}1`];
  const IS_DRY = 'These are not demo badges, so dryRun is true. Set it to false to write.';

  test('changes a badge that is there, and only as a dry run', async () => {
    expect(await openExample('RenameTagMangoBadge')).toEqual({
      variables: {
        dryRun: true,
        input: { tagMango: { id: first, name: 'Hall of Fame 2026' } },
      },
      notice: IS_DRY,
    });
    const answered = open.page.waitForResponse((response) => response.url().endsWith('/graphql'));
    await open.page.locator('.graphiql-execute-button').click();
    expect(await (await answered).json()).toMatchObject({
      data: { updateBadge: { outcome: 'DRY_RUN', userErrors: [] } },
    });
  });

  test('creates a badge only as a dry run', async () => {
    const { variables, notice } = await openExample('CreateTagMangoBadge');
    expect([variables, notice]).toEqual([expect.objectContaining({ dryRun: true }), IS_DRY]);
  });

  test('awards badges that are there, to a member that has to be filled in', async () => {
    expect(await openExample('AwardTagMangoBadges')).toEqual({
      variables: {
        dryRun: true,
        input: { tagMango: { userId: expect.any(String), badgeIds: [first, second] } },
      },
      notice: `Put the ID of a member into the variables. ${IS_DRY}`,
    });
  });

  test('reads badges of the provider that has some', async () => {
    const key = { provider: 'TAG_MANGO', id: first };
    const entity = { __typename: 'TagMangoBadge', id: first };
    expect([
      await openExample('BadgesByKeys'),
      await openExample('HistoryOfBadge'),
      await openExample('BadgeEntities'),
    ]).toEqual([
      { variables: { keys: [key] }, notice: '' },
      { variables: key, notice: '' },
      { variables: { representations: [entity] }, notice: '' },
    ]);
  });

  test('says why there is no ID for it', async () => {
    const { variables, notice } = await openExample('RenameReturningAIBadge');
    expect(variables).toMatchObject({ dryRun: true });
    expect(notice).toMatch(/not configured.* Put an ID of your own into the variables\./);

    expect(open.errors).toEqual([]);
  });

  test('says that there is no badge yet', async () => {
    const empty = await startSandbox(manyBadges(0));
    const readFrom = ({ providerValues: { tagMango } }: Sandbox) =>
      service.apply({
        tenants: [{ id: 'default', providerValues: { tagMango }, requestLimits: {} }],
        routerSecrets: [],
      });
    try {
      readFrom(empty);
      await openAgain(open, `${service.url}/`);
      await waitForEditor();
      expect((await openExample('RenameTagMangoBadge')).notice).toBe(
        `There is no badge of TagMango yet. Put an ID of your own into the variables. ${IS_DRY}`,
      );
    } finally {
      readFrom(service.sandbox);
      await empty.close();
    }
  });

  test('is left as it was changed when it is chosen again', async () => {
    await openExample('RenameTagMangoBadge');
    await open.page.evaluate(`
      __MONACO.editor.getModels().find(({ uri }) => uri.path.endsWith('variables.json'))
        .setValue('{"dryRun": false}')
    `);
    // At once: GraphiQL tells of an edit a moment later.
    await open.page.reload();
    await waitForEditor();
    expect((await openExample('RenameTagMangoBadge')).variables).toEqual({ dryRun: false });
    expect(open.errors).toEqual([]);
  });
});
