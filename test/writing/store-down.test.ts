import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { openState } from '../../src/state/open-state.ts';
import { StateError } from '../../src/state/state-store.ts';
import { eventually } from '../state/eventually.ts';
import { HIDDEN_VALUES, returningAIStored, tagMangoStored } from '../support/records.ts';
import { findRedis, startRedis } from '../support/redis.ts';
import { execute } from '../support/service.ts';
import { type StoreSwitch, createStoreSwitch, toSwitchable } from '../support/switchable-store.ts';
import {
  type MutationCall,
  type WritingService,
  codesOf,
  fieldsUnknownIn,
  mutate,
  startWritingService,
  warningsOf,
} from '../support/writing.ts';

const RETURNING_AI = '84845081-98fd-46f3-96aa-1032174e58a5';
const TAG_MANGO = '6657092c8142bfe0656481bf';
const HIDDEN = Object.keys(HIDDEN_VALUES);

const update = (input: object, key?: string): MutationCall => ({
  kind: 'update',
  input,
  key: key ?? null,
});
const rename = (title: string): MutationCall =>
  update({ returningAI: { id: RETURNING_AI, title } });
const withAllHidden = (fields: object, key?: string): MutationCall =>
  update({ returningAI: { id: RETURNING_AI, ...HIDDEN_VALUES, ...fields } }, key);
const renameTagMango = (name: string, key?: string): MutationCall =>
  update({ tagMango: { id: TAG_MANGO, name } }, key);

const independent: [string, MutationCall, WarningCodes][] = [
  ['an update at TagMango', renameTagMango('New'), ['NOT_RECORDED']],
  ['an update with every hidden field', withAllHidden({ title: 'New' }), ['NOT_RECORDED']],
  ['a creation', { kind: 'create', input: { returningAI: { title: 'New' } } }, ['NOT_RECORDED']],
  [
    'a deletion',
    { kind: 'delete', input: { returningAI: { id: RETURNING_AI } } },
    ['NOT_RECORDED'],
  ],
  [
    'an award',
    { kind: 'award', input: { returningAI: { badgeId: RETURNING_AI, user: { id: '1102' } } } },
    ['NOT_RECORDED'],
  ],
];
type WarningCodes = string[];

let state: StoreSwitch;
let service: WritingService;
beforeEach(async () => {
  state = createStoreSwitch();
  service = await startWritingService({
    wrapStore: (store) => toSwitchable(store, state),
    sandbox: {
      returningAI: { badges: [returningAIStored()] },
      tagMango: { badges: [tagMangoStored()] },
    },
  });
});
afterEach(async () => {
  state.isDown = false;
  state.downAfter = null;
  await service.close();
});

const errorLines = () => service.log.filter(({ level }) => level === 50);
const outOfReach = (provider: string) => [
  {
    __typename: 'BadgeProviderError',
    code: 'STATE_UNAVAILABLE',
    fields: [],
    message:
      'The state store that this mutation depends on is unavailable. Nothing was sent. Retry later.',
    provider,
    retryable: true,
    retryAfterMs: null,
  },
];
const stored = () => service.sandbox.returningAI.badges.get(RETURNING_AI);

const lost = () => Promise.reject(new StateError('unavailable', 'lost'));

test.each([
  [withAllHidden({ title: 'New' }, 'key'), ['STATE_UNAVAILABLE'], []],
  [rename('New'), ['STATE_UNAVAILABLE'], []],
  [withAllHidden({ title: 'New' }), [], ['NOT_RECORDED']],
])(
  'a write that finds its lock lost is sent only if it can do without the store: %j',
  async (call, codes, warnings) => {
    let isLost = false;
    const own = await startWritingService({
      wrapStore: (store) => ({
        ...toSwitchable(store, state),
        withLock: (key, times, work) =>
          store.withLock(key, times, (lock) => work(isLost ? { secure: lost } : lock)),
      }),
      sandbox: { returningAI: { badges: [returningAIStored()] } },
    });
    await own.mutate(withAllHidden({ title: 'Known' }));
    isLost = true;
    const payload = await own.mutate(call);
    const sent = own.writes().length - 1;
    await own.close();
    expect([codesOf(payload), warningsOf(payload)]).toEqual([codes, warnings]);
    expect(sent).toBe(codes.length === 0 ? 1 : 0);
  },
);

test('what is remembered stays known after a write that could not be marked and was not sent', async () => {
  const own = await startWritingService({
    wrapStore: (store) => ({
      ...toSwitchable(store, state),
      compareAndSet: (key, change) =>
        change.value?.includes('"stage":"SENDING"') ? lost() : store.compareAndSet(key, change),
    }),
    sandbox: { returningAI: { badges: [returningAIStored()] } },
  });
  await own.mutate(withAllHidden({ title: 'Known' }));
  const refused = await own.mutate(withAllHidden({ awardXpQuantity: 999 }, 'key'));
  const renamed = await own.mutate(rename('Next'));
  const { body } = own.writes().at(-1) ?? {};
  const sent = own.writes().length;
  await own.close();
  expect(codesOf(refused)).toEqual(['STATE_UNAVAILABLE']);
  expect([codesOf(renamed), warningsOf(renamed)]).toEqual([[], ['HIDDEN_FIELDS_REUSED']]);
  expect(body).toMatchObject({ ...HIDDEN_VALUES, title: 'Next' });
  expect(sent).toBe(2);
});

describe('while the store is out of reach', () => {
  test('reads go on', async () => {
    state.isDown = true;
    const { badges, badge } = await service.query(
      `{ badges { totalCount } badge(provider: TAG_MANGO, id: "${TAG_MANGO}") { ... on BadgeFields { name } } }`,
    );
    expect([badges, badge]).toEqual([{ totalCount: 2 }, { name: 'Hall of Fame' }]);
  });

  test.each<[string, string, MutationCall]>([
    ['a key', 'TAG_MANGO', renameTagMango('New', 'key')],
    [
      'a version',
      'TAG_MANGO',
      { ...update({ tagMango: { id: TAG_MANGO, name: 'New' } }), expectedVersion: 'x' },
    ],
    ['remembered values', 'RETURNING_AI', rename('New')],
    [
      'remembered values, however it is told to omit unknown ones',
      'RETURNING_AI',
      update({ returningAI: { id: RETURNING_AI, title: 'New', hiddenFields: 'OMIT' } }),
    ],
    [
      'a key, at a deletion',
      'RETURNING_AI',
      { kind: 'delete', input: { returningAI: { id: RETURNING_AI } }, key: 'key' },
    ],
    [
      'a key, at a creation',
      'TAG_MANGO',
      { kind: 'create', input: { tagMango: { name: 'New' } }, key: 'k' },
    ],
  ])('a write with %s is refused, and nothing is sent', async (_name, provider, call) => {
    state.isDown = true;
    expect((await service.mutate(call)).userErrors).toEqual(outOfReach(provider));
    expect(service.writes()).toEqual([]);
  });

  test.each(independent)(
    '%s without them goes through, with one warning and one line in the log',
    async (_name, call, warnings) => {
      state.isDown = true;
      const payload = await service.mutate(call);
      expect(codesOf(payload)).toEqual([]);
      expect(warningsOf(payload)).toEqual(warnings);
      expect(service.writes()).toHaveLength(1);
      expect(errorLines()).toMatchObject([
        {
          msg: 'A mutation is missing from the audit log. This is its record',
          record: { outcome: 'APPLIED', operation: call.kind, caller: 'anonymous' },
        },
      ]);
    },
  );

  test('an input is still checked, and a dry run still works', async () => {
    state.isDown = true;
    expect(codesOf(await service.mutate(renameTagMango(' ')))).toEqual(['INVALID_INPUT']);
    const dry = await service.query(
      `mutation { updateBadge(dryRun: true, input: { tagMango: { id: "${TAG_MANGO}", name: "New" } }) {
        changes { field } userErrors { code } warnings { code }
      } }`,
    );
    expect(dry).toEqual({
      updateBadge: { changes: [{ field: 'name' }], userErrors: [], warnings: [] },
    });
  });

  test('a refused write is no line in the log of missing changes beyond its own', async () => {
    state.isDown = true;
    service.sandbox.tagMango.faults.set('updateBadge', { kind: 'answer', status: 400 });
    const payload = await service.mutate(renameTagMango('New'));
    expect(codesOf(payload)).toEqual(['INVALID_INPUT']);
    expect(errorLines()).toHaveLength(1);
  });

  test('two updates of one badge at once still both survive', async () => {
    state.isDown = true;
    await Promise.all([
      service.mutate(withAllHidden({ title: 'New title' })),
      service.mutate(withAllHidden({ description: 'New description' })),
    ]);
    expect(stored()).toEqual(
      returningAIStored({ title: 'New title', description: 'New description' }),
    );
  });
});

test('what was remembered before an outage is not trusted after a write that it missed', async () => {
  await service.mutate(withAllHidden({ title: 'Known' }));
  state.isDown = true;
  expect(warningsOf(await service.mutate(withAllHidden({ awardXpQuantity: 71 })))).toEqual([
    'NOT_RECORDED',
  ]);
  state.isDown = false;

  expect(fieldsUnknownIn(await service.mutate(rename('New')))).toEqual(HIDDEN);
  expect(stored()).toMatchObject({ awardXpQuantity: 71 });
  await service.mutate(withAllHidden({ awardXpQuantity: 72 }));
  expect(codesOf(await service.mutate(rename('New')))).toEqual([]);
  expect(stored()).toMatchObject({ title: 'New', awardXpQuantity: 72 });
});

test('neither does another replica trust it, soon after the store is back', async () => {
  const twin = await service.startTwin({});
  await service.mutate(withAllHidden({ title: 'Known' }));
  state.isDown = true;
  await service.mutate(withAllHidden({ awardXpQuantity: 71 }));
  state.isDown = false;
  const askTwin = () => mutate(`${twin.url}/graphql`, rename('New'));
  const { asked } = state;
  // What the first one owes the store is paid in the background.
  await eventually(() => state.asked > asked);
  expect(fieldsUnknownIn(await askTwin())).toEqual(HIDDEN);
  await twin.close();
  expect(stored()).toMatchObject({ awardXpQuantity: 71 });
});

describe('when the store goes down in the middle of a mutation with a key,', () => {
  const call = withAllHidden({ title: 'New' }, 'key');

  /** How many questions such a mutation asks. */
  async function countQuestions(): Promise<number> {
    const { asked } = state;
    await service.mutate(withAllHidden({ title: 'Counted' }, 'counted'));
    return state.asked - asked;
  }

  test.each([false, true])(
    'whichever step it is (the last one carried out: %s), there is at most one write, and once the store is back the key tells of it',
    async (isLastCarriedOut) => {
      const questions = await countQuestions();
      expect(questions).toBeGreaterThan(5);
      state.isLastCarriedOut = isLastCarriedOut;

      await Promise.all(
        Array.from({ length: questions }, async (_, step) => {
          const each = createStoreSwitch();
          const own = await startWritingService({
            wrapStore: (store) => toSwitchable(store, each),
            operationDeadlineMs: 6_000,
            sandbox: { returningAI: { badges: [returningAIStored()] } },
          });
          each.isLastCarriedOut = isLastCarriedOut;
          each.downAfter = each.asked + step;
          const first = await own.mutate(call);
          const sent = own.writes().length;
          each.downAfter = null;
          each.isDown = false;
          const repeat = await own.mutate(call);
          const again = await own.mutate(call);
          await own.close();

          const [firstCode] = codesOf(first);
          // Told that nothing was sent, nothing was; the key is free again and the repeat writes.
          expect([step, firstCode, sent]).toEqual([
            step,
            sent === 0 ? 'STATE_UNAVAILABLE' : undefined,
            sent,
          ]);
          expect([step, codesOf(repeat), own.writes().length]).toEqual([step, [], 1]);
          expect([step, again]).toEqual([step, repeat]);
          if (sent === 1) expect(repeat.badge).toEqual(first.badge);
        }),
      );
    },
  );
});

test.each(['unavailable', 'busy'] as const)(
  'a store that is %s only when a lock is given back leads to no second write',
  async (kind) => {
    const own = await startWritingService({
      wrapStore: (store) => ({
        ...store,
        async withLock(key, times, work) {
          await store.withLock(key, times, work);
          throw new StateError(kind, 'lost the lock');
        },
      }),
      sandbox: { tagMango: { badges: [tagMangoStored()] } },
    });
    const query = 'mutation ($input: UpdateBadgeInput!) { updateBadge(input: $input) { outcome } }';
    const { errors } = await execute(own.url, query, {
      input: { tagMango: { id: TAG_MANGO, name: 'New' } },
    });
    expect(errors).toHaveLength(1);
    expect(own.writes()).toHaveLength(1);
    await own.close();
  },
);

const redisPath = findRedis();
if (redisPath === undefined)
  console.log('Skipped: the loss of Redis, since Redis is not installed.');
(redisPath === undefined ? test.skip : test)(
  'a Redis that stops is such a store, and serves again when it is back',
  async () => {
    const redis = await startRedis(redisPath ?? '');
    const silent = pino({ level: 'silent' });
    const opened = await openState({
      redisUrl: redis.url,
      folder: '',
      now: Date.now,
      wallTime: Date.now,
      log: { info: (line) => silent.info(line), warn: (line) => silent.warn(line) },
    });
    const twin = await service.startTwin({ store: opened.store, shared: opened.shared });
    const ask = (call: MutationCall) => mutate(`${twin.url}/graphql`, call);
    expect(codesOf(await ask(renameTagMango('First', 'first')))).toEqual([]);

    try {
      await redis.stop();
      await eventually(async () => {
        const [code] = codesOf(await ask(renameTagMango('Keyed', 'keyed')));
        return code === 'STATE_UNAVAILABLE';
      });
      const sent = service.writes().length;
      expect(codesOf(await ask(rename('New')))).toEqual(['STATE_UNAVAILABLE']);
      expect(service.writes()).toHaveLength(sent);
      expect(warningsOf(await ask(renameTagMango('Without')))).toEqual(['NOT_RECORDED']);

      await redis.start();
      await eventually(async () => codesOf(await ask(renameTagMango('Back', 'back'))).length === 0);
      expect(service.sandbox.tagMango.badges.get(TAG_MANGO)?.name).toBe('Back');
    } finally {
      await twin.close();
      await opened.close();
      await redis.stop();
    }
  },
);
