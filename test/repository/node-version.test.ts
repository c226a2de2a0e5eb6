import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { readManifest, readText, root } from './lock.ts';

const MAIN = join(root, 'dist/main.js');
const LEAST = readManifest().engines.node.replace('>=', '');

/** What a start prints and ends with, on the given Node. */
async function start(node: string, flags: readonly string[] = []): Promise<[unknown, string]> {
  const ended = promisify(execFile)(node, [...flags, MAIN, '--check-config'], {
    env: {},
    timeout: 20_000,
  });
  return ended.then(
    ({ stdout }): [number, string] => [0, stdout],
    (error: { code: unknown; stderr: string }): [unknown, string] => [error.code, error.stderr],
  );
}

/** Makes Node say that it is of another version. */
function pretending(version: string): string[] {
  const versions = `{ ...process.versions, node: '${version}' }`;
  const code = `Object.defineProperty(process, 'versions', { value: ${versions} })`;
  return ['--import', `data:text/javascript,${encodeURIComponent(code)}`];
}

function sentence(version: string): string {
  return `This service needs Node ${LEAST} or newer, and this is Node ${version}.\n`;
}

test.each(['18.20.8', '20.20.2', '21.7.3', '22.18.0'])(
  'a start on Node %s ends with a sentence that says what to do',
  async (version) => {
    const [code, output] = await start(process.execPath, pretending(version));
    expect([code, output.startsWith(sentence(version))]).toEqual([1, true]);
    expect(output).toContain('run "npm ci" and then "npm start"');
    expect(output).not.toContain('\n    at ');
  },
);

test.each([`${LEAST}.0`, '22.22.0', '23.0.0', '24.21.0', '100.0.0'])(
  'a start on Node %s goes on',
  async (version) => {
    const [code, output] = await start(process.execPath, pretending(version));
    expect([code, output.split('\n')[0]]).toEqual([0, 'The configuration is valid.']);
  },
);

test('what an old Node loads is the look at its version, and no other module', () => {
  const importsOf = (file: string) => {
    const { importedFiles } = ts.preProcessFile(readText(file), true, true);
    return importedFiles.map(({ fileName }) => fileName);
  };
  expect(importsOf('src/node-version.js')).toEqual([]);
  expect(importsOf('src/main.ts')).toEqual(['./node-version.js', './v8.ts', './process.ts']);
  expect(readText('src/main.ts')).toContain("await import('./v8.ts')");
  expect(readText('src/main.ts')).toContain("await import('./process.ts')");
});

test('every script that needs a new Node looks at it before all else', () => {
  const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> };
  const looks = (name: string): boolean => {
    const [, first] = /^npm run --silent (\w+)/.exec(scripts[name] ?? '') ?? [];
    return first === undefined
      ? (scripts[name] ?? '').startsWith('node src/node-version.js && ')
      : looks(first);
  };
  const blind = Object.keys(scripts).filter((name) => !looks(name) && !looks(`pre${name}`));
  // Those run on what the machine has.
  expect(blind).toEqual(['lint', 'format']);
  expect(['build', 'start', 'jest'].filter((name) => !looks(name))).toEqual([]);
});

test('Yarn, which would install other versions and no Node, says that it is npm that installs', async () => {
  const [, script = ''] = /^yarnPath: (\S+)$/m.exec(readText('.yarnrc.yml')) ?? [];
  const ended = promisify(execFile)(process.execPath, [join(root, script), 'install']);
  await expect(ended).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^This project is installed with npm: run "npm ci"/),
  });
});

const oldNode = ['/usr/bin/node', '/usr/local/bin/node']
  .filter((path) => existsSync(path))
  .map((path) => ({
    path,
    version: execFileSync(path, ['-p', 'process.versions.node']).toString(),
  }))
  .map(({ path, version }) => ({ path, version: version.trim() }))
  .find(({ version }) => Number(version.split('.')[0]) < 22);
if (!oldNode) console.log('Skipped: a start on an old Node, since none is installed.');

(oldNode ? describe : describe.skip)('on the Node of this machine', () => {
  test('a start ends with the sentence, and not with an error of a module', async () => {
    const { path = '', version = '' } = oldNode ?? {};
    const [code, output] = await start(path);
    expect([code, output.startsWith(sentence(version))]).toEqual([1, true]);
    expect(output).not.toContain('Error');
  });
});
