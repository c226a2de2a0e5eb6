import { describe, expect, test } from '@jest/globals';
import type { CallPurpose } from '../../src/http/admission.ts';
import {
  ProviderError,
  badResponse,
  statusError,
  transportError,
} from '../../src/http/provider-error.ts';
import { withRetries } from '../../src/http/provider-http.ts';
import { toRetryAfter, toRetryAfterBounds } from '../../src/http/response.ts';
import { createManualClock } from '../support/clock.ts';

const MINUTE = 60_000;

interface Given {
  purpose?: CallPurpose;
  random?: number;
  /** Milliseconds from the start. */
  deadlineMs?: number;
  /** How long each attempt takes. */
  attemptMs?: number;
}

/** Makes a call whose attempts fail one after the other as given, and then succeed. Time passes by itself. */
async function callWith(errors: unknown[], given: Given = {}) {
  const { purpose = 'query', random = 0, deadlineMs = MINUTE, attemptMs = 0 } = given;
  const clock = createManualClock();
  let attempts = 0;
  const left = [...errors];
  const call = withRetries(
    async () => {
      attempts += 1;
      if (attemptMs > 0) await clock.pause(attemptMs);
      if (left.length === 0) return 'value';
      throw left.shift();
    },
    { purpose, deadlineAt: deadlineMs },
    { clock, random: () => random },
  ).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  await clock.advance(10 * MINUTE);
  const pauses = clock.pauses.filter((ms) => ms !== attemptMs || attemptMs === 0);
  return { ...(await call), attempts, pauses };
}

const broken = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
const timedOut = () => transportError(new DOMException('', 'TimeoutError'), 'sent');
const reset = () => transportError(broken, 'sent');
const tooMany = (retryAfter?: string) =>
  statusError(
    429,
    toRetryAfter(
      { headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter } },
      toRetryAfterBounds(10_000),
    ),
  );

describe('how often a read is tried', () => {
  const tls = Object.assign(new Error('tls'), { code: 'ERR_SSL_WRONG_VERSION_NUMBER' });
  const certificate = Object.assign(new Error('tls'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });

  test.each<[string, () => unknown, number]>([
    ['a hang', timedOut, 2],
    ['408', () => statusError(408), 2],
    ['a reset before the answer', reset, 3],
    ['a reset within the answer', () => transportError(broken, 'answering'), 3],
    ['a refused connection', () => transportError(broken, 'connecting'), 3],
    ['a TLS failure', () => transportError(tls, 'connecting'), 1],
    ['a wrong certificate', () => transportError(certificate, 'connecting'), 1],
    ['malformed JSON', () => badResponse('returned malformed JSON'), 1],
    ['429 with Retry-After', () => tooMany('1'), 3],
    ['429 without', () => tooMany(), 1],
    ...[500, 502, 503, 504].map((status): [string, () => unknown, number] => [
      String(status),
      () => statusError(status),
      3,
    ]),
    ...[301, 400, 401, 403, 404, 409, 418, 422].map((status): [string, () => unknown, number] => [
      String(status),
      () => statusError(status),
      1,
    ]),
    ['an error that is none of a provider', () => new TypeError('bug'), 1],
  ])('%s', async (_name, toError, expected) => {
    const errors = Array.from({ length: 5 }, toError);
    const { error, attempts } = (await callWith(errors)) as { error: unknown; attempts: number };
    expect(attempts).toBe(expected);
    expect(error).toBe(errors[expected - 1]);
  });

  test('after a hang and then a reset there is a third attempt', async () => {
    const result = await callWith([timedOut(), reset()]);
    expect(result).toMatchObject({ value: 'value', attempts: 3 });
  });

  test('after a reset and then a hang there is none', async () => {
    expect(await callWith([reset(), timedOut()])).toMatchObject({
      error: { kind: 'timeout' },
      attempts: 2,
    });
  });

  test('what succeeds at last is a value', async () => {
    expect(await callWith([reset(), reset()])).toMatchObject({ value: 'value', attempts: 3 });
  });
});

test.each([
  timedOut,
  reset,
  () => statusError(503),
  () => tooMany('0'),
  () => transportError(broken, 'connecting'),
])('a write is tried once, whatever it meets: %#', async (toError) => {
  expect(await callWith([toError()], { purpose: 'write' })).toMatchObject({
    error: expect.any(ProviderError),
    attempts: 1,
    pauses: [],
  });
});

test.each([
  [{ 'retry-after': '1' }, 1_000],
  [{ 'retry-after': '2', date: 'Mon, 01 Jan 2024 00:00:00 GMT' }, 2_000],
  [{ 'retry-after': 'soon' }, 0],
  [{}, 0],
])('a provider that is down and says %j is left alone that long', async (headers, pauseMs) => {
  const wait = toRetryAfter({ headers }, toRetryAfterBounds(10_000));
  for (const status of [500, 502, 503, 504]) {
    expect(await callWith([statusError(status, wait)], { random: 0 })).toMatchObject({
      value: 'value',
      pauses: [pauseMs],
    });
  }
});

test.each([
  { 'retry-after': '3600' },
  { 'retry-after': '1'.repeat(400) },
  { 'retry-after': '1.5' },
  { 'retry-after': ['1', '2'] },
  { 'retry-after': 'Mon, 01 Jan 2024 00:00:02 GMT' },
  { 'retry-after': 'Mon, 01 Jan 2024 01:00:00 GMT', date: 'Mon, 01 Jan 2024 00:00:00 GMT' },
])(
  'a provider that asks for quiet by %j is not asked again, and the error says when',
  async (headers) => {
    const asked = toRetryAfter({ headers }, toRetryAfterBounds(10_000));
    for (const status of [408, 429, 500, 502, 503, 504]) {
      expect(await callWith([statusError(status, asked)])).toMatchObject({
        error: { retryAfterMs: 10_000 },
        attempts: 1,
        pauses: [],
      });
    }
  },
);

test.each<CallPurpose>(['query', 'prepare', 'settle'])('%s is tried again', async (purpose) => {
  expect(await callWith([reset()], { purpose })).toMatchObject({ value: 'value', attempts: 2 });
});

describe('the pause before the next attempt', () => {
  test.each([
    [0, [0, 0]],
    [0.5, [50, 100]],
    [1, [100, 200]],
  ])('has full jitter: with chance at %d it is %j ms', async (random, pauses) => {
    expect(await callWith([reset(), reset()], { random })).toMatchObject({ pauses });
  });

  test.each([
    [0, [1_000, 1_000]],
    [0.5, [1_250, 1_500]],
    [1, [1_500, 2_000]],
  ])(
    'after a 429 is what it asks for and more: with chance at %d %j ms',
    async (random, pauses) => {
      expect(await callWith([tooMany('1'), tooMany('1')], { random })).toMatchObject({ pauses });
    },
  );
});

describe('the deadline', () => {
  test('an attempt that would begin with less than 100 ms left is not made, nor waited for', async () => {
    const error = reset();
    expect(await callWith([error], { random: 1, deadlineMs: 199 })).toEqual({
      error,
      attempts: 1,
      pauses: [],
    });
    expect(await callWith([reset()], { random: 1, deadlineMs: 200 })).toMatchObject({
      value: 'value',
    });
  });

  test('time that attempts took counts', async () => {
    const given = { attemptMs: 400, deadlineMs: 899 };
    expect(await callWith([reset(), reset()], given)).toMatchObject({
      error: { kind: 'unavailable' },
      attempts: 2,
    });
  });

  test('a 429 that asks for more time than is left fails now, and says for how much', async () => {
    expect(await callWith([tooMany('9')], { deadlineMs: 8_000 })).toMatchObject({
      error: { kind: 'rate-limited', retryAfterMs: 9_000 },
      attempts: 1,
      pauses: [],
    });
  });
});

test('what was met at the provider is told, rather than that another attempt could not be made', async () => {
  const met = reset();
  const notMade = new ProviderError('is unavailable: calls are paused', {
    kind: 'unavailable',
    effect: 'not-sent',
    repeat: 'never',
  });
  expect(await callWith([met, notMade])).toMatchObject({ error: met, attempts: 2 });
});
