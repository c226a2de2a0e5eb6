import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HALL_OF_FAME, MAJOR, QUIZ_MASTER, STORED } from '../support/operation-cases.ts';
import { numRuns } from '../properties/runs.ts';
import { type TestService, startTestService } from '../support/service.ts';

let service: TestService;
beforeEach(async () => {
  service = await startTestService({ sandbox: STORED });
});
afterEach(() => service.close());

interface Key {
  provider: string;
  id: string;
}
interface Read {
  badgesByKeys: ({ name: string } | null)[] | null;
}

const ofReturningAI = (id: string): Key => ({ provider: 'RETURNING_AI', id });
const ofTagMango = (id: string): Key => ({ provider: 'TAG_MANGO', id });

async function read(keys: readonly Key[], on = service) {
  const {
    data,
    errors = [],
    headers,
  } = await on.execute<Read | null, object>(
    'query ($keys: [BadgeKey!]!) { badgesByKeys(keys: $keys) { ... on BadgeFields { name } } }',
    { keys },
  );
  return {
    names: data?.badgesByKeys?.map((badge) => badge?.name ?? null) ?? null,
    errors: errors.map(({ path, extensions }) => [path, extensions?.code]),
    cacheControl: headers.get('cache-control'),
  };
}
const lists = () => {
  const { returningAI, tagMango } = service.sandbox;
  return [returningAI, tagMango].map(({ requests }) => requests.length);
};

test('badges stand in the order of their keys, each as often as it is asked for, after one read of each provider', async () => {
  const keys = [
    ofTagMango(QUIZ_MASTER),
    ofReturningAI(MAJOR),
    ofTagMango('f'.repeat(24)),
    ofTagMango(HALL_OF_FAME),
    ofTagMango(QUIZ_MASTER.toUpperCase()),
    ofReturningAI('gone'),
  ];
  expect(await read(keys)).toMatchObject({
    names: ['Quiz Master', 'Major', null, 'Hall of Fame', 'Quiz Master', null],
    errors: [],
  });
  expect(lists()).toEqual([1, 1]);
});

test('no key is an empty list, and nothing is read', async () => {
  expect(await read([])).toMatchObject({ names: [], errors: [] });
  expect(lists()).toEqual([0, 0]);
});

test('a hundred keys are answered, and one more is INVALID_INPUT', async () => {
  const hundred = Array.from({ length: 100 }, () => ofReturningAI(MAJOR));
  expect((await read(hundred)).names).toHaveLength(100);
  expect(await read([...hundred, ofReturningAI(MAJOR)])).toEqual({
    names: null,
    errors: [[['badgesByKeys'], 'INVALID_INPUT']],
    cacheControl: 'no-store',
  });
});

test('a provider that is down costs its own badges, each with an error at its place, as for entities', async () => {
  service.sandbox.tagMango.faults.set('listBadges', { kind: 'answer', status: 503 });
  const keys = [ofTagMango(QUIZ_MASTER), ofReturningAI(MAJOR), ofTagMango(HALL_OF_FAME)];
  expect(await read(keys)).toEqual({
    names: [null, 'Major', null],
    errors: [
      [['badgesByKeys', 0], 'PROVIDER_UNAVAILABLE'],
      [['badgesByKeys', 2], 'PROVIDER_UNAVAILABLE'],
    ],
    cacheControl: 'no-store',
  });
  const { errors } = await service.execute<unknown, object>(
    'query ($all: [_Any!]!) { _entities(representations: $all) { ... on BadgeFields { name } } }',
    {
      all: keys.map(({ provider, id }) => ({
        __typename: provider === 'TAG_MANGO' ? 'TagMangoBadge' : 'ReturningAIBadge',
        id,
      })),
    },
  );
  expect(errors?.map(({ path, extensions }) => [path?.at(-1), extensions?.code])).toEqual([
    [0, 'PROVIDER_UNAVAILABLE'],
    [2, 'PROVIDER_UNAVAILABLE'],
  ]);
});

test('an id that cannot be one, and a provider that is not configured, cost only themselves', async () => {
  expect(await read([ofTagMango('../x'), ofReturningAI(MAJOR)])).toMatchObject({
    names: [null, 'Major'],
    errors: [[['badgesByKeys', 0], 'INVALID_INPUT']],
  });
  const { returningAI } = service.sandbox.providerValues;
  const other = await startTestService({ providerValues: returningAI ? { returningAI } : {} });
  expect(await read([ofReturningAI(MAJOR), ofTagMango(QUIZ_MASTER)], other)).toMatchObject({
    names: ['Major', null],
    errors: [[['badgesByKeys', 1], 'PROVIDER_NOT_CONFIGURED']],
  });
  await other.close();
});

test('each item is what a query of its own gives for its key, value or error', async () => {
  const anyKey = fc.record({
    provider: fc.constantFrom('RETURNING_AI', 'TAG_MANGO'),
    id: fc.oneof(
      fc.constantFrom(MAJOR, HALL_OF_FAME, QUIZ_MASTER, QUIZ_MASTER.toUpperCase(), 'f'.repeat(24)),
      fc.string({ maxLength: 30 }),
    ),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(anyKey, { minLength: 1, maxLength: 19 }), async (keys) => {
      const { names, errors } = await read(keys);
      const variables = Object.fromEntries(keys.map(({ id }, at) => [`v${at}`, id]));
      const declared = keys.map((_, at) => `$v${at}: ID!`).join(' ');
      const fields = keys.map(
        ({ provider }, at) =>
          `a${at}: badge(provider: ${provider}, id: $v${at}) { ... on BadgeFields { name } }`,
      );
      const { data, errors: own = [] } = await service.execute<
        Record<string, { name: string } | null>,
        object
      >(`query (${declared}) { __typename ${fields.join(' ')} }`, variables);
      expect(names).toEqual(keys.map((_, at) => data[`a${at}`]?.name ?? null));
      const toPlace = (path: unknown) => String(path).replace('a', 'badgesByKeys,');
      expect(errors.map(([path, code]) => [String(path), code]).sort()).toEqual(
        own.map(({ path, extensions }) => [toPlace(path), extensions?.code]).sort(),
      );
    }),
    { numRuns: Math.ceil(numRuns / 4) },
  );
});

test('what is asked of each badge counts for every key', async () => {
  const keys = Array.from({ length: 100 }, () => ofReturningAI(MAJOR));
  const fields = Array.from({ length: 10 }, (_, at) => `a${at}: name`).join(' ');
  const roots = Array.from(
    { length: 20 },
    (_, at) => `r${at}: badgesByKeys(keys: $keys) { ... on BadgeFields { ${fields} } }`,
  );
  const ask = (count: number) =>
    service.execute<unknown, object>(
      `query ($keys: [BadgeKey!]!) { ${roots.slice(0, count).join(' ')} }`,
      { keys },
    );
  const { errors } = await ask(20);
  expect(errors).toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED' } }]);
  expect(lists()).toEqual([0, 0]);
  expect((await ask(4)).errors).toBeUndefined();
});
