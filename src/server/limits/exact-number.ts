/**
 * Whether JavaScript keeps a number as it is written. JSON and GraphQL write numbers of any length; of what does not
 * fit, another number would reach a provider, such as the id of somebody else.
 */

/** The digits of a number without the zeros around them, and the power of ten that they are multiplied with. */
interface Decimal {
  isNegative: boolean;
  digits: string;
  exponent: number;
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

function toDecimal(source: string): Decimal | undefined {
  const [, sign, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(source) ?? [];
  if (sign === undefined) return undefined;
  const all = whole + fraction;
  let start = 0;
  let end = all.length;
  while (all[start] === '0') start += 1;
  while (end > start && all[end - 1] === '0') end -= 1;
  const digits = all.slice(start, end);
  // Zero has none, whatever its sign and exponent.
  if (digits === '') return { isNegative: false, digits, exponent: 0 };
  return {
    isNegative: sign === '-',
    digits,
    exponent: Number(exponent) - fraction.length + (all.length - end),
  };
}

/** Whether what JavaScript makes of it is the same number. */
function isSame(written: Decimal | undefined, value: number): boolean {
  const kept = toDecimal(String(value));
  if (!written || !kept) return false;
  return (
    written.isNegative === kept.isNegative &&
    written.digits === kept.digits &&
    written.exponent === kept.exponent
  );
}

/** For an Int or an ID. Beyond 2^53 - 1 neighbours are one number, and an ID would be written with an exponent. */
export function isExact(source: string): boolean {
  const value = Number(source);
  const isTooLarge = Number.isInteger(value) && !Number.isSafeInteger(value);
  return !isTooLarge && isSame(toDecimal(source), value);
}

/** So many tell every number of 64 bits from its neighbours, and some encoders write all of them. */
const MOST_FLOAT_DIGITS = 17;

/** For a Float: the same number, or a fraction whose last digits are rounding. */
export function isExactFloat(source: string): boolean {
  const value = Number(source);
  const written = toDecimal(source);
  if (!written || isSame(written, value)) return written !== undefined;
  const isFraction = written.exponent < 0 && written.digits.length <= MOST_FLOAT_DIGITS;
  return isFraction && value !== 0;
}
