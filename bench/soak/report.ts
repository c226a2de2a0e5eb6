import type { Ending } from '../../test/support/process.ts';
import {
  type Finding,
  type Counts,
  type Tally,
  quantile,
  showCounts,
  showLatencies,
} from '../../test/support/tally.ts';
import type { Usage } from '../../test/support/process-usage.ts';

/** The observations of a run. */
export interface Seen {
  minutes: number;
  /** Memory in megabytes, over the run. */
  rssMb: readonly number[];
  reads: Tally;
  writes: Tally;
  calls: Counts;
  faults: Counts;
  before: Usage;
  /** Undefined: the process had ended. */
  after: Usage | undefined;
  /** Undefined: it did not end in time. */
  ending: Ending | undefined;
  stoppedMs: number;
  /** Warnings and errors. */
  logged: Counts;
  /** Lines of its output that are not log lines, such as the trace of an uncaught error. */
  alien: readonly string[];
}

/** Of memory, from the second tenth of the run to the last. */
const MAX_GROWTH = 0.2;
const MAX_GROWTH_MB = 40;
/** The service's pools: 16 to each of three APIs. */
const MAX_KEPT = 48;
/** A process that has just started still grows, and every fault must have been met before the second tenth ends. */
const MIN_MINUTES_FOR_MEMORY = 30;

export function toFinding(seen: Seen): Finding {
  const { minutes, reads, writes, before, after, ending, alien } = seen;
  const [early, late] = [tenth(seen.rssMb, 1), tenth(seen.rssMb, 9)];
  const growthMb = late - early;
  const isLong = minutes >= MIN_MINUTES_FOR_MEMORY;

  const problems = alien.map((line) => `in the output: ${line}`);
  if (isLong && (growthMb > MAX_GROWTH_MB || growthMb > early * MAX_GROWTH)) {
    problems.push(`memory grew by ${growthMb.toFixed(0)} MB`);
  }
  if (!after) problems.push('the process ended under load');
  else if (withoutKept(after) > withoutKept(before)) problems.push('files or sockets are left');
  else if (after.toProviders > MAX_KEPT) problems.push('too many idle connections are kept');
  if (!ending) problems.push('the process did not end after SIGTERM');
  else if (ending.code !== 0)
    problems.push(`the process ended with ${ending.code ?? ending.signal}`);
  if (reads.statuses[0] || writes.statuses[0]) problems.push('requests had no answer');

  const memory = `${early.toFixed(0)}, ${late.toFixed(0)} MB`;
  const show = (usage: Usage | undefined) =>
    usage ? `${usage.files}, ${usage.sockets}, ${usage.toProviders}` : 'the process had ended';
  return {
    figures: [
      ['minutes', minutes],
      ['reads', reads.requests],
      ['reads, p50 / p95 / p99 / longest', showLatencies(reads.latencies)],
      ['reads by HTTP status', showCounts(reads.statuses)],
      ['reads by error code', showCounts(reads.codes)],
      ['lists by source', showCounts(reads.states)],
      ['writes', writes.requests],
      ['writes, p50 / p95 / p99 / longest', showLatencies(writes.latencies)],
      ['writes by HTTP status', showCounts(writes.statuses)],
      ['writes by error code', showCounts(writes.codes)],
      ['calls to the providers', showCounts(seen.calls)],
      ['faults switched on', Object.values(seen.faults).reduce((sum, times) => sum + times, 0)],
      ['faults of different kinds', Object.keys(seen.faults).length],
      ['memory, second tenth and last', isLong ? memory : `${memory} (too short to tell)`],
      ['files, sockets among them, kept to providers, before', show(before)],
      ['the same, 10 s after the load', show(after)],
      [
        'ended after SIGTERM',
        ending ? `code ${ending.code}, ${seen.stoppedMs.toFixed(0)} ms` : 'no',
      ],
      ['lines that are no log', alien.length],
      ['warnings and errors in the log', showCounts(seen.logged)],
    ],
    problems,
  };
}

/** Open files other than connections for the next call to a provider. */
function withoutKept({ files, toProviders }: Usage): number {
  return files - toProviders;
}

/** The median of the memory in that tenth of the run, megabytes. */
function tenth(rssMb: readonly number[], index: number): number {
  const from = Math.floor((rssMb.length * index) / 10);
  const to = Math.max(from + 1, Math.floor((rssMb.length * (index + 1)) / 10));
  return quantile(rssMb.slice(from, to), 0.5);
}

/** Adds a later tally. */
export function addAll(to: Tally, { requests, latencies, statuses, codes, states }: Tally): void {
  to.requests += requests;
  for (const ms of latencies) to.latencies.push(ms);
  add(to.statuses, statuses);
  add(to.codes, codes);
  add(to.states, states);
}

function add(to: Counts, counts: Counts): void {
  for (const [name, times] of Object.entries(counts)) to[name] = (to[name] ?? 0) + times;
}
