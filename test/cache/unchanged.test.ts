import { expect, test } from '@jest/globals';
import { createSnapshotCache } from '../../src/cache/snapshot-cache.ts';
import { type SharedSnapshots, createSnapshotStore } from '../../src/cache/snapshot-entry.ts';
import {
  type BadgeIndex,
  createBadgeIndex,
  createBadgeIndexCodec,
  renewBadgeIndex,
} from '../../src/badges/reading/badge-index.ts';
import { isHttpsUrl } from '../../src/providers/graph-types.ts';
import { providers } from '../../src/providers/index.ts';
import { toList } from '../properties/listing.ts';

/** A list that did not change keeps its value, also if another replica has read it. */

interface List {
  names: readonly string[];
}

function setUp(shared?: SharedSnapshots) {
  const clock = { now: 1_000 };
  const calls: string[] = [];
  const provider = { names: ['a'] as readonly string[] };
  const cache = createSnapshotCache<List, { deadlineAt: number }>({
    name: 'list@credentials',
    topic: 'list',
    async load(_bounds, last) {
      calls.push(last ? `load after ${last.names.join()}` : 'load');
      return last?.names === provider.names ? last : { names: provider.names };
    },
    codec: {
      async encode({ names }) {
        calls.push('encode');
        return names.join();
      },
      async decode(text) {
        calls.push('decode');
        return { names: text.split(',') };
      },
    },
    freshMs: () => 100,
    staleMs: 0,
    snapshotStore: createSnapshotStore({ maxEntries: 10, maxBytes: 1_000 }),
    shared,
    judge: () => ({ allowsStale: false, wasAsked: false }),
    now: () => clock.now,
    random: () => 0,
    pause: () => new Promise(() => undefined),
  });
  return {
    provider,
    clear: () => cache.clear(0),
    /** After the fresh time of the last read. */
    read: async () => {
      clock.now += 100;
      calls.length = 0;
      const { snapshot } = await cache.read({ deadlineAt: Infinity });
      return { ...snapshot, calls: [...calls] };
    },
  };
}

test('without replicas, a list that did not change keeps its value and is not encoded again', async () => {
  const { read, provider } = setUp();
  const first = await read();
  expect(first).toEqual({ value: { names: ['a'] }, asOf: 1_100, calls: ['load', 'encode'] });
  const second = await read();
  expect(second).toEqual({ ...first, asOf: 1_200, calls: ['load after a'] });
  expect(second.value).toBe(first.value);

  provider.names = ['a', 'b'];
  expect(await read()).toEqual({
    value: { names: ['a', 'b'] },
    asOf: 1_300,
    calls: ['load after a', 'encode'],
  });
});

test('after a write, a list is compared with the forgotten one, which no reader is shown', async () => {
  const { read, clear } = setUp();
  const first = await read();
  await clear();
  const second = await read();
  expect(second.calls).toEqual(['load after a']);
  expect(second.value).toBe(first.value);
});

function createReplicas() {
  let text = '';
  let isHeld = false;
  const shared: SharedSnapshots = {
    epoch: () => 1,
    onForget: () => () => undefined,
    forget: async () => undefined,
    look: async () => ({
      held: isHeld ? { text, ageMs: 0, freshMs: 100 } : null,
      mayLoad: !isHeld,
    }),
    keep: async (_read, kept) => void (text = kept.text),
    release: async () => undefined,
  };
  return {
    shared,
    isElsewhereRead: (next = text) => {
      text = next;
      isHeld = true;
    },
  };
}

test('the text of another replica is decoded only if it changed, and a list that did not change is shared again', async () => {
  const { shared, isElsewhereRead } = createReplicas();
  const { read } = setUp(shared);
  const first = await read();
  const again = await read();
  expect(again.calls).toEqual(['load after a', 'encode']);
  expect(again.value).toBe(first.value);

  isElsewhereRead();
  const adopted = await read();
  expect(adopted.calls).toEqual([]);
  expect(adopted.value).toBe(first.value);

  isElsewhereRead('a,b');
  const changed = await read();
  expect(changed).toMatchObject({ value: { names: ['a', 'b'] }, calls: ['decode'] });
  expect((await read()).value).toBe(changed.value);
});

/** What an index shows of its list, apart from the badges that can be read. */
const shownBy = (index: BadgeIndex, ids: readonly string[]) => ({
  droppedRecords: index.droppedRecords,
  ids: ids.map((id) =>
    (['find', 'findToWrite'] as const).map((way) => {
      try {
        return index[way](id)?.id ?? null;
      } catch (error) {
        return String(error);
      }
    }),
  ),
});

test.each(providers.map((provider) => [provider.name.title, provider] as const))(
  'an index of %s is kept only for a list that shows the same, and so is one of another replica',
  async (_title, provider) => {
    const surroundings = { isImageUrl: isHttpsUrl, values: undefined };
    const id = '6657092c8142bfe0656481bf';
    const badge = provider.restoreBadge({ id, name: 'a', title: 'a' }, surroundings);
    const list = toList(badge ? [badge] : []);
    const codec = createBadgeIndexCodec(provider, surroundings);
    const last = createBadgeIndex(list);
    expect(await renewBadgeIndex({ ...list, unknownFields: ['x'] }, last)).toBe(last);
    expect(await codec.decode(await codec.encode(last), last)).toBe(last);
    const changes = [
      { droppedRecords: 1 },
      { malformedIds: new Set(['other']) },
      { ambiguousIds: new Set([id]) },
      { badges: [] },
    ];
    for (const change of changes) {
      const expected = createBadgeIndex({ ...list, ...change });
      const renewed = await renewBadgeIndex(expected.list, last);
      const decoded = await codec.decode(await codec.encode(expected), last);
      for (const index of [renewed, decoded]) {
        expect(shownBy(index, [id, 'other'])).toEqual(shownBy(expected, [id, 'other']));
      }
    }
  },
);
