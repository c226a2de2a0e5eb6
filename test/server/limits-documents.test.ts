import { expect, test } from '@jest/globals';
import { type DocumentNode, parse } from 'graphql';
import { createDocumentStore, createKeep } from '../../src/server/keep.ts';

const document = (field: string) => parse(`{ ${field} }`);

/** Bytes that are counted for it. */
async function sizeOf(one: DocumentNode): Promise<number> {
  const keep = createKeep(1e9);
  await createDocumentStore(keep).set('one', one);
  return keep.usage().bytes;
}
/** A store with room for so many documents like this one. */
async function storeFor(count: number, one: DocumentNode) {
  return createDocumentStore(createKeep(count * (await sizeOf(one)) + 1));
}

test('the documents used last are kept, as many as have the given number of bytes', async () => {
  const [first, ...others] = ['a', 'b', 'c', 'd', 'e'].map(document);
  if (!first) throw new Error('There are five');
  const store = await storeFor(4, first);
  await store.set('a', first);
  for (const [at, other] of others.slice(0, 3).entries()) await store.set(`${at}`, other);
  expect(await store.get('a')).toBe(first);
  await store.set('3', document('e'));
  expect([await store.get('a'), await store.get('0'), await store.get('1')]).toEqual([
    first,
    undefined,
    others[1],
  ]);
  expect([store.find('{ a }'), store.find('{ b }')]).toEqual([first, undefined]);
});

test('a long text takes the bytes it has, however few tokens', async () => {
  const long = (letter: string) => parse(`{ ${letter} } #${'x'.repeat(6_000)}`);
  expect(await sizeOf(long('a'))).toBeGreaterThan((await sizeOf(document('a'))) + 6_000);
});

test('a document that is kept again counts once', async () => {
  const keep = createKeep(1e6);
  const store = createDocumentStore(keep);
  for (let time = 0; time < 5; time += 1) await store.set('a', document('a'));
  expect(keep.usage()).toMatchObject({ documents: 1, bytes: await sizeOf(document('a')) });
  await store.delete('a');
  expect(keep.usage()).toMatchObject({ documents: 0, bytes: 0 });
  expect([await store.get('a'), store.find('{ a }')]).toEqual([undefined, undefined]);
});

test('one that takes more than a quarter of all bytes is not kept, and drives no other out', async () => {
  const keep = createKeep(4 * (await sizeOf(document('a'))) + 3);
  const store = createDocumentStore(keep);
  const a = document('a');
  await store.set('a', a);
  await store.set('large', document('a b c d'));
  expect([await store.get('a'), await store.get('large')]).toEqual([a, undefined]);
  expect(store.find('{ a b c d }')).toBeUndefined();
  expect(keep.usage().documents).toBe(1);
});
