import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { parse } from 'graphql';
import { createBadgesSchema } from '../../src/badges/schema.ts';
import { createFragments } from '../../src/server/fast-path/fragments.ts';
import {
  type EntitiesPlan,
  createPlans,
  flatKeyOf,
  planEntities,
  splitBody,
} from '../../src/server/fast-path/plans.ts';
import { toExecutable } from '../../src/server/fast-path/render.ts';
import { type Kept, createDocumentStore, createKeep } from '../../src/server/keep.ts';

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
  const fragments = createFragments(keep);
  const plans = createPlans<EntitiesPlan>(keep, (plan) => fragments.forget(plan));
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let at = 0; at < DOCUMENTS; at += 1) {
    const split = splitBody(toBody(at));
    const plan = split && planEntities(executable, split);
    if (plan) plans.add(flatKeyOf(split), plan);
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
