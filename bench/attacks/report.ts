import { quantile } from '../../test/support/tally.ts';
import type { Outcome } from './carry-out.ts';

/** Bounds for the delay of others and for a single piece of work. */
const MAX_MS = 100;
const MAX_GROWTH_MB = 64;
const MAX_LOG_MB = 1;
/** Beside that, the lines of the reads that `LOG_SAMPLE` chooses in production: at most 400 bytes for each hundredth. */
const SAMPLED_BYTES = 400 / 100;
const MB = 1024 * 1024;

const COLUMNS = [
  ['attack', 16],
  ['other p50', 11],
  ['p99', 10],
  ['failed', 8],
  ['health p50', 12],
  ['p99', 10],
  ['stall', 11],
  ['busy', 10],
  ['in use', 10],
  ['kept', 10],
  ['resident', 10],
  ['log', 9],
  ['state', 9],
  ['attacks', 9],
] as const;

export const HEADER = COLUMNS.map(([name, width], index) =>
  index === 0 ? name.padEnd(width) : name.padStart(width),
).join('');

const inMs = (ms: number): string => `${ms.toFixed(0)} ms`;
const inMB = (mb: number): string => `${mb.toFixed(1)} MB`;

export function toRow(outcome: Outcome): string {
  const { name, other, health, attacker, stallMs, busyMs, logMB, stateMB } = outcome;
  const { growthMB, keptGrowthMB, rssGrowthMB } = outcome;
  const cells = [
    name,
    inMs(quantile(other.latencies, 0.5)),
    inMs(quantile(other.latencies, 0.99)),
    String(failedOf(outcome)),
    inMs(quantile(health.latencies, 0.5)),
    inMs(quantile(health.latencies, 0.99)),
    inMs(stallMs),
    inMs(busyMs),
    inMB(growthMB),
    inMB(keptGrowthMB),
    inMB(rssGrowthMB),
    inMB(logMB),
    inMB(stateMB),
    String(attacker.latencies.length),
  ];
  return COLUMNS.map(([, width], index) =>
    index === 0 ? (cells[index] ?? '').padEnd(width) : (cells[index] ?? '').padStart(width),
  ).join('');
}

/** Requests of the other tenant with another response than without an attack. */
function failedOf({ other }: Outcome): number {
  const { 200: good = 0 } = other.statuses;
  return other.latencies.length - good + other.failed;
}

export function problemsOf(outcome: Outcome): string[] {
  const { name, other, health, attacker, busyMs, logMB, stateMB, hasEnded } = outcome;
  const { growthMB, keptGrowthMB, rssGrowthMB, garbageMB } = outcome;
  const mostMB = MAX_GROWTH_MB + outcome.keptMB;
  const requests = attacker.latencies.length + other.latencies.length;
  const mostLogMB = MAX_LOG_MB + (requests * SAMPLED_BYTES) / MB;
  const figures = [
    ['p99 of the other tenant, ms', quantile(other.latencies, 0.99), MAX_MS],
    ['p99 of /health/live, ms', quantile(health.latencies, 0.99), MAX_MS],
    ['work at a time, ms', busyMs, MAX_MS],
    ['growth of the memory in use, MB', growthMB, mostMB],
    ['growth of the memory that V8 cannot give back, MB', keptGrowthMB, mostMB],
    ['growth of the resident memory, MB', rssGrowthMB, mostMB + garbageMB],
    ['growth of the state, MB', stateMB, MAX_GROWTH_MB],
    ['log, MB', logMB, mostLogMB],
    ['failed requests of the other tenant', failedOf(outcome), 1],
  ] as const;
  return [
    ...figures
      .filter(([, figure, most]) => !(figure < most))
      .map(([what, figure, most]) => `${name}: ${what}: ${figure.toFixed(0)}, bound ${most}`),
    ...(hasEnded ? [`${name}: the service has ended`] : []),
  ];
}
