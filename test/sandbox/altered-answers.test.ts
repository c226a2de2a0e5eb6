import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { FaultInput, RecordChange } from '../../src/sandbox/faults.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { startTagMangoStandIn } from '../../src/sandbox/tag-mango.ts';
import { type ExchangeAnswer, type ExchangeRequest, exchange } from '../support/contract.ts';
import { returningAIStored, tagMangoStored } from '../support/records.ts';
import { HALL_ID, MAJOR_ID, returningAIRequests, tagMangoRequests } from './requests.ts';

type StandInKey = 'returningAI' | 'tagMango';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox({
    returningAI: {
      badges: [returningAIStored(), returningAIStored({ id: 'second', title: 'Two' })],
    },
    tagMango: { badges: [tagMangoStored(), tagMangoStored({ _id: 'f'.repeat(24), name: 'Two' })] },
  });
});
afterEach(() => sandbox.close());

const call = async (key: StandInKey, request: ExchangeRequest): Promise<ExchangeAnswer> =>
  (await exchange(sandbox[key].origin, request)).answer;

describe('headers', () => {
  const date = 'Sat, 01 Jan 2000 00:00:00 GMT';

  test('are added to the real answer or replaced in it, also the date', async () => {
    const { origin, faults } = sandbox.returningAI;
    const { path, headers } = returningAIRequests.list;
    const real = await (await fetch(origin + path, { headers })).text();
    faults.set('listBadges', {
      kind: 'headers',
      headers: { Date: date, 'x-trace': 'abc', 'content-type': 'application/problem+json' },
    });
    const response = await fetch(origin + path, { headers });

    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      date,
      'x-trace': 'abc',
      'content-type': 'application/problem+json',
    });
    expect(await response.text()).toBe(real);
  });

  test('do not stop a write, nor a refusal', async () => {
    const fault: FaultInput = { kind: 'headers', headers: { date } };
    sandbox.returningAI.faults.set('updateBadge', fault);
    const { update } = returningAIRequests;

    expect(await call('returningAI', update)).toMatchObject({ status: 200 });
    expect(await call('returningAI', { ...update, headers: {} })).toMatchObject({ status: 401 });
    expect(sandbox.returningAI.badges.get(MAJOR_ID)?.title).toBe('Renamed');
  });
});

type Wire = Readonly<Record<string, unknown>>;
interface Names {
  id: string;
  name: string;
}

/** What a change makes of two badges in a list. */
const IN_LIST: Readonly<
  Record<
    Exclude<RecordChange, 'other-creator'>,
    (badges: [Wire, Wire], names: Names) => Wire[] | Wire
  >
> = {
  'one-malformed': ([first, second], { name }) => [{ ...first, [name]: 7 }, second],
  'no-ids': (badges, { id }) => badges.map(({ [id]: _, ...rest }) => rest),
  'no-names': (badges, { name }) => badges.map(({ [name]: _, ...rest }) => rest),
  'extra-fields': (badges) =>
    badges.map((badge) => ({ ...badge, rarity: 'gold', tiers: [{ level: 1 }] })),
  duplicates: ([first, second]) => [first, second, first],
  'differing-duplicates': ([first, second], { name }) => [
    first,
    second,
    { ...first, [name]: `${String(first[name])} (another)` },
  ],
  'other-id': (badges, { id }) =>
    badges.map((badge) => {
      const old = String(badge[id]);
      return { ...badge, [id]: (old.startsWith('f') ? 'e' : 'f') + old.slice(1) };
    }),
  part: ([first]) => ({ badges: [first], total: 2 }),
};
const CHANGES = Object.keys(IN_LIST) as (keyof typeof IN_LIST)[];
const RETURNING_AI_NAMES = { id: 'id', name: 'title' };
const TAG_MANGO_NAMES = { id: '_id', name: 'name' };

describe.each(CHANGES)('records, %s', (change) => {
  test("shows in Returning.AI's list, inside its envelope", async () => {
    const { list } = returningAIRequests;
    const real = (await call('returningAI', list)).body as { body: [Wire, Wire] };
    sandbox.returningAI.faults.set('listBadges', { kind: 'records', change });

    expect((await call('returningAI', list)).body).toEqual({
      ...real,
      body: IN_LIST[change](real.body, RETURNING_AI_NAMES),
    });
  });

  test.each(['result', 'data'] as const)(
    "shows in TagMango's list, inside its envelope with %s",
    async (field) => {
      const badges = [...sandbox.tagMango.badges.values()];
      const standIn = await startTagMangoStandIn({ envelope: field, badges });
      try {
        const { list } = tagMangoRequests;
        const ask = async () => (await exchange(standIn.origin, list)).answer.body as Wire;
        const real = await ask();
        standIn.faults.set('listBadges', { kind: 'records', change });

        const changed = IN_LIST[change](real[field] as [Wire, Wire], TAG_MANGO_NAMES);
        expect(await ask()).toEqual({ ...real, [field]: changed });
      } finally {
        await standIn.close();
      }
    },
  );

  test("shows in TagMango's list without an envelope", async () => {
    const badges = [
      tagMangoStored(),
      tagMangoStored({ _id: 'f'.repeat(24), name: 'Two' }),
    ] as const;
    const standIn = await startTagMangoStandIn({ envelope: 'bare', badges });
    try {
      standIn.faults.set('listBadges', { kind: 'records', change });
      const { answer } = await exchange(standIn.origin, tagMangoRequests.list);

      const changed = IN_LIST[change]([{ ...badges[0] }, { ...badges[1] }], TAG_MANGO_NAMES);
      expect(answer.body).toEqual(changed);
    } finally {
      await standIn.close();
    }
  });
});

describe('records', () => {
  test("other-creator gives TagMango's badges to somebody else", async () => {
    sandbox.tagMango.faults.set('listBadges', { kind: 'records', change: 'other-creator' });
    const { body } = await call('tagMango', tagMangoRequests.list);

    const stored = [...sandbox.tagMango.badges.values()];
    expect(body).toMatchObject({
      result: stored.map((badge) => ({ ...badge, creator: 'f149b1e5612c4e5fd96041d3' })),
    });
  });

  test('other-id shows in what a write answers, and the write takes effect', async () => {
    for (const { faults } of [sandbox.returningAI, sandbox.tagMango]) {
      faults.set('updateBadge', { kind: 'records', change: 'other-id', times: 1 });
    }
    const { list, update } = returningAIRequests;

    expect(await call('returningAI', update)).toMatchObject({
      status: 200,
      body: { meta: { success: true }, body: { id: `f${MAJOR_ID.slice(1)}`, title: 'Renamed' } },
    });
    expect(await call('tagMango', tagMangoRequests.update)).toMatchObject({
      status: 200,
      body: { success: true, result: { _id: `f${HALL_ID.slice(1)}`, name: 'Renamed' } },
    });
    expect((await call('returningAI', list)).body).toMatchObject({
      body: [{ id: MAJOR_ID, title: 'Renamed' }, { id: 'second' }],
    });
  });

  test('can spoil the badge that a creation answers with, and the list of an award', async () => {
    const { faults } = sandbox.returningAI;
    faults.set('createBadge', { kind: 'records', change: 'one-malformed' });
    faults.set('awardBadge', { kind: 'records', change: 'no-names' });
    const created = await call('returningAI', returningAIRequests.create);
    const awarded = await call('returningAI', returningAIRequests.award);

    expect(created.body).toMatchObject({ body: { title: 7, action: 'custom' } });
    expect(awarded.body).toMatchObject({ body: [expect.not.objectContaining({ title: 'Major' })] });
    expect(sandbox.returningAI.badges.size).toBe(3);
  });

  test('can spoil the badges of the user whom a look-up finds', async () => {
    await call('tagMango', tagMangoRequests.assign);
    sandbox.tagMango.faults.set('lookupUser', { kind: 'records', change: 'duplicates' });
    const { body } = await call('tagMango', tagMangoRequests.lookup);

    expect(body).toMatchObject({
      result: { email: 'ada@example.com', badges: [{ _id: HALL_ID }, { _id: HALL_ID }] },
    });
  });

  test('with * shows where there are badges, and leaves other answers and refusals alone', async () => {
    sandbox.tagMango.faults.set('*', { kind: 'records', change: 'no-ids' });
    const { list, assign } = tagMangoRequests;

    expect(JSON.stringify((await call('tagMango', list)).body)).not.toContain('_id');
    expect(await call('tagMango', assign)).toMatchObject({ status: 200, body: { success: true } });
    expect(await call('tagMango', { ...list, headers: {} })).toMatchObject({
      status: 401,
      body: { success: false },
    });
  });

  test('of an empty list stay none', async () => {
    sandbox.returningAI.badges.clear();
    for (const change of CHANGES) {
      sandbox.returningAI.faults.set('listBadges', { kind: 'records', change });
      expect((await call('returningAI', returningAIRequests.list)).body).toMatchObject({
        body: [],
      });
    }
  });

  const impossible: [StandInKey, string, RecordChange, string][] = [
    [
      'returningAI',
      'listBadges',
      'other-creator',
      'other-creator is not possible here: the badges of this provider do not name a creator',
    ],
    [
      'returningAI',
      '*',
      'other-creator',
      'other-creator is not possible here: the badges of this provider do not name a creator',
    ],
    [
      'returningAI',
      'deleteBadge',
      'no-ids',
      'The answer of deleteBadge holds no badges; there are listBadges, createBadge, updateBadge, awardBadge',
    ],
    [
      'tagMango',
      'assignBadges',
      'other-id',
      'The answer of assignBadges holds no badges; there are listBadges, createBadge, updateBadge, lookupUser',
    ],
    ['tagMango', 'updateBadge', 'duplicates', 'updateBadge answers with one badge: no duplicates'],
    [
      'tagMango',
      'createBadge',
      'differing-duplicates',
      'createBadge answers with one badge: no differing-duplicates',
    ],
  ];
  test.each(impossible)(
    '%s, %s: %s is refused, in words that help',
    (key, operation, change, message) => {
      const { faults } = sandbox[key];

      expect(() => faults.set(operation, { kind: 'records', change })).toThrow(message);
      expect(faults.entries()).toEqual({});
    },
  );
});
