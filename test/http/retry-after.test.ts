import { describe, expect, test } from '@jest/globals';
import { toRetryAfter, toRetryAfterBounds } from '../../src/http/response.ts';

const read = (headers: Parameters<typeof toRetryAfter>[0]['headers'], windowMs?: number) =>
  toRetryAfter({ headers }, toRetryAfterBounds(windowMs));
const inTenSeconds = (headers: Parameters<typeof read>[0]) => read(headers, 10_000);
const said = (retryAfterMs: number) => ({ retryAfterMs, repeat: 'again' });
const taken = { retryAfterMs: 10_000, repeat: 'never' };

test.each([
  ['0', said(0)],
  ['1', said(1_000)],
  ['10', said(10_000)],
  ['11', taken],
  ['999999999', taken],
  [`1${'0'.repeat(400)}`, taken],
  ['-1', taken],
  ['-0', taken],
  ['1.5', taken],
  ['1e3', taken],
  ['0x10', taken],
  ['', taken],
  [' ', taken],
  ['soon', taken],
  ['Wednesday', taken],
  ['2026-11-21T00:00:02Z', taken],
  ['NaN', taken],
])('Retry-After: %s', (retryAfter, expected) => {
  expect(inTenSeconds({ 'retry-after': retryAfter })).toEqual(expected);
});

test('one that came twice with the same words counts as one', () => {
  expect(inTenSeconds({ 'retry-after': ['2', '2'] })).toEqual(said(2_000));
});

test('none, or more than one, says nothing', () => {
  expect(inTenSeconds({})).toEqual(taken);
  expect(inTenSeconds({ 'retry-after': undefined, date: undefined })).toEqual(taken);
  expect(inTenSeconds({ 'retry-after': ['1', '2'] })).toEqual(taken);
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
    ['beyond reason', 11_000, taken],
    ['in the past', -1_000, taken],
  ])('%s', (_name, aheadMs, expected) => {
    const headers = { date: at(theirs), 'retry-after': at(theirs + aheadMs) };
    expect(inTenSeconds(headers)).toEqual(expected);
  });

  test.each([undefined, 'yesterday', ['a', 'b']])(
    'and with a Date of %j it says nothing',
    (date) => {
      expect(inTenSeconds({ date, 'retry-after': at(Date.now() + 2_000) })).toEqual(taken);
    },
  );
});

describe('the window of the provider bounds the wait', () => {
  test.each([
    [60_000, '55', said(55_000)],
    [60_000, '61', { retryAfterMs: 60_000, repeat: 'never' }],
    [60_000, 'soon', { retryAfterMs: 60_000, repeat: 'never' }],
    [1_000, '2', { retryAfterMs: 1_000, repeat: 'never' }],
    [undefined, '55', said(55_000)],
    [undefined, '61', taken],
    [undefined, 'soon', taken],
  ])('of %s ms: %s', (windowMs, retryAfter, expected) => {
    expect(read({ 'retry-after': retryAfter }, windowMs)).toEqual(expected);
  });
});
