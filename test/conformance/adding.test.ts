import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { execute } from '../support/service.ts';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/adding-a-provider.md'), 'utf8');
const example = join(import.meta.dirname, 'forum');

/** Where the page says that a file goes. */
const files = [...page.matchAll(/^\| `(src\/[^`]*<name>[^`]*)`/gm)].map(([, file = '']) =>
  file.replace('<name>', 'forum'),
);

interface Edit {
  file: string;
  /** Of imports. */
  first: string[];
  replaced: { line: string; by: string[] }[];
}

/** A block of the page: a line that goes before all others, or in the place of those that are taken out before it. */
function readEdit(block: string): Edit {
  const [file = '', ...lines] = block.trimEnd().split('\n');
  const edit: Edit = { file: file.trim(), first: [], replaced: [] };
  let added: Edit['replaced'][number] | undefined;
  for (const line of lines) {
    if (line.startsWith('-')) edit.replaced.push((added = { line: line.slice(1), by: [] }));
    else if (added) added.by.push(line.slice(1));
    else edit.first.push(line.slice(1));
  }
  return edit;
}

const edits = [...page.matchAll(/```diff\n(.*?)```/gs)].map(([, block = '']) => readEdit(block));

function apply(text: string, { file, first, replaced }: Edit): string {
  const edited = replaced.reduce((before, { line, by }) => {
    if (!before.includes(`${line}\n`)) throw new Error(`${file} no longer has the line: ${line}`);
    return before.replace(`${line}\n`, by.length === 0 ? '' : `${by.join('\n')}\n`);
  }, text);
  return [...first, edited].join('\n');
}

test('the page names every file of the example, and no other', () => {
  const written = readdirSync(example).map((file) =>
    file === 'stand-in.ts' ? `src/sandbox/forum/${file}` : `src/providers/forum/${file}`,
  );
  expect(files.toSorted()).toEqual(written.toSorted());
});

test('the page changes three files outside the folder, and lines that they have', () => {
  expect(edits.map(({ file }) => file)).toEqual([
    'src/providers/index.ts',
    'src/sandbox/index.ts',
    'test/repository/structure.test.ts',
  ]);
  for (const edit of edits) {
    const text = readFileSync(join(root, edit.file), 'utf8');
    expect(apply(text, edit)).toContain('forum');
  }
});

describe('a developer who follows the page', () => {
  let folder: string;
  let service: ServiceProcess | undefined;
  beforeAll(async () => {
    // Within the repository, so that packages are found.
    folder = mkdtempSync(join(root, 'dist/adding-'));
    cpSync(join(root, 'src'), join(folder, 'src'), { recursive: true });
    for (const file of ['tsconfig.json', 'tsconfig.build.json', 'package.json']) {
      cpSync(join(root, file), join(folder, file));
    }
    for (const file of files) {
      const text = readFileSync(join(example, file.split('/').at(-1) ?? ''), 'utf8');
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text.replaceAll("'../../../src/", "'../../"));
    }
    for (const edit of edits.filter(({ file }) => file.startsWith('src/'))) {
      const file = join(folder, edit.file);
      writeFileSync(file, apply(readFileSync(file, 'utf8'), edit));
    }
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    await promisify(execFile)(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
      cwd: folder,
    });
    for (const name of readdirSync(join(folder, 'src/providers'))) {
      const contract = `providers/${name}/contract.yaml`;
      if (name.includes('.')) continue;
      cpSync(join(folder, 'src', contract), join(folder, 'dist', contract));
    }
    service = await startServiceProcess({}, join(folder, 'dist/main.js'));
  }, 180_000);
  afterAll(async () => {
    await service?.kill();
    rmSync(folder, { recursive: true });
  });

  test('has a service that compiles, starts on the sandbox, and serves and changes its badges', async () => {
    const url = service?.url ?? '';
    const list = await execute<{ badges: { totalCount: number } }, object>(
      url,
      '{ badges(filter: { providers: [FORUM] }) { totalCount nodes { ... on ForumBadge { grantCount } } } }',
    );
    expect([list.data.badges.totalCount, list.errors]).toEqual([8, undefined]);
    const awarded = await execute<{ awardBadge: object }, object>(
      url,
      'mutation { awardBadge(input: { forum: { badgeId: "12", userId: "501" } }) { badges { ... on ForumBadge { grantCount } } userErrors { code } } }',
    );
    expect(awarded.data.awardBadge).toEqual({ badges: [{ grantCount: 1 }], userErrors: [] });
  });
});
