import type { Sandbox } from '../support/sandbox.ts';
import { type Counts, type Tally, quantile } from '../support/tally.ts';
import type { Usage } from './usage.ts';

export const STATES = ['FRESH', 'CACHED', 'STALE', 'FAILED'] as const;

/** A stretch of the run. */
export interface Point {
  /** Its end, milliseconds since the load began. */
  at: number;
  /** Of reads, milliseconds; NaN where there were none. */
  p50: number;
  p99: number;
  /** Calls a minute, by provider. */
  calls: Record<string, number>;
  /** Lists by the state of their sources. */
  states: Record<(typeof STATES)[number], number>;
  rssMb: number;
}

/** The calls that came to each provider so far. */
export async function readCalls({ standIns }: Sandbox): Promise<Record<string, number>> {
  const calls = Object.entries(standIns).map(async ([provider, standIn]) => {
    return [provider, (await standIn.arrivals()).total] as const;
  });
  return Object.fromEntries(await Promise.all(calls));
}

export interface Stretch {
  at: number;
  ms: number;
  tally: Tally;
  calls: Record<string, number>;
  callsBefore: Record<string, number>;
  usage: Usage;
}

export function toPoint({ at, ms, tally, calls, callsBefore, usage }: Stretch): Point {
  const perMinute = Object.entries(calls).map(([provider, total]) => {
    return [provider, ((total - (callsBefore[provider] ?? 0)) * 60_000) / ms] as const;
  });
  return {
    at,
    p50: quantile(tally.latencies, 0.5),
    p99: quantile(tally.latencies, 0.99),
    calls: Object.fromEntries(perMinute),
    states: toStates(tally.states),
    rssMb: usage.rssMb,
  };
}

/** Of both providers together. */
function toStates(counts: Counts): Point['states'] {
  const sum = (state: string): number =>
    Object.entries(counts)
      .filter(([name]) => name.endsWith(` ${state}`))
      .reduce((total, [, times]) => total + times, 0);
  return {
    FRESH: sum('FRESH'),
    CACHED: sum('CACHED'),
    STALE: sum('STALE'),
    FAILED: sum('FAILED'),
  };
}
