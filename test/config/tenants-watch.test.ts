import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createTenantsWatch } from '../../src/config/file-watch.ts';
import { createFileTexts } from '../../src/config/source.ts';
import { type YamlNode, type YamlReading, readYaml } from '../../src/config/yaml-tree.ts';
import type { TenantSettings } from '../../src/providers/settings.ts';
import { numRuns } from '../properties/runs.ts';

const ENOENT = { value: undefined, problem: 'the file cannot be read (ENOENT)' };
const toTenant = (id: string) =>
  `  ${id}:\n    TAG_MANGO_API_KEY: { file: ${id}-key }\n    TAG_MANGO_WHITELABEL_HOST: ${id}.tagmango.com\n`;
const toYaml = (...ids: string[]) => `tenants:\n${ids.map(toTenant).join('')}`;
const WRONG_TENANT = '  wrong:\n    TAG_MANGO_API_KEY: in-clear\n';

/** A watch over files that are only here, of a service that has begun with these tenants. */
async function setUp(...ids: string[]) {
  const files = new Map<string, string | undefined>([['/tenants', toYaml(...ids)]]);
  for (const id of ['acme', 'bolt', 'core', 'dune']) files.set(`/${id}-key`, `key-of-${id}`);
  const counts = { parsed: 0, read: 0 };
  let served: readonly TenantSettings[] = [];
  const told: string[] = [];
  const parse = { by: async (text: string): Promise<YamlReading> => readYaml(text) };
  const look = createTenantsWatch({
    given: { TENANTS_FILE: '/tenants' },
    current: [],
    onChange: (tenants) => (served = tenants),
    onRevocation: (left) => (served = left),
    onProblem: ({ message }) => told.push(message),
    texts: createFileTexts({
      readFile(path) {
        counts.read += 1;
        const value = files.get(path);
        return value === undefined ? ENOENT : { value };
      },
      signatureOf: () => ({ text: '', changedAt: Infinity }),
    }),
    readYaml(text) {
      counts.parsed += 1;
      return parse.by(text);
    },
  });
  const lookTimes = async (times: number) => {
    for (let index = 0; index < times; index += 1) await look();
  };
  // Files that are new count once they were looked at: first that of the tenants, then those that it names.
  await lookTimes(3);
  return {
    files,
    told,
    counts,
    parse,
    lookTimes,
    served: () => served.map(({ id }) => id),
    keyOf: (id: string) =>
      served.find((tenant) => tenant.id === id)?.providerValues.tagMango?.TAG_MANGO_API_KEY,
  };
}

test('a change of the tenants is served once it was there at two looks, and a new secret one look later', async () => {
  const { files, served, lookTimes } = await setUp('acme', 'bolt');
  expect(served()).toEqual(['acme', 'bolt']);
  files.set('/tenants', toYaml('bolt'));
  await lookTimes(1);
  expect(served()).toEqual(['acme', 'bolt']);
  await lookTimes(1);
  expect(served()).toEqual(['bolt']);
  files.set('/tenants', toYaml('bolt', 'core'));
  await lookTimes(2);
  expect(served()).toEqual(['bolt']);
  await lookTimes(1);
  expect(served()).toEqual(['bolt', 'core']);
});

test('a secret that changes is used, and no tenant waits for a file of another that changes all the time', async () => {
  const { files, keyOf, lookTimes } = await setUp('acme', 'bolt');
  files.set('/acme-key', 'new-key-of-acme');
  for (let index = 0; index < 2; index += 1) {
    files.set('/bolt-key', `half-${index}`);
    await lookTimes(1);
  }
  expect([keyOf('acme'), keyOf('bolt')]).toEqual(['new-key-of-acme', 'key-of-bolt']);
});

test('a tenant that is gone does not stay until a new one has a secret that stands still', async () => {
  const { files, served, lookTimes } = await setUp('acme', 'bolt');
  files.set('/tenants', toYaml('bolt', 'core'));
  for (let index = 0; index < 6; index += 1) {
    files.set('/core-key', `half-${index}`);
    await lookTimes(1);
  }
  expect(served()).toEqual(['bolt']);
  await lookTimes(2);
  expect(served()).toEqual(['bolt', 'core']);
});

test('nothing is parsed while nothing changes, nor when only a secret does', async () => {
  const { files, counts, lookTimes } = await setUp('acme', 'bolt');
  const before = counts.parsed;
  await lookTimes(10);
  files.set('/acme-key', 'new-key-of-acme');
  await lookTimes(10);
  expect(counts.parsed - before).toBe(0);
});

test('while the tenants are wrong and name other files each time, no more than 20,000 of these are read at each look', async () => {
  const { files, counts, parse, served, told, lookTimes } = await setUp('acme', 'bolt');
  const line = 1;
  const toMap = (...entries: [string, YamlNode['value']][]): YamlNode['value'] =>
    new Map(entries.map(([name, value]) => [name, { line, value }]));
  const toMissing = (id: string): [string, YamlNode['value']] => [
    id,
    toMap(['TAG_MANGO_API_KEY', toMap(['file', `${id}-key`])]),
  ];
  const readsOfLooks: number[] = [];
  for (let edit = 0; edit < 8; edit += 1) {
    const tenants = Array.from({ length: 4_000 }, (_, index) => toMissing(`t${edit}-${index}`));
    const root = { line, value: toMap(['tenants', toMap(...tenants)]) };
    // Parsing as many each time would take most of the time of this test.
    parse.by = async () => ({ root });
    files.set('/tenants', `edit ${edit}`);
    await lookTimes(4);
    const before = counts.read;
    await lookTimes(1);
    readsOfLooks.push(counts.read - before);
  }
  expect(told).toHaveLength(8);
  expect(Math.min(...readsOfLooks)).toBeGreaterThan(4_000);
  expect(Math.max(...readsOfLooks)).toBeLessThanOrEqual(20_000);

  parse.by = async (text) => readYaml(text);
  files.set('/tenants', toYaml('acme', 'bolt', 'core'));
  await lookTimes(4);
  expect(served()).toEqual(['acme', 'bolt', 'core']);
});

describe('a tenant that a wrong file no longer names is served no more, and all others are:', () => {
  test.each([
    ['another one is wrong', toYaml('bolt', 'core') + WRONG_TENANT],
    ['another one is there twice', toYaml('bolt', 'core', 'core')],
    ['there is more than tenants', `${toYaml('bolt', 'core')}more: 1\n`],
    ['it is not valid YAML', `${toYaml('bolt', 'core')}  [\n`],
    ['it is no YAML, and a comment is left', `# acme: was here\n${toYaml('bolt', 'core')}"\n`],
    ['a file of a secret is not there', toYaml('bolt', 'core', 'elsewhere')],
    ['it has too many settings', `${toYaml('bolt', 'core')}${'  - x\n'.repeat(40_000)}`],
  ])('%s', async (_what, yaml) => {
    const { files, served, told, lookTimes } = await setUp('acme', 'bolt', 'core');
    files.set('/tenants', yaml);
    await lookTimes(4);
    expect(told).toHaveLength(1);
    expect(served()).toEqual(['bolt', 'core']);
    files.set('/tenants', toYaml('core'));
    await lookTimes(2);
    expect(served()).toEqual(['core']);
  });
});

describe('the former tenants are served on when', () => {
  test.each([
    ['a wrong file names all of them', toYaml('acme', 'bolt') + WRONG_TENANT],
    ['a wrong file names none of them', `tenants:\n${WRONG_TENANT}`],
    ['the file is empty', ''],
    ['the file is gone', undefined],
    ['it is something else', 'PK\u0003\u0004'],
  ])('%s', async (_what, yaml) => {
    const { files, served, told, lookTimes } = await setUp('acme', 'bolt');
    files.set('/tenants', yaml);
    await lookTimes(5);
    expect(served()).toEqual(['acme', 'bolt']);
    expect(told).toHaveLength(1);
  });
});

test('a file that takes too long is told, and tried again later', async () => {
  const { files, served, told, counts, parse, lookTimes } = await setUp('acme', 'bolt');
  const { by } = parse;
  parse.by = async () => ({
    errors: [{ line: 1, message: 'takes too long' }],
    more: 0,
    isUnfinished: true,
  });
  files.set('/tenants', toYaml('bolt', 'core'));
  await lookTimes(3);
  const before = counts.parsed;
  await lookTimes(20);
  expect([counts.parsed - before, told.length]).toEqual([0, 1]);
  expect(served()).toEqual(['bolt']);
  parse.by = by;
  await lookTimes(20);
  expect(served()).toEqual(['bolt', 'core']);
});

test('a problem is told once, whatever else changes, and again when it comes back', async () => {
  const { files, told, lookTimes } = await setUp('acme');
  const wrong = `${toYaml('acme')}${WRONG_TENANT}`;
  files.set('/tenants', wrong);
  await lookTimes(3);
  files.set('/acme-key', 'another-key');
  await lookTimes(3);
  expect(told).toHaveLength(1);
  files.set('/tenants', toYaml('acme'));
  await lookTimes(3);
  files.set('/tenants', wrong);
  await lookTimes(3);
  expect(told).toEqual([told[0], told[0]]);
});

test('20 problems are told, and how many more there are', async () => {
  const { files, told, lookTimes } = await setUp('acme');
  const many = Array.from({ length: 3_000 }, (_, index) => `  t${index}: x\n`).join('');
  files.set('/tenants', `${toYaml('acme')}${many}`);
  await lookTimes(3);
  expect(told).toEqual([expect.stringMatching(/(\n {2}.+){20}\n {2}and 2980 more$/)]);
  expect(told[0]?.length).toBeLessThan(5_000);
});

test('whatever is written in whatever order, nobody is served whom the last text does not name, unless it names nobody', async () => {
  const ids = ['acme', 'bolt', 'core', 'dune'];
  const damage = fc.constantFrom('', '  [\n', WRONG_TENANT, 'more: 1\n', '  acme-copy: x\n');
  const content = fc.record({ named: fc.subarray(ids), damage });
  const change = fc.oneof(content, fc.constant('look' as const));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 12 }), content, async (changes, last) => {
      const { files, served, lookTimes } = await setUp('acme', 'bolt');
      for (const one of [...changes, last]) {
        if (one === 'look') await lookTimes(1);
        else files.set('/tenants', toYaml(...one.named) + one.damage);
      }
      await lookTimes(4);
      const isGood = last.damage === '' && last.named.length > 0;
      if (isGood) expect(served()).toEqual(last.named);
      const left = served().filter((id) => last.named.includes(id));
      if (left.length > 0) expect(served()).toEqual(left);
      expect(served()).not.toEqual([]);
    }),
    { numRuns },
  );
});
