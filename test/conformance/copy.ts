import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';

/*
 * A copy of the service in which the fictitious forum is registered, made by following docs/adding-a-provider.md.
 */

export const root = join(import.meta.dirname, '../..');
export const example = join(import.meta.dirname, 'forum');
const page = readFileSync(join(root, 'docs/adding-a-provider.md'), 'utf8');

/** The files that the page names. */
export const files = [...page.matchAll(/^\| `(src\/[^`]*<name>[^`]*)`/gm)].map(([, file = '']) =>
  file.replace('<name>', 'forum'),
);

/** Where a developer who follows the page puts a file of the example. */
export function placeOf(name: string): string {
  return name === 'stand-in.ts' ? 'src/sandbox/forum.ts' : `src/providers/forum/${name}`;
}

export interface Edit {
  file: string;
  /** Imports, which go to the top. */
  first: string[];
  replaced: { line: string; by: string[] }[];
}

/** Reads a block of the page: lines to add before all others, or lines that replace the removed ones before them. */
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

export const edits = [...page.matchAll(/```diff\n(.*?)```/gs)].map(([, block = '']) =>
  readEdit(block),
);

export function apply(text: string, { file, first, replaced }: Edit): string {
  const edited = replaced.reduce((before, { line, by }) => {
    if (!before.includes(`${line}\n`)) throw new Error(`${file} no longer has the line: ${line}`);
    return before.replace(`${line}\n`, by.length === 0 ? '' : `${by.join('\n')}\n`);
  }, text);
  return [...first, edited].join('\n');
}

/** It takes twice as much without a limit, beside all other tests. */
const COMPILER_MEMORY = ['--max-old-space-size=640', '--max-semi-space-size=16'];
const CONFIGURATION = ['tsconfig.json', 'tsconfig.build.json', 'package.json'];

const COPIES = 'adding-';

/** Copies the last build too, so that the compiler checks only what the forum changes, as it does for a developer. */
function copyBuild(folder: string): void {
  const [from, to] = [join(root, 'dist'), join(folder, 'dist')];
  const built = readdirSync(from).filter((name) => !name.startsWith(COPIES));
  for (const name of built) cpSync(join(from, name), join(to, name), { recursive: true });
  const info = join(to, '.tsbuildinfo');
  if (!existsSync(info)) return;
  const packages = relative(to, join(root, 'node_modules'));
  const known = readFileSync(info, 'utf8').replaceAll('"../node_modules/', `"${packages}/`);
  writeFileSync(info, known);
}

/** Copies the source and the folders `beside`, registers the forum, compiles, and returns the folder of the copy. */
export async function copyWithForum(beside: readonly string[] = []): Promise<string> {
  // Within the repository, so that packages are found.
  const folder = mkdtempSync(join(root, 'dist', COPIES));
  for (const path of ['src', ...CONFIGURATION, ...beside]) {
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
  for (const name of readdirSync(example)) {
    const file = placeOf(name);
    if (!files.includes(file)) continue;
    const text = readFileSync(join(example, name), 'utf8');
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(
      join(folder, file),
      text.replaceAll("'../../../src/", `'${relative(dirname(file), 'src')}/`),
    );
  }
  for (const edit of edits.filter(
    ({ file }) => file.startsWith('src/') || beside.includes('test'),
  )) {
    const file = join(folder, edit.file);
    writeFileSync(file, apply(readFileSync(file, 'utf8'), edit));
  }
  copyBuild(folder);
  const compiler = [...COMPILER_MEMORY, join(root, 'node_modules/typescript/bin/tsc')];
  await promisify(execFile)(process.execPath, [...compiler, '-p', 'tsconfig.build.json'], {
    cwd: folder,
  });
  for (const contract of globSync('providers/*/contract.yaml', { cwd: join(folder, 'src') })) {
    cpSync(join(folder, 'src', contract), join(folder, 'dist', contract));
  }
  return folder;
}
