import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readContractLines } from '../../src/check/contract.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { markSeenLines } from '../repository/seen-lines.ts';
import { readContract as readTestContract } from '../support/contract.ts';
import { runCheck } from './run-check.ts';

let sandbox: Sandbox;
let folder: string;
beforeEach(async () => {
  sandbox = await startSandbox();
  folder = mkdtempSync(join(tmpdir(), 'badges-check-'));
});
afterEach(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

const contracts = new URL('../../src/providers/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, contracts), 'utf8');

/** A file of what was seen, as if it had been seen at real hosts. */
async function seen(): Promise<string> {
  const path = join(folder, 'seen.json');
  await runCheck(sandbox, ['--scratch-badge', '--confirm', 'Returning.AI', '--out', path]);
  return readFileSync(path, 'utf8').replaceAll(/127\.0\.0\.1:\d+/g, 'api.example.com');
}

test('what was seen to hold is marked with its day, and nothing else in the files changes', async () => {
  sandbox.returningAI.behaviour.put = 'merges';
  const marked = markSeenLines(await seen(), read);

  expect([...marked.keys()]).toEqual(['returning-ai/contract.yaml', 'tag-mango/contract.yaml']);
  for (const [name, { text, count }] of marked) {
    const before = read(name).split('\n');
    const changed = text.split('\n').filter((line, index) => line !== before[index]);
    expect(changed).toHaveLength(count);
    expect(changed.every((line) => /# (inferred, )?seen 2026-03-01/.test(line))).toBe(true);
    const undone = text.replaceAll(/ # seen 2026-03-01/g, '').replaceAll(', seen 2026-03-01', '');
    expect(undone).toBe(read(name));
  }
  const text = marked.get('returning-ai/contract.yaml')?.text ?? '';
  expect(text).toContain('    get: # inferred, seen 2026-03-01: the method is in the navigation');
  expect(text).toContain('        stores texts: as sent # inferred, seen 2026-03-01');
  // It differed, so that nothing was proved.
  expect(text).toContain('        fields left out: reset # inferred\n');
  expect(readContractLines(text)).toMatchObject({ pointer: '' });
});

test('a marked file is still a contract', async () => {
  const marked = markSeenLines(await seen(), read);
  for (const [name, { text }] of marked) {
    expect(toPlain(readContractLines(text))).toEqual(toPlain(readContractLines(read(name))));
    expect(readTestContract(new URL(name, contracts)).operations.length).toBeGreaterThan(3);
  }
});

test('what was seen of a stand-in marks nothing', async () => {
  const text = (await seen()).replaceAll('api.example.com', '127.0.0.1:5101');

  expect(() => markSeenLines(text, read)).toThrow('127.0.0.1:5101 is a stand-in, and no provider');
});

/** Without the marks. */
function toPlain({ value, line }: ReturnType<typeof readContractLines>): unknown {
  if (Array.isArray(value)) return [line, ...value.map(toPlain)];
  if (typeof value !== 'object' || value === null) return [line, value];
  return [line, ...[...value].map(([name, node]) => [name, toPlain(node)])];
}

test('a file of what was seen that does not exist is told in a sentence', () => {
  const script = join(import.meta.dirname, '../repository/mark-contracts.ts');
  const { status, stderr } = spawnSync(process.execPath, [script], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([
    1,
    'There is no file providers-seen.json. Write it with npm run providers:check -- --scratch-badge --out providers-seen.json\n',
  ]);
});
