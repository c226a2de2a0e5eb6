import { isObject } from '../http/json.ts';

/*
 * What providers put around their records: flags, codes, errors, totals, links. Nobody promises how they are spelled
 * or where exactly they stand, so all of an envelope is looked through, and nothing of a record ever is.
 */

export type EnvelopePart = Readonly<Record<string, unknown>>;

/** Envelopes are flat and short: whatever is deeper, or has more fields and values beside its records, is none. */
const MAX_DEPTH = 12;
const MAX_FIELDS = 5_000;
/** Of a list inside it, which may hold records. */
const MAX_ITEMS = 20_000;
/** Of a name or a value that says something. What is longer is no word, number or code. */
const MAX_CHARACTERS = 200;
/** These say something about the request, or about others. */
const ASIDE =
  /^(warnings?|notices?|deprecations?|request|query|params|parameters|input|debug|(rate)?limits?|quotas?|headers)$/;

export interface Envelope {
  /** Every object of it, the outer ones first. */
  parts: readonly EnvelopePart[];
  /** Whether all of it was looked at: what says no may stand in the rest. */
  isWhole: boolean;
}

/** `isRecord` marks what is no part of the envelope, with all that is inside. */
export function readEnvelope(json: unknown, isRecord: (value: unknown) => boolean): Envelope {
  const parts: EnvelopePart[] = [];
  let fields = 0;
  let level: unknown[] = isRecord(json) ? [] : [json];
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth += 1) {
    const next: unknown[] = [];
    for (const value of level) {
      const inner = innerValues(value).filter((each) => !isRecord(each));
      fields += isObject(value) ? Object.keys(value).length : inner.length;
      const isTooLong = Array.isArray(value) && value.length > MAX_ITEMS;
      if (isTooLong || fields > MAX_FIELDS) return { parts, isWhole: false };
      if (isObject(value)) parts.push(value);
      for (const each of inner) next.push(each);
    }
    level = next;
  }
  return { parts, isWhole: level.length === 0 };
}

/** The lists and objects in one of them. */
function innerValues(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).filter(isContainer);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    isContainer(inner) && !ASIDE.test(toName(key)) ? [inner] : [],
  );
}

function isContainer(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** A key without its spelling: `total_count`, `Total-Count` and `totalCount` are one. Empty for what is no word. */
export function toName(key: string): string {
  return key.length > MAX_CHARACTERS ? '' : key.replace(/[^A-Za-z0-9]/g, '').toLowerCase();
}

/** A number, also as text. */
export function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.length > MAX_CHARACTERS) return undefined;
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

/** Whether a test holds for a value, or for anything in it. Where that is more than an envelope holds, it may. */
export function someValue(value: unknown, test: (value: unknown) => boolean): boolean {
  let looked = 0;
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    const next: unknown[] = [];
    for (const each of level) {
      const inner = Array.isArray(each) ? each : isObject(each) ? Object.values(each) : undefined;
      if (!inner && test(each)) return true;
      looked += 1 + (inner?.length ?? 0);
      if (depth > MAX_DEPTH || looked > MAX_FIELDS) return true;
      for (const deeper of inner ?? []) next.push(deeper);
    }
    level = next;
  }
  return false;
}

/** How providers write that there is nothing. */
const NOTHING = /^(|null|nil|none|false|undefined|n\/a|-)$/;

/** Whether a value is there, and does not say that there is nothing. */
export function isThere(value: unknown): boolean {
  if (typeof value === 'string') return !NOTHING.test(toWord(value));
  return value !== null && value !== undefined && value !== false;
}

/** The beginning of a text as it is compared with words. */
export function toWord(text: string): string {
  return text.slice(0, MAX_CHARACTERS).trim().toLowerCase();
}
