import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { type YamlNode, readYaml, readYamlElsewhere } from '../../src/config/yaml-tree.ts';
import { numRuns } from '../properties/runs.ts';

function toPlain({ value }: YamlNode): unknown {
  return value instanceof Map
    ? Object.fromEntries([...value].map(([name, node]) => [name, toPlain(node)]))
    : value;
}

const scalar = fc.oneof(fc.string(), fc.boolean(), fc.constant(null), fc.integer());
const tree = fc.object({
  maxDepth: 4,
  values: [scalar],
  // A parser keeps this name, and a plain object has it already.
  key: fc.string().filter((name) => name !== '__proto__'),
});

test('what is written as YAML is read as it was', () => {
  fc.assert(
    fc.property(tree, (given) => {
      const reading = readYaml(stringify(given, { aliasDuplicateObjects: false }));
      expect('root' in reading && toPlain(reading.root)).toEqual(
        JSON.parse(
          JSON.stringify(given, (_name, value: unknown) => (Array.isArray(value) ? [] : value)),
        ),
      );
    }),
    { numRuns },
  );
});

test('a key has its line, and an alias stands for what it names', () => {
  const reading = readYaml('a: &it { b: 1 }\n# more\nc: *it\n');
  expect(reading).toEqual({
    root: {
      line: 1,
      value: new Map([
        ['a', { line: 1, value: new Map([['b', { line: 1, value: 1 }]]) }],
        ['c', { line: 3, value: new Map([['b', { line: 1, value: 1 }]]) }],
      ]),
    },
  });
});

test('a number keeps the text that may be an ID, and so does every key', () => {
  const id = '640000000000000000000001';
  const reading = readYaml(`a: ${id}\nb: 007\n007: 7\n7: "007"\n1e3: +330\n~: 60.0\n`);
  expect(reading).toEqual({
    root: {
      line: 1,
      value: new Map<string, YamlNode>([
        ['a', { line: 1, value: Number(id), text: id }],
        ['b', { line: 2, value: 7, text: '007' }],
        ['007', { line: 3, value: 7 }],
        ['7', { line: 4, value: '007' }],
        ['1e3', { line: 5, value: 330 }],
        ['~', { line: 6, value: 60 }],
      ]),
    },
  });
});

describe('a file may have 30,000 settings and not one more, where they are', () => {
  const lines = (length: number, toLine: (index: number) => string) =>
    Array.from({ length }, (_, index) => toLine(index)).join('');
  test.each<[string, (settings: number) => string]>([
    ['in one map', (settings) => lines(settings, (index) => `t${index}: x\n`)],
    [
      'in maps of a few',
      (settings) => {
        const rest = settings % 4;
        const maps = lines((settings - rest) / 4, (index) => `t${index}: { a: x, b: y, c: z }\n`);
        return maps + lines(rest, (index) => `r${index}: x\n`);
      },
    ],
    ['in one list', (settings) => `t: [${'x, '.repeat(settings - 1)}]`],
    [
      'what aliases stand for',
      (settings) => {
        const rest = settings % 10;
        const aliases = lines(settings / 10 - 1, (index) => `t${index}: *a\n`);
        const list = `a: &a [${'x, '.repeat(9)}]\n`;
        return list + aliases + lines(rest, (index) => `r${index}: x\n`);
      },
    ],
  ])('%s', (_where, toText) => {
    expect(readYaml(toText(30_000))).toHaveProperty('root');
    expect(readYaml(toText(30_001))).toEqual({
      errors: [{ line: 1, message: 'has more than 30000 settings, including aliases' }],
      more: 0,
    });
  });
});

describe('the time grows with the length, and not with its square:', () => {
  const BYTES = 64 * 1024;
  const fill = (toPart: (index: number) => string, head = '') => {
    let text = head;
    for (let index = 0; text.length < BYTES; index += 1) text += toPart(index);
    return text.slice(0, BYTES);
  };
  test.each([
    ['tenants', fill((index) => `  t${index}: x\n`, 'tenants:\n')],
    ['one tenant again and again', fill(() => '  t: x\n', 'tenants:\n')],
    ['settings of one line', fill((index) => `t${index}: x, `, 'tenants: {')],
    ['anchors', fill((index) => `  t${index}: &a${index} x\n`, 'tenants:\n')],
    ['aliases', fill((index) => `  t${index}: *a\n`, 'tenants:\n  a: &a x\n')],
    ['brackets', fill(() => '[')],
    ['directives', fill(() => '%\n')],
    ['lists that do not end', fill(() => 'a: [b\n')],
  ])('%s', (_what, text) => {
    const msOf = (part: string) => {
      const begun = performance.now();
      readYaml(part);
      return performance.now() - begun;
    };
    // The quickest of three: what others do on the machine, and collecting garbage, is no work on the text.
    const eighth = Math.min(...[1, 2, 3].map(() => msOf(text.slice(0, BYTES / 8))));
    // 64 times as long, if it were the square.
    const boundMs = Math.max(40 * eighth, 500);
    const tries = [msOf(text)];
    while (Math.min(...tries) >= boundMs && tries.length < 3) tries.push(msOf(text));
    expect(Math.min(...tries)).toBeLessThan(boundMs);
  });
});

describe('in a thread of its own', () => {
  test('it is read as it is here', async () => {
    const text = 'tenants:\n  acme: { A: { file: a } }\n';
    expect(await readYamlElsewhere(text)).toEqual(readYaml(text));
    expect(await readYamlElsewhere('a: [')).toEqual(readYaml('a: ['));
  });

  test('a process that may start no thread is told so, and can try again', async () => {
    const script = new URL('../../src/config/yaml-tree.ts', import.meta.url);
    // Node refuses a thread at once, as it does if the machine has none left.
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--permission',
      '--allow-fs-read=*',
      '--input-type=module',
      '--eval',
      `const { readYamlElsewhere } = await import('${script.href}');
      console.log(JSON.stringify(await readYamlElsewhere('a: 1')));`,
    ]);
    expect(JSON.parse(stdout)).toEqual({
      errors: [{ line: 1, message: 'cannot be read (ERR_ACCESS_DENIED)' }],
      more: 0,
      isUnfinished: true,
    });
  });

  test('nobody waits for it', async () => {
    const text = Array.from({ length: 14_000 }, (_, index) => `t${index}: [x]`).join('\n');
    let longest = 0;
    const begun = performance.now();
    let before = begun;
    const ticking = setInterval(() => {
      longest = Math.max(longest, performance.now() - before);
      before = performance.now();
    }, 1);
    const reading = await readYamlElsewhere(text);
    clearInterval(ticking);
    expect(reading).toHaveProperty('root');
    // Read on this thread it would be nearly all of the time.
    expect(longest).toBeLessThan((performance.now() - begun) / 2);
  });
});
