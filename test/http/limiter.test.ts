import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type RequestBudget, combineBudgets, createRateLimiter } from '../../src/http/admission.ts';
import type { ProviderError } from '../../src/http/provider-error.ts';
import { createManualClock } from '../support/clock.ts';

/** A limiter whose provider answers `take` as the test says, and then with 0. */
function setUp(waits: number[] = []) {
  const clock = createManualClock(1_000);
  const taken: boolean[] = [];
  const blocked: number[] = [];
  const budget: RequestBudget = {
    async take(isQuery) {
      taken.push(isQuery);
      return waits.shift() ?? 0;
    },
    block: async (ms) => void blocked.push(ms),
  };
  return { clock, taken, blocked, limiter: createRateLimiter(clock, budget) };
}

const stateOf = (entering: Promise<void>) => {
  const state = { isIn: false };
  void entering.then(() => (state.isIn = true));
  return state;
};
const failureOf = (entering: Promise<void>) =>
  entering.then(
    () => undefined,
    ({ kind, effect, consequences, retryAfterMs }: ProviderError) => ({
      kind,
      effect,
      repeat: consequences.repeat,
      retryAfterMs,
    }),
  );
const refused = (retryAfterMs: number) => ({
  kind: 'rate-limited',
  effect: 'not-sent',
  repeat: 'never',
  retryAfterMs,
});

describe('with a budget', () => {
  test('a call goes at once when there is one', async () => {
    const { clock, limiter, taken } = setUp();
    await limiter.enter('query', Infinity);
    expect([taken, clock.pauses]).toEqual([[true], []]);
  });

  test('a call waits as long as it is told, and asks again', async () => {
    const { clock, limiter, taken } = setUp([300, 200]);
    const call = stateOf(limiter.enter('query', 2_000));
    await clock.advance(499);
    expect(call.isIn).toBe(false);
    await clock.advance(1);
    expect(call.isIn).toBe(true);
    expect([taken.length, clock.pauses]).toEqual([3, [300, 200]]);
  });

  test('a wait that ends just in time is waited for; a longer one fails at once and says how long', async () => {
    const inTime = setUp([500]);
    const call = stateOf(inTime.limiter.enter('query', 1_500));
    await inTime.clock.advance(500);
    expect(call.isIn).toBe(true);

    const tooLong = setUp([500.2]);
    expect(await failureOf(tooLong.limiter.enter('query', 1_500))).toEqual(refused(501));
    expect(tooLong.clock.pauses).toEqual([]);
  });

  test.each(['prepare', 'write', 'settle'] as const)(
    'only queries leave some to others: %s takes from the whole',
    async (purpose) => {
      const { limiter, taken } = setUp();
      await limiter.enter(purpose, Infinity);
      expect(taken).toEqual([false]);
    },
  );
});

describe('after a refusal by the provider', () => {
  test('nobody takes any until it is over, and all replicas are told', async () => {
    const { clock, limiter, taken, blocked } = setUp();
    limiter.coolDown(700);
    expect(blocked).toEqual([700]);
    const call = stateOf(limiter.enter('write', 5_000));
    await clock.advance(699);
    expect([call.isIn, taken]).toEqual([false, []]);
    await clock.advance(1);
    expect([call.isIn, taken]).toEqual([true, [false]]);
  });

  test('a call whose time ends before fails at once, and says how long is left', async () => {
    const { clock, limiter, taken } = setUp();
    limiter.coolDown(10_000);
    await clock.advance(4_000);
    expect(await failureOf(limiter.enter('query', clock.now() + 5_999))).toEqual(refused(6_000));
    expect([taken, clock.pauses]).toEqual([[], []]);
  });

  test('a shorter refusal does not end a longer one', async () => {
    const { clock, limiter } = setUp();
    limiter.coolDown(10_000);
    limiter.coolDown(100);
    expect(await failureOf(limiter.enter('query', clock.now() + 200))).toEqual(refused(10_000));
  });

  test('one that comes while a call waits makes it wait on', async () => {
    const { clock, limiter } = setUp();
    limiter.coolDown(500);
    const call = stateOf(limiter.enter('query', 10_000));
    await clock.advance(400);
    limiter.coolDown(500);
    await clock.advance(499);
    expect(call.isIn).toBe(false);
    await clock.advance(1);
    expect(call.isIn).toBe(true);
  });
});

test('without a budget only refusals count', async () => {
  const clock = createManualClock();
  const limiter = createRateLimiter(clock, undefined);
  await limiter.enter('query', 0);
  limiter.coolDown(1_000);
  expect(await failureOf(limiter.enter('query', 999))).toEqual(refused(1_000));
});

describe('of several windows', () => {
  test('a request takes one of each, however often it has to ask, and one waits at a time', async () => {
    const answers = fc.array(fc.boolean(), { maxLength: 8 });
    const property = fc.asyncProperty(
      fc.array(answers, { minLength: 2, maxLength: 3 }),
      fc.integer({ min: 1, max: 5 }),
      async (windows, requests) => {
        const taken = windows.map(() => 0);
        const budget = combineBudgets(
          windows.map((refusals, at) => {
            const left = [...refusals];
            return {
              async take() {
                if (left.shift()) return 1;
                taken[at] = (taken[at] ?? 0) + 1;
                return 0;
              },
              block: async () => undefined,
            };
          }),
        );
        for (let request = 1; request <= requests; request += 1) {
          while ((await budget?.take(true)) !== 0);
          expect(taken).toEqual(windows.map(() => request));
        }
      },
    );
    await fc.assert(property);
  });

  test('a refusal by the provider blocks each', async () => {
    const blocked: number[] = [];
    const budget: RequestBudget = {
      take: async () => 0,
      block: async (ms) => void blocked.push(ms),
    };
    await combineBudgets([budget, budget])?.block(700);
    expect(blocked).toEqual([700, 700]);
    expect(combineBudgets([budget])).toBe(budget);
    expect(combineBudgets([])).toBeUndefined();
  });
});
