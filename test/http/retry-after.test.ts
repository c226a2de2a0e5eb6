import { describe, expect, test } from '@jest/globals';
import { toRetryAfter, toRetryAfterBounds } from '../../src/http/response.ts';

const read = (headers: Parameters<typeof toRetryAfter>[0]['headers'], windowMs?: number) =>
  toRetryAfter({ headers }, toRetryAfterBounds(windowMs));
const inTenSeconds = (headers: Parameters<typeof read>[0]) => read(headers, 10_000);
const said = (retryAfterMs: number) => ({ asks: 'wait', retryAfterMs });
const quiet = (retryAfterMs = 10_000) => ({ asks: 'quiet', retryAfterMs });
const nothing = (retryAfterMs = 10_000) => ({ asks: 'nothing', retryAfterMs });

test.each([
  ['0', said(0)],
  ['1', said(1_000)],
  ['10', said(10_000)],
  ['11', quiet()],
  ['999999999', quiet()],
  [`1${'0'.repeat(400)}`, quiet()],
  ['-1', nothing()],
  ['-0', nothing()],
  ['1.5', quiet()],
  ['1e3', quiet()],
  ['0x10', quiet()],
  ['5, 5', quiet()],
  ['', nothing()],
  [' ', nothing()],
  ['soon', nothing()],
  ['Wednesday', nothing()],
  ['Wednesday at noon', nothing()],
  ['2026-11-21T00:00:02Z', quiet()],
  ['NaN', nothing()],
])('Retry-After: %s', (retryAfter, expected) => {
  expect(inTenSeconds({ 'retry-after': retryAfter })).toEqual(expected);
});

test('one that came twice with the same words counts as one', () => {
  expect(inTenSeconds({ 'retry-after': ['2', '2'] })).toEqual(said(2_000));
});

test('without one nothing is asked for, and with several nothing says for how long', () => {
  expect(inTenSeconds({})).toEqual(nothing());
  expect(inTenSeconds({ 'retry-after': undefined, date: undefined })).toEqual(nothing());
  expect(inTenSeconds({ 'retry-after': ['1', '2'] })).toEqual(quiet());
});

describe('a date counts from the answer’s own', () => {
  const hours = 3_600_000;
  const at = (ms: number) => new Date(ms).toUTCString();

  test.each([0, -7 * hours, 7 * hours, -400 * 24 * hours])(
    'also when that is %i ms off',
    (offMs) => {
      const theirs = Math.floor(Date.now() / 1_000) * 1_000 + offMs;
      const headers = { date: at(theirs), 'retry-after': at(theirs + 3_000) };
      expect(inTenSeconds(headers)).toEqual(said(3_000));
    },
  );

  const theirs = Date.UTC(2026, 10, 21);
  test.each([
    ['the same moment', 0, said(0)],
    ['as far as reason goes', 10_000, said(10_000)],
    ['beyond reason', 11_000, quiet()],
    ['in the past', -1_000, nothing()],
  ])('%s', (_name, aheadMs, expected) => {
    const headers = { date: at(theirs), 'retry-after': at(theirs + aheadMs) };
    expect(inTenSeconds(headers)).toEqual(expected);
  });

  test.each([undefined, 'yesterday', ['a', 'b']])(
    'and with a Date of %j nothing says for how long',
    (date) => {
      expect(inTenSeconds({ date, 'retry-after': at(Date.now() + 2_000) })).toEqual(quiet());
    },
  );

  test.each([
    'Sun, 06 Nov 1994 08:49:40 GMT',
    'Sunday, 06-Nov-94 08:49:40 GMT',
    'Sun Nov  6 08:49:40 1994',
  ])('in each form that HTTP knows: %s', (retryAfter) => {
    const date = 'Sun, 06 Nov 1994 08:49:37 GMT';
    const zone = process.env.TZ;
    process.env.TZ = 'Asia/Kolkata';
    try {
      expect(inTenSeconds({ date, 'retry-after': retryAfter })).toEqual(said(3_000));
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });
});

describe('the window of the provider bounds the wait', () => {
  test.each([
    [60_000, '55', said(55_000)],
    [60_000, '61', quiet(60_000)],
    [60_000, 'soon', nothing(60_000)],
    [1_000, '2', quiet(1_000)],
    [undefined, '55', said(55_000)],
    [undefined, '61', quiet()],
    [undefined, 'soon', nothing()],
  ])('of %s ms: %s', (windowMs, retryAfter, expected) => {
    expect(read({ 'retry-after': retryAfter }, windowMs)).toEqual(expected);
  });
});
