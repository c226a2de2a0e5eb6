import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Children, makeFolder } from '../../support/children.ts';
import { createClient } from '../../support/graphql-client.ts';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import { ROUTER_SECRET, LISTENING } from '../../support/service-process.ts';
import { watchProcess } from '../../support/process.ts';
import { type Lost, listWritable, startLoad } from './load.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** How long the provider takes for a write. */
const WRITE_MS = 400;
const LOAD = { perSecond: 20, writesOfFive: 3 };
const MIN_BEFORE_MS = 500;
const MAX_BEFORE_MS = 1_500;

export interface Round {
  /** The exit code of npm, which is that of the service. */
  code: number | null;
  signal: string | null;
  /** From the signal to the end. */
  ms: number;
  sent: number;
  answered: number;
  /** Accepted operations with a missing or wrong response. */
  lost: Lost[];
  /** Requests on a connection that the service was closing, so that they never reached it. */
  unread: Lost[];
  /** Lines of the log about requests that were answered. */
  logged: number;
  /** Writes that the provider received without an answer to the client. */
  unanswered: number;
}

type Provider = Sandbox['returningAI'];

export interface StoppingOptions {
  rounds: number;
  /** At most, as long as they are too few. */
  mostRounds: number;
  areTooFew: (rounds: readonly Round[]) => boolean;
}

/** Runs `npm start` and sends SIGTERM to its process group during writes. */
export async function stopAgainAndAgain(
  children: Children,
  sandbox: Sandbox,
  { rounds, mostRounds, areTooFew }: StoppingOptions,
): Promise<Round[]> {
  const provider = sandbox.returningAI;
  provider.faults.set('updateBadge', { kind: 'delay', ms: WRITE_MS });
  const env = { ...sandbox.variables, STATE_DIR: makeFolder(children), LOG_SAMPLE: '1' };
  const seen: Round[] = [];
  while (seen.length < rounds || (seen.length < mostRounds && areTooFew(seen))) {
    seen.push(await playRound(children, provider, env));
  }
  return seen;
}

async function playRound(
  children: Children,
  provider: Provider,
  env: Record<string, string>,
): Promise<Round> {
  const before = countWrites(provider);
  const { url, kill, ended, stdout } = await startByNpm(children, env);
  const client = createClient(url, 50);
  const load = startLoad(client, { badges: await listWritable(client), ...LOAD });
  await sleep(MIN_BEFORE_MS + Math.random() * (MAX_BEFORE_MS - MIN_BEFORE_MS));
  const begun = performance.now();
  kill('SIGTERM');
  const { code, signal } = await ended;
  const ms = performance.now() - begun;
  await load.end();
  await client.close();
  const lost = load.lost.filter(({ isRefused }) => !isRefused);
  return {
    code,
    signal,
    ms,
    sent: load.sent(),
    answered: load.answered(),
    logged: stdout().split('A request was answered').length - 1,
    lost: lost.filter(({ what }) => what !== 'ECONNRESET'),
    unread: lost.filter(({ what }) => what === 'ECONNRESET'),
    unanswered: countWrites(provider) - before - load.answeredWrites(),
  };
}

function countWrites(provider: Provider): number {
  return provider.arrivals().byOperation.updateBadge ?? 0;
}

/** Starts it in its own process group. */
async function startByNpm(children: Children, env: Record<string, string>) {
  // Built already.
  const npm = spawn('npm', ['start', '--ignore-scripts'], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: '0',
      ROUTER_SECRET,
      ...env,
    },
  });
  const { shows, ended, stdout } = watchProcess(npm, 'npm start');
  const kill = (signal: NodeJS.Signals): void => {
    if (npm.pid !== undefined && npm.exitCode === null) process.kill(-npm.pid, signal);
  };
  children.endWith(() => kill('SIGKILL'));
  const [, url = ''] = await shows(LISTENING);
  return { url, kill, ended, stdout };
}
