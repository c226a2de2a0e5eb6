import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';

/** The house: which part of src/ may import which. What is not listed here is not a part. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  main: ['node-version', 'v8', 'process'],
  'node-version': [],
  v8: [],
  process: [
    'commands',
    'config',
    'service',
    'check',
    'sandbox',
    'badges',
    'state',
    'telemetry',
    'watch',
  ],
  watch: ['config', 'service', 'providers', 'state', 'telemetry'],
  commands: ['check', 'badges', 'providers', 'config', 'state'],
  service: ['tenants', 'server', 'badges', 'providers', 'cache', 'state', 'telemetry'],
  tenants: ['badges', 'providers', 'http', 'cache', 'state', 'telemetry'],
  check: ['tenants', 'providers', 'http', 'state'],
  config: ['providers', 'http'],
  server: ['badges', 'providers', 'http', 'state', 'telemetry'],
  badges: ['providers', 'http', 'cache', 'state'],
  providers: ['http'],
  http: [],
  cache: [],
  state: ['cache'],
  sandbox: ['providers', 'http'],
  telemetry: ['providers', 'http'],
};
/** Where a provider may be named. The house's own folders never do. */
const NAMES_A_PROVIDER = /^(providers\/(returning-ai|tag-mango|index\.ts)|sandbox\/)/;
const PROVIDER_NAME = /returning.?ai|tag.?mango/i;

const root = join(import.meta.dirname, '../../src');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
  /\.[jt]s$/.test(file),
);
const partOf = (file: string) => (file.split('/')[0] ?? '').replace(/\.[jt]s$/, '');
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');

interface Import {
  from: string;
  to: string;
  /** Where it is, and what it imports: for messages. */
  text: string;
}

/** Each line of a file that matches, with its place. */
const linesOf = (file: string, pattern: RegExp): string[] =>
  textOf(file)
    .split('\n')
    .flatMap((line, index) =>
      pattern.test(line) ? [`src/${file}:${index + 1}: ${line.trim()}`] : [],
    );

const imports: Import[] = files.flatMap((from) =>
  ts
    .preProcessFile(textOf(from), true, true)
    .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName, pos }) => ({
      from,
      to: relative(root, normalize(join(root, dirname(from), fileName))),
      text: `src/${from}:${textOf(from).slice(0, pos).split('\n').length} imports ${fileName}`,
    })),
);

test('the source has parts, and imports between them, to look at', () => {
  expect(new Set(files.map(partOf))).toEqual(new Set(Object.keys(MAY_IMPORT)));
  expect(imports.length).toBeGreaterThan(100);
});

test('imports point one way', () => {
  const wrong = imports.filter(({ from, to }) => {
    const [importer, imported] = [partOf(from), partOf(to)];
    return importer !== imported && !MAY_IMPORT[importer]?.includes(imported);
  });
  expect(wrong.map(({ text }) => text)).toEqual([]);
});

test('no part may import one that it does not use', () => {
  const used = new Set(imports.map(({ from, to }) => `${partOf(from)} → ${partOf(to)}`));
  const allowed = Object.entries(MAY_IMPORT).flatMap(([importer, parts]) =>
    parts.map((imported) => `${importer} → ${imported}`),
  );
  expect(allowed.filter((each) => !used.has(each))).toEqual([]);
});

test('a provider’s folder is imported by the list of providers only', () => {
  const inside = (file: string) => /^providers\/([^/]+)\//.exec(file)?.[1];
  const wrong = imports.filter(({ from, to }) => {
    return inside(to) !== undefined && inside(from) !== inside(to) && from !== 'providers/index.ts';
  });
  expect(wrong.map(({ text }) => text)).toEqual([]);
});

test('no file imports itself through others', () => {
  const graph = new Map(
    files.map((file) => [file, imports.filter(({ from }) => from === file).map(({ to }) => to)]),
  );
  const reaches = (file: string, goal: string, seen = new Set<string>()): boolean =>
    (graph.get(file) ?? []).some((next) => {
      if (next === goal) return true;
      if (seen.has(next)) return false;
      return reaches(next, goal, seen.add(next));
    });
  expect(files.filter((file) => reaches(file, file))).toEqual([]);
});

/** Files that a process, a worker or a browser starts with: no other file imports them. */
const ENTRY_POINTS = [
  'config/yaml-worker.ts',
  'main.ts',
  'sandbox/main.ts',
  'server/playground/browser/page.js',
];
const importersOf = (file: string): string[] => [
  ...new Set(imports.filter(({ to }) => to === file).map(({ from }) => from)),
];

test('every file but the entry points is imported', () => {
  const unused = files.filter((file) => importersOf(file).length === 0);
  expect(unused.toSorted()).toEqual(ENTRY_POINTS);
});

test('a file of 20 lines or fewer has several importers: with a single one, it belongs there', () => {
  const small = files.flatMap((file) => {
    const lines = textOf(file).trimEnd().split('\n').length;
    const [importer, ...others] = importersOf(file);
    if (lines > 20 || importer === undefined || others.length > 0) return [];
    return [`src/${file} has ${lines} lines, and is imported by src/${importer} only`];
  });
  expect(small).toEqual([]);
});

describe('no provider is named outside its folder', () => {
  test.each(files.filter((file) => !NAMES_A_PROVIDER.test(file)))('%s', (file) => {
    expect(linesOf(file, PROVIDER_NAME)).toEqual([]);
  });
});

test('the environment is read by the configuration only', () => {
  const readers = files.flatMap((file) => linesOf(file, /process\.env/));
  expect(readers).not.toEqual([]);
  expect(readers.filter((line) => !line.startsWith('src/config/read-config.ts:'))).toEqual([]);
});

test('no statement of SQL numbers its parameters: Node 22 cannot be given their values', () => {
  const numbered = files
    .filter((file) => /\.prepare\(/.test(textOf(file)))
    .flatMap((file) => linesOf(file, /\?\d/));
  expect(numbered).toEqual([]);
});

test('a bound is named MAX or MIN', () => {
  const others = /\b(LONGEST|SHORTEST|LARGEST|SMALLEST|MOST|LEAST|HIGHEST|LOWEST)_[A-Z]/;
  expect(files.flatMap((file) => linesOf(file, others))).toEqual([]);
});
