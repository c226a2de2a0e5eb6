import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { Children } from '../../test/support/children.ts';
import { ROUTER_SECRET } from '../../test/support/service-process.ts';
import { quantile } from '../../test/support/tally.ts';
import { askEntities } from './documents.ts';
import { type Outcome, showQuartiles, toMultiples } from './goals.ts';
import { type Round, type Target, load } from './load.ts';
import {
  TITLES,
  readAllBadges,
  startOther,
  startService,
  startStandIns,
  writeWorld,
} from './targets.ts';
import { type Workload, inRotation, toRepresentations, toRequest } from './workloads.ts';

const BADGES_OF_EACH = 500;
const REPRESENTATIONS = 10;
const FRESH_SECONDS = 2;
const MOST = 1.1;
/** Of the highest load. */
const HALF = 0.5;
const MOST_OF_P50 = 5;

export interface LiveOptions {
  rounds: number;
  connections: number;
}

/** What reading the providers again and again costs, what a provider costs that hangs, and latencies at half load. */
export async function measureLive(children: Children, options: LiveOptions): Promise<Outcome[]> {
  const sandbox = await startStandIns(children, BADGES_OF_EACH);
  const still = await startService(children, 'fast', sandbox.variables);
  const live = await startService(children, 'fast', {
    ...sandbox.variables,
    BADGES_FRESH_SECONDS: String(FRESH_SECONDS),
  });
  const edges = await readAllBadges(still);
  const question = askEntities('Screen');
  const representations = toRepresentations(edges.slice(0, REPRESENTATIONS));
  const workload = inRotation(
    `_entities of ${REPRESENTATIONS}`,
    [question],
    [toRequest(ROUTER_SECRET, question, { representations })],
  );
  const refreshed = await takeTurns([still, live], workload, options);
  await sandbox.standIns.TAG_MANGO.setFault('listBadges', { kind: 'hang' });
  await load(live, workload, { ...options, ms: FRESH_SECONDS * 1_000 });
  const hanging = await takeTurns([still, live], workload, options);
  const limit = await startOther(
    children,
    'parse',
    writeWorld(children, { edges, questions: [question] }),
  );
  const highest = quantile(
    (refreshed[0] ?? []).map(({ perSecond }) => perSecond),
    0.5,
  );
  return [
    toOutcome(`Lists that are read again every ${FRESH_SECONDS} s`, workload, refreshed),
    toOutcome('The same, while a provider hangs', workload, hanging),
    await measureHalfLoad(still, workload, { ...options, limit, perSecond: highest * HALF }),
  ];
}

/** Whole numbers of refreshes. */
async function takeTurns(
  targets: readonly Target[],
  workload: Workload,
  { rounds, connections }: LiveOptions,
): Promise<Round[][]> {
  const measured = targets.map(() => new Array<Round>());
  for (let round = 0; round < rounds; round += 1) {
    const entries = [...targets.entries()];
    // The first one is not always the same.
    for (const [at, target] of round % 2 === 0 ? entries : entries.toReversed()) {
      const ms = FRESH_SECONDS * 1_000;
      measured[at]?.push(await load(target, workload, { connections, ms }));
    }
  }
  return measured;
}

function toOutcome(what: string, { name }: Workload, [still = [], live = []]: Round[][]): Outcome {
  const multiples = toMultiples(live, still);
  const latencies = live.flatMap((round) => round.latencies);
  const [p50, p99, most] = [0.5, 0.99, 1].map((part) => quantile(latencies, part).toFixed(1));
  return {
    subject: `${what}: CPU of \`${name}\` as a multiple of the same without`,
    figure: `${showQuartiles(multiples, 2)}; p50 ${p50} ms, p99 ${p99} ms, longest ${most} ms`,
    wanted: `at most ${MOST}`,
    isMet: quantile(multiples, 0.5) <= MOST,
  };
}

interface HalfLoad extends LiveOptions {
  /** A bare server that answers the same. */
  limit: Target;
  perSecond: number;
}

/** What the machine itself adds is in the figures of the limit, whose rounds take turns with those of the service. */
async function measureHalfLoad(
  target: Target,
  workload: Workload,
  { rounds, connections, limit, perSecond }: HalfLoad,
): Promise<Outcome> {
  const targets = [target, limit];
  const halves = targets.map(() => new Array<Round>());
  const waits: number[] = [];
  const at = { connections, ms: FRESH_SECONDS * 1_000, perSecond };
  pin(process.pid, 0);
  targets.forEach(({ pid }) => pinMainThread(pid));
  await load(limit, workload, at);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, each] of targets.entries()) {
      globalThis.gc?.();
      const before = waitedMs(each.pid);
      halves[index]?.push(await load(each, workload, at));
      if (each === target) waits.push((waitedMs(each.pid) - before) / FRESH_SECONDS);
    }
  }
  [process.pid, ...targets.map(({ pid }) => pid)].forEach(unpin);
  const [own = [], bare = []] = halves;
  const shares = own.map(toShare);
  const leftOut = own.map((half) => (100 * half.leftOut) / half.requests);
  const others = `${quantile(leftOut, 0.5).toFixed(1)} % of the requests left out, during which the client did not run; the service waited ${quantile(waits, 0.5).toFixed(1)} ms of a second for a core`;
  return {
    subject: `\`${workload.name}\` at half of the highest load, ${perSecond.toFixed(0)}/s: p99 as a multiple of p50`,
    figure: `${showQuartiles(shares, 1)}; ${showTimes(own)}; ${TITLES.parse} at the same load: ${showQuartiles(bare.map(toShare), 1)}; ${showTimes(bare)}; ${others}`,
    wanted: `below ${MOST_OF_P50}`,
    isMet: quantile(shares, 0.5) < MOST_OF_P50,
  };
}

function toShare({ latencies }: Round): number {
  return quantile(latencies, 0.99) / quantile(latencies, 0.5);
}

function showTimes(rounds: readonly Round[]): string {
  const latencies = rounds.flatMap((round) => round.latencies);
  const [p50, p99] = [0.5, 0.99].map((part) => quantile(latencies, part).toFixed(2));
  return `p50 ${p50} ms, p99 ${p99} ms`;
}

/**
 * Keeps the client with all its threads on one core, where the system can: otherwise it lets the client and a server
 * share one now and then.
 */
function pin(pid: number, core: number): void {
  if (cpus().length > 1) setCores(pid, String(core), ALL_THREADS);
}

const ALL_THREADS = ['--all-tasks'];

/** The main thread has a core for itself. The threads of the collector take that of the client, which notices. */
function pinMainThread(pid: number): void {
  if (cpus().length < 2) return;
  setCores(pid, '0', ALL_THREADS);
  setCores(pid, '1');
}

function unpin(pid: number): void {
  setCores(pid, `0-${cpus().length - 1}`, ALL_THREADS);
}

function setCores(pid: number, cores: string, which: readonly string[] = []): void {
  spawnSync('taskset', [...which, '--cpu-list', '--pid', cores, String(pid)]);
}

/** How long the main thread of a process was ready to run and had no core so far, milliseconds. */
function waitedMs(pid: number): number {
  const [, waited] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ');
  return Number(waited) / 1e6;
}
