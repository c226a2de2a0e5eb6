import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ASTNode, type DocumentNode, Kind, parse, print, visit } from 'graphql';
import { type Verdict, checkChanges, judgeChanges } from '../../schema/changes.ts';
import { readText } from './lock.ts';

const SDL = `
directive @oneOf on INPUT_OBJECT
type Query { badge(id: ID!, by: Order): Badge  kinds: [Kind!]! }
union Badge = Gold | Silver
type Gold @key(fields: "id") { id: ID!  name: String }
type Silver @key(fields: "id") { id: ID!  name: String! }
enum Kind { ROUND SQUARE }
input Order { kind: Kind  first: Int }
`;

interface Versions {
  before?: string;
  after?: string;
  reasons?: Record<string, string>;
}

async function judge(sdl: string, { before = '1.2.3', after = before, reasons = {} }: Versions) {
  return judgeChanges({ version: before, sdl: SDL }, { version: after, sdl }, reasons);
}

const BREAKING: readonly [what: string, from: string, to: string][] = [
  ['a field is removed', ' name: String }\ntype Silver', ' }\ntype Silver'],
  ['a field can be null', 'name: String!', 'name: String'],
  ['a field has another type', 'kinds: [Kind!]!', 'kinds: Kind!'],
  ['a type is removed from the union', 'Gold | Silver', 'Gold'],
  ['a value of an enum is removed', 'ROUND SQUARE', 'ROUND'],
  ['an argument is removed', ', by: Order', ''],
  ['an argument is required', 'by: Order', 'by: Order!'],
  ['an input field is removed', '  first: Int', ''],
  ['an input field is required', 'first: Int', 'first: Int!'],
  ['an input takes one field only', 'input Order {', 'input Order @oneOf {'],
];
const DANGEROUS: readonly [what: string, from: string, to: string][] = [
  ['a value of an enum is added', 'ROUND SQUARE', 'ROUND SQUARE STAR'],
  ['a type is added to the union', 'Gold | Silver', 'Gold | Silver | Query'],
  ['an argument is added', 'by: Order', 'by: Order, as: Kind'],
  ['the default of an argument changes', 'by: Order', 'by: Order = { first: 1 }'],
  ['an entity loses its key', 'type Gold @key(fields: "id")', 'type Gold'],
];

describe.each([
  ...BREAKING.map((row) => ['breaking', ...row] as const),
  ...DANGEROUS.map((row) => ['dangerous', ...row] as const),
])('%s: %s', (level, _what, from, to) => {
  const changed = SDL.replace(from, to);

  test('the check fails and names the change, unless it is listed or the version says it', async () => {
    expect(changed).not.toBe(SDL);
    const { problems } = await judge(changed, {});
    expect(problems).not.toEqual([]);
    const pattern = level === 'breaking' ? /^Breaking: (.*)$/ : /^Dangerous: (.*)$/;
    const messages = problems.map((problem) => pattern.exec(problem)?.[1] ?? '');
    expect(messages).not.toContain('');

    const reasons = Object.fromEntries(messages.map((message) => [message, 'It is meant.']));
    expect(await judge(changed, { reasons })).toMatchObject({
      problems: [],
      meant: messages.length,
    });
    expect((await judge(changed, { after: '1.2.4' })).problems).toEqual(problems);
    expect((await judge(changed, { after: '1.3.0' })).problems).toEqual(
      level === 'breaking' ? problems : [],
    );
    expect((await judge(changed, { after: '2.0.0' })).problems).toEqual([]);
    expect((await judge(changed, { after: '0.9.0' })).problems).toEqual(problems);
  });
});

test('what is added harms nobody, and a reason for a change that is none has to go', async () => {
  const more = SDL.replace('first: Int', 'first: Int last: Int').replace(
    'type Query {',
    '$& a: Int',
  );
  const reasons = { "Field 'gone' was removed": 'It is meant.' };
  const expected: Verdict = { problems: [], harmless: 2, meant: 0 };
  expect(await judge(more, {})).toEqual(expected);
  expect(await judge(SDL, { reasons })).toEqual({
    problems: ["Listed, but no change since 1.2.3: Field 'gone' was removed"],
    harmless: 0,
    meant: 0,
  });
});

describe('any element of the printed schema', () => {
  const printed = parse(readText('schema/badges.graphql'));
  const removable: readonly ASTNode[] = elementsOf(printed);

  test('cannot be removed unnoticed', async () => {
    expect(removable.length).toBeGreaterThan(250);
    const version = { version: '1.0.0', sdl: print(printed) };
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...removable), async (gone) => {
        const sdl = print(visit(printed, { enter: (node) => (node === gone ? null : undefined) }));
        const { problems } = await judgeChanges(version, { ...version, sdl }, {});
        expect(problems).not.toEqual([]);
      }),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 8) },
    );
  });
});

/** Fields, arguments, input fields and values of enums, where something remains of their type. */
function elementsOf(document: DocumentNode): ASTNode[] {
  const found: ASTNode[] = [];
  for (const definition of document.definitions) {
    if (!('name' in definition)) continue;
    const members =
      definition.kind === Kind.ENUM_TYPE_DEFINITION
        ? definition.values
        : 'fields' in definition
          ? definition.fields
          : [];
    if (members && members.length > 1) found.push(...members);
    for (const member of members ?? [])
      if ('arguments' in member) found.push(...(member.arguments ?? []));
  }
  return found;
}

describe('in a clone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'badges-changes-'));
  const clone = join(folder, 'clone');
  const git = (cwd: string, ...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.com', ...args], {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  function write(files: { version?: string; sdl?: string; list?: string }): void {
    const { version, sdl, list } = files;
    const manifest = version && `${JSON.stringify({ name: 'any', version }, null, 2)}\n`;
    if (manifest) writeFileSync(join(clone, 'package.json'), manifest);
    if (sdl) writeFileSync(join(clone, 'schema/badges.graphql'), sdl);
    if (list !== undefined) writeFileSync(join(clone, 'schema/meant-changes.yml'), list);
  }
  function commit(): string {
    git(clone, 'add', '.');
    git(clone, 'commit', '--quiet', '--allow-empty', '--no-gpg-sign', '-m', 'Any');
    return git(clone, 'rev-parse', '--short=7', 'HEAD');
  }
  const without = SDL.replace('kinds: [Kind!]!', '');
  const REMOVED = "Field 'kinds' was removed from object type 'Query'";

  beforeAll(() => {
    mkdirSync(join(clone, 'schema'), { recursive: true });
    git(clone, 'init', '--quiet');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('a change is compared with the last commit that changed the version', async () => {
    write({ version: '0.9.0', sdl: without, list: '' });
    commit();
    write({ version: '1.0.0', sdl: SDL });
    const released = commit();
    const since = `Since version 1.0.0 (${released}):`;
    write({ sdl: `${SDL}\n"""Any."""\nscalar Any` });
    commit();
    expect(await checkChanges(clone)).toEqual({
      text: `${since} 2 harmless changes, and 0 meant ones.`,
      isPassed: true,
    });

    write({ sdl: without });
    commit();
    const failed = await checkChanges(clone);
    expect(failed.isPassed).toBe(false);
    expect(failed.text.split('\n').slice(0, 2)).toEqual([since, `Breaking: ${REMOVED}`]);
    expect(failed.text).toMatch(/list it with its reason in schema\/meant-changes.yml, or raise/);

    write({ list: `"${REMOVED}": "Nobody asks for it."\n` });
    expect(await checkChanges(clone)).toEqual({
      text: `${since} 0 harmless changes, and 1 meant ones.`,
      isPassed: true,
    });
    write({ list: '', version: '1.1.0' });
    expect((await checkChanges(clone)).isPassed).toBe(false);
    write({ version: '2.0.0' });
    expect((await checkChanges(clone)).isPassed).toBe(true);
  });

  test('the commit that changes the version is compared with the version before it', async () => {
    write({ version: '1.1.0' });
    commit();
    expect((await checkChanges(clone)).text).toMatch(/^Since version 1\.0\.0 .*:\nBreaking: /);
    commit();
    expect((await checkChanges(clone)).text).toMatch(/^Since version 1\.1\.0 .*: 0 harmless/);
  });

  test('a shallow clone and a copy without git say what they lack', async () => {
    const shallow = join(folder, 'shallow');
    git(folder, 'clone', '--quiet', '--depth=1', `file://${clone}`, shallow);
    expect(await checkChanges(shallow)).toEqual({
      text: 'Not compared. This copy lacks the commit that last changed the version, because this clone is shallow. Run "git fetch --unshallow".',
      isPassed: true,
    });
    git(shallow, 'fetch', '--quiet', '--unshallow');
    expect((await checkChanges(shallow)).text).toMatch(/^Since version 1\.1\.0 /);

    const copy = join(folder, 'copy');
    cpSync(clone, copy, { recursive: true, filter: (path) => !path.endsWith('.git') });
    expect(await checkChanges(copy)).toEqual({
      text: 'Not compared. This copy lacks git, or a commit of the last version with schema/badges.graphql. Run it in a clone of the repository.',
      isPassed: true,
    });
  });
});

test('it is a part of npm run check, which CI runs with the whole history', () => {
  expect(readText('test/repository/check.ts')).toContain("['node', 'schema/changes.ts']");
  const ci = readText('.ci/run');
  expect(ci).toContain('git fetch --quiet --unshallow');
  expect(ci).toMatch(/^npm run check$/m);
});
