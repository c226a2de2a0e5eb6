import { execFile } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { HALL_OF_FAME, MAJOR, STORED } from '../support/operation-cases.ts';
import { NODE, NODE_ENVIRONMENT } from '../support/process.ts';
import { MAIN, type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { HIDDEN_VALUES } from '../support/records.ts';
import {
  type MutationCall,
  type Payload,
  codesOf,
  mutate,
  warningsOf,
  writesOf,
} from '../support/writing.ts';

let parent: string;
let folder: string;
let sandbox: Sandbox;
const processes: ServiceProcess[] = [];

beforeEach(async () => {
  parent = mkdtempSync(join(tmpdir(), 'badges-copies-'));
  folder = join(parent, 'state');
  sandbox = await startSandbox(STORED);
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => each.kill()));
  await sandbox.close();
  rmSync(parent, { recursive: true });
});

async function start(at = folder): Promise<ServiceProcess> {
  const started = await startServiceProcess({ ...sandbox.variables, STATE_DIR: at });
  processes.push(started);
  return started;
}

const run = (at: string, ...args: string[]) =>
  promisify(execFile)(NODE, [MAIN, ...args], {
    env: { ...NODE_ENVIRONMENT, ...sandbox.variables, STATE_DIR: at },
  });

async function exportedKeys(at: string): Promise<unknown[]> {
  const { stdout } = await run(at, '--export-audit');
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => (JSON.parse(line) as { idempotencyKey: unknown }).idempotencyKey);
}

const rename = (key: string): MutationCall => ({
  kind: 'update',
  input: { tagMango: { id: HALL_OF_FAME, name: `Named by ${key}` } },
  key,
});

test('after a stop the file alone is the whole state, from which the audit is exported and the service goes on', async () => {
  const first = await start();
  const answer = await mutate(first.url, rename('one'));
  expect(await first.stop()).toBe(0);
  expect(readdirSync(folder).sort()).toEqual(['owner.sqlite', 'state.marker', 'state.sqlite']);

  const copy = join(parent, 'copy');
  mkdirSync(copy);
  copyFileSync(join(folder, 'state.sqlite'), join(copy, 'state.sqlite'));
  expect(await exportedKeys(copy)).toEqual(['one']);

  const second = await start(copy);
  expect(second.output()).toMatch(/contains a copy of the state.*out of date.*hiddenFields: REUSE/);
  expect(await mutate(second.url, rename('one'))).toEqual(answer);
  expect(writesOf(sandbox)).toHaveLength(1);
});

test('a backup of the running service has all that was written until then', async () => {
  const service = await start();
  const answer = await mutate(service.url, rename('one'));
  const restored = join(parent, 'restored');
  mkdirSync(restored);
  const { stderr } = await run(folder, '--backup-state', join(restored, 'state.sqlite'));
  expect(stderr).toContain(`contains the state of ${folder}`);
  await mutate(service.url, rename('two'));

  expect(await exportedKeys(restored)).toEqual(['one']);
  const other = await start(restored);
  expect(other.output()).toContain('contains a copy of the state');
  expect(await mutate(other.url, rename('one'))).toEqual(answer);
  expect(writesOf(sandbox)).toHaveLength(2);
  await other.stop();
  expect((await start(restored)).output()).not.toContain('holds a copy');
});

test('a state that was lost is told of, and the service starts', async () => {
  const first = await start();
  await mutate(first.url, rename('one'));
  await first.stop();
  rmSync(join(folder, 'state.sqlite'));

  const second = await start();
  expect(second.output()).toMatch(/contained the state of this service but is empty now/);
  expect(codesOf(await mutate(second.url, rename('two')))).toEqual([]);
});

test('the first start and a start after a kill say nothing of copies', async () => {
  const first = await start();
  await mutate(first.url, rename('one'));
  await first.kill();
  const second = await start();
  for (const { output } of [first, second]) expect(output()).not.toMatch(/holds (a copy|none)/);
});

test('that an older copy was put back can be told where no start could notice it', async () => {
  const service = await start();
  await expect(run(folder, '--state-restored')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/A running service uses .*Stop the service/) as unknown,
  });
  await service.stop();
  // A typing error must not look like success.
  const typo = `${folder}-typo`;
  await expect(run(typo, '--state-restored')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`There is no state.sqlite in ${typo}.`) as unknown,
  });
  expect(existsSync(typo)).toBe(false);
  const { stderr } = await run(folder, '--state-restored');
  expect(stderr).toMatch(/^Remembered values of 0 badge\(s\) are no longer trusted/);
});

const update = (fields: object): MutationCall => ({
  kind: 'update',
  input: { returningAI: { id: MAJOR, ...fields } },
});

/** Writes hidden fields, stops, and gives what was sent when only a title is given after the next start. */
async function updateAfter(change: () => Promise<string>): Promise<Payload> {
  const first = await start();
  expect(codesOf(await mutate(first.url, update({ ...HIDDEN_VALUES, title: 'One' })))).toEqual([]);
  await first.stop();
  const second = await start(await change());
  const answer = await mutate(second.url, update({ title: 'Two' }));
  if (codesOf(answer).length === 0) return answer;

  // The values are still there for those who ask for them, and trusted from then on.
  const reused = await mutate(second.url, update({ title: 'Two', hiddenFields: 'REUSE' }));
  expect([codesOf(reused), warningsOf(reused)]).toEqual([[], ['HIDDEN_FIELDS_REUSED']]);
  expect(writesOf(sandbox).at(-1)?.body).toMatchObject({ ...HIDDEN_VALUES, title: 'Two' });
  expect(codesOf(await mutate(second.url, update({ title: 'Three' })))).toEqual([]);
  return answer;
}

test('what is remembered holds over a stop, and over a move of the whole folder', async () => {
  const answer = await updateAfter(async () => {
    renameSync(folder, join(parent, 'moved'));
    return join(parent, 'moved');
  });
  expect([codesOf(answer), warningsOf(answer)]).toEqual([[], ['HIDDEN_FIELDS_REUSED']]);
});

test('what is remembered is in doubt after a copy was put in a folder', async () => {
  const answer = await updateAfter(async () => {
    const copy = join(parent, 'copy');
    mkdirSync(copy);
    copyFileSync(join(folder, 'state.sqlite'), join(copy, 'state.sqlite'));
    return copy;
  });
  expect(codesOf(answer)).toEqual(['HIDDEN_FIELDS_UNKNOWN']);
});

test('what is remembered is in doubt once it was told that an older copy was put back', async () => {
  const answer = await updateAfter(async () => {
    const { stderr } = await run(folder, '--state-restored');
    expect(stderr).toMatch(/^Remembered values of 1 badge\(s\) are no longer trusted/);
    return folder;
  });
  expect(codesOf(answer)).toEqual(['HIDDEN_FIELDS_UNKNOWN']);
});

test.each([
  ['no file', [], /Specify the new file/],
  ['a file that exists', ['README.md'], /README\.md exists already/],
])('a backup to %s ends with a sentence', async (_file, args, message) => {
  cpSync(join(import.meta.dirname, '../../README.md'), join(parent, 'README.md'));
  const service = await start();
  const files = args.map((name) => join(parent, name));
  await expect(run(folder, '--backup-state', ...files)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(message) as unknown,
  });
  await service.stop();
});
