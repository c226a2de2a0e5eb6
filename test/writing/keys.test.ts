import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { StateStore } from '../../src/state/state-store.ts';
import { eventually } from '../state/eventually.ts';
import { createSkippingClock } from '../support/clock.ts';
import { HIDDEN_VALUES, returningAIStored, tagMangoStored } from '../support/records.ts';
import {
  type MutationCall,
  type WritingService,
  codesOf,
  mutate,
  startWritingService,
  warningsOf,
} from '../support/writing.ts';

const RETURNING_AI = '84845081-98fd-46f3-96aa-1032174e58a5';
const TAG_MANGO = '6657092c8142bfe0656481bf';
const DAY_MS = 24 * 60 * 60 * 1_000;

const update: MutationCall = {
  kind: 'update',
  input: { tagMango: { id: TAG_MANGO, name: 'New' } },
  key: 'once',
};
const create: MutationCall = {
  kind: 'create',
  input: { returningAI: { title: 'Made once' } },
  key: 'once',
};
const remove: MutationCall = {
  kind: 'delete',
  input: { returningAI: { id: RETURNING_AI } },
  key: 'once',
};
const award: MutationCall = {
  kind: 'award',
  input: { returningAI: { badgeId: RETURNING_AI, user: { email: 'ada@example.com' } } },
  key: 'once',
};
const revoke: MutationCall = { ...award, kind: 'revoke' };

const everyKind: [string, MutationCall][] = [
  ['update', update],
  [
    'update of hidden fields too',
    {
      ...update,
      input: { returningAI: { id: RETURNING_AI, ...HIDDEN_VALUES, title: 'New' } },
    },
  ],
  ['create', create],
  ['create at the other provider', { ...create, input: { tagMango: { name: 'Made once' } } }],
  ['delete', remove],
  ['award', award],
  [
    'award at the other provider',
    {
      ...award,
      input: { tagMango: { userId: '6650aa11bb22cc33dd44ee55', badgeIds: [TAG_MANGO] } },
    },
  ],
  ['revoke', revoke],
];

let now: number;
const clock = createSkippingClock();
let service: WritingService;
/** How often the record of any key was looked at. */
let looks: number;
beforeEach(async () => {
  now = Date.now();
  looks = 0;
  service = await startWritingService({
    storeNow: () => now,
    wrapStore: countingLooks,
    now: clock.now,
    http: { clock, budget: undefined },
    sandbox: {
      returningAI: { badges: [returningAIStored()] },
      tagMango: { badges: [tagMangoStored()] },
    },
  });
});
afterEach(() => service.close());

function countingLooks(store: StateStore): StateStore {
  return {
    ...store,
    get(key) {
      if (key.startsWith('key/')) looks += 1;
      return store.get(key);
    },
  };
}

/** The provider's operation that carries out the call, where a fault can be set. */
function failWrites(fault: Parameters<typeof service.sandbox.tagMango.faults.set>[1]): void {
  for (const { faults } of [service.sandbox.returningAI, service.sandbox.tagMango]) {
    for (const operation of ['createBadge', 'updateBadge', 'deleteBadge', 'removeBadge'])
      faults.set(operation, fault);
    for (const operation of ['awardBadge', 'assignBadges']) faults.set(operation, fault);
  }
}
function healWrites(): void {
  service.sandbox.returningAI.faults.clear();
  service.sandbox.tagMango.faults.clear();
}

describe.each(everyKind)('the same key and input of one %s give one write', (_name, call) => {
  test('and the same payload, twenty times at once, again, and after a restart', async () => {
    const atOnce = await Promise.all(Array.from({ length: 20 }, () => service.mutate(call)));
    const [first] = atOnce;
    expect(first && codesOf(first)).toEqual([]);
    const again = await service.mutate(call);
    await service.restart();
    const afterwards = await service.mutate(call);

    for (const payload of [...atOnce, again, afterwards]) expect(payload).toEqual(first);
    expect(service.writes()).toHaveLength(1);
  });
});

test('the order of an input’s fields makes no other input, null instead of absent does', async () => {
  const input = { id: TAG_MANGO, name: 'New', description: 'Newer' };
  const first = await service.mutate({ ...update, input: { tagMango: input } });
  const turned = await service.mutate({
    ...update,
    input: { tagMango: { description: 'Newer', name: 'New', id: TAG_MANGO } },
  });
  const cleared = await service.mutate({
    ...update,
    input: { tagMango: { ...input, imageUrl: null } },
  });

  expect(turned).toEqual(first);
  expect(codesOf(cleared)).toEqual(['IDEMPOTENCY_KEY_REUSED']);
  expect(service.writes()).toHaveLength(1);
});

test('another input under the key is refused at the key, during the first write and after it', async () => {
  const other = { ...update, input: { tagMango: { id: TAG_MANGO, name: 'Other' } } };
  const [first, during] = await Promise.all([service.mutate(update), service.mutate(other)]);
  const after = await service.mutate(other);

  expect(codesOf(first)).toEqual([]);
  for (const refused of [during, after]) {
    expect(refused.userErrors).toEqual([
      {
        __typename: 'BadgeInputError',
        code: 'IDEMPOTENCY_KEY_REUSED',
        fields: [['idempotencyKey']],
        message:
          'This idempotency key was already used with a different input. Nothing was sent. Use a new key for a new change.',
      },
    ]);
  }
  expect(service.writes()).toHaveLength(1);
});

test('a key of another caller, or of another mutation, is another key', async () => {
  const calls: MutationCall[] = [
    create,
    { ...create, caller: 'ada' },
    { ...create, caller: 'grace' },
    { ...award, key: create.key ?? '' },
    { ...revoke, key: create.key ?? '' },
  ];
  for (const call of [...calls, ...calls]) expect(codesOf(await service.mutate(call))).toEqual([]);
  expect(service.writes()).toHaveLength(calls.length);
});

describe('a clear refusal frees the key:', () => {
  test.each([
    ['by the provider, 400', 'INVALID_INPUT', { status: 400 }],
    ['by the provider, 404', 'NOT_FOUND', { status: 404 }],
    ['by the provider, 409', 'CONFLICT', { status: 409 }],
    ['by the provider, 429', 'PROVIDER_RATE_LIMITED', { status: 429 }],
    ['by the provider, 401', 'PROVIDER_AUTH_FAILED', { status: 401 }],
  ] as const)('%s', async (_name, code, { status }) => {
    failWrites({ kind: 'answer', status, body: {} });
    for (let attempts = 0; attempts < 2; attempts += 1) {
      expect(codesOf(await service.mutate(update))).toEqual([code]);
      // Past the cool-down after 429.
      clock.skip(10_000);
    }
    healWrites();
    const other = { ...update, input: { tagMango: { id: TAG_MANGO, name: 'Other' } } };
    expect(codesOf(await service.mutate(other))).toEqual([]);
    expect(service.writes()).toHaveLength(3);
  });

  test.each<[string, string, Partial<MutationCall>]>([
    ['of the input', 'INVALID_INPUT', { input: { tagMango: { id: TAG_MANGO, name: ' ' } } }],
    [
      'of an unknown badge',
      'NOT_FOUND',
      { input: { tagMango: { id: 'f'.repeat(24), name: 'New' } } },
    ],
    [
      'of an old version',
      'CONFLICT',
      { input: { tagMango: { id: TAG_MANGO, name: 'N' } }, expectedVersion: 'x' },
    ],
    [
      'of hidden fields',
      'HIDDEN_FIELDS_UNKNOWN',
      { input: { returningAI: { id: RETURNING_AI, title: 'N' } } },
    ],
  ])('%s', async (_name, code, call) => {
    expect(codesOf(await service.mutate({ ...update, ...call }))[0]).toBe(code);
    expect(codesOf(await service.mutate({ ...update, ...call }))[0]).toBe(code);
    expect(codesOf(await service.mutate(update))).toEqual([]);
    expect(service.writes()).toHaveLength(1);
  });

  test('of a read that the write needs', async () => {
    const { badge } = await service.query(
      `{ badge(provider: TAG_MANGO, id: "${TAG_MANGO}") { ... on BadgeFields { version } } }`,
    );
    const { version: expectedVersion } = badge as { version: string };
    const call = {
      ...update,
      input: { tagMango: { id: TAG_MANGO, name: 'New' } },
      expectedVersion,
    };
    service.sandbox.tagMango.faults.set('listBadges', { kind: 'answer', status: 401, times: 1 });
    expect(codesOf(await service.mutate(call))).toEqual(['PROVIDER_AUTH_FAILED']);
    expect(codesOf(await service.mutate(call))).toEqual([]);
    expect(service.writes()).toHaveLength(1);
  });

  test('and so does an update that changes nothing', async () => {
    const same = { ...update, input: { tagMango: { id: TAG_MANGO, name: 'Hall of Fame' } } };
    expect(warningsOf(await service.mutate(same))).toEqual(['NO_CHANGE']);
    expect(codesOf(await service.mutate(update))).toEqual([]);
    expect(service.writes()).toHaveLength(1);
  });
});

describe('an unknown outcome is kept, and its repeat reads and never writes:', () => {
  test.each<[string, MutationCall]>([
    ['update', update],
    ['delete', remove],
  ])('an applied %s is confirmed as success, for good', async (_name, call) => {
    failWrites({ kind: 'reset', isApplied: true, times: 1 });
    const first = await service.mutate(call);
    expect(first.userErrors).toMatchObject([{ code: 'OUTCOME_UNKNOWN', retryable: true }]);

    await service.restart();
    const repeat = await service.mutate(call);
    // What happens to the badge later is no longer this mutation's business.
    service.sandbox.tagMango.badges.set(TAG_MANGO, tagMangoStored({ name: 'Later' }));
    service.sandbox.returningAI.badges.set(RETURNING_AI, returningAIStored());
    const later = await service.mutate(call);

    expect(codesOf(repeat)).toEqual([]);
    if (call.kind === 'delete') expect(repeat.deletedBadgeId).toBe(RETURNING_AI);
    else {
      expect(repeat.badge).toMatchObject({ name: 'New' });
      expect(repeat.changes).toMatchObject([
        { field: 'name', before: 'Hall of Fame', after: 'New' },
      ]);
    }
    expect(later).toEqual(repeat);
    expect(service.writes()).toHaveLength(1);
  });

  test.each([
    ['returningAI', create],
    ['tagMango', { ...create, input: { tagMango: { name: 'Made once' } } }],
  ] as const)(
    'an applied create at %s is confirmed as success with the badge that it made, for good',
    async (at, call) => {
      failWrites({ kind: 'reset', isApplied: true, times: 1 });
      const first = await service.mutate(call);
      expect(first.userErrors).toMatchObject([{ code: 'OUTCOME_UNKNOWN', retryable: true }]);
      const madeId = [...service.sandbox[at].badges.keys()].at(-1);

      await service.restart();
      const repeat = await service.mutate(call);
      // What is made later is no longer this mutation's business.
      const again = await service.mutate({ ...call, key: 'another' });
      const later = await service.mutate(call);

      for (const { badge } of [first, repeat]) {
        expect(badge).toMatchObject({ id: madeId, name: 'Made once' });
      }
      expect(repeat).toMatchObject({ userErrors: [], warnings: [] });
      expect(repeat.changes).toEqual(again.changes);
      expect(again.badge?.id).not.toBe(madeId);
      expect(later).toEqual(repeat);
      expect(service.writes()).toHaveLength(2);
    },
  );

  test.each<[string, MutationCall]>([
    ...everyKind,
    [
      'update of hidden fields only, which no read can show',
      {
        ...update,
        input: { returningAI: { id: RETURNING_AI, ...HIDDEN_VALUES, awardXpQuantity: 71 } },
      },
    ],
  ])('one of the kind %s that was not applied stays unknown', async (_name, call) => {
    failWrites({ kind: 'reset' });
    expect(codesOf(await service.mutate(call))).toEqual(['OUTCOME_UNKNOWN']);
    healWrites();
    for (let repeat = 0; repeat < 2; repeat += 1) {
      expect(codesOf(await service.mutate(call))).toEqual(['OUTCOME_UNKNOWN']);
      await service.restart();
    }
    expect(service.writes()).toHaveLength(1);
  });

  test.each<[string, MutationCall]>([
    ['award', award],
    ['revoke', revoke],
  ])('an applied %s stays unknown, since no read can tell', async (_name, call) => {
    failWrites({ kind: 'reset', isApplied: true, times: 1 });
    for (let sent = 0; sent < 3; sent += 1) {
      expect(codesOf(await service.mutate(call))).toEqual(['OUTCOME_UNKNOWN']);
    }
    expect(service.writes()).toHaveLength(1);
  });

  test('while the provider cannot be read, the repeat knows no more', async () => {
    failWrites({ kind: 'reset', isApplied: true, times: 1 });
    await service.mutate(update);
    service.sandbox.tagMango.faults.set('listBadges', { kind: 'answer', status: 503 });
    expect(codesOf(await service.mutate(update))).toEqual(['OUTCOME_UNKNOWN']);
    healWrites();
    expect(codesOf(await service.mutate(update))).toEqual([]);
    expect(service.writes()).toHaveLength(1);
  });
});

test.each([
  ['empty', ''],
  ['blank', '   '],
  ['with a space', 'a b'],
  ['with a line end', 'a\n'],
  ['not in ASCII', 'schlüssel'],
  ['of 201 characters', 'k'.repeat(201)],
])('a key that is %s is refused, and nothing is sent', async (_name, key) => {
  const { userErrors } = await service.mutate({ ...update, key });
  expect(userErrors).toEqual([
    {
      __typename: 'BadgeInputError',
      code: 'INVALID_INPUT',
      fields: [['idempotencyKey']],
      message:
        'Argument "idempotencyKey" must be 1 to 200 visible ASCII characters without spaces.',
    },
  ]);
  expect(service.writes()).toEqual([]);
});

test('keys of 200 characters are told apart to the last one', async () => {
  const key = 'k'.repeat(199);
  for (const last of 'ab%/') await service.mutate({ ...create, key: key + last });
  for (const last of 'ab%/') await service.mutate({ ...create, key: key + last });
  expect(service.writes()).toHaveLength(4);
});

test('a repeat that outwaits its own deadline is told that the first is still under way', async () => {
  const impatient = await service.startTwin({ operationDeadlineMs: 200 });
  failWrites({ kind: 'hang' });
  const first = service.mutate(update);
  await eventually(() => service.writes().length === 1);

  const repeat = await mutate(`${impatient.url}/graphql`, update);
  await impatient.close();

  expect(repeat.userErrors).toEqual([
    {
      __typename: 'BadgeInputError',
      code: 'IDEMPOTENCY_IN_PROGRESS',
      fields: [['idempotencyKey']],
      message:
        'A mutation with this idempotency key is still in progress. Retry it later with the same key.',
    },
  ]);
  expect(codesOf(await first)).toEqual(['OUTCOME_UNKNOWN']);
  expect(service.writes()).toHaveLength(1);
});

test('repeats that wait for the first look at the key one at a time, however many there are', async () => {
  const REPEATS = 40;
  failWrites({ kind: 'hang' });
  const first = service.mutate(update);
  await eventually(() => service.writes().length === 1);

  const repeats = await Promise.all(Array.from({ length: REPEATS }, () => service.mutate(update)));

  for (const repeat of repeats) expect(codesOf(repeat)).toEqual(['OUTCOME_UNKNOWN']);
  expect(codesOf(await first)).toEqual(['OUTCOME_UNKNOWN']);
  expect(service.writes()).toHaveLength(1);
  // Each by itself would look forty times a second.
  expect(looks).toBeLessThan(10 * REPEATS);
});

test('an update that outwaits another one of its badge is told so, and nothing of it is sent', async () => {
  // It waits for 200 ms, since a full attempt and the read after it have to fit in.
  const impatient = await service.startTwin({ operationDeadlineMs: 2_200 });
  failWrites({ kind: 'hang' });
  const first = service.mutate(update);
  await eventually(() => service.writes().length === 1);

  const second = await mutate(`${impatient.url}/graphql`, { ...update, key: null });
  await impatient.close();

  expect(second.userErrors).toEqual([
    {
      __typename: 'BadgeProviderError',
      code: 'WRITE_IN_PROGRESS',
      fields: [],
      message: 'Another write to this badge is still in progress. Nothing was sent. Retry later.',
      provider: 'TAG_MANGO',
      retryable: true,
      retryAfterMs: null,
    },
  ]);
  expect(codesOf(await first)).toEqual(['OUTCOME_UNKNOWN']);
  expect(service.writes()).toHaveLength(1);
});

test('a caller that went away finds the outcome under its key', async () => {
  service.sandbox.tagMango.faults.set('updateBadge', { kind: 'hang', isApplied: true, times: 1 });
  const gone = new AbortController();
  const call = fetch(service.url, {
    method: 'POST',
    signal: gone.signal,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query:
        'mutation ($input: UpdateBadgeInput!) { updateBadge(input: $input, idempotencyKey: "once") { changes { field } } }',
      variables: { input: update.input },
    }),
  });
  await eventually(() => service.writes().length === 1);
  gone.abort();
  await expect(call).rejects.toThrow('aborted');

  expect(codesOf(await service.mutate(update))).toEqual([]);
  expect(service.writes()).toHaveLength(1);
});

test('a dry run neither reads nor keeps a key', async () => {
  await service.mutate(create);
  const answer = await service.query(
    `mutation { createBadge(input: { returningAI: { title: "Other" } }, dryRun: true, idempotencyKey: "once") {
      userErrors { code } changes { field }
    } }`,
  );
  expect(answer).toMatchObject({ createBadge: { userErrors: [] } });
  expect(service.writes()).toHaveLength(1);
});

test('a key stands for 24 hours, and then for nothing', async () => {
  const first = await service.mutate(create);
  now += DAY_MS - 1_000;
  expect(await service.mutate(create)).toEqual(first);
  now += 2_000;
  const second = await service.mutate(create);
  expect(codesOf(second)).toEqual([]);
  expect(second.badge?.id).not.toBe(first.badge?.id);
  expect(service.writes()).toHaveLength(2);
});
