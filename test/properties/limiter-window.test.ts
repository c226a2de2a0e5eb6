import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RequestBudget } from '../../src/http/admission.ts';
import {
  type RequestWindow,
  createRequestBudget,
  createStoredBuckets,
} from '../../src/state/rate-limit.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import {
  type Burst,
  type Callers,
  type Pass,
  type SharedBucket,
  WINDOW,
  burst,
  createCallers,
  createSharedBucket,
  mostWithin,
  pass,
  someWindow,
  startReplica,
} from './limiter-world.ts';
import { TIMEOUT_MS, numRuns } from './runs.ts';

/** What is sent may arrive so much later. */
const LATE_MS = 1_000;
/** Beyond, each has nothing of its own. */
const MAX_REPLICAS = 45;

/** A process starts anew, with a clock that may have been set back since. */
interface Restart {
  kind: 'restart';
  replica: number;
  setBackMs: number;
}

const restart = (replicas: number): fc.Arbitrary<Restart> =>
  fc.record({
    kind: fc.constant('restart'),
    replica: fc.nat(replicas - 1),
    setBackMs: fc.oneof(fc.constant(0), fc.nat(100_000)),
  });

const steps = (replicas: number) =>
  fc.array(fc.oneof(burst(replicas), pass, restart(replicas)), { maxLength: 40 });

test(
  'one process, restarted at any moment: no more calls than the window takes, though each may arrive a second late',
  () =>
    fc.assert(
      fc.asyncProperty(someWindow, steps(1), async (window, played) => {
        const store = createMemoryStore();
        let setBackMs = 0;
        const start = (now: () => number) => startAlone(store, () => now() - setBackMs, window);
        let process: RequestBudget | undefined;
        const callers = createCallers((now) => [(process ??= start(now))], window);
        for (const step of played) {
          if (step.kind !== 'restart') await callers.play(step);
          else {
            setBackMs += step.setBackMs;
            process = start(callers.now);
          }
        }
        expect(mostWithin(callers.grantedAt, window.windowMs + LATE_MS)).toBeLessThanOrEqual(
          window.requests,
        );
      }),
      { numRuns },
    ),
  TIMEOUT_MS,
);

test(
  'replicas in touch, started anew at any moment: no more calls than the window takes, though each may arrive a second late',
  () =>
    fc.assert(
      fc.asyncProperty(someWindow, replicasAnd(steps, 6), async (window, { replicas, played }) => {
        const world = createReplicas(replicas, window);
        for (const step of played) {
          if (step.kind === 'restart') world.restart(step.replica);
          else await world.callers.play(step);
        }
        expect(mostWithin(world.callers.grantedAt, window.windowMs + LATE_MS)).toBeLessThanOrEqual(
          window.requests,
        );
      }),
      { numRuns },
    ),
  TIMEOUT_MS,
);

/** Some of the replicas, or all of them, lose the bucket together, and have it back together, with what it held or empty. */
interface Loss {
  before: (Burst | Pass)[];
  lostBy: number[];
  during: (Burst | Pass)[];
  isWiped: boolean;
  after: (Burst | Pass)[];
}

const losses = (replicas: number): fc.Arbitrary<Loss[]> => {
  const asked = fc.array(fc.oneof(burst(replicas), pass), { maxLength: 10 });
  const which = fc.uniqueArray(fc.nat(replicas - 1), { minLength: 1, maxLength: replicas });
  const loss = fc.record({
    before: asked,
    lostBy: fc.oneof(which, fc.constant(Array.from({ length: replicas }, (_, index) => index))),
    during: asked,
    isWiped: fc.boolean(),
    after: asked,
  });
  return fc.array(loss, { minLength: 1, maxLength: 4 });
};

test(
  'replicas that lose the bucket, some or all of them, again and again: no more calls than the window takes',
  () =>
    fc.assert(
      fc.asyncProperty(
        someWindow,
        replicasAnd(losses, MAX_REPLICAS),
        async (window, { replicas, played }) => {
          const { shared, callers } = createReplicas(replicas, window);
          const playAll = async (asked: (Burst | Pass)[]) => {
            for (const step of asked) await callers.play(step);
          };
          for (const { before, lostBy, during, isWiped, after } of played) {
            await playAll(before);
            lostBy.forEach((replica) => shared.lostBy.add(replica));
            await playAll(during);
            if (isWiped) shared.wipe();
            shared.lostBy.clear();
            await playAll(after);
          }
          expect(mostWithin(callers.grantedAt, window.windowMs)).toBeLessThanOrEqual(
            window.requests,
          );
        },
      ),
      { numRuns },
    ),
  TIMEOUT_MS,
);

test(
  'replicas whose link to the bucket comes and goes all the time: no more calls than the window takes',
  () => {
    const ms = fc.integer({ min: 100, max: 3_000 });
    const states = fc.array(fc.record({ isLost: fc.boolean(), ms }), {
      maxLength: 20,
      size: 'max',
    });
    return fc.assert(
      fc.asyncProperty(
        someWindow,
        fc.integer({ min: 2, max: 5 }),
        states,
        async (window, replicas, played) => {
          const { shared, callers } = createReplicas(replicas, window);
          await callers.play({ kind: 'pass', ms: 10_000 });
          for (const { isLost, ms } of played) {
            if (isLost)
              for (let replica = 0; replica < replicas; replica++) shared.lostBy.add(replica);
            else shared.lostBy.clear();
            await callers.play({ kind: 'busy', ms });
          }
          expect(mostWithin(callers.grantedAt, window.windowMs)).toBeLessThanOrEqual(
            window.requests,
          );
        },
      ),
      { numRuns },
    );
  },
  TIMEOUT_MS,
);

test('a query gets its turn within a window, and then again, however small the limit is', () =>
  fc.assert(
    fc.asyncProperty(someWindow, fc.constantFrom(1, 2), async (window, replicas) => {
      let time = 0;
      const now = () => time;
      const shared = createSharedBucket(now);
      const budget = startReplica(0, { shared, replicas, now, window });
      for (const isLost of [false, false, true, true]) {
        if (isLost) shared.lostBy.add(0);
        const end = time + window.windowMs;
        let waitMs = await budget.take(true);
        for (; waitMs > 0 && time + waitMs <= end; waitMs = await budget.take(true)) time += waitMs;
        expect(waitMs).toBe(0);
      }
    }),
    { numRuns },
  ));

test('a process that has nothing of its own is told to ask again after a window at most', () =>
  fc.assert(
    fc.asyncProperty(someWindow, fc.integer({ min: 2, max: 1_000 }), async (window, replicas) => {
      let time = 0;
      const now = () => time;
      const shared = createSharedBucket(now);
      shared.lostBy.add(0);
      const budget = startReplica(0, { shared, replicas, now, window });
      for (let call = 0; call < 20; call++) {
        const waitMs = await budget.take(call % 2 === 0);
        expect(waitMs).toBeGreaterThanOrEqual(0);
        expect(waitMs).toBeLessThanOrEqual(window.windowMs);
        time += waitMs / 2;
      }
    }),
    { numRuns },
  ));

/** Never more than four within a second: milliseconds from the start. */
const mutationTimes = fc.array(fc.nat(600), { minLength: 5, maxLength: 40 }).map((gaps) =>
  gaps.reduce<number[]>((times, gap) => {
    const last = times.at(-1) ?? 0;
    return [...times, Math.max(last + gap, (times.at(-4) ?? -Infinity) + 1_000)];
  }, []),
);

test.each(['one process', 'replicas in touch'])(
  'a mutation of %s waits for no more than a second, however many queries there are',
  async (which) =>
    fc.assert(
      fc.asyncProperty(mutationTimes, async (times) => {
        let time = 0;
        const now = () => time;
        const budget =
          which === 'one process'
            ? startAlone(createMemoryStore(), now)
            : startReplica(0, { shared: createSharedBucket(now), replicas: 3, now });
        const waiting = times.map((at) => ({ at, askAt: at }));
        for (; waiting.length > 0; time += 10) {
          // They ask first, and again at once.
          while ((await budget.take(true)) === 0);
          for (const mutation of waiting.filter(({ askAt }) => askAt <= time)) {
            expect(time - mutation.at).toBeLessThanOrEqual(1_000);
            const waitMs = await budget.take(false);
            if (waitMs === 0) waiting.splice(waiting.indexOf(mutation), 1);
            mutation.askAt = time + waitMs;
          }
        }
      }),
      { numRuns },
    ),
  TIMEOUT_MS,
);

function replicasAnd<T>(
  toPlayed: (replicas: number) => fc.Arbitrary<T>,
  mostReplicas: number,
): fc.Arbitrary<{ replicas: number; played: T }> {
  return fc
    .integer({ min: 2, max: mostReplicas })
    .chain((replicas) => toPlayed(replicas).map((played) => ({ replicas, played })));
}

function createReplicas(
  replicas: number,
  window: RequestWindow,
): {
  shared: SharedBucket;
  callers: Callers;
  restart: (replica: number) => void;
} {
  const running: RequestBudget[] = [];
  const callers = createCallers(() => running, window);
  const shared = createSharedBucket(callers.now);
  const start = (replica: number) =>
    startReplica(replica, { shared, replicas, now: callers.now, window });
  for (let replica = 0; replica < replicas; replica++) running.push(start(replica));
  return { shared, callers, restart: (replica) => void (running[replica] = start(replica)) };
}

type BucketStore = Pick<StateStore, 'get' | 'compareAndSet'>;

function startAlone(store: BucketStore, now: () => number, window = WINDOW): RequestBudget {
  const buckets = createStoredBuckets(store, { now, wallTime: now });
  return createRequestBudget({
    name: 'a',
    window,
    buckets,
    isShared: false,
    replicas: 1,
    now,
  });
}

/** What outlives the process. */
function createMemoryStore(): BucketStore {
  const values = new Map<string, string>();
  return {
    get: async (key) => values.get(key) ?? null,
    async compareAndSet(key, { expected, value }) {
      if ((values.get(key) ?? null) !== expected) return false;
      if (value !== null) values.set(key, value);
      return true;
    },
  };
}
