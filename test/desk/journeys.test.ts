import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Locator } from 'playwright-core';
import { writeThroughLosses } from './lossy-writes.ts';
import { type Desk, findDeskBrowser, startDesk } from '../support/desk.ts';

const HALL_OF_FAME = '6657092c8142bfe0656481bf';
const CENTURY_CLUB = '6657092c8142bfe0656481c0';
const MAJOR = '84845081-98fd-46f3-96aa-1032174e58a5';
const CALLER = 'Ada Ørsted';
/** Longer than a list is kept, and than a circuit breaker stays open. */
const LATER_MS = 600_000;
const MAX_SCRIPT_BYTES = 300_000;

const executablePath = findDeskBrowser();
if (!executablePath)
  console.log('Skipped: the badge desk, since chromium or the packages of the desk are missing.');

const AXE = executablePath
  ? readFileSync('examples/badge-desk/node_modules/axe-core/axe.min.js', 'utf8')
  : '';

const FIND_VIOLATIONS = `axe.run().then(({ violations }) => [
  ...violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
  ...(document.documentElement.scrollWidth > innerWidth ? ['wider than the screen'] : []),
])`;

(executablePath ? describe : describe.skip)('an operator at the badge desk', () => {
  let skipped = 0;
  let desk: Desk;
  beforeAll(async () => {
    const now = () => Date.now() + skipped;
    desk = await startDesk(executablePath ?? '', { now, freshSeconds: 0 });
    await field('Your name').fill(CALLER);
    await shows('12 of 16 badges');
  });
  afterAll(() => desk.close());
  beforeEach(() => {
    for (const { requests } of desk.service.sandbox.standIns.values()) requests.length = 0;
  });
  afterEach(async () => expect(await violations()).toEqual([]));

  const button = (name: string): Locator => desk.page.getByRole('button', { name });
  const field = (label: string): Locator => desk.page.getByLabel(label, { exact: true });
  const choice = (label: string): Locator =>
    desk.page.getByRole('combobox', { name: label, exact: true });
  const shows = (text: string | RegExp): Promise<void> =>
    desk.page.getByText(text).first().waitFor();
  const badgesShown = (): Promise<string[]> => desk.page.locator('.gallery strong').allInnerTexts();
  const returningAI = () => desk.service.sandbox.returningAI.badges;
  const tagMango = () => desk.service.sandbox.tagMango.badges;

  /** The operations that the providers have got since the test began, except reads. */
  const written = (): string[] =>
    [...desk.service.sandbox.standIns.values()]
      .flatMap(({ requests }) => requests)
      .filter(({ operation }) => !/^(list|lookup|userInfo)/.test(operation))
      .map(({ operation }) => operation);

  function changeElsewhere(id: string, values: { name: string; description: string }): void {
    const badge = tagMango().get(id);
    if (!badge) throw new Error(`There is no badge ${id}`);
    tagMango().set(id, { ...badge, ...values });
  }

  /** Each change on one line. */
  async function changes(within: string): Promise<string[]> {
    const rows = await desk.page.locator(`${within} .changes > div`).allInnerTexts();
    return rows.map((row) => row.replace('\n', ': '));
  }

  /** For the README: `npm run screenshot`. */
  async function photograph(name: string): Promise<void> {
    const { DESK_SCREENSHOTS: folder } = process.env;
    if (folder === undefined) return;
    await desk.page.screenshot({ path: `${folder}/desk-${name}.png`, fullPage: true });
  }

  /** What axe finds on the page, at a desk in the light and on a phone in the dark, and parts that are too wide. */
  async function violations(): Promise<unknown[]> {
    if (await desk.page.evaluate('typeof axe === "undefined"')) await desk.page.evaluate(AXE);
    const atDesk = await desk.page.evaluate<unknown[]>(FIND_VIOLATIONS);
    await desk.page.setViewportSize({ width: 360, height: 740 });
    await desk.page.emulateMedia({ colorScheme: 'dark' });
    const onPhone = await desk.page.evaluate<unknown[]>(FIND_VIOLATIONS);
    await desk.page.setViewportSize({ width: 1280, height: 800 });
    await desk.page.emulateMedia({ colorScheme: 'light' });
    return [...atDesk, ...onPhone];
  }

  test('loads less than 300 KB of script', async () => {
    const bytes = await desk.page.evaluate<number>(
      `performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js')).reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`,
    );
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(MAX_SCRIPT_BYTES);
  });

  test('finds badges by text and by provider', async () => {
    await shows('12 of 16 badges');
    await photograph('gallery');
    await field('Search').fill('CLUB');
    await shows('1 of 1 badges');
    expect(await badgesShown()).toEqual(['Century Club']);

    await field('Search').fill('');
    await choice('Provider').selectOption('TagMango');
    await shows('8 of 8 badges');
    expect(await badgesShown()).toContain('Hall of Fame');
    await field('Search').fill('no such badge');
    await shows('No badges match.');
  });

  test('pages through all badges', async () => {
    await desk.goTo('');
    await shows('12 of 16 badges');
    await button('Show more').click();
    await shows('16 of 16 badges');
    expect(await button('Show more').count()).toBe(0);
    const names = await badgesShown();
    expect([names.length, names.at(-1)]).toEqual([16, 'Workshop Regular']);
  });

  test('renames a badge after a look at the changes, and the history says who did it', async () => {
    await desk.page.getByRole('link', { name: 'Hall of Fame' }).click();
    await field('Name').fill('Hall of Fame 2026');
    await button('Preview').click();
    await shows('This will change');
    expect(await changes('.preview')).toEqual(['Name: Hall of Fame → Hall of Fame 2026']);
    expect(written()).toEqual([]);
    await photograph('preview');

    await button('Save changes').click();
    await shows('Saved.');
    expect(await desk.page.getByRole('heading', { level: 1 }).innerText()).toBe(
      'Hall of Fame 2026',
    );
    expect(tagMango().get(HALL_OF_FAME)).toMatchObject({ name: 'Hall of Fame 2026' });
    await shows(`by ${CALLER}`);
    expect(await changes('.history')).toEqual(['Name: Hall of Fame → Hall of Fame 2026']);
    expect(written()).toEqual(['updateBadge']);
  });

  test('sees both values when somebody else has changed the badge, and keeps both changes', async () => {
    await desk.goTo(`badge?provider=TAG_MANGO&id=${CENTURY_CLUB}`);
    await field('Name').fill('Club of a Hundred');
    changeElsewhere(CENTURY_CLUB, {
      name: 'Centurions',
      description: 'A hundred points, at last.',
    });
    await button('Preview').click();
    await shows('Somebody else has changed this badge');
    const cells = await desk.page.locator('.conflict tbody tr').allInnerTexts();
    expect(cells.map((row) => row.split('\t'))).toEqual([
      ['Name', 'Century Club', 'Centurions', 'Club of a Hundred'],
      ['Description', 'A hundred points.', 'A hundred points, at last.', 'not changed'],
    ]);
    expect(await violations()).toEqual([]);

    await button('Keep my changes').click();
    await button('Save changes').click();
    await shows('Saved.');
    expect(tagMango().get(CENTURY_CLUB)).toMatchObject({
      name: 'Club of a Hundred',
      description: 'A hundred points, at last.',
    });
    expect(written()).toEqual(['updateBadge']);
  });

  test('is told of the fields that Returning.AI hides, and gives their values', async () => {
    await desk.goTo(`badge?provider=RETURNING_AI&id=${MAJOR}`);
    await field('Name').fill('Major Trader');
    await button('Preview').click();
    await shows('Returning.AI replaces the whole badge at each change, and does not show all');
    expect(await field('How much XP').getAttribute('aria-invalid')).toBe('true');
    expect(await violations()).toEqual([]);

    await field('How much XP').fill('250');
    await choice('Comes with XP').selectOption('Yes');
    await choice('Those that you leave empty').selectOption('become empty, no or 0');
    await button('Preview').click();
    await button('Save changes').click();
    await shows('Saved.');
    expect(returningAI().get(MAJOR)).toMatchObject({
      title: 'Major Trader',
      award: true,
      awardXpQuantity: 250,
      awardCurrency: false,
      awardCurrencyQuantity: 0,
      darkImage: '',
      quantity: 3,
    });

    await field('Name').fill('Major General');
    await button('Preview').click();
    await button('Save changes').click();
    await desk.page.getByRole('heading', { name: 'Major General', level: 1 }).waitFor();
    expect(returningAI().get(MAJOR)).toMatchObject({
      title: 'Major General',
      awardXpQuantity: 250,
    });
    expect(written()).toEqual(['updateBadge', 'updateBadge']);
  });

  test('creates a badge at each provider', async () => {
    for (const title of ['Returning.AI', 'TagMango']) {
      await desk.goTo('');
      await desk.page.getByRole('link', { name: `New in ${title}` }).click();
      await field('Name').fill(`New at ${title}`);
      await field('Description').fill('Made at the desk.');
      await button('Preview').click();
      await shows('This will be created');
      await button('Create badge').click();
      await desk.page.getByRole('heading', { name: `New at ${title}`, level: 1 }).waitFor();
      await shows('Created');
    }
    const made = { description: 'Made at the desk.' };
    expect([...returningAI().values()].at(-1)).toMatchObject({
      ...made,
      title: 'New at Returning.AI',
    });
    expect([...tagMango().values()].at(-1)).toMatchObject({ ...made, name: 'New at TagMango' });
    expect(written()).toEqual(['createBadge', 'createBadge']);
  });

  test('awards a badge by e-mail at each provider', async () => {
    await desk.goTo(`badge?provider=RETURNING_AI&id=${MAJOR}`);
    await field('E-mail address of the member').fill('ada@example.com');
    await button('Award badge').click();
    await shows('ada@example.com now has the badge.');
    expect(desk.service.sandbox.returningAI.awards.get('1102')).toEqual(new Set([MAJOR]));

    await desk.goTo(`badge?provider=TAG_MANGO&id=${HALL_OF_FAME}`);
    await field('E-mail address of the member').fill('nobody@example.com');
    await button('Award badge').click();
    await shows('TagMango has no member with this address.');
    await field('E-mail address of the member').fill('grace@example.com');
    await button('Award badge').click();
    await shows('grace@example.com now has the badge.');
    await shows('(member 6650aa11bb22cc33dd44ee56)');
    expect(desk.service.sandbox.tagMango.awards.get('6650aa11bb22cc33dd44ee56')).toEqual(
      new Set([HALL_OF_FAME]),
    );
    expect(written()).toEqual(['awardBadge', 'assignBadges']);
  });

  test('revokes a badge where the provider can', async () => {
    await shows('grace@example.com now has the badge.');
    expect(await button('Revoke badge').count()).toBe(0);
    expect(await button('Delete badge').count()).toBe(0);
    await desk.goTo(`badge?provider=RETURNING_AI&id=${MAJOR}`);
    await field('E-mail address of the member').fill('ada@example.com');
    await button('Revoke badge').click();
    await shows('ada@example.com no longer has the badge.');
    expect(desk.service.sandbox.returningAI.awards.get('1102')).toEqual(new Set());
    expect(written()).toEqual(['removeBadge']);
  });

  test('deletes a badge after a question', async () => {
    await button('Delete badge').click();
    await shows('Delete “Major General”?');
    expect(await violations()).toEqual([]);
    await button('Keep it').click();
    expect(written()).toEqual([]);
    await button('Delete badge').click();
    await button('Delete it').click();
    await shows('“Major General” was deleted.');
    await shows('12 of 17 badges');
    expect(await badgesShown()).not.toContain('Major General');
    expect(returningAI().has(MAJOR)).toBe(false);
    expect(written()).toEqual(['deleteBadge']);
  });

  test('finds and renames a badge with the keyboard alone', async () => {
    const { keyboard } = desk.page;
    const focused = desk.page.locator(':focus');
    await desk.goTo('');
    await shows('12 of');
    await field('Search').focus();
    await keyboard.type('quiz');
    await shows('1 of 1 badges');
    while (!(await focused.innerText()).startsWith('Quiz Master')) await keyboard.press('Tab');
    await keyboard.press('Enter');
    const heading = desk.page.getByRole('heading', { name: 'Quiz Master', level: 1 });
    await heading.and(focused).waitFor();
    await keyboard.press('Tab');
    await keyboard.press('End');
    await keyboard.type(' II');
    await keyboard.press('Enter');
    await desk.page.getByRole('heading', { name: 'This will change' }).and(focused).waitFor();
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    await shows('Saved.');
    await desk.page.getByRole('heading', { name: 'Quiz Master II' }).waitFor();
    expect(written()).toEqual(['updateBadge']);
  });

  test('sees an old list while a provider is down, then that it is missing, and then all of it again', async () => {
    const { faults } = desk.service.sandbox.tagMango;
    await desk.goTo('');
    await desk.page.reload();
    await shows('12 of 17 badges');
    faults.set('listBadges', { name: 'unavailable' });
    await desk.page.reload();
    await shows('The badges of TagMango are those of');
    await shows('12 of 17 badges');
    expect(await violations()).toEqual([]);

    skipped += LATER_MS;
    await button('Try again').click();
    await shows('The badges of TagMango are missing: it is down or cannot be reached.');
    await shows('8 badges shown');

    faults.clear();
    skipped += LATER_MS;
    await button('Try again').click();
    await shows('12 of 17 badges');
    expect(await button('Try again').count()).toBe(0);
  });

  test('reports no error, and asks no other machine', () => {
    expect(desk.open.errors).toEqual([]);
    expect(desk.open.foreignRequests).toEqual([]);
  });

  // test/long/lost-answers.test.ts has 1,000 of them.
  test('writes nothing twice when answers are lost, and sees what the providers hold', async () => {
    const { writes, dropped, sent, differences } = await writeThroughLosses(desk, 6);
    expect({ sent, differences }).toEqual({ sent: writes, differences: [] });
    expect(dropped).toBeGreaterThan(writes);
  });
});
