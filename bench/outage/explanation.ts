import { type Finding, type Counts, showCounts, showLatencies } from '../../test/support/tally.ts';
import type { BreakerEvent } from './breaker-events.ts';

/** The observations of an outage. Times are monotonic milliseconds. */
export interface Seen {
  name: string;
  begun: number;
  ended: number;
  events: readonly BreakerEvent[];
  /** From its start until the breaker closed. */
  calls: number;
  freshAt: number | undefined;
  answers: { states: Counts; codes: Counts; latencies: number[] };
}

/** The number of consecutive failures that open the breaker. */
const FAILURES_TO_OPEN = 5;
/** The service tries a refresh once a second, and a busy machine is late. */
const NOTICED_WITHIN_MS = 2_000;

/** Compares the calls with those that the breaker allows: the first failures, and one probe for each opening. */
export function toFinding(seen: Seen): Finding {
  const { name, begun, ended, events, calls, freshAt, answers } = seen;
  const openings = events.filter((event) => event.state === 'open');
  const last = openings.at(-1);
  const isClosed = events.at(-1)?.state === 'closed';
  const failedProbes = Math.max(0, openings.length - 1);
  const explained = FAILURES_TO_OPEN + failedProbes + (isClosed ? 1 : 0);
  const seconds = (at: number) => `${((at - begun) / 1_000).toFixed(1)} s`;

  const problems: string[] = [];
  if (!last) problems.push('the breaker never opened: the outage was too short');
  if (!isClosed) problems.push('the recovery was not noticed');
  if (calls !== explained) problems.push(`${calls} calls, and the log explains ${explained}`);
  const probeDueAt = last ? Math.max(ended, last.at + last.openMs) : ended;
  const lateMs = (freshAt ?? Infinity) - probeDueAt;
  if (lateMs > NOTICED_WITHIN_MS) problems.push(`the recovery was noticed ${lateMs} ms late`);
  if (Object.keys(answers.codes).length > 0) problems.push('answers had errors');

  return {
    figures: [
      [
        `${name}: openings`,
        openings
          .map(({ at, openMs }) => `at ${seconds(at)} for ${(openMs / 1_000).toFixed(1)} s`)
          .join(', '),
      ],
      [`${name}: well again`, `at ${seconds(ended)}`],
      [`${name}: calls`, calls],
      [
        `${name}: explained`,
        `${explained} = ${FAILURES_TO_OPEN} until it opened + ${failedProbes} failed probes + ${isClosed ? 1 : 0} good one`,
      ],
      [
        `${name}: probe due, first fresh list`,
        `${seconds(probeDueAt)}, ${freshAt === undefined ? 'never' : seconds(freshAt)}`,
      ],
      [`${name}: lists by source`, showCounts(answers.states)],
      [`${name}: error codes`, showCounts(answers.codes)],
      [`${name}: p50 / p95 / p99 / longest`, showLatencies(answers.latencies)],
    ],
    problems: problems.map((problem) => `${name}: ${problem}`),
  };
}
