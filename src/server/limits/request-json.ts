import { isUtf8 } from 'node:buffer';
import { Refusal, badRequest } from '../refusal.ts';
import { BODY_CAPS, showCap } from './caps.ts';
import { isExact } from './exact-number.ts';

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
  if (!isUtf8(bytes)) throw badRequest('The body must be UTF-8, and this one holds other bytes');
  const json = withoutMark(bytes.toString('utf8'));
  if (countSigns(json, BODY_CAPS.signs) > BODY_CAPS.signs) {
    const message = `The JSON of a request may have ${showCap(BODY_CAPS.signs)} commas and brackets`;
    throw new Refusal(message, { status: 400, code: 'LIMIT_EXCEEDED' });
  }
  try {
    return parseExactly(json);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw badRequest('The request cannot be read: its body must be JSON');
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
    throw badRequest('The JSON of a request may not have the key "__proto__"');
  }
  if (name === 'constructor' && hasPrototype(value)) {
    throw badRequest('The JSON of a request may not have the key "prototype" under "constructor"');
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
