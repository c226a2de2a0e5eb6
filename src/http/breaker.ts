/** How a call ended, as far as it says something of the provider. */
export type Verdict =
  | 'good'
  /** Answered well, and late. */
  | 'slow'
  | 'failed'
  /** Says nothing: cut short by us, or one request too many. */
  | 'nothing';

export interface Breaker {
  /** Milliseconds until a call may be tried; 0: now. */
  waitMs(): number;
  /** Counts a call that begins. What it returns is told once how the call ended. */
  enter(): (verdict: Verdict) => void;
}

export interface BreakerOptions {
  /** Milliseconds that never go back. */
  now: () => number;
  /** Within 0 and 1. */
  random: () => number;
  /** Told once per change, with how long it stays open. */
  onChange: (state: 'open' | 'closed', openMs: number) => void;
}

const WINDOW_MS = 30_000;
const LEAST_CALLS = 10;
const MOST_BAD_SHARE = 0.5;
const MOST_FAILURES_IN_ROW = 5;
const OPEN_MS = 10_000;
const LONGEST_OPEN_MS = 60_000;
/** Replicas must not probe together. */
const JITTER = 0.2;
/** What a caller is told to wait for while a probe is under way. */
const PROBE_MS = 1_000;

/**
 * Stops the calls to a provider that fails most of them, and lets one at a time through to see whether it is back.
 * A slow answer counts against the share of good ones, and not as a failure in a row: it is an answer.
 */
export function createBreaker({ now, random, onChange }: BreakerOptions): Breaker {
  let calls: { at: number; isBad: boolean }[] = [];
  let failuresInRow = 0;
  let timesOpened = 0;
  /** Undefined while closed. */
  let openUntil: number | undefined;
  let isProbing = false;

  function open(): void {
    const openMs = Math.min(LONGEST_OPEN_MS, OPEN_MS * 2 ** timesOpened) * (1 - JITTER * random());
    timesOpened += 1;
    openUntil = now() + openMs;
    onChange('open', openMs);
  }

  function close(): void {
    openUntil = undefined;
    timesOpened = 0;
    failuresInRow = 0;
    calls = [];
    onChange('closed', 0);
  }

  function endProbe(verdict: Verdict): void {
    isProbing = false;
    if (verdict === 'failed') open();
    else if (verdict !== 'nothing') close();
  }

  function count(verdict: Exclude<Verdict, 'nothing'>): void {
    calls = [
      ...calls.filter(({ at }) => at > now() - WINDOW_MS),
      { at: now(), isBad: verdict !== 'good' },
    ];
    failuresInRow = verdict === 'failed' ? failuresInRow + 1 : 0;
    const bad = calls.filter(({ isBad }) => isBad).length;
    const isMostlyBad = calls.length >= LEAST_CALLS && bad / calls.length >= MOST_BAD_SHARE;
    if (failuresInRow >= MOST_FAILURES_IN_ROW || isMostlyBad) open();
  }

  return {
    waitMs() {
      if (openUntil === undefined) return 0;
      return Math.max(0, openUntil - now(), isProbing ? PROBE_MS : 0);
    },
    enter() {
      const isProbe = openUntil !== undefined && openUntil <= now() && !isProbing;
      if (isProbe) isProbing = true;
      return (verdict) => {
        if (isProbe) endProbe(verdict);
        // What began before it opened is old news.
        else if (openUntil === undefined && verdict !== 'nothing') count(verdict);
      };
    },
  };
}
