import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { readManifest, root } from './lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'badges-dev-'));
let child: ChildProcess | undefined;

afterAll(async () => {
  if (child?.kill()) await once(child, 'close');
  rmSync(folder, { recursive: true, force: true });
});

test('npm run dev restarts on a change, and an error names the line of the source', async () => {
  for (const name of ['src', 'package.json', 'test/support/from-sources.ts']) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const [, command = ''] = (readManifest().scripts.dev ?? '').split(' && ');
  const [program, ...args] = command.split(' ');
  expect(program).toBe('node');
  const STATE_DIR = join(folder, 'state');
  child = spawn(process.execPath, args, { cwd: folder, env: { PORT: '0', STATE_DIR } });
  const output = heard(child);
  await output.until(/GraphQL is at/);
  const main = join(folder, 'src/main.ts');
  const changed = `const thrown: Error = new TypeError('found');\nconsole.log(thrown.stack);\n`;
  writeFileSync(main, `${readFileSync(main, 'utf8')}${changed}`);
  await output.until(/GraphQL is at[^]*GraphQL is at[^]*TypeError: found/);
  const line = readFileSync(main, 'utf8').split('\n').length - 2;
  expect(output.text()).toContain(`${main}:${line}:23`);
});

/** What a process writes, as it comes. */
function heard({ stdout, stderr }: ChildProcess) {
  let text = '';
  const listeners = new Set<() => void>();
  for (const stream of [stdout, stderr]) {
    stream?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      listeners.forEach((listener) => listener());
    });
  }
  return {
    text: () => text,
    until: (pattern: RegExp) =>
      new Promise<void>((resolve) => {
        const look = (): void => void (pattern.test(text) && resolve());
        listeners.add(look);
        look();
      }),
  };
}
