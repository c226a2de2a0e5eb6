import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTextSearch } from '../../src/badges/reading/text-search.ts';
import { returningAIStored, tagMangoStored } from '../support/records.ts';
import { type TestService, startTestService } from '../support/service.ts';

const NAMES = [
  ...['ΟΔΟΣΗΜΑΝΣΗ', 'İstanbul Star', 'Straße', 'Cafe\u0301', 'Plain', 'Zero\u200bwidth'],
  `Marks ${'\u0301\u0323'.repeat(25_000)}`,
];

let service: TestService;
beforeAll(async () => {
  service = await startTestService({
    sandbox: {
      returningAI: {
        badges: NAMES.map((title, at) => returningAIStored({ id: `b-${at}`, title })),
      },
      tagMango: {
        badges: NAMES.map((name, at) => tagMangoStored({ _id: `${at}`.repeat(24), name })),
      },
    },
  });
});
afterAll(() => service.close());

/** Whether a badge is found by its name or by its description. */
async function namesWith(textContains: string): Promise<string[]> {
  const { data } = await service.execute<{ badges: { nodes: { name: string }[] } }, object>(
    'query ($filter: BadgeFilter) { badges(filter: $filter) { nodes { ... on BadgeFields { name } } } }',
    { filter: { textContains } },
  );
  return data.badges.nodes.map(({ name }) => name);
}

test('a text of 200 characters is searched, one more is refused, and the description says so', async () => {
  expect(await namesWith('x'.repeat(200))).toEqual([]);
  const query = 'query ($filter: BadgeFilter) { badges(filter: $filter) { totalCount } }';
  const filter = { textContains: 'x'.repeat(201) };
  const { errors } = await service.execute<unknown, object>(query, { filter });
  const most =
    'at most 200 characters, counted in UTF-16 units, of which most emoji have at least two';
  expect(errors).toMatchObject([
    { message: `Field "textContains" must have ${most}.`, extensions: { code: 'INVALID_INPUT' } },
  ]);
  const { data } = await service.execute<object, object>(
    '{ __type(name: "BadgeFilter") { inputFields { name description } } }',
  );
  expect(JSON.stringify(data)).toContain(`contains this text of ${most}.`);
});

test.each([
  ['ΟΔΟΣ', 'ΟΔΟΣΗΜΑΝΣΗ'],
  ['οδος', 'ΟΔΟΣΗΜΑΝΣΗ'],
  ['istanbul', 'İstanbul Star'],
  ['ISTANBUL', 'İstanbul Star'],
  ['strasse', 'Straße'],
  ['café', 'Cafe\u0301'],
  ['CAFÉ', 'Cafe\u0301'],
  ['o\u200bw', 'Zero\u200bwidth'],
  ['marks \u0301', NAMES.at(-1)],
])('%j finds the badges of both providers whose name holds it', async (part, name) => {
  expect(await namesWith(part)).toEqual([name, name]);
});

test('what no name holds finds none', async () => {
  for (const part of ['plains', 'cafés', 'strase']) expect(await namesWith(part)).toEqual([]);
});

describe('the names of a list', () => {
  /** Counts how often its name is read. */
  function toNamed(name: string) {
    let reads = 0;
    const badge = {
      get name() {
        reads += 1;
        return name;
      },
      get description() {
        reads += 1;
        return `About ${name}`;
      },
    };
    return { badge, reads: () => reads };
  }

  test('are folded once, however often they are looked through', async () => {
    const all = NAMES.map(toNamed);
    const search = createTextSearch();
    for (const wanted of ['plains', 'STRASSEN', 'xx']) await search(all, wanted);
    // The name, and the description.
    expect(all.map(({ reads }) => reads())).toEqual(all.map(() => 2));
  });

  const toItem = (name: string) => ({ badge: { name, description: null } });

  /** How often others have had their turn while it runs. */
  async function turnsDuring(run: Promise<unknown>): Promise<number> {
    let isRunning = true;
    const end = () => void (isRunning = false);
    run.then(end, end);
    let turns = 0;
    for (; isRunning; turns += 1) await setImmediate();
    return turns;
  }

  test('that are long or many let others have their turn, in time that grows with their length', async () => {
    const toList = (count: number) =>
      Array.from({ length: count }, () => toItem(`a${'\u0301\u0323'.repeat(450)}`));
    const [few, many] = [toList(200), toList(2_000)];
    const search = createTextSearch();
    const turnsOfFew = await turnsDuring(search(few, 'x'));
    const turnsOfMany = await turnsDuring(search(many, 'x'));
    expect(turnsOfFew).toBeGreaterThan(10);
    expect(turnsOfMany / turnsOfFew).toBeGreaterThan(8);
    expect(turnsOfMany / turnsOfFew).toBeLessThan(12);
    // They are folded by now.
    expect(await turnsDuring(search(many, 'x'))).toBeLessThan(turnsOfMany / 10);
  });

  test('count up to a length, from which on nothing of them is looked at', async () => {
    const search = createTextSearch();
    const all = [toItem(`${'n'.repeat(9_995)}start${'n'.repeat(1_000_000)}end`)];
    expect(await search(all, 'start')).toEqual(all);
    expect(await search(all, 'end')).toEqual([]);
  });
});
