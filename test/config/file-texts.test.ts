import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type FileTextsOptions,
  createFileTexts,
  readText,
  runToEnd,
} from '../../src/config/source.ts';
import { numRuns } from '../properties/runs.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'badges-texts-'));
  file = join(folder, 'secret');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Which counts what was written by now. */
function open(options?: FileTextsOptions) {
  const texts = createFileTexts(options);
  const look = () => runToEnd(texts.look());
  texts.read(file);
  look();
  texts.read(file);
  return { look, read: () => texts.read(file).value, texts };
}

describe('a change is noticed when it was there at two looks, by', () => {
  const sameTimes = (change: () => void) => {
    const { atime, mtime } = statSync(file);
    change();
    utimesSync(file, atime, mtime);
  };
  test.each<[string, () => void]>([
    ['a write', () => writeFileSync(file, 'two!')],
    ['a write of the same length', () => writeFileSync(file, 'two')],
    [
      'a write of the same length whose time was set back',
      () => sameTimes(() => writeFileSync(file, 'two')),
    ],
    [
      'another file in its place, of the same length and time',
      () =>
        sameTimes(() => {
          writeFileSync(`${file}.new`, 'two');
          renameSync(`${file}.new`, file);
        }),
    ],
    [
      'one that was removed and made again',
      () => {
        rmSync(file);
        writeFileSync(file, 'two');
      },
    ],
  ])('%s', (_how, change) => {
    writeFileSync(file, 'one');
    // A time that can be set again exactly.
    utimesSync(file, 1_000, 1_000);
    // As if it had been written long ago.
    const { look, read } = open({ wallTime: () => Date.now() + 3_600_000 });
    expect(read()).toBe('one');
    // After this one, two looks read only a file whose signature differs.
    look();
    change();
    expect([look(), read()]).toEqual([false, 'one']);
    expect(look()).toBe(true);
    expect(read()).toMatch(/^two/);
    expect(look()).toBe(false);
  });

  test('a link to another folder, as Kubernetes changes a secret', () => {
    for (const version of ['one', 'two']) {
      mkdirSync(join(folder, version));
      writeFileSync(join(folder, version, 'secret'), version);
    }
    symlinkSync('one', join(folder, '..data'));
    symlinkSync(join('..data', 'secret'), file);
    const { look, read } = open();
    expect(read()).toBe('one');
    symlinkSync('two', join(folder, '..new'));
    renameSync(join(folder, '..new'), join(folder, '..data'));
    expect([look(), look(), read()]).toEqual([false, true, 'two']);
  });

  test('a file system that tells nothing, within four looks', () => {
    let text = 'one';
    const { look, read } = open({
      readFile: () => ({ value: text }),
      signatureOf: () => ({ text: 'the same', changedAt: 0 }),
    });
    text = 'two';
    expect([look(), look(), look(), look()]).toContain(true);
    expect(read()).toBe('two');
  });
});

test('what has not changed is not read again at each look', () => {
  let reads = 0;
  const { look } = open({
    readFile: () => {
      reads += 1;
      return { value: 'one' };
    },
    signatureOf: () => ({ text: 'the same', changedAt: 0 }),
  });
  const before = reads;
  for (let index = 0; index < 9; index += 1) expect(look()).toBe(false);
  expect(reads - before).toBe(3);
});

test('of many files that have not changed, each look reads a third, with a step for each file', () => {
  let reads = 0;
  const texts = createFileTexts({
    readFile: () => {
      reads += 1;
      return { value: 'one' };
    },
    signatureOf: () => ({ text: 'the same', changedAt: 0 }),
  });
  for (let at = 0; at < 300; at += 1) texts.read(`${at}`);
  runToEnd(texts.look());
  for (let looks = 0; looks < 3; looks += 1) {
    reads = 0;
    expect([...texts.look()]).toHaveLength(300);
    expect(reads).toBe(100);
  }
});

test('a file that others do not read any more is looked at no more', () => {
  let looks = 0;
  const { look, texts } = open({
    readFile: () => ({ value: 'one' }),
    signatureOf: () => {
      looks += 1;
      return { text: 'the same', changedAt: 0 };
    },
  });
  texts.begin();
  texts.forgetOthers();
  looks = 0;
  look();
  expect(looks).toBe(0);
});

test('whatever is done to a file, what counts was there at two looks one after the other', () => {
  const change = fc.oneof(
    fc.constantFrom(null, 'one', 'two', 'six').map((value) => ({ value })),
    fc.constant('look' as const),
    fc.constant('look' as const),
  );
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      let now: string | undefined = 'one';
      let version = 0;
      const { look, read } = open({
        readFile: () => ({ value: now }),
        signatureOf: () => ({ text: `${version}`, changedAt: 0 }),
      });
      const seen: (string | undefined)[] = [now, now];
      let expected: string | undefined = now;
      for (const one of [...changes, 'look' as const, 'look' as const]) {
        if (one === 'look') {
          look();
          seen.push(now);
          if (seen.at(-1) === seen.at(-2)) expected = now;
          expect(read()).toBe(expected);
        } else {
          now = one.value ?? undefined;
          version += 1;
        }
      }
    }),
    { numRuns },
  );
});

test('a file is closed after it was read, and so is one that cannot be', () => {
  const large = join(folder, 'large');
  writeFileSync(file, 'text\n');
  writeFileSync(large, 'x'.repeat(512 * 1024 + 1));
  const nextDescriptor = (): number => {
    const descriptor = openSync(file, 'r');
    closeSync(descriptor);
    return descriptor;
  };
  const before = nextDescriptor();
  expect(readText(file)).toEqual({ value: 'text' });
  expect(readText(large)).toMatchObject({ value: undefined, isTooLarge: true });
  expect(readText(folder)).toEqual({ value: undefined, problem: 'is not a file' });
  expect(nextDescriptor()).toBe(before);
});
