import './register-forum.ts';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pino } from 'pino';
import type { RequestBudget } from '../../src/http/admission.ts';
import type { HttpDeps } from '../../src/http/provider-http.ts';
import { createHttpDeps } from '../../src/tenants/create-tenant.ts';
import { numRuns } from '../properties/runs.ts';
import { forum } from './forum/index.ts';

/** A provider with several windows, which all apply at the same time. */

const SEQUENCES = Math.ceil(numRuns / 10);

function createDeps(now: () => number, most?: number): HttpDeps {
  const held = new Map<string, string>();
  return createHttpDeps(
    {
      attemptTimeoutMs: 3_000,
      replicas: 1,
      logger: pino({ level: 'silent' }),
      now,
      wallTime: now,
      store: {
        get: async (key) => held.get(key) ?? null,
        async compareAndSet(key, { expected, value }) {
          if ((held.get(key) ?? null) !== expected) return false;
          if (value === null) held.delete(key);
          else held.set(key, value);
          return true;
        },
      },
    },
    { topic: 'forum', provider: forum, most },
  );
}

function createBudget(...given: Parameters<typeof createDeps>): RequestBudget {
  const { budget } = createDeps(...given);
  if (!budget) throw new Error('the forum has no limit');
  return budget;
}

/** The times at which requests leave, each as soon as possible. */
async function send(
  budget: RequestBudget,
  clock: { time: number },
  requests: readonly { afterMs: number; isQuery: boolean }[],
): Promise<number[]> {
  const sent: number[] = [];
  for (const { afterMs, isQuery } of requests) {
    clock.time += afterMs;
    for (;;) {
      const waitMs = await budget.take(isQuery);
      if (waitMs <= 0) break;
      clock.time += waitMs;
    }
    sent.push(clock.time);
  }
  return sent;
}

const mostIn = (sent: readonly number[], windowMs: number): number =>
  Math.max(
    ...sent.map((at) => sent.filter((other) => other >= at && other < at + windowMs).length),
  );

test('whatever is asked for, no window sees more requests than it takes', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ afterMs: fc.nat(3_000), isQuery: fc.boolean() }), {
        minLength: 1,
        maxLength: 150,
      }),
      async (requests) => {
        const clock = { time: 1_000_000 };
        const sent = await send(
          createBudget(() => clock.time),
          clock,
          requests,
        );
        for (const window of forum.requestWindows) {
          expect(mostIn(sent, window.windowMs)).toBeLessThanOrEqual(window.requests);
        }
      },
    ),
    { numRuns: SEQUENCES },
  ));

/** After a minute without requests. */
const BURST = Array.from({ length: 60 }, (_, index) => {
  return { afterMs: index === 1 ? 60_000 : 0, isQuery: false };
});

test('a burst is held back by the short window, and a long stream by the long one', async () => {
  const clock = { time: 1_000_000 };
  const sent = await send(
    createBudget(() => clock.time),
    clock,
    BURST,
  );
  const [long, short] = forum.requestWindows.map(({ windowMs }) => mostIn(sent, windowMs));
  expect(short).toBeLessThanOrEqual(12);
  expect(long).toBeLessThanOrEqual(60);
  // A request that waits for one window takes only one unit of the other.
  expect((sent.at(-1) ?? Infinity) - (sent[0] ?? 0)).toBeLessThan(130_000);
});

test('requests that ask at the same moment take turns', async () => {
  const clock = { time: 1_000_000 };
  const budget = createBudget(() => clock.time);
  const waits = await Promise.all(Array.from({ length: 100 }, () => budget.take(false)));
  const sent = waits.filter((ms) => ms === 0).length;
  expect(sent).toBeGreaterThan(0);
  for (const { requests } of forum.requestWindows) expect(sent).toBeLessThanOrEqual(requests);
});

test('a limit of the tenant is one of the first window, and the others shrink with it', async () => {
  const clock = { time: 1_000_000 };
  const sent = await send(
    createBudget(() => clock.time, 30),
    clock,
    BURST,
  );
  const [long, short] = forum.requestWindows.map(({ windowMs }) => mostIn(sent, windowMs));
  expect(long).toBeLessThanOrEqual(30);
  expect(short).toBeLessThanOrEqual(6);
});

test('after a 429, a wait as long as the longest window is believed', () => {
  expect(createDeps(() => 0).windowMs).toBe(60_000);
});
