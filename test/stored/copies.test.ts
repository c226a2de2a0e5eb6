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
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { runCommand } from '../support/command.ts';
import { HALL_OF_FAME, MAJOR, STORED } from '../support/operation-cases.ts';
import { type ServiceProcess, runMain, startServiceProcess } from '../support/service-process.ts';
import { HIDDEN_VALUES } from '../support/records.ts';
import { type MutationCall, codesOf, mutate, warningsOf, writesOf } from '../support/writing.ts';
import { OF_COPIES, type OpenedService, openService } from './opened-service.ts';

let parent: string;
let folder: string;
let sandbox: Sandbox;
const processes: ServiceProcess[] = [];
const opened: OpenedService[] = [];

beforeEach(async () => {
  parent = mkdtempSync(join(tmpdir(), 'badges-copies-'));
  folder = join(parent, 'state');
  sandbox = await startSandbox(STORED);
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => each.kill()));
  await Promise.all(opened.splice(0).map((each) => each.stop()));
  await sandbox.close();
  rmSync(parent, { recursive: true });
});

const envOf = (at: string) => ({ ...sandbox.variables, STATE_DIR: at });

async function start(at = folder): Promise<ServiceProcess> {
  const started = await startServiceProcess(envOf(at));
  processes.push(started);
  return started;
}

/** Without a process of its own. */
async function open(at = folder): Promise<OpenedService> {
  const one = await openService({ sandbox, env: envOf(at) });
  opened.push(one);
  return one;
}

async function exportedKeys(at: string): Promise<unknown[]> {
  const { stdout } = await runCommand('--export-audit', { env: envOf(at) });
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => (JSON.parse(line) as { idempotencyKey: unknown }).idempotencyKey);
}

const rename = (key: string): MutationCall => ({
  kind: 'update',
  input: { tagMango: { id: HALL_OF_FAME, name: `Named by ${key}` } },
  key,
});

const update = (fields: object): MutationCall => ({
  kind: 'update',
  input: { returningAI: { id: MAJOR, ...fields } },
});

async function writeHidden({ url }: { url: string }): Promise<void> {
  expect(codesOf(await mutate(url, update({ ...HIDDEN_VALUES, title: 'One' })))).toEqual([]);
}

/** An update that gives a title only is refused. */
async function expectDoubt({ url }: { url: string }): Promise<void> {
  expect(codesOf(await mutate(url, update({ title: 'Two' })))).toEqual(['HIDDEN_FIELDS_UNKNOWN']);
  // The values are still there for those who ask for them, and trusted from then on.
  const reused = await mutate(url, update({ title: 'Two', hiddenFields: 'REUSE' }));
  expect([codesOf(reused), warningsOf(reused)]).toEqual([[], ['HIDDEN_FIELDS_REUSED']]);
  expect(writesOf(sandbox)).toContainEqual(
    expect.objectContaining({
      body: expect.objectContaining({ ...HIDDEN_VALUES, title: 'Two' }) as unknown,
    }),
  );
  expect(codesOf(await mutate(url, update({ title: 'Three' })))).toEqual([]);
}

test('after a stop the file alone is the whole state, from which the audit is exported and the service goes on, with what is remembered in doubt', async () => {
  const first = await start();
  await writeHidden(first);
  const answer = await mutate(first.url, rename('one'));
  expect(await first.stop()).toBe(0);
  expect(readdirSync(folder).sort()).toEqual(['owner.sqlite', 'state.marker', 'state.sqlite']);

  const copy = join(parent, 'copy');
  mkdirSync(copy);
  copyFileSync(join(folder, 'state.sqlite'), join(copy, 'state.sqlite'));
  expect(await exportedKeys(copy)).toEqual([null, 'one']);

  const second = await start(copy);
  expect(second.output()).toMatch(/contains a copy of the state.*out of date.*hiddenFields: REUSE/);
  const before = writesOf(sandbox).length;
  expect(await mutate(second.url, rename('one'))).toEqual(answer);
  expect(writesOf(sandbox)).toHaveLength(before);
  await expectDoubt(second);
});

test('a backup of the running service has all that was written until then', async () => {
  const service = await open();
  const answer = await mutate(service.url, rename('one'));
  const restored = join(parent, 'restored');
  mkdirSync(restored);
  const args = ['--backup-state', join(restored, 'state.sqlite')];
  const backup = await runMain({ env: envOf(folder), args });
  expect([backup.code, backup.stdout()]).toEqual([0, '']);
  expect(backup.stderr()).toContain(`contains the state of ${folder}`);
  await mutate(service.url, rename('two'));

  expect(await exportedKeys(restored)).toEqual(['one']);
  const other = await start(restored);
  expect(other.output()).toContain('contains a copy of the state');
  expect(await mutate(other.url, rename('one'))).toEqual(answer);
  expect(writesOf(sandbox)).toHaveLength(2);
  await other.stop();
  expect((await open(restored)).said).not.toMatch(OF_COPIES);
});

test('a state that was lost is told of, and the service starts', async () => {
  const first = await open();
  await mutate(first.url, rename('one'));
  await first.stop();
  rmSync(join(folder, 'state.sqlite'));

  const second = await open();
  expect(second.said).toMatch(/contained the state of this service but is empty now/);
  expect(codesOf(await mutate(second.url, rename('two')))).toEqual([]);
});

test('the first start and a start after a kill say nothing of copies', async () => {
  const first = await start();
  await mutate(first.url, rename('one'));
  await first.kill();
  const second = await open();
  for (const said of [first.output(), second.said]) expect(said).not.toMatch(OF_COPIES);
});

test('that an older copy was put back can be told where no start could notice it', async () => {
  const service = await open();
  const tell = (at: string) => runCommand('--state-restored', { env: envOf(at) });
  const refused = await runMain({ env: envOf(folder), args: ['--state-restored'] });
  expect(refused.code).toBe(1);
  expect(refused.stderr()).toMatch(/A running service uses .*Stop the service/);
  await service.stop();
  // A typing error must not look like success.
  const typo = `${folder}-typo`;
  expect(await tell(typo)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`There is no state.sqlite in ${typo}.`) as unknown,
  });
  expect(existsSync(typo)).toBe(false);
  expect(await tell(folder)).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(
      /^Remembered values of 0 badges are no longer trusted/,
    ) as unknown,
  });
});

test('what is remembered holds over a stop, and over a move of the whole folder', async () => {
  const first = await open();
  await writeHidden(first);
  await first.stop();
  renameSync(folder, join(parent, 'moved'));
  const { url } = await start(join(parent, 'moved'));
  const answer = await mutate(url, update({ title: 'Two' }));
  expect([codesOf(answer), warningsOf(answer)]).toEqual([[], ['HIDDEN_FIELDS_REUSED']]);
});

test('what is remembered is in doubt once it was told that an older copy was put back', async () => {
  const first = await open();
  await writeHidden(first);
  await first.stop();
  const told = await runMain({ env: envOf(folder), args: ['--state-restored'] });
  expect(told.code).toBe(0);
  expect(told.stderr()).toMatch(/^Remembered values of 1 badge are no longer trusted/);
  await expectDoubt(await open());
});

test.each([
  ['no file', [], /^Specify the new file: node dist\/main\.js --backup-state <file>$/m],
  ['a folder that does not exist', ['missing/copy'], /^\S+missing\/copy cannot be written: ENOENT/],
  ['a place below a file', ['README.md/copy'], /^\S+README\.md\/copy cannot be written: ENOTDIR/],
  ['a file that exists', ['README.md'], /README\.md exists already/],
])('a backup to %s ends with a sentence', async (_file, names, message) => {
  cpSync(join(import.meta.dirname, '../../README.md'), join(parent, 'README.md'));
  await open();
  const args = names.map((name) => join(parent, name));
  expect(await runCommand('--backup-state', { env: envOf(folder), args })).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(message) as unknown,
  });
});
