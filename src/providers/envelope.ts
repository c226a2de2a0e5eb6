import { isObject } from './json.ts';

/*
 * What providers put around their records: flags, codes, errors, totals, links. Nobody promises how they are spelled
 * or where exactly they stand, so all of an envelope is looked through, and nothing of a record ever is.
 */

export type EnvelopePart = Readonly<Record<string, unknown>>;

/** Envelopes are flat; whatever goes deeper, or is longer, is none. */
const MAX_DEPTH = 12;
const MAX_PARTS = 2_000;
/** These say something about the request, or about others. */
const ASIDE =
  /^(warnings?|notices?|deprecations?|request|query|params|parameters|input|debug|(rate)?limits?|quotas?|headers)$/;

/** Every object of an envelope, the outer ones first. `isRecord` marks what is no part of it, with all that is inside. */
export function envelopeParts(
  json: unknown,
  isRecord: (value: unknown) => boolean,
): readonly EnvelopePart[] {
  const parts: EnvelopePart[] = [];
  let level: unknown[] = [json];
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth += 1) {
    const known = level.slice(0, MAX_PARTS).filter((value) => !isRecord(value));
    parts.push(...known.filter(isObject));
    level = known.flatMap(innerValues).slice(0, MAX_PARTS);
  }
  return parts.slice(0, MAX_PARTS);
}

function innerValues(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.slice(0, MAX_PARTS);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => (ASIDE.test(toName(key)) ? [] : [inner]));
}

/** A key without its spelling: `total_count`, `Total-Count` and `totalCount` are one. */
export function toName(key: string): string {
  return key.replace(/[^A-Za-z0-9]/g, '').toLowerCase();
}

/** A number, also as text. */
export function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  const digits = value.trim().replace(/(?<=\d),(?=\d{3})/g, '');
  return /^[+-]?\d{1,30}(\.\d{1,30})?$/.test(digits) ? Number(digits) : undefined;
}

const YES =
  /^(true|yes|y|t|on|ok|okay|success|successful|successfully|succeeded|done|completed?|passed|created|updated|deleted|removed|awarded|assigned)$/;
const NO =
  /^(false|no|n|f|off|notok|ko|fail|failed|failure|errors?|errored|err|unsuccessful|rejected|refused|denied|declined|invalid|aborted|cancell?ed)$/;

/** Whether a value says yes or no in any of the usual words. Undefined: neither. */
export function toFlag(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const number = toNumber(value);
  if (number === 1 || number === 0) return number === 1;
  if (typeof value !== 'string') return undefined;
  const word = toName(value);
  if (YES.test(word)) return true;
  return NO.test(word) ? false : undefined;
}

/** Whether a test holds for a value, or for anything in it. */
export function someValue(value: unknown, test: (value: unknown) => boolean, depth = 0): boolean {
  if (depth > MAX_DEPTH) return true;
  const inner = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : undefined;
  if (!inner) return test(value);
  return inner.slice(0, MAX_PARTS).some((each) => someValue(each, test, depth + 1));
}

/** How providers write that there is nothing. */
const NOTHING = /^(|null|nil|none|false|undefined|n\/a|-)$/;

/** Whether a value is there, and does not say that there is nothing. */
export function isThere(value: unknown): boolean {
  if (typeof value === 'string') return !NOTHING.test(value.trim().toLowerCase());
  return value !== null && value !== undefined && value !== false;
}
