import { type Answer, codesOf } from './graphql-client.ts';

/** The figures of a run for its table, and the violations that it found. */
export interface Finding {
  figures: (readonly [name: string, figure: string | number])[];
  problems: string[];
}

/** Numbers of occurrences by name. */
export type Counts = Record<string, number>;

/** Results of many requests, as plain data that processes can exchange. */
export interface Tally {
  requests: number;
  /** Of each request, in milliseconds. */
  latencies: number[];
  /** By HTTP status. */
  statuses: Counts;
  /** By error code. */
  codes: Counts;
  /** By provider and state. */
  states: Counts;
}

export function createTally(): Tally {
  return { requests: 0, latencies: [], statuses: {}, codes: {}, states: {} };
}

export function count(counts: Counts, name: string | number, by = 1): void {
  counts[name] = (counts[name] ?? 0) + by;
}

export function addAnswer(tally: Tally, answer: Answer): void {
  tally.requests += 1;
  tally.latencies.push(answer.ms);
  count(tally.statuses, answer.status);
  codesOf(answer).forEach((code) => count(tally.codes, code));
  for (const { provider, state } of answer.body.data?.badges?.sources ?? []) {
    count(tally.states, `${provider} ${state}`);
  }
}

export function showCounts(counts: Counts): string {
  const parts = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
  return parts.map(([name, times]) => `${name} ${times}`).join(', ') || 'none';
}

/** The quantile of the values for a part between 0 and 1; NaN if there are none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? NaN;
}

/** p50, p95, p99 and maximum, in milliseconds. */
export function showLatencies(latencies: readonly number[]): string {
  const parts = [0.5, 0.95, 0.99, 1].map((part) => quantile(latencies, part).toFixed(0));
  return `${parts.join(' / ')} ms`;
}
