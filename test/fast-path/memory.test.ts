import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { getOperationAST, parse } from 'graphql';
import { SCOPES, createBadgesContext, listTag } from '../../src/badges/context.ts';
import { createBadgesSchema } from '../../src/badges/schema.ts';
import { createAnswerCache } from '../../src/server/fast-path/answer-cache.ts';
import {
  type BadgeFragments,
  createBadgeFragments,
  createEntityFragments,
} from '../../src/server/fast-path/fragments.ts';
import {
  type EntitiesPlan,
  type Split,
  createPlans,
  flatten,
  planEntities,
  splitBody,
} from '../../src/server/fast-path/plans.ts';
import {
  type AskedQuery,
  type QueryPlan,
  planQuery,
  readAsked,
} from '../../src/server/fast-path/query-plan.ts';
import { toExecutable } from '../../src/server/fast-path/render.ts';
import {
  type SnapshotView,
  createSnapshotView,
  identityOf,
} from '../../src/server/fast-path/snapshot-view.ts';
import { type Keep, type Kept, createDocumentStore, createKeep } from '../../src/server/keep.ts';
import { isAdmittedAgain, isAffordable } from '../../src/server/limits/request-limits.ts';
import { type World, startWorld, toEntitiesPlan } from './world.ts';

const DOCUMENTS = 2_500;
const MIB = 1024 * 1024;
/** Of plans that are being made, and of the collector's own. */
const SLACK_BYTES = 8 * MIB;

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

function toBody(at: number): string {
  const query = `query Q${at}($representations: [_Any!]!) { _entities(representations: $representations) { __typename ... on TagMangoBadge { id name description imageUrl version createdAt a${at}: name } ... on ReturningAIBadge { id title description image version } } }`;
  const variables = { representations: [{ __typename: 'A', id: 'a' }] };
  return JSON.stringify({ query, operationName: `Q${at}`, variables });
}

test('plans take no more memory than is counted, and a budget bounds them whatever is asked', async () => {
  const { schema } = await createBadgesSchema();
  const executable = toExecutable(schema);
  const keep = createKeep(24 * MIB);
  const fragments = createEntityFragments(keep);
  const plans = createPlans<EntitiesPlan>(keep, (plan) => fragments.forget(plan));
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let at = 0; at < DOCUMENTS; at += 1) {
    const split = splitBody(toBody(at));
    const plan = split && planEntities(executable, split);
    if (plan) plans.add(flatten(split.key), plan);
  }
  collectGarbage();
  const { bytes, plans: kept } = keep.usage();
  expect(bytes).toBeLessThanOrEqual(24 * MIB);
  expect(kept).toBeGreaterThan(1_000);
  expect(kept).toBeLessThan(DOCUMENTS);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(bytes + SLACK_BYTES);
});

test('parsed documents take no more memory than is counted', async () => {
  const keep = createKeep(24 * MIB);
  const store = createDocumentStore(keep);
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let at = 0; at < DOCUMENTS; at += 1) {
    const { query } = JSON.parse(toBody(at)) as { query: string };
    await store.set(`hash of ${at}`, parse(query));
  }
  collectGarbage();
  const { bytes, documents } = keep.usage();
  expect(bytes).toBeLessThanOrEqual(24 * MIB);
  expect(documents).toBeGreaterThan(500);
  expect(documents).toBeLessThan(DOCUMENTS);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(bytes + SLACK_BYTES / 2);
});

test('what is dropped is not held, although it was used last', async () => {
  const keep = createKeep();
  function putAndDrop(): WeakRef<Kept> {
    const item: Kept = { kind: 'answers', onDrop: () => undefined };
    keep.put(item, 100);
    keep.use(item);
    keep.drop(item);
    return new WeakRef(item);
  }
  const dropped = [putAndDrop(), putAndDrop(), putAndDrop()];
  // A weak reference holds its object until the end of the turn.
  await turn();
  collectGarbage();
  expect(dropped.map((item) => item.deref())).toEqual([undefined, undefined, undefined]);
});

test('whatever was used, the two used last are never dropped for a third, and the oldest goes first', () => {
  const dropped: number[] = [];
  const keep = createKeep(800);
  const items = Array.from({ length: 9 }, (_, at): Kept => ({
    kind: 'answers',
    onDrop: () => dropped.push(at),
  }));
  const [first, second, third] = items;
  if (!first || !second || !third) throw new Error('There are nine');
  for (const item of items.slice(0, 8)) keep.put(item, 100);
  for (let times = 0; times < 5; times += 1) [first, second].forEach((item) => keep.use(item));
  const last = items.at(-1);
  if (last) keep.put(last, 100);
  expect(dropped).toEqual([2]);
  keep.put(third, 200);
  expect(dropped).toEqual([2, 3, 4]);
});

test('an item of more than a quarter of the budget is dropped at once, and a new size drops nothing', () => {
  const dropped: string[] = [];
  const toItem = (name: string): Kept => ({ kind: 'answers', onDrop: () => dropped.push(name) });
  const keep = createKeep(800);
  const [small, growing] = [toItem('small'), toItem('growing')];
  keep.put(small, 100);
  keep.put(growing, 100);
  keep.put(growing, 200);
  expect(dropped).toEqual([]);
  expect(keep.usage()).toMatchObject({ answers: 2, bytes: 300 });
  keep.put(toItem('large'), 201);
  keep.put(growing, 201);
  expect(dropped).toEqual(['large', 'growing']);
  expect(keep.usage()).toMatchObject({ answers: 1, bytes: 100 });
});

/** A query with variables of 10 KB. */
function askLarge(name: string, first: number): AskedQuery {
  const query = `query ${name}($first: Int) { badges(first: $first) { totalCount } }`;
  const variables = { first, x: Array.from({ length: 3_000 }, () => ({})) };
  const body = JSON.stringify({ query, variables }) + ' '.repeat(1_000);
  const asked = readAsked(Buffer.from(body), body);
  if (!asked) throw new Error('It is a query');
  return asked;
}

const LIST = 'query Q($first: Int, $after: String) { badges(first: $first, after: $after)';
const ENTITIES =
  'query Q($representations: [_Any!]!) { _entities(representations: $representations)';

/** One collection leaves what only the next one finds to be garbage. */
async function bytesAlive(): Promise<number> {
  for (let times = 0; times < 3; times += 1) {
    await turn();
    collectGarbage();
  }
  return process.memoryUsage().heapUsed;
}

function toNames(at: number, count: number): string {
  return Array.from({ length: count }, (_, index) => `a${at}_${index}: name`).join(' ');
}

describe('a plan takes as much memory as is counted', () => {
  test.each([
    [
      'a list, by the interface',
      LIST,
      (at: number) => `nodes { ... on BadgeFields { ${toNames(at, 30)} } }`,
    ],
    [
      'a list of few fields',
      LIST,
      (at: number) => `nodes { ... on BadgeFields { ${toNames(at, 3)} } }`,
    ],
    [
      'a list, by types',
      LIST,
      (at: number) =>
        `nodes { ... on TagMangoBadge { ${toNames(at, 15)} } ... on ReturningAIBadge { ${toNames(at, 15)} } }`,
    ],
    [
      'a list in two ways',
      LIST,
      (at: number) =>
        `nodes { ... on BadgeFields { ${toNames(at, 15)} } } edges { node { ... on BadgeFields { ${toNames(at, 15)} } } }`,
    ],
    [
      'entities, by the interface',
      ENTITIES,
      (at: number) => `... on BadgeFields { ${toNames(at, 30)} }`,
    ],
    [
      'entities, by types',
      ENTITIES,
      (at: number) =>
        `... on TagMangoBadge { ${toNames(at, 15)} } ... on ReturningAIBadge { ${toNames(at, 15)} }`,
    ],
    [
      'entities of one type',
      ENTITIES,
      (at: number) => `... on TagMangoBadge { ${toNames(at, 20)} }`,
    ],
    [
      'a list with one short field again and again',
      LIST,
      (at: number) => `nodes { ... on BadgeFields { a${at}: id ${'id '.repeat(480)} } }`,
    ],
    [
      'entities with one short field again and again',
      ENTITIES,
      (at: number) => `... on BadgeFields { a${at}: id ${'id '.repeat(480)} }`,
    ],
    [
      'a list with many selections within each other',
      LIST,
      (at: number) => `nodes { a${at}: __typename ${'...{...{__typename}}'.repeat(300)} }`,
    ],
    [
      'a list with a fragment that is spread again and again',
      LIST,
      (at: number) =>
        `nodes { a${at}: __typename ${'...F '.repeat(99)} } } } fragment F on Badge { ...on BadgeFields { id name`,
    ],
    [
      'a list with fragments within each other, in several places',
      LIST,
      (at: number) =>
        `nodes { ...F ...F } edges { node { ...F ...F } } } b: badges { ...G } c: badges { ...G } } fragment G on BadgeConnection { nodes { ...F ...F } edges { node { ...F } } } fragment F on Badge { ...H ...H } fragment H on Badge { ... on BadgeFields { ${toNames(at, 30)}`,
    ],
    [
      'a list with the same directive again and again',
      LIST.replace('(', '($yes: Boolean = true, '),
      (at: number) =>
        `nodes { ... on BadgeFields { a${at}: id ${'id@include(if:$yes)'.repeat(45)} } }`,
    ],
    [
      'a list with a long comment',
      LIST,
      (at: number) => `nodes { a${at}: __typename } #${'x'.repeat(3_000)}\n`,
    ],
  ])('%s', async (_what, beginning, toSelection) => {
    const executable = toExecutable((await createBadgesSchema()).schema);
    const keep = createKeep();
    const plans = createPlans<QueryPlan>(keep, (plan) => plan.fragments.forget());
    const entitiesPlans = createPlans<EntitiesPlan>(keep, () => undefined);
    function learn(at: number): void {
      const query = `${beginning} { __typename ${toSelection(at)} } }`;
      const variables =
        beginning === ENTITIES ? { representations: [{ __typename: 'A', id: 'a' }] } : {};
      const body = JSON.stringify({ query, variables });
      const split = splitBody(body);
      const entities = split && planEntities(executable, split);
      if (entities) return entitiesPlans.add(flatten(split.key), entities);
      const asked = readAsked(Buffer.from(body), body);
      const plan = asked && planQuery(executable, asked, createBadgeFragments(keep));
      if (plan) plans.add(flatten(asked.key), plan);
    }
    let at = 0;
    const learnUntil = (bytes: number): void => {
      for (; keep.usage().bytes < bytes; at += 1) learn(at);
    };
    learnUntil(2 * MIB);
    const before = await bytesAlive();
    const { bytes: countedBefore } = keep.usage();
    learnUntil(12 * MIB);
    const { bytes, plans: kept } = keep.usage();
    const share = ((await bytesAlive()) - before) / (bytes - countedBefore);
    expect(kept).toBe(at);
    expect(share).toBeGreaterThan(0.6);
    expect(share).toBeLessThan(1.2);
  });
});

describe('what is kept takes as much memory as is counted:', () => {
  /** The share of the counted bytes that so many more take in memory. */
  async function shareOf(keepOne: (keep: Keep) => (at: number) => unknown, count: number) {
    const keep = createKeep(1e9);
    const add = keepOne(keep);
    for (let at = 0; at < 50; at += 1) await add(at);
    const before = await bytesAlive();
    const { bytes: countedBefore } = keep.usage();
    for (let at = 50; at < 50 + count; at += 1) await add(at);
    return ((await bytesAlive()) - before) / (keep.usage().bytes - countedBefore);
  }

  test.each<[string, (at: number) => string]>([
    ['one short field again and again', (at) => `a${at}: id ${'id '.repeat(480)}`],
    ['many selections within each other', (at) => `a${at}: id ${'...{...{id}}'.repeat(300)}`],
    ['few fields', (at) => `a${at}: id`],
    ['a long comment', (at) => `a${at}: id #${'x'.repeat(3_000)}\n`],
  ])('parsed documents with %s', async (_what, toFields) => {
    const { schema } = await createBadgesSchema();
    const share = await shareOf((keep) => {
      const store = createDocumentStore(keep);
      return async (at) => {
        const query = `query Q${at} { badges { nodes { ... on BadgeFields { ${toFields(at)} } } } }`;
        const document = parse(query);
        const operation = getOperationAST(document);
        if (operation) isAffordable({ schema, document, operation, variables: {} });
        await store.set(`hash of ${at}`, document);
      };
    }, 300);
    expect(share).toBeGreaterThan(0.6);
    expect(share).toBeLessThan(1.2);
  });

  test('documents that have no plan', async () => {
    const share = await shareOf((keep) => {
      const plans = createPlans<QueryPlan>(keep, () => undefined);
      return (at) => plans.refuse(flatten([`{"query":"{ badges { totalCount } } #${at}`, '"}']));
    }, 5_000);
    expect(share).toBeGreaterThan(0.6);
    expect(share).toBeLessThan(1.2);
  });

  test('small answers', async () => {
    const world = await startWorld();
    await world.warm();
    const [tenant] = [...world.tenants.byId.values()];
    if (!tenant) throw new Error('There is a tenant');
    const toView = () => createSnapshotView(tenant, { freshMs: 30_000, now: () => world.now() });
    const tags = new Set(tenant.providers.map(({ provider }) => listTag(provider)));
    const { used } = createBadgesContext({ actor: 'ada', tenant, scopes: new Set(SCOPES) }, '');
    const share = await shareOf((keep) => {
      const answers = createAnswerCache(keep);
      return (at) => {
        const written = {
          text: `{"data":{"badges":{"totalCount":${at}}}}\n`,
          cacheControl: '',
          used: { ...used, tags },
          countedBytes: 100,
          operation: { kind: 'query', name: undefined, rootField: 'badges' } as const,
          seen: toView(),
        };
        const views = { before: toView(), after: toView() };
        answers.keep(
          { body: `{"query":"{badges{totalCount}}","a":${at}}`, tenant },
          written,
          views,
        );
      };
    }, 5_000);
    await world.close();
    expect(share).toBeGreaterThan(0.6);
    expect(share).toBeLessThan(1.2);
  });

  describe('fragments of', () => {
    const BADGES = 3_000;
    let world: World;
    let ids: string[];
    let view: SnapshotView;
    let badges: readonly object[];
    beforeAll(async () => {
      world = await startWorld();
      const stored = world.sandbox.tagMango.badges;
      const [example] = stored.values();
      const tenant = world.tenants.byId.get('second');
      if (!example || !tenant) throw new Error('There are badges, and two tenants');
      ids = Array.from({ length: BADGES }, (_, at) => at.toString(16).padStart(24, '0'));
      stored.clear();
      for (const _id of ids) stored.set(_id, { ...example, _id });
      await world.warm();
      view = createSnapshotView(tenant, { freshMs: 30_000, now: () => world.now() });
      const at = tenant.providers.findIndex(({ provider }) => provider.key === 'tagMango');
      badges = view.see(at)?.reading.snapshot.value.list.badges ?? [];
      expect(badges).toHaveLength(BADGES);
      // What tells badges apart lives with them.
      badges.forEach(identityOf);
    });
    afterAll(() => world.close());

    const toPlan = (json: string): EntitiesPlan => toEntitiesPlan(() => json);
    const toSplit = (id: string): Split => {
      const representation = `{"__typename":"TagMangoBadge","id":"${id}"}`;
      // The rest of the body, which no fragment may keep.
      const body = representation + ' '.repeat(2_000);
      return { body, start: 0, end: representation.length, key: ['', ''] };
    };

    test.each([
      ['short', '"a"'],
      ['long', JSON.stringify('a'.repeat(1_000))],
    ])('many entities, each %s', async (_what, json) => {
      const plan = toPlan(json);
      const share = await shareOf((keep) => {
        const fragments = createEntityFragments(keep);
        return (at) => fragments.answer(plan, toSplit(ids[at] ?? ''), view);
      }, BADGES - 50);
      expect(share).toBeGreaterThan(0.6);
      expect(share).toBeLessThan(1.2);
    });

    test.each([
      ['one entity', 0],
      ['an entity that is missing', BADGES],
    ])('%s, for many plans', async (_what, which) => {
      const plans = Array.from({ length: 2_050 }, () => toPlan('"a"'));
      const split = toSplit(which.toString(16).padStart(24, '0'));
      const share = await shareOf((keep) => {
        const fragments = createEntityFragments(keep);
        return (at) => fragments.answer(plans[at] ?? toPlan(''), split, view);
      }, 2_000);
      expect(share).toBeGreaterThan(0.6);
      expect(share).toBeLessThan(1.2);
    });

    /** Writes the badge as this JSON, in so many places. */
    function toWriter(fragments: BadgeFragments, places: number, json: string) {
      const size = { fields: 1, bytes: 0 };
      const renders = Array.from({ length: places }, () => fragments.remember(() => json, size));
      return (badge: object | undefined): void => {
        const writing = fragments.begin(view);
        for (const render of renders) writing.write(render, badge);
        writing.end();
      };
    }

    test.each([
      ['short', '"a"'],
      ['long', JSON.stringify('a'.repeat(1_000))],
    ])('many badges, each %s', async (_what, json) => {
      const share = await shareOf((keep) => {
        const write = toWriter(createBadgeFragments(keep), 1, json);
        return (at) => write(badges[at]);
      }, BADGES - 50);
      expect(share).toBeGreaterThan(0.6);
      expect(share).toBeLessThan(1.2);
    });

    test.each([3, 20])('one badge in %i places of many plans', async (places) => {
      const share = await shareOf((keep) => {
        const writers = Array.from({ length: 1_050 }, () =>
          toWriter(createBadgeFragments(keep), places, '"a"'),
        );
        return (at) => writers[at]?.(badges[0]);
      }, 1_000);
      expect(share).toBeGreaterThan(0.6);
      expect(share).toBeLessThan(1.2);
    });
  });
});

test('what operations cost takes 2.5 MB at most, however many operations and variables there are', async () => {
  const { schema } = await createBadgesSchema();
  const operations = Array.from({ length: 400 }, (_, at) => {
    const document = parse(`query Q${at}($x: BadgesFilter) { __typename }`);
    return { document, operation: getOperationAST(document) };
  });
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  // The longest keys that are not hashed, and two bytes a character.
  const toVariables = (at: number) => ({ x: { ['ж'.repeat(60)]: at } });
  let checked = 0;
  for (const { document, operation } of operations) {
    for (let at = 0; at < 50 && operation; at += 1) {
      const variables = toVariables(at);
      checked += isAffordable({ schema, document, operation, variables }) ? 1 : 0;
    }
  }
  expect(checked).toBe(20_000);
  collectGarbage();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(2_500_000);
  // What was used last is known, so that only what is dropped is counted again.
  const [last] = operations.slice(-1);
  const { operation } = last ?? {};
  if (!operation) throw new Error('There are operations');
  expect(isAdmittedAgain({ operation, variables: toVariables(0) })).toBe(true);
  expect(isAdmittedAgain({ operation, variables: toVariables(50) })).toBe(false);
});

test('a plan keeps nothing of the variables that it was made for', async () => {
  const executable = toExecutable((await createBadgesSchema()).schema);
  const keep = createKeep();
  const plans = createPlans<QueryPlan>(keep, (plan) => plan.fragments.forget());
  function learn(at: number): void {
    const asked = askLarge(`Q${at}`, at);
    const plan = planQuery(executable, asked, createBadgeFragments(keep));
    if (plan) plans.add(flatten(asked.key), plan);
  }
  learn(0);
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let at = 1; at <= 300; at += 1) learn(at);
  collectGarbage();
  const { bytes, plans: kept } = keep.usage();
  expect(kept).toBe(301);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(bytes);
});

test.each<[string, unknown]>([
  ['a list of lists', Array.from({ length: 2_300 }, () => [{}])],
  ['an object', { a: { b: 1 } }],
  ['a long text', 'x'.repeat(9_000)],
])('no plan keeps %s that only another operation uses', async (_what, x) => {
  const executable = toExecutable((await createBadgesSchema()).schema);
  const query =
    'query A { badges { totalCount } } query B($x: Boolean!) { badges @skip(if: $x) { totalCount } }';
  const planWith = (value: unknown) => {
    const body = JSON.stringify({ query, operationName: 'A', variables: { x: value } });
    const asked = readAsked(Buffer.from(body), body);
    return asked && planQuery(executable, asked, createBadgeFragments(createKeep()));
  };
  expect(planWith(x)).toBeUndefined();
  expect(planWith(true)).toBeDefined();
  const entities = query.replace(
    'query A { badges { totalCount } }',
    'query A($representations: [_Any!]!) { _entities(representations: $representations) { __typename } }',
  );
  const planEntitiesWith = (value: unknown) => {
    const representations = [{ __typename: 'TagMangoBadge', id: 'a' }];
    const variables = { representations, x: value };
    const body = JSON.stringify({ query: entities, operationName: 'A', variables });
    const split = splitBody(body);
    return split && planEntities(executable, split);
  };
  expect(planEntitiesWith(x)).toBeUndefined();
  expect(planEntitiesWith(true)).toBeDefined();
});

test('what was asked lately keeps nothing of its bodies', async () => {
  const world = await startWorld();
  const [tenant] = [...world.tenants.byId.values()];
  if (!tenant) throw new Error('There is a tenant');
  const answers = createAnswerCache(createKeep());
  const plan = {};
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let at = 0; at < 1_000; at += 1) {
    const body = `{"variables":{"first":${at},"more":${at}},"query":"${'x'.repeat(11_000)}"}`;
    const variables = readAsked(Buffer.from(body), body)?.parts[1] ?? '';
    expect(answers.isRepeated(plan, variables, tenant)).toBe(false);
  }
  collectGarbage();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(2 * MIB);
  await world.close();
});
