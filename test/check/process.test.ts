import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createClient } from '@redis/client';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { runCommand } from '../support/command.ts';
import { NODE_ENVIRONMENT } from '../support/process.ts';
import { MAIN } from '../support/service-process.ts';
import { findRedis, startRedis } from '../support/redis.ts';
import { variablesOfFirst } from '../support/service.ts';

/** The command as an operator runs it, with the settings of a deployment. */
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

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

async function check(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return run(process.execPath, [MAIN, '--check-providers', ...args], { env });
}

interface RunOptions {
  env?: Readonly<Record<string, string>>;
  /** Is sent at the first question. */
  typed?: string;
  /** What stands in the progress when the process is interrupted. */
  interruptAt?: string;
}

async function run(
  file: string,
  args: readonly string[],
  { env = {}, typed, interruptAt }: RunOptions = {},
): Promise<Ended> {
  const child = spawn(file, args, {
    cwd: folder,
    env: {
      ...NODE_ENVIRONMENT,
      NODE_ENV: 'production',
      ROUTER_SECRET: 'of-the-router-of-this-test',
      ...variablesOfFirst(sandbox),
      ...env,
    },
    stdio: [typed === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (typed !== undefined && text.includes('Type ')) child.stdin?.write(typed);
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (interruptAt !== undefined && text.includes(interruptAt)) child.kill('SIGINT');
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout, stderr };
}

test('it ends with 0 when the providers keep to their contract files, and writes nothing', async () => {
  const { code, stdout, stderr } = await check([]);

  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^Returning\.AI at 127\.0\.0\.1:\d+\n/);
  expect(stdout).toContain('In agreement: 34 lines agree with the contract files.');
  expect(existsSync(join(folder, 'providers-seen.json'))).toBe(false);
});

test('it ends with 1 at drift', async () => {
  sandbox.returningAI.behaviour.shows = 'all';
  const { code, stdout } = await check([]);

  expect(code).toBe(1);
  expect(stdout).toMatch(/body\[\]\.award .* DRIFT: is in the contract for requests only/);
});

test('it ends with 1 at a wrong key, and shows no key', async () => {
  const { code, stdout, stderr } = await check([], { RETURNING_AI_API_KEY: 'of-somebody-else' });

  expect(code).toBe(1);
  expect(stdout).toContain('rejected the credentials of this service (auth-failed)');
  expect(stdout + stderr).not.toContain('of-somebody-else');
});

test('it names what it waits for, and ends with 1 at the deadline', async () => {
  sandbox.tagMango.faults.set('listBadges', { kind: 'hang' });
  const times = { ATTEMPT_TIMEOUT_MS: '1000', OPERATION_DEADLINE_MS: '3000' };
  const { code, stdout, stderr } = await check([], times);

  expect(code).toBe(1);
  expect(stderr).toContain('Waiting for TagMango: listBadges, 1 s of at most 3 s');
  expect(stdout).toContain('The provider did not respond in time (timeout).');
});

test('without a terminal it writes to no provider that is not confirmed', async () => {
  const { code, stdout, stderr } = await check(['--scratch-badge']);

  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toBe(
    '--scratch-badge writes to a provider, and this terminal is not interactive: add --confirm "Returning.AI".\n',
  );
  expect(sandbox.returningAI.requests).toEqual([]);
});

test('with a confirmation it finds out that a PUT merges, and says where that is written', async () => {
  sandbox.returningAI.behaviour.put = 'merges';
  const { code, stdout } = await check(['--scratch-badge', '--confirm', 'Returning.AI']);

  expect(code).toBe(1);
  expect(stdout).toMatch(/fields left out +- +reset +kept +DRIFT: differs from the contract/);
  expect(stdout).toContain('What was seen is in providers-seen.json.');
  expect(existsSync(join(folder, 'providers-seen.json'))).toBe(true);
  expect(sandbox.returningAI.badges.size).toBe(8);
});

test('when it is interrupted it removes its badge before it ends', async () => {
  const args = ['--check-providers', '--scratch-badge', '--confirm', 'Returning.AI'];
  sandbox.returningAI.faults.set('updateBadge', { kind: 'delay', ms: 300 });
  const { code, stdout, stderr } = await run(process.execPath, [MAIN, ...args], {
    interruptAt: 'write 2, update',
  });

  expect(code).toBe(1);
  expect(stderr).toContain('Stopping after the current call.');
  expect(stdout).toContain('has been deleted.');
  const { createBadge, updateBadge, deleteBadge } = sandbox.returningAI.arrivals().byOperation;
  expect([createBadge, updateBadge, deleteBadge]).toEqual([1, 1, 1]);
  expect(sandbox.returningAI.badges.size).toBe(8);
});

const PTY = '/usr/bin/script';
const testAtTerminal = existsSync(PTY) ? test : test.skip;
if (!existsSync(PTY)) console.log(`Skipped: what is typed at a terminal, since ${PTY} is missing.`);

testAtTerminal('at a terminal it asks, and goes on once the name is typed', async () => {
  const command = `${process.execPath} ${MAIN} --check-providers --scratch-badge`;
  const { code, stdout } = await run(PTY, ['-qec', command, '/dev/null'], {
    typed: 'Returning.AI\n',
  });

  expect(code).toBe(0);
  expect(stdout).toContain('Type Returning.AI to continue with Returning.AI');
  expect(stdout).toContain('TagMango was skipped, because it was not confirmed.');
  expect(stdout).toMatch(/fields left out +- +reset +reset/);
  expect(sandbox.tagMango.badges.size).toBe(8);
});

const redisPath = findRedis();
const withRedis = redisPath === undefined ? test.skip : test;
if (redisPath === undefined)
  console.log('Skipped: the shared window, since Redis is not installed.');

withRedis('its requests count in the window that the running service uses', async () => {
  const redis = await startRedis(redisPath ?? '');
  const client = createClient({ url: redis.url });
  await client.connect();
  try {
    const { code } = await check([], { REDIS_URL: redis.url });

    expect(code).toBe(0);
    expect(await client.keys('badges:bucket:*')).toEqual(['badges:bucket:default/TAG_MANGO']);
  } finally {
    client.destroy();
    await redis.stop();
  }
});

test('a wrong option is told, and the configuration is checked first', async () => {
  const wrongOption = await check(['--scratch']);
  expect(wrongOption.code).toBe(1);
  expect(wrongOption.stderr).toContain("Unknown option '--scratch'");

  const env = { ...variablesOfFirst(sandbox), TAG_MANGO_WHITELABEL_HOST: 'none' };
  const wrongSetting = await runCommand('--check-providers', { env });
  expect(wrongSetting.code).toBe(1);
  expect(wrongSetting.stderr).toContain('TAG_MANGO_WHITELABEL_HOST: must be a host name');
});
