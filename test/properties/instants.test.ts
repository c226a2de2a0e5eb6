import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toInstant } from '../../src/providers/graph-types.ts';
import { numRuns } from './runs.ts';

/** Moments in every way in which providers write them, and what only looks like one. */

const moment = fc.date({
  min: new Date('2000-01-01T00:00:00Z'),
  max: new Date('2099-12-31T23:59:59.999Z'),
  noInvalidDate: true,
});

const two = (number: number) => String(number).padStart(2, '0');

interface Style {
  separator: string;
  between: string;
  /** Digits of the fraction of a second; none: undefined. */
  digits: number | undefined;
  comma: string;
  hasSeconds: boolean;
  /** Minutes; undefined: none is written, and it is UTC. */
  offset: number | undefined;
  colon: string;
  blank: string;
}

const style: fc.Arbitrary<Style> = fc.record({
  separator: fc.constantFrom('-', '/'),
  between: fc.constantFrom('T', ' ', 't', '  '),
  digits: fc.constantFrom(undefined, 1, 3, 6, 9),
  comma: fc.constantFrom('.', ','),
  hasSeconds: fc.boolean(),
  offset: fc.oneof(fc.constant(undefined), fc.integer({ min: -23 * 60, max: 23 * 60 + 59 })),
  colon: fc.constantFrom(':', ''),
  blank: fc.constantFrom('', ' '),
});

/** The text, and the moment that it names. */
function write(at: Date, how: Style): [text: string, named: number] {
  const shifted = new Date(at.getTime() + (how.offset ?? 0) * 60_000);
  const day = [shifted.getUTCMonth() + 1, shifted.getUTCDate()].map(two);
  const date = [String(shifted.getUTCFullYear()).padStart(4, '0'), ...day].join(how.separator);
  const fraction = String(shifted.getUTCMilliseconds()).padStart(3, '0').padEnd(9, '0');
  const cut = how.digits === undefined ? '' : fraction.slice(0, how.digits);
  const seconds = `:${two(shifted.getUTCSeconds())}${cut === '' ? '' : how.comma + cut}`;
  const time = `${two(shifted.getUTCHours())}:${two(shifted.getUTCMinutes())}`;
  const { offset } = how;
  const zone =
    offset === undefined
      ? ''
      : `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${how.colon}${two(Math.abs(offset) % 60)}`;
  const text = date + how.between + time + (how.hasSeconds ? seconds : '') + how.blank + zone;
  const precision = how.hasSeconds ? 10 ** (3 - Math.min(3, how.digits ?? 0)) : 60_000;
  return [text, Math.floor(at.getTime() / precision) * precision];
}

test('a moment is read the same in every way to write it', () => {
  fc.assert(
    fc.property(moment, style, (at, how) => {
      const [text, named] = write(at, how);
      expect([text, toInstant(text)]).toEqual([text, new Date(named).toISOString()]);
    }),
    { numRuns },
  );
});

test('a moment is read as a number, in seconds or milliseconds, also as text', () => {
  fc.assert(
    fc.property(moment, (at) => {
      const ms = at.getTime();
      const seconds = Math.floor(ms / 1_000);
      for (const value of [ms, String(ms)]) expect(toInstant(value)).toBe(at.toISOString());
      for (const value of [seconds, String(seconds)]) {
        expect(toInstant(value)).toBe(new Date(seconds * 1_000).toISOString());
      }
      expect(toInstant(at.toISOString())).toBe(at.toISOString());
      expect(toInstant(at.toUTCString())).toBe(new Date(seconds * 1_000).toISOString());
    }),
    { numRuns },
  );
});

test('a day that is not in the calendar, or a time that is on no clock, is no moment', () => {
  const wrong = fc.oneof(
    fc.tuple(fc.integer({ min: 13, max: 99 }), fc.integer({ min: 1, max: 31 })),
    fc.tuple(fc.constantFrom(4, 6, 9, 11), fc.constant(31)),
    fc.tuple(fc.constant(2), fc.constantFrom(30, 31)),
    fc.tuple(fc.constantFrom(0, 1, 12), fc.constantFrom(0, 32, 99)),
  );
  const tail = fc.constantFrom('', 'T10:00:00Z', ' 10:00', 'T10:00:00+0530');
  const wrongTime = fc.constantFrom('24:00', '10:60', '10:00:60', '99:99', '10:00+24:00', '1:00');
  fc.assert(
    fc.property(wrong, tail, wrongTime, ([month, day], rest, time) => {
      expect(toInstant(`2024-${two(month)}-${two(day)}${rest}`)).toBeUndefined();
      expect(toInstant(`2024-05-31T${time}`)).toBeUndefined();
    }),
    { numRuns },
  );
});

test('of anything else nothing is made, or a moment of this century that can be written', () => {
  const anything = fc.oneof(fc.anything(), fc.string(), fc.stringMatching(/^[\d:TZ +./-]{0,30}$/));
  fc.assert(
    fc.property(anything, (value) => {
      const instant = toInstant(value);
      if (instant === undefined) return;
      expect(new Date(instant).toISOString()).toBe(instant);
      if (typeof value === 'number') expect(instant).toMatch(/^20\d\d-/);
    }),
    { numRuns },
  );
});
