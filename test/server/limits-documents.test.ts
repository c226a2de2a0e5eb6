import { expect, test } from '@jest/globals';
import { parse } from 'graphql';
import { createDocumentStore } from '../../src/server/apollo.ts';

const document = (field: string) => parse(`{ ${field} }`);

test('the documents used last are kept, as many as have the given number of tokens', async () => {
  const tokens = document('a').tokenCount ?? NaN;
  const store = createDocumentStore(2 * tokens);
  const [a, b, c] = [document('a'), document('b'), document('c')];
  await store.set('a', a);
  await store.set('b', b);
  expect(await store.get('a')).toBe(a);
  await store.set('c', c);
  expect([await store.get('a'), await store.get('b'), await store.get('c')]).toEqual([
    a,
    undefined,
    c,
  ]);
});

test('a long text weighs what it takes, however few tokens it has', async () => {
  const store = createDocumentStore(1_000);
  const long = (letter: string) => parse(`{ ${letter} } #${'x'.repeat(6_000)}`);
  await store.set('a', long('a'));
  expect(await store.get('a')).toBeDefined();
  await store.set('b', long('b'));
  expect([await store.get('a'), await store.get('b')]).toEqual([undefined, expect.anything()]);
});

test('a document that is kept again counts once', async () => {
  const store = createDocumentStore(2 * (document('a').tokenCount ?? NaN));
  const [a, b] = [document('a'), document('b')];
  await store.set('a', a);
  for (let time = 0; time < 5; time += 1) await store.set('b', b);
  expect(await store.get('a')).toBe(a);
});

test('one that is too large is not kept, and one that was deleted makes room', async () => {
  const store = createDocumentStore((document('a').tokenCount ?? NaN) + 1);
  await store.set('large', document('a b c d'));
  expect(await store.get('large')).toBeUndefined();
  await store.set('a', document('a'));
  await store.delete('a');
  const b = document('b');
  await store.set('b', b);
  expect([await store.get('a'), await store.get('b')]).toEqual([undefined, b]);
});

test('one that is too large drives no other out', async () => {
  const a = document('a');
  const store = createDocumentStore((a.tokenCount ?? NaN) + 1);
  await store.set('a', a);
  await store.set('large', document('a b c d'));
  expect([await store.get('a'), await store.get('large')]).toEqual([a, undefined]);
});
