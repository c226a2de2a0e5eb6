import {
  type Finding,
  type Counts,
  type Tally,
  count,
  showCounts,
  showLatencies,
} from '../../test/support/tally.ts';
import type { Arrivals } from '../../test/support/sandbox-process.ts';
import type { Written } from './writers.ts';

/** The observations of a load. */
export interface Seen {
  reads: Tally;
  written: readonly Written[];
  seconds: number;
  tagMango: Arrivals;
  returningAI: Arrivals;
  /** Warnings and errors. */
  logged: Counts;
  /** How long calls of mutations waited for their turn, where it was long enough for the log. Milliseconds. */
  waits: readonly number[];
  isRedisLost: boolean;
}

/** Of TagMango, in any 10 s. */
const MAX_REQUESTS = 120;
const MAX_WAIT_MS = 1_000;
const SLOWEST_SHOWN = 6;
/** The warning of a write without the shared store. */
const NOT_RECORDED = 'NOT_RECORDED';

export function toFinding(seen: Seen): Finding {
  const { reads, written, tagMango, returningAI } = seen;
  const warnings = countAll(written.flatMap((one) => one.warnings));
  return {
    figures: [
      ['reads', reads.requests],
      ['reads a second', (reads.requests / seen.seconds).toFixed(0)],
      ['reads, p50 / p95 / p99 / longest', showLatencies(reads.latencies)],
      ['reads by HTTP status', showCounts(reads.statuses)],
      ['reads by error code', showCounts(reads.codes)],
      ['lists by source', showCounts(reads.states)],
      ['writes', written.length],
      ['writes by error code', showCounts(countAll(written.flatMap(({ codes }) => codes)))],
      ['writes by warning', showCounts(warnings)],
      ['TagMango writes, p50 / p95 / p99 / longest', showLatencies(latenciesOf(seen, 'TAG_MANGO'))],
      [
        'Returning.AI writes (no limit), the same',
        showLatencies(latenciesOf(seen, 'RETURNING_AI')),
      ],
      ['calls of mutations, longest wait for their turn', showWait(seen)],
      ['slowest writes', showSlowest(written)],
      ['TagMango requests', `${tagMango.total}: ${showCounts(tagMango.byOperation)}`],
      ['TagMango requests in any 10 s, most', tagMango.mostIn10s],
      ['TagMango answers with 429', tagMango.refused429],
      ['Returning.AI requests', `${returningAI.total}: ${showCounts(returningAI.byOperation)}`],
      ['warnings and errors in the logs', showCounts(seen.logged)],
    ],
    problems: toProblems(seen, (warnings[NOT_RECORDED] ?? 0) > 0),
  };
}

function toProblems(seen: Seen, isStoreMissed: boolean): string[] {
  const { reads, written, tagMango, isRedisLost } = seen;
  const problems: string[] = [];
  if (tagMango.mostIn10s > MAX_REQUESTS)
    problems.push(`TagMango counted ${tagMango.mostIn10s} requests within 10 s`);
  if (tagMango.refused429 > 0) problems.push('TagMango refused requests');
  if (Math.max(0, ...seen.waits) > MAX_WAIT_MS)
    problems.push(`a call of a mutation waited for ${showWait(seen)}`);
  if (written.some(({ codes }) => codes.length > 0)) problems.push('writes failed');
  if (Object.keys(reads.codes).length > 0) problems.push('reads failed');
  if (Object.keys(reads.statuses).join() !== '200') problems.push('not every read was answered');
  if (isRedisLost && !isStoreMissed) problems.push('no write has missed Redis');
  if (!isRedisLost && isStoreMissed) problems.push('writes have missed Redis');
  return problems;
}

function latenciesOf({ written }: Seen, provider: string): number[] {
  return written.filter((one) => one.provider === provider).map(({ ms }) => ms);
}

/** The log has waits from 100 ms on. */
function showWait({ waits }: Seen): string {
  return waits.length === 0 ? 'under 100 ms' : `${Math.max(...waits).toFixed(0)} ms`;
}

function showSlowest(written: readonly Written[]): string {
  const slowest = written.toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST_SHOWN);
  const parts = slowest.map(({ provider, at, ms }) => {
    return `${ms.toFixed(0)} ms at ${(at / 1_000).toFixed(1)} s (${provider})`;
  });
  return parts.join(', ');
}

function countAll(names: readonly string[]): Counts {
  const counts: Counts = {};
  names.forEach((name) => count(counts, name));
  return counts;
}
