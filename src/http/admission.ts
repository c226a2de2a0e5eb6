import { ProviderError } from './provider-error.ts';

/** The clock that calls to a provider use. Tests pass their own. */
export interface Clock {
  /** Monotonic milliseconds since an arbitrary moment. */
  now: () => number;
  /** Resolves after so many milliseconds, or as soon as the signal is aborted. */
  pause: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/**
 * What a call is for. `query`: a reader waits. `prepare`: a read before a write. `write`: sent at most once.
 * `settle`: a read that finds out whether a write of unknown outcome was applied.
 */
export type CallPurpose = 'query' | 'prepare' | 'write' | 'settle';

export interface CallBounds {
  purpose: CallPurpose;
  /** Monotonic milliseconds. Waiting, attempts and pauses all end by then. */
  deadlineAt: number;
  /** Called just before each attempt, after the wait for its turn: what is read is no older than this moment. */
  onSend?: () => void;
  /** Called if a cache on the way answered, with the age of its answer in milliseconds: what is read is that much older. */
  onAge?: (ageMs: number) => void;
}

/** Limits how many calls to one provider are under way at once. */
interface Bulkhead {
  /** Waits for a place until `until`, monotonic milliseconds. Resolves to a function that releases it, or to undefined if none was free. */
  enter(isQuery: boolean, until: number): Promise<(() => void) | undefined>;
}

/** As many as there are connections, so that an admitted call never waits for one. */
export const PLACES = 16;
/** The remaining places are reserved for mutations. */
const PLACES_OF_QUERIES = 12;

export function createBulkhead(clock: Clock): Bulkhead {
  const waiting: { isQuery: boolean; start: () => void }[] = [];
  let taken = 0;
  let takenByQueries = 0;

  const hasPlace = (isQuery: boolean): boolean =>
    taken < PLACES && !(isQuery && takenByQueries >= PLACES_OF_QUERIES);

  function take(isQuery: boolean): void {
    taken += 1;
    if (isQuery) takenByQueries += 1;
  }

  function give(isQuery: boolean): void {
    taken -= 1;
    if (isQuery) takenByQueries -= 1;
    const first =
      waiting.find((each) => !each.isQuery && hasPlace(false)) ??
      waiting.find((each) => each.isQuery && hasPlace(true));
    if (!first) return;
    waiting.splice(waiting.indexOf(first), 1);
    take(first.isQuery);
    first.start();
  }

  return {
    async enter(isQuery, until) {
      if (hasPlace(isQuery)) take(isQuery);
      else if (!(await waitForPlace(isQuery, until))) return undefined;
      return () => give(isQuery);
    },
  };

  function waitForPlace(isQuery: boolean, until: number): Promise<boolean> {
    return new Promise((resolve) => {
      const patience = new AbortController();
      const waiter = {
        isQuery,
        start: () => {
          resolve(true);
          patience.abort();
        },
      };
      waiting.push(waiter);
      void clock.pause(Math.max(0, until - clock.now()), patience.signal).then(() => {
        const place = waiting.indexOf(waiter);
        if (place >= 0) waiting.splice(place, 1);
        // Has no effect after `start`.
        resolve(false);
      });
    });
  }
}

/** The requests that a provider's rate limit still allows, counted across all processes that share it. Never rejects. */
export interface RequestBudget {
  /** Resolves to 0 if a request was taken, else to the milliseconds until the next try. Queries leave some for mutations. */
  take(isQuery: boolean): Promise<number>;
  /** Makes every `take` wait for this time. */
  block(ms: number): Promise<void>;
}

/** A budget of several windows: a request takes one of each. Requests take turns, so that one at most is waiting. */
export function combineBudgets(budgets: readonly RequestBudget[]): RequestBudget | undefined {
  if (budgets.length < 2) return budgets[0];
  /** What the request that waits has: it would use these windows up if it took anew. */
  const taken = new Set<RequestBudget>();
  let last: Promise<unknown> = Promise.resolve();

  async function takeAll(isQuery: boolean): Promise<number> {
    for (const budget of budgets) {
      if (taken.has(budget)) continue;
      const waitMs = await budget.take(isQuery);
      if (waitMs > 0) return waitMs;
      taken.add(budget);
    }
    taken.clear();
    return 0;
  }

  return {
    take(isQuery) {
      const next = last.then(() => takeAll(isQuery));
      last = next;
      return next;
    },
    async block(ms) {
      await Promise.all(budgets.map((budget) => budget.block(ms)));
    },
  };
}

interface RateLimiter {
  /** Waits for a request until `until`, monotonic milliseconds. Throws a `ProviderError` at once if the wait would be longer. */
  enter(purpose: CallPurpose, until: number): Promise<void>;
  /** The provider has answered that the rate limit is reached. */
  coolDown(ms: number): void;
}

/** Undefined budget: the provider states no limit, and only its 429 answers count. */
export function createRateLimiter(clock: Clock, budget: RequestBudget | undefined): RateLimiter {
  let coolUntil = -Infinity;

  async function waitMs(purpose: CallPurpose): Promise<number> {
    const cooling = coolUntil - clock.now();
    if (cooling > 0) return cooling;
    return budget ? budget.take(purpose === 'query') : 0;
  }

  return {
    async enter(purpose, until) {
      for (;;) {
        const ms = await waitMs(purpose);
        if (ms <= 0) return;
        if (clock.now() + ms > until) throw tooMany(ms);
        await clock.pause(ms);
      }
    },
    coolDown(ms) {
      coolUntil = Math.max(coolUntil, clock.now() + ms);
      void budget?.block(ms);
    },
  };
}

function tooMany(retryAfterMs: number): ProviderError {
  return new ProviderError('cannot be called at the moment: rate limit reached', {
    kind: 'rate-limited',
    effect: 'not-sent',
    retryAfterMs: Math.ceil(retryAfterMs),
  });
}

/** What the end of a call says about the health of the provider. */
export type Verdict =
  | 'good'
  /** A good answer that took long. */
  | 'slow'
  | 'failed'
  /** Says nothing: this service ended it early, or the rate limit was reached. */
  | 'nothing';

export interface CircuitBreaker {
  /** Milliseconds until a call may be tried. 0: now. */
  waitMs(): number;
  /** Counts a call that begins. Call the returned function once, with how it ended. */
  enter(): (verdict: Verdict) => void;
}

export interface CircuitBreakerOptions {
  /** Milliseconds that never go back. */
  now: () => number;
  /** Within 0 and 1. */
  random: () => number;
  /** Called once per change, with how long the breaker stays open. */
  onChange: (state: 'open' | 'closed', openMs: number) => void;
}

interface EndedCall {
  at: number;
  isBad: boolean;
}

const WINDOW_MS = 30_000;
const MIN_CALLS = 10;
const MAX_BAD_SHARE = 0.5;
const MAX_FAILURES_IN_ROW = 5;
const OPEN_MS = 10_000;
const MAX_OPEN_MS = 60_000;
/** So that replicas do not probe at the same moment. */
const JITTER = 0.2;
/** How long a caller is told to wait while a probe is under way. */
const PROBE_MS = 1_000;

/**
 * Stops calls to a provider that fails most of them, and lets one probe at a time through to see whether it is back.
 * A slow answer lowers the share of good calls, but ends a run of failures.
 */
export function createCircuitBreaker({
  now,
  random,
  onChange,
}: CircuitBreakerOptions): CircuitBreaker {
  /** Those of the window, in the order of their ends: thousands, if the provider is called often. */
  let calls: EndedCall[] = [];
  let badCalls = 0;
  let failuresInRow = 0;
  let timesOpened = 0;
  /** Undefined while closed. */
  let openUntil: number | undefined;
  let isProbing = false;

  function open(): void {
    const openMs = Math.min(MAX_OPEN_MS, OPEN_MS * 2 ** timesOpened) * (1 - JITTER * random());
    timesOpened += 1;
    openUntil = now() + openMs;
    onChange('open', openMs);
  }

  function close(): void {
    openUntil = undefined;
    timesOpened = 0;
    failuresInRow = 0;
    calls = [];
    badCalls = 0;
    onChange('closed', 0);
  }

  function endProbe(verdict: Verdict): void {
    isProbing = false;
    if (verdict === 'failed') open();
    else if (verdict !== 'nothing') close();
  }

  function forgetUntil(time: number): void {
    let old = 0;
    for (let call = calls[0]; call && call.at <= time; call = calls[old]) {
      if (call.isBad) badCalls -= 1;
      old += 1;
    }
    if (old > 0) calls.splice(0, old);
  }

  function count(verdict: Exclude<Verdict, 'nothing'>): void {
    const call = { at: now(), isBad: verdict !== 'good' };
    forgetUntil(call.at - WINDOW_MS);
    calls.push(call);
    if (call.isBad) badCalls += 1;
    failuresInRow = verdict === 'failed' ? failuresInRow + 1 : 0;
    const isMostlyBad = calls.length >= MIN_CALLS && badCalls / calls.length >= MAX_BAD_SHARE;
    if (failuresInRow >= MAX_FAILURES_IN_ROW || isMostlyBad) open();
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
        // A call that began before the breaker opened is not counted.
        else if (openUntil === undefined && verdict !== 'nothing') count(verdict);
      };
    },
  };
}

interface Admission {
  /** Waits until a call may be made, at most until `until`, monotonic milliseconds. Throws a `ProviderError` of effect `not-sent`. */
  enter(bounds: CallBounds, until: number): Promise<Admitted>;
  coolDown(ms: number): void;
}

interface Admitted {
  /** Must be called once, with how the call ended. */
  leave: (verdict: Verdict) => void;
}

/** The steps before every call: the circuit breaker, the bulkhead and the rate limit. */
export function createAdmission(parts: {
  breaker: CircuitBreaker;
  bulkhead: Bulkhead;
  limiter: RateLimiter;
}): Admission {
  const { breaker, bulkhead, limiter } = parts;

  /** Finding out the outcome of a write is worth a call to a provider that seems to be down. */
  function checkBreaker({ purpose }: CallBounds): void {
    const waitMs = breaker.waitMs();
    if (purpose === 'settle' || waitMs === 0) return;
    throw new ProviderError('is unavailable: calls are paused after repeated failures', {
      kind: 'unavailable',
      effect: 'not-sent',
      repeat: 'never',
      retryAfterMs: Math.ceil(waitMs),
    });
  }

  return {
    async enter(bounds, until) {
      checkBreaker(bounds);
      const leaveBulkhead = await bulkhead.enter(bounds.purpose === 'query', until);
      if (!leaveBulkhead) throw tooBusy();
      try {
        await limiter.enter(bounds.purpose, until);
        // The breaker may have opened during the wait.
        checkBreaker(bounds);
      } catch (error) {
        leaveBulkhead();
        throw error;
      }
      const end = breaker.enter();
      return {
        leave(verdict) {
          leaveBulkhead();
          end(verdict);
        },
      };
    },
    coolDown: (ms) => limiter.coolDown(ms),
  };
}

function tooBusy(): ProviderError {
  return new ProviderError('could not be called in time: too many calls are in progress', {
    kind: 'timeout',
    effect: 'not-sent',
    repeat: 'never',
  });
}
