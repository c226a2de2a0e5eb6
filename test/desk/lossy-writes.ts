import type { Desk } from '../support/desk.ts';

const DROPS_EVERY = 3;
const WRITES_IN_A_ROUND = 3;
const MEMBER = 'ada@example.com';
const MEMBER_IDS: Readonly<Record<string, string>> = {
  RETURNING_AI: '1102',
  TAG_MANGO: '6650aa11bb22cc33dd44ee55',
};
const WRITE_OPERATIONS = ['createBadge', 'updateBadge', 'awardBadge', 'assignBadges'];

export interface LossyWrites {
  writes: number;
  dropped: number;
  /** Requests that the providers have got for them. */
  sent: number;
  /** Differences between what the page shows and what the providers hold. */
  differences: string[];
}

/** Creates, renames and awards badges at the desk, while every third answer to it is dropped. */
export async function writeThroughLosses(desk: Desk, atLeast: number): Promise<LossyWrites> {
  const { lossy, page } = desk;
  const rounds = Math.ceil(atLeast / WRITES_IN_A_ROUND);
  const differences: string[] = [];
  const before = sentTo(desk);
  lossy.dropped = 0;
  lossy.dropsEvery = DROPS_EVERY;
  for (let round = 0; round < rounds; round += 1)
    differences.push(...(await writeThree(desk, round)));
  await desk.goTo('');
  await page.reload();
  differences.push(...(await compareGallery(desk)));
  lossy.dropsEvery = 0;
  return {
    writes: rounds * WRITES_IN_A_ROUND,
    dropped: lossy.dropped,
    sent: sentTo(desk) - before,
    differences,
  };
}

async function writeThree(desk: Desk, round: number): Promise<string[]> {
  const { page } = desk;
  const provider = round % 2 === 0 ? 'TAG_MANGO' : 'RETURNING_AI';
  const press = (name: string): Promise<void> => page.getByRole('button', { name }).click();
  const heading = page.getByRole('heading', { level: 1 });
  const name = page.getByLabel('Name', { exact: true });

  await desk.goTo(`new?provider=${provider}`);
  await name.fill(`Created ${round}`);
  await press('Preview');
  await press('Create badge');
  await heading.getByText(`Created ${round}`, { exact: true }).waitFor();

  await name.fill(`Renamed ${round}`);
  await press('Preview');
  await press('Save changes');
  await page.getByText('Saved.').waitFor();

  await page.getByLabel('E-mail address of the member').fill(MEMBER);
  await press('Award badge');
  await page.getByText(`${MEMBER} now has the badge.`).waitFor();
  await page.locator('.history > li').nth(2).waitFor();

  const id = new URLSearchParams(page.url().split('?').at(-1)).get('id') ?? '';
  const shown = await heading.innerText();
  const entries = await page.locator('.history > li').count();
  return [
    ...(held(desk).get(id) === shown ? [] : [`${id} is shown as ${shown}`]),
    ...(isAwarded(desk, provider, id) ? [] : [`${id} is not awarded`]),
    ...(entries === WRITES_IN_A_ROUND ? [] : [`${id} has ${entries} entries in its history`]),
  ];
}

/** All pages of the gallery, and what the providers hold. */
async function compareGallery(desk: Desk): Promise<string[]> {
  const names = [...held(desk).values()].toSorted();
  const cards = desk.page.locator('.gallery strong');
  await cards.first().waitFor();
  const more = desk.page.getByRole('button', { name: 'Show more' });
  while ((await more.count()) > 0) {
    const shown = await cards.count();
    await more.click();
    await cards.nth(shown).waitFor();
  }
  const shown = (await cards.allInnerTexts()).toSorted();
  return JSON.stringify(shown) === JSON.stringify(names)
    ? []
    : [`the gallery shows ${shown.join()}`];
}

/** The names of all badges at the providers, by ID. */
function held({ service: { sandbox } }: Desk): Map<string, string> {
  return new Map([
    ...[...sandbox.returningAI.badges.values()].map(({ id, title }) => [id, title] as const),
    ...[...sandbox.tagMango.badges.values()].map(({ _id, name }) => [_id, name] as const),
  ]);
}

function isAwarded({ service: { sandbox } }: Desk, provider: string, id: string): boolean {
  const { awards } = provider === 'TAG_MANGO' ? sandbox.tagMango : sandbox.returningAI;
  return awards.get(MEMBER_IDS[provider] ?? '')?.has(id) ?? false;
}

function sentTo({ service: { sandbox } }: Desk): number {
  return [...sandbox.standIns.values()]
    .map((standIn) => standIn.arrivals().byOperation)
    .flatMap((counts) => WRITE_OPERATIONS.map((operation) => counts[operation] ?? 0))
    .reduce((sum, count) => sum + count, 0);
}
