import { existsSync, globSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { MAX_WANTED_CHARACTERS } from '../../src/badges/connection.ts';
import { MAX_KEYS } from '../../src/badges/queries.ts';
import { providers } from '../../src/providers/index.ts';
import {
  BODY_CAPS,
  DOCUMENT_CAPS,
  MAX_REQUEST_BYTES,
  OPERATION_CAPS,
  PARSE_CAPS,
  REQUEST_CAPS,
  VARIABLE_CAPS,
  showCap,
} from '../../src/server/limits/limits.ts';
import { readText, root } from './lock.ts';

const MAX_WORDS_OF_README = 650;

const docs = readdirSync(`${root}/docs`)
  .filter((file) => file.endsWith('.md'))
  .map((file) => `docs/${file}`);
const pages = [...readdirSync(root).filter((file) => file.endsWith('.md')), ...docs];

/** As hosts of repositories make anchors of headings: in small letters, without signs, with hyphens for spaces. */
function anchorsOf(page: string): string[] {
  const headings = readText(page).matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function isBroken(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : normalize(join(dirname(page), path));
  if (!existsSync(join(root, target))) return true;
  return anchor !== undefined && !anchorsOf(target).includes(anchor);
}

test(`the README has ${MAX_WORDS_OF_README} words at most`, () => {
  const words = readText('README.md').split(/\s+/).filter(Boolean);
  expect(words.length).toBeLessThanOrEqual(MAX_WORDS_OF_README);
});

describe.each(pages)('%s', (page) => {
  const text = readText(page);

  test('has links that lead somewhere', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => isBroken(page, link))).toEqual([]);
  });

  test('names scripts of package.json and files that exist', () => {
    const { scripts } = JSON.parse(readText('package.json')) as { scripts: object };
    const named = [...text.matchAll(/\bnpm run (?:--silent )?([\w:-]+)/g)].map(([, name]) => name);
    expect(named.filter((name = '') => !(name in scripts))).toEqual([]);
    const files = [
      ...text.matchAll(/`((?:src|test|schema|bench|docs|examples|deploy)\/[^`\s<]*)`/g),
    ];
    const code = [...text.matchAll(/`([\w-]+\/[\w/-]+\.[jt]s)`/g)];
    const paths = [...files.map(([, file = '']) => file), ...code.map(([, file = '']) => file)];
    const isMissing = (path: string) => globSync([path, `src/${path}`], { cwd: root }).length === 0;
    expect(paths.filter(isMissing)).toEqual([]);
  });
});

test.each([...docs, 'CHANGELOG.md', 'CONTRIBUTING.md'])('%s begins with who it is for', (page) => {
  const [heading = '', first = ''] = readText(page).split('\n\n');
  expect(heading).toMatch(/^# \S/);
  expect(first).toMatch(/^This page is for /);
});

test('every setting of the code has its row in docs/configuration.md, and every row is a setting', () => {
  const code = readText('src/config/variables.ts');
  const general = [...code.matchAll(/^ {2}([A-Z_]+): /gm)].map(([, name]) => name);
  const ofProviders = providers.flatMap(({ settings }) => Object.keys(settings));
  const rows = [...readText('docs/configuration.md').matchAll(/^\| `([A-Z_]+)`/gm)];
  expect(rows.map(([, name]) => name).sort()).toEqual([...general, ...ofProviders].sort());
});

test('docs/front-end.md tells of every error code what a client can do', () => {
  const [, values = ''] = /^enum BadgeErrorCode \{\n(.*?)^\}/ms.exec(
    readText('schema/badges.graphql'),
  ) ?? [''];
  const codes = [...values.matchAll(/^ {2}([A-Z_]+)$/gm)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(10);
  const [, section = ''] = readText('docs/front-end.md').split(/^## Handle errors$|^## Change/m);
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  const told = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([A-Z_]+)`/g)].map(([, code]) => code),
  );
  expect(codes.filter((code) => !told.includes(code))).toEqual([]);
  expect(told).toEqual([...new Set(told)]);
});

test('the log lines that docs/operating.md explains are those of the code', () => {
  const [, section = ''] = readText('docs/operating.md').split(
    /^## Log lines to watch$|^## Bounds/m,
  );
  const cells = section.split('\n').map((line) => line.split('|')[1] ?? '');
  const lines = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, line]) => line));
  expect(lines.length).toBeGreaterThan(3);
  const code = globSync('src/**/*.ts', { cwd: root }).map(readText).join('\n');
  expect(lines.filter((line = '') => !code.includes(line))).toEqual([]);
});

test.each<[row: string, caps: Readonly<Record<string, number>>]>([
  ['A request', { mebibytes: MAX_REQUEST_BYTES / 2 ** 20, ...BODY_CAPS, ...REQUEST_CAPS }],
  ['A document', { ...DOCUMENT_CAPS, ...PARSE_CAPS }],
  ['An operation', OPERATION_CAPS],
  ['Variables', VARIABLE_CAPS],
  ['Keys', { MAX_KEYS }],
  ['A search', { MAX_WANTED_CHARACTERS }],
])('docs/front-end.md tells every limit of the code: %s', (row, caps) => {
  const line = readText('docs/front-end.md')
    .split('\n')
    .find((text) => text.startsWith(`| ${row} `));
  const told = [...(line ?? '').matchAll(/[\d,]*\d/g)].map(([number]) => number);
  expect(told.sort()).toEqual(Object.values(caps).map(showCap).sort());
});
