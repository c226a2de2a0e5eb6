import fc from 'fast-check';
import type { RequestBudget } from '../../src/http/admission.ts';
import {
  type RequestWindow,
  type TokenBucket,
  type TokenBuckets,
  createRequestBudget,
  freeTokens,
  takeToken,
} from '../../src/state/rate-limit.ts';
import { StateError } from '../../src/state/state-store.ts';

/** TagMango's. Times and calls of the steps below are meant for it, and are scaled for others. */
export const WINDOW: RequestWindow = { requests: 120, windowMs: 10_000 };

/** Of other providers, and of tenants that may use a part of one. */
export const someWindow: fc.Arbitrary<RequestWindow> = fc.oneof(
  fc.constant(WINDOW),
  fc.record({
    requests: fc.integer({ min: 12, max: 1_000 }),
    windowMs: fc.constantFrom(10_000, 60_000, 900_000),
  }),
);

/** Calls that ask at the same moment, at one process. */
export interface Burst {
  kind: 'burst';
  replica: number;
  queries: number;
  mutations: number;
}

/** Time that passes. With a `busy` one all processes ask every 100 ms. */
export interface Pass {
  kind: 'pass' | 'busy';
  ms: number;
}

export const burst = (replicas: number): fc.Arbitrary<Burst> =>
  fc.record({
    kind: fc.constant('burst'),
    replica: fc.nat(replicas - 1),
    queries: fc.nat(60),
    mutations: fc.nat(60),
  });

export const pass: fc.Arbitrary<Pass> = fc.record({
  kind: fc.constantFrom('pass', 'busy'),
  ms: fc.oneof(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 500, max: 12_000 })),
});

const BUSY_EVERY_MS = 100;
const BUSY_CALLS = 3;

/** Processes that ask over simulated time, and what they were granted. */
export interface Callers {
  readonly now: () => number;
  readonly grantedAt: readonly number[];
  play(step: Burst | Pass): Promise<void>;
}

export function createCallers(
  toBudgets: (now: () => number) => readonly RequestBudget[],
  { requests, windowMs }: RequestWindow = WINDOW,
): Callers {
  const [longer, more] = [windowMs / WINDOW.windowMs, requests / WINDOW.requests];
  let time = 1_000_000;
  const now = () => time;
  const grantedAt: number[] = [];

  async function ask(budget: RequestBudget | undefined, calls: number, isQuery: boolean) {
    for (let call = 0; call < calls; call++) {
      if ((await budget?.take(isQuery)) !== 0) return;
      grantedAt.push(time);
    }
  }

  return {
    now,
    grantedAt,
    async play(step) {
      if (step.kind === 'burst') {
        await ask(toBudgets(now)[step.replica], step.queries * more, true);
        await ask(toBudgets(now)[step.replica], step.mutations * more, false);
        return;
      }
      const end = time + step.ms * longer;
      while (step.kind === 'busy' && time + BUSY_EVERY_MS * longer < end) {
        time += BUSY_EVERY_MS * longer;
        for (const budget of toBudgets(now)) await ask(budget, BUSY_CALLS * more, false);
      }
      time = end;
    },
  };
}

/** The most that any stretch of so many milliseconds has seen. */
export function mostWithin(times: readonly number[], ms: number): number {
  let first = 0;
  return times.reduce((most, time, index) => {
    while ((times[first] ?? time) <= time - ms) first += 1;
    return Math.max(most, index - first + 1);
  }, 0);
}

/** The bucket that replicas share, which any of them can lose. */
export interface SharedBucket {
  bucketsOf(replica: number): TokenBuckets;
  readonly lostBy: Set<number>;
  wipe(): void;
}

export function createSharedBucket(now: () => number): SharedBucket {
  const buckets = new Map<string, TokenBucket>();
  const lostBy = new Set<number>();
  const reach = (replica: number): void => {
    if (lostBy.has(replica)) throw new StateError('unavailable', 'cut off');
  };
  return {
    lostBy,
    wipe: () => buckets.clear(),
    bucketsOf: (replica) => ({
      async take(name, limit, leave) {
        reach(replica);
        const taken = takeToken(buckets.get(name) ?? null, limit, { leave, now: now() });
        buckets.set(name, taken.bucket);
        return taken.waitMs;
      },
      async block() {
        reach(replica);
      },
      async free(name, limit) {
        reach(replica);
        return freeTokens(buckets.get(name) ?? null, limit, now());
      },
    }),
  };
}

interface ReplicaOptions {
  shared: SharedBucket;
  replicas: number;
  now: () => number;
  window?: RequestWindow;
}

export function startReplica(
  replica: number,
  { shared, replicas, now, window = WINDOW }: ReplicaOptions,
): RequestBudget {
  const buckets = shared.bucketsOf(replica);
  return createRequestBudget({ name: 'a', window, buckets, isShared: true, replicas, now });
}
