import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isObject } from '../../http/json.ts';
import { RejectedRequest, badRequest } from '../raw-response.ts';
import { BODY_CAPS, MAX_REQUEST_BYTES, showCap } from './limits.ts';
import type { Turns } from './turns.ts';

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
const MAX_FLOAT_DIGITS = 17;

/** For a Float: the same number, or a fraction whose last digits are rounding. */
export function isExactFloat(source: string): boolean {
  const value = Number(source);
  const written = toDecimal(source);
  if (!written || isSame(written, value)) return written !== undefined;
  const isFraction = written.exponent < 0 && written.digits.length <= MAX_FLOAT_DIGITS;
  return isFraction && value !== 0;
}

/** A number that JavaScript would keep as another one. */
export class InexactNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  /** As messages show it. */
  toJSON(): string {
    return this.source;
  }
}

/** The JSON of a request, with numbers that are not exact told apart. Throws a `Refusal`. */
export function parseRequestJson(bytes: Buffer): unknown {
  // Replaced letters would be written to a provider.
  if (!isUtf8(bytes)) throw badRequest('The body must be valid UTF-8.');
  const json = withoutMark(bytes.toString('utf8'));
  if (countSigns(json, BODY_CAPS.signs) > BODY_CAPS.signs) {
    const message = `The JSON of a request must have at most ${showCap(BODY_CAPS.signs)} commas and brackets.`;
    throw new RejectedRequest(message, { status: 400, code: 'LIMIT_EXCEEDED' });
  }
  try {
    return parseExactly(json);
  } catch (error) {
    if (error instanceof RejectedRequest) throw error;
    throw badRequest('The body must be valid JSON.');
  }
}

/** A byte order mark, which some encoders put before UTF-8 and which says nothing there. */
function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** Numbers that may be inexact, and names that may be forbidden, also with letters that are spelled as escapes. */
const NEEDS_A_LOOK = /[[:,\s]-?(?:\d[\d.]{15}|[\d.]+[eE])|__proto__|constructor|\\u00/;

/** Throws a `SyntaxError`, or a `Refusal` for a name that would change the prototype of objects. */
export function parseExactly(json: string): unknown {
  return JSON.parse(json, NEEDS_A_LOOK.test(json) ? look : undefined) as unknown;
}

function look(name: string, value: unknown, context?: { source?: string }): unknown {
  if (name === '__proto__') {
    throw badRequest('The JSON of a request must not contain the key "__proto__".');
  }
  if (name === 'constructor' && hasPrototype(value)) {
    throw badRequest(
      'The JSON of a request must not contain the key "prototype" under "constructor".',
    );
  }
  if (typeof value !== 'number') return value;
  const source = context?.source ?? String(value);
  return isExact(source) ? value : new InexactNumber(source);
}

function hasPrototype(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype');
}

const [QUOTE, BACKSLASH] = ['"', '\\'];
const SIGNS: readonly unknown[] = [',', '[', '{'];

/** How many commas and opening brackets JSON has outside its texts. Stops beyond the most. */
export function countSigns(json: string, most: number): number {
  let signs = 0;
  let isInText = false;
  for (let at = 0; at < json.length && signs <= most; at += 1) {
    const sign = json[at];
    if (sign === QUOTE) isInText = !isInText;
    else if (isInText) at += sign === BACKSLASH ? 1 : 0;
    else if (SIGNS.includes(sign)) signs += 1;
  }
  return signs;
}

/** Why the listener could not read a request. Undefined for errors that are no fault of the caller's. */
export function toUnreadable(error: unknown): RejectedRequest | undefined {
  const status = statusOf(error);
  if (status === 413) {
    const message = `A request must have at most ${showCap(MAX_REQUEST_BYTES)} bytes.`;
    return new RejectedRequest(message, { status, code: 'LIMIT_EXCEEDED', cause: error });
  }
  if (status === 415) {
    return badRequest('The body must have the content type application/json.', { status });
  }
  if (!(status >= 400 && status < 500)) return undefined;
  return badRequest('The body must be valid JSON.', { status });
}

function statusOf(error: unknown): number {
  const isObject = typeof error === 'object' && error !== null;
  return isObject && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : NaN;
}

/**
 * Reads JSON in turns, and none that is made of a great many small parts: a MiB of empty lists takes 80 ms to parse.
 * What follows in the same round, up to the first thing that has to be waited for, is in the turn too: the operation
 * is parsed, validated, and mostly answered.
 */
export function readJsonInTurns(
  app: FastifyInstance,
  turns: Turns,
  tenantOf: (request: FastifyRequest) => string,
): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, bytes: Buffer) => {
      await turns.take(tenantOf(request));
      return withWholeDocument(parseRequestJson(bytes));
    },
  );
}

/** Documents are known by the hash of their UTF-8, in which a half character is like a replaced one. */
function withWholeDocument(body: unknown): unknown {
  const query = isObject(body) ? body.query : undefined;
  if (typeof query !== 'string' || query.isWellFormed()) return body;
  throw badRequest(
    'The query must be valid Unicode text, but it contains half of a surrogate pair.',
  );
}
