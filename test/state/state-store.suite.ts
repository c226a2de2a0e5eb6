import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type LogEntry, StateError, type StateStore } from '../../src/state/state-store.ts';
import { numRuns } from '../properties/runs.ts';
import { eventually } from './eventually.ts';

export interface OpenStore {
  store: StateStore;
  /** Moves the store's clock, where it has one of its own to move. */
  pass: (ms: number) => void;
}

const TIMES = { waitMs: 5000, ttlMs: 60_000 };
const HOUR = 3_600_000;
const STRANGE = [
  ['', ' ', '*', '%s', '{a}:b', "'; --", 'a', 'a\0', 'a\0b', 'line\r\nline'],
  ['\u00e9', 'e\u0301', '\u{1F3C5}', '\u{10FFFF}', '\uFFFD'],
].flat();
/** Of the first and last characters of each length in UTF-8, and those beside the surrogates. */
const edgeText = fc
  .array(
    fc.constantFrom(
      ...['\0', '\u007f', '\u0080', '\u07ff', '\u0800', '\ud7fe', '\ud7ff', '\ue000'],
      ...['\uffff', '\u{10000}', '\u{10fffe}', '\u{10ffff}'],
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((letters) => letters.join(''));

/** What every store promises. */
export function describeStateStore(name: string, open: () => Promise<OpenStore>): void {
  describe(name, () => {
    let store: StateStore;
    let pass: OpenStore['pass'];
    beforeEach(async () => {
      ({ store, pass } = await open());
    });
    afterEach(() => store.close());

    describeValues();
    describeLogs();
    describeLocks();

    test('knows itself to be alive, and nobody else', async () => {
      expect(await store.isAlive(store.instanceId)).toBe(true);
      expect(await store.isAlive('somebody')).toBe(false);
    });

    test('is unavailable once closed, to every question, and may be closed twice', async () => {
      await store.close();
      await store.close();
      const questions = [
        () => store.get('a'),
        () => store.set('a', '1'),
        () => store.compareAndSet('a', { expected: null, value: '1' }),
        () => store.append(['a'], '1'),
        () => store.readBackward('a', { limit: 1 }),
        () => all(store.readForward('a')),
        () => store.withLock('a', TIMES, async () => 'ran'),
      ];
      for (const ask of questions) {
        const error: unknown = await ask().catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(StateError);
        expect(error).toMatchObject({ kind: 'unavailable' });
      }
    });

    function describeValues(): void {
      test('gives the value set last, and null for what was never set or was deleted', async () => {
        expect(await store.get('a')).toBeNull();
        await store.set('a', '1');
        await store.set('a', '2');
        await store.set('b', '');
        expect([await store.get('a'), await store.get('b')]).toEqual(['2', '']);
        await store.set('a', null);
        await store.set('never', null);
        expect([await store.get('a'), await store.get('b')]).toEqual([null, '']);
      });

      test('forgets a value after its time, and keeps it when set again without one', async () => {
        await store.set('short', '1', { ttlMs: 80 });
        await store.set('long', '1', { ttlMs: HOUR });
        await store.set('renewed', '1', { ttlMs: 80 });
        await store.set('renewed', '2');
        expect(await store.compareAndSet('cas', { expected: null, value: '1', ttlMs: 80 })).toBe(
          true,
        );

        pass(79);
        expect(await store.get('long')).toBe('1');
        pass(1);
        await eventually(async () => (await store.get('short')) === null);
        await eventually(async () => (await store.get('cas')) === null);
        expect([await store.get('long'), await store.get('renewed')]).toEqual(['1', '2']);
      });

      test('takes an expired value for absent when it compares', async () => {
        await store.set('a', '1', { ttlMs: 1 });
        pass(1);
        await eventually(async () => (await store.get('a')) === null);
        expect(await store.compareAndSet('a', { expected: '1', value: '2' })).toBe(false);
        expect(await store.compareAndSet('a', { expected: null, value: '3' })).toBe(true);
        expect(await store.get('a')).toBe('3');
      });

      test('compares and sets: absence, a value, the empty value, and deletion', async () => {
        const change = (expected: string | null, value: string | null) =>
          store.compareAndSet('a', { expected, value });
        expect(await change('1', '2')).toBe(false);
        expect(await change(null, '')).toBe(true);
        expect(await change(null, '2')).toBe(false);
        expect(await change('', '2')).toBe(true);
        expect(await change('1', null)).toBe(false);
        expect(await store.get('a')).toBe('2');
        expect(await change('2', null)).toBe(true);
        expect(await store.get('a')).toBeNull();
        expect(await change(null, null)).toBe(true);
      });

      test('lets exactly one of 100 concurrent changes win, and the next round too', async () => {
        for (const expected of [null, 'first']) {
          const value = expected === null ? 'first' : 'second';
          const wins = await Promise.all(
            Array.from({ length: 100 }, () => store.compareAndSet('a', { expected, value })),
          );
          expect(wins.filter(Boolean)).toHaveLength(1);
        }
      });

      test('counts every one of 200 concurrent increments', async () => {
        const increment = async (): Promise<void> => {
          for (let done = false; !done;) {
            const expected = await store.get('count');
            const value = String(Number(expected) + 1);
            done = await store.compareAndSet('count', { expected, value });
          }
        };
        await Promise.all(Array.from({ length: 10 }, () => repeat(20, increment)));
        expect(await store.get('count')).toBe('200');
      });

      test('finds the keys that begin so, each once, whatever stands before and after them', async () => {
        const prefix = 'audit-open/\u00e9/';
        const within = Array.from({ length: 1_100 }, (_, index) => `${prefix}${index}`);
        within.push(
          prefix,
          ...STRANGE.filter((text) => text !== '' && text !== 'a').map((text) => prefix + text),
        );
        const beside = ['\u00e8/z', '\u00e90', '\u00c9/', '\u00e9.'].map(
          (text) => `audit-open/${text}`,
        );
        const others = ['', 'audit', 'audit-open', 'audit-open0', 'b', '\u{10FFFF}', '\u{10FFFF}b'];
        for (const key of [...within, ...beside, ...others]) await store.set(key, '1');
        await store.set(`${prefix}gone`, '1');
        await store.set(`${prefix}gone`, null);
        await store.append(['log'], 'closed', { closing: `${prefix}0` });

        const there = within.filter((key) => key !== `${prefix}0`);
        const find = async (start: string) => (await all(store.keys(start))).sort();
        expect(await find(prefix)).toEqual([...there].sort());
        expect(await find('audit-open/')).toEqual([...there, ...beside].sort());
        const named = ['audit-open', 'audit-open0'];
        expect(await find('audit-open')).toEqual([...there, ...beside, ...named].sort());
        expect(await find('\u{10FFFF}')).toEqual(['\u{10FFFF}', '\u{10FFFF}b']);
        expect(await find('')).toEqual([...there, ...beside, ...others].sort());
      });

      test('finds exactly the keys that begin so, whichever character a prefix ends with', async () => {
        let sets = 0;
        const property = fc.asyncProperty(
          fc.uniqueArray(edgeText, { minLength: 1, maxLength: 20 }),
          async (texts) => {
            // Keys with these first letters are found in another way than all others.
            const start = `${sets % 2 === 0 ? 'audit-open' : 'other'}/${sets}/`;
            sets += 1;
            const keys = texts.map((text) => start + text);
            for (const key of keys) await store.set(key, '1');
            const prefixes = texts.flatMap((text) =>
              Array.from(text, (_, at, letters = Array.from(text)) =>
                letters.slice(0, at + 1).join(''),
              ),
            );
            for (const prefix of new Set(prefixes)) {
              const found = (await all(store.keys(start + prefix))).sort();
              const expected = keys.filter((key) => key.startsWith(start + prefix));
              expect(found).toEqual(expected.sort());
            }
          },
        );
        await fc.assert(property, { numRuns: Math.ceil(numRuns / 10) });
      });

      test('keeps keys and values apart that differ in any character', async () => {
        for (const text of STRANGE) await store.set(text, `value of ${text}`);
        for (const text of STRANGE) expect(await store.get(text)).toBe(`value of ${text}`);
        for (const text of STRANGE) {
          expect(
            await store.compareAndSet(text, { expected: `value of ${text}`, value: text }),
          ).toBe(true);
          expect(await store.get(text)).toBe(text);
        }
      });

      test('gives a value of 1 MB back as it was', async () => {
        const value = randomBytes(500_000).toString('hex') + '\u{1F3C5}';
        await store.set('big', value);
        expect((await store.get('big')) === value).toBe(true);
        expect(await store.compareAndSet('big', { expected: value, value: 'small' })).toBe(true);
      });
    }

    function describeLogs(): void {
      test('reads a log in its order from both ends, and another not at all', async () => {
        await appendEach(store, ['one'], numbers(1, 250));
        await store.append(['two'], 'other');

        expect(entriesOf(await all(store.readForward('one')))).toEqual(numbers(1, 250));
        expect(entriesOf(await store.readBackward('one', { limit: 3 }))).toEqual([
          '250',
          '249',
          '248',
        ]);
        expect(entriesOf(await store.readBackward('two', { limit: 3 }))).toEqual(['other']);
        expect(await store.readBackward('three', { limit: 3 })).toEqual([]);
        expect(await all(store.readForward('three'))).toEqual([]);
      });

      test('reads a few long entries at once, and goes on to the end where it is asked again', async () => {
        const entries = numbers(1, 40).map((text) => text + 'x'.repeat(500_000));
        await appendEach(store, ['log'], entries);
        const pages: number[] = [];
        const read: string[] = [];
        let before: string | undefined;
        do {
          const page = await store.readBackward('log', {
            limit: 40,
            ...(before !== undefined && { before }),
          });
          pages.push(page.length);
          read.push(...entriesOf(page));
          before = page.at(-1)?.position;
        } while (before !== undefined);
        expect(Math.max(...pages)).toBeLessThanOrEqual(5);
        expect(read.reverse()).toEqual(entries);
        await appendEach(store, ['short'], numbers(1, 60));
        expect(await store.readBackward('short', { limit: 50 })).toHaveLength(50);
      });

      test('pages backward with no gap and no repeat while entries are added', async () => {
        await appendEach(store, ['log'], numbers(1, 25));
        const seen: LogEntry[] = [];
        for (let added = 26; ; added++) {
          const before = seen.at(-1)?.position;
          const page = await store.readBackward('log', {
            ...(before === undefined ? {} : { before }),
            limit: 4,
          });
          if (page.length === 0) break;
          seen.push(...page);
          await store.append(['log', 'elsewhere'], String(added));
        }
        expect(entriesOf(seen)).toEqual(numbers(1, 25).reverse());
      });

      test('has nothing before a position that it never gave', async () => {
        await store.append(['log'], '1');
        for (const before of ['', 'x', '-1', '0', '0-0', '1e9', '9'.repeat(40)]) {
          expect(await store.readBackward('log', { before, limit: 1 })).toEqual([]);
        }
      });

      test('reads forward what is added meanwhile, up to the last entry', async () => {
        await appendEach(store, ['log'], numbers(1, 100));
        const seen: string[] = [];
        for await (const { entry } of store.readForward('log')) {
          if (entry === '50') await appendEach(store, ['log'], numbers(101, 130));
          seen.push(entry);
        }
        expect(seen).toEqual(numbers(1, 130));
      });

      test('adds one entry to several logs, once to each', async () => {
        await store.append(['one', 'two', 'one'], 'both');
        await store.append([], 'none');
        await store.append(['two'], 'second');
        expect(entriesOf(await all(store.readForward('one')))).toEqual(['both']);
        expect(entriesOf(await all(store.readForward('two')))).toEqual(['both', 'second']);
      });

      test('gives a log the entry that is its own, and the others the one of all', async () => {
        const ownEntries = new Map([
          ['own', 'mine'],
          ['nowhere', 'never'],
        ]);
        await store.set('open', '1');
        await store.append(['shared', 'own', 'own'], 'all', { ownEntries, closing: 'open' });
        await store.append(['own', 'shared'], 'again', { ownEntries });
        expect(entriesOf(await all(store.readForward('shared')))).toEqual(['all', 'again']);
        expect(entriesOf(await all(store.readForward('own')))).toEqual(['mine', 'mine']);
        expect(entriesOf(await all(store.readForward('nowhere')))).toEqual([]);
        expect(await store.get('open')).toBeNull();
      });

      test('adds what closes a key once, however often it is tried, and nothing without the key', async () => {
        const close = (entry: string) => store.append(['log', 'other'], entry, { closing: 'open' });
        await close('before');
        await store.set('open', '1');
        await Promise.all(['1', '1', '1'].map(close));
        await close('after');
        await store.set('open', '2');
        await close('2');
        for (const log of ['log', 'other']) {
          expect(entriesOf(await all(store.readForward(log)))).toEqual(['1', '2']);
        }
      });

      test('loses none of the entries of concurrent writers, and keeps the order of each', async () => {
        const writers = ['a', 'b', 'c', 'd'];
        const own = (writer: string) => numbers(1, 30).map((number) => `${writer}${number}`);
        await Promise.all(writers.map((writer) => appendEach(store, ['log'], own(writer))));
        const entries = entriesOf(await all(store.readForward('log')));
        expect(entries).toHaveLength(120);
        for (const writer of writers) {
          expect(entries.filter((entry) => entry.startsWith(writer))).toEqual(own(writer));
        }
      });

      test('gives entries of any characters and of 1 MB back as they were', async () => {
        const big = randomBytes(500_000).toString('hex');
        const entries = [...STRANGE, big];
        await appendEach(store, STRANGE, entries);
        for (const log of STRANGE) {
          const read = entriesOf(await all(store.readForward(log)));
          expect(read.length === entries.length).toBe(true);
          expect(read.every((entry, index) => entry === entries[index])).toBe(true);
        }
      });
    }

    function describeLocks(): void {
      test('lets one holder of a key in at a time, and holders of other keys', async () => {
        let inside = 0;
        let most = 0;
        const enter = (): Promise<void> =>
          store.withLock('a', TIMES, async () => {
            most = Math.max(most, ++inside);
            await store.withLock('b', TIMES, () => store.get('x'));
            inside--;
          });
        await Promise.all(Array.from({ length: 20 }, enter));
        expect(most).toBe(1);
      });

      test('is busy after the wait, and then never runs the work', async () => {
        const gate = Promise.withResolvers<void>();
        const entered = Promise.withResolvers<void>();
        const holder = store.withLock('a', TIMES, () => {
          entered.resolve();
          return gate.promise;
        });
        await entered.promise;
        let ran = false;
        const late = store.withLock('a', { ...TIMES, waitMs: 20 }, async () => void (ran = true));
        await expect(late).rejects.toMatchObject({ name: 'StateError', kind: 'busy' });
        gate.resolve();
        await holder;
        expect(await store.withLock('a', TIMES, async () => 'next')).toBe('next');
        expect(ran).toBe(false);
      });

      test('takes a free lock without any wait', async () => {
        const work = async () => 'done';
        expect(await store.withLock('a', { ...TIMES, waitMs: 0 }, work)).toBe('done');
      });

      test('tells a holder its own error, and lets the next one in', async () => {
        const failure = new Error('mine');
        const failed = store.withLock('a', TIMES, () => Promise.reject(failure));
        const next = store.withLock('a', TIMES, async () => 'next');
        await expect(failed).rejects.toBe(failure);
        expect(await next).toBe('next');
      });
    }
  });
}

export async function all<T>(entries: AsyncIterable<T>): Promise<T[]> {
  const read: T[] = [];
  for await (const entry of entries) read.push(entry);
  return read;
}

export const entriesOf = (entries: LogEntry[]) => entries.map(({ entry }) => entry);

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index));

async function appendEach(store: StateStore, logs: string[], entries: string[]): Promise<void> {
  for (const entry of entries) await store.append(logs, entry);
}

async function repeat(times: number, work: () => Promise<void>): Promise<void> {
  for (let done = 0; done < times; done++) await work();
}
