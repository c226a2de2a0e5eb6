import { describe, expect, test } from '@jest/globals';
import { type CallPurpose, type Verdict, createAdmission } from '../../src/http/admission.ts';
import { ProviderError } from '../../src/http/provider-error.ts';

/** Parts that write down in which order they are asked, and answer as told. */
function setUp() {
  const steps: string[] = [];
  const parts = {
    waitsMs: [] as number[],
    hasPlace: true,
    limit: undefined as Error | undefined,
  };
  const told: Verdict[] = [];
  const admission = createAdmission({
    breaker: {
      waitMs() {
        steps.push('breaker');
        return parts.waitsMs.shift() ?? 0;
      },
      enter() {
        steps.push('begin');
        return (verdict) => {
          steps.push('end');
          told.push(verdict);
        };
      },
    },
    bulkhead: {
      async enter(isQuery, until) {
        steps.push(`bulkhead ${isQuery ? 'query' : 'other'} ${until}`);
        return parts.hasPlace ? () => void steps.push('leave') : undefined;
      },
    },
    limiter: {
      async enter(purpose, until) {
        steps.push(`limiter ${purpose} ${until}`);
        if (parts.limit) throw parts.limit;
      },
      coolDown: (ms) => void steps.push(`cool down ${ms}`),
    },
  });
  const enter = (purpose: CallPurpose) => admission.enter({ purpose, deadlineAt: 9_000 }, 8_000);
  return { admission, enter, parts, steps, told };
}

const failureOf = (entering: Promise<unknown>) =>
  entering.then(
    () => undefined,
    (error: unknown) => error,
  );
const notAsked = {
  kind: 'unavailable',
  effect: 'not-sent',
  consequences: { repeat: 'never' },
  message: 'is unavailable: calls are paused after repeated failures',
};

test('breaker, place, limit, breaker again: in this order, and the call counts only then', async () => {
  const { enter, steps, told } = setUp();
  const { leave } = await enter('query');
  expect(steps).toEqual([
    'breaker',
    'bulkhead query 8000',
    'limiter query 8000',
    'breaker',
    'begin',
  ]);
  steps.length = 0;
  leave('slow');
  expect([steps, told]).toEqual([['leave', 'end'], ['slow']]);
});

test.each<CallPurpose>(['prepare', 'write', 'settle'])(
  '%s takes a place that queries may not have',
  async (purpose) => {
    const { enter, steps } = setUp();
    await enter(purpose);
    expect(steps).toContain('bulkhead other 8000');
  },
);

describe('refuses', () => {
  test.each<CallPurpose>(['query', 'prepare', 'write'])(
    'a %s at once while the breaker is open, and says for how long',
    async (purpose) => {
      const { enter, parts, steps } = setUp();
      parts.waitsMs = [6_000.4];
      const error = await failureOf(enter(purpose));
      expect(error).toBeInstanceOf(ProviderError);
      expect(error).toMatchObject({ ...notAsked, retryAfterMs: 6_001 });
      expect(steps).toEqual(['breaker']);
    },
  );

  test('a call for which the breaker opened while it waited, and leaves its place', async () => {
    const { enter, parts, steps } = setUp();
    parts.waitsMs = [0, 10_000];
    expect(await failureOf(enter('query'))).toMatchObject(notAsked);
    expect(steps.at(-1)).toBe('leave');
    expect(steps).not.toContain('begin');
  });

  test('a call that found no place in time: it was not sent, and asks no limiter', async () => {
    const { enter, parts, steps } = setUp();
    parts.hasPlace = false;
    expect(await failureOf(enter('write'))).toMatchObject({
      kind: 'timeout',
      effect: 'not-sent',
      consequences: { repeat: 'never' },
    });
    expect(steps).toEqual(['breaker', 'bulkhead other 8000']);
  });

  test('a call that is one too many, and leaves its place', async () => {
    const { enter, parts, steps } = setUp();
    parts.limit = new ProviderError('too many', { kind: 'rate-limited', effect: 'not-sent' });
    expect(await failureOf(enter('query'))).toBe(parts.limit);
    expect(steps.at(-1)).toBe('leave');
    expect(steps).not.toContain('begin');
  });
});

test('what became of a write is asked for also while the breaker is open', async () => {
  const { enter, parts, steps } = setUp();
  parts.waitsMs = [10_000, 10_000];
  await enter('settle');
  expect(steps).toContain('begin');
});

test('a refusal by the provider is the limiter’s to remember', () => {
  const { admission, steps } = setUp();
  admission.coolDown(500);
  expect(steps).toEqual(['cool down 500']);
});
