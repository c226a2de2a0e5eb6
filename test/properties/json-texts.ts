import fc from 'fast-check';
import { anyText } from './texts.ts';

/** Arbitrary JSON as it comes over the wire, so that it may hold `__proto__`, a key twice, or 1e999. */
export type JsonText = fc.Arbitrary<string>;

/** Object.prototype has them, or somebody looks for them. */
const ODD_KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'toJSON', 'then'];
const KNOWN_KEYS = ['id', '_id', 'name', 'title', 'success', 'meta', 'body', 'data', 'result'];

const ODD_STRINGS = ['', ' ', 'true', 'False', 'null', 'NaN', '3', '__proto__', 'success', '404'];

const ODD_NUMBERS = ['-0', '1e999', '-1e999', '1e-999', '2147483648', '-2147483649', '1.5', '404'];

/** A text of JSON.parse for a string: lone surrogates are escaped. */
export const toStringText = (value: string): string => JSON.stringify(value);

export const stringText: JsonText = fc
  .oneof(fc.constantFrom(...ODD_STRINGS), anyText)
  .map(toStringText);

export const numberText: JsonText = fc.oneof(
  fc.constantFrom(...ODD_NUMBERS),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.bigInt().map(String),
);

const key = fc.oneof(
  fc.constantFrom(...ODD_KEYS),
  fc.constantFrom(...KNOWN_KEYS),
  anyText.filter((text) => text.length < 4),
);

export function toArrayText(items: readonly string[]): string {
  return `[${items.join()}]`;
}

function toObjectText(entries: readonly (readonly [key: string, text: string])[]): string {
  return `{${entries.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join()}}`;
}

const { json } = fc.letrec<{ json: string; array: string; object: string }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.constantFrom('null', 'true', 'false'), stringText, numberText),
    tie('array'),
    tie('object'),
  ),
  array: fc.array(tie('json'), { maxLength: 4 }).map(toArrayText),
  object: fc.array(fc.tuple(key, tie('json')), { maxLength: 4 }).map(toObjectText),
}));

/** JSON.parse takes it without recursion; whatever walks over it must as well. */
const deepJson: JsonText = fc
  .constantFrom(['[', ']'], ['{"__proto__":', '}'], ['{"success":', '}'], ['{"data":[', ']}'])
  .map(([open = '', close = '']) => `${open.repeat(20_000)}null${close.repeat(20_000)}`);

export const anyJson: JsonText = fc.oneof(
  { weight: 60, arbitrary: json },
  { weight: 1, arbitrary: deepJson },
);

/** The fields of a record by name, each with an arbitrary of its readable values. */
export type Fields = Readonly<Record<string, JsonText>>;

/** An object in which each field is there or, unless it is `required`, not; in any order. */
export function validObject(fields: Fields, required: readonly string[]): JsonText {
  const entries = Object.entries(fields).map(([name, value]) => {
    const entry = value.map((text) => [[name, text] as const]);
    return required.includes(name) ? entry : fc.oneof(entry, fc.constant([]));
  });
  return inAnyOrder(fc.tuple(...entries)).map((parts) => toObjectText(parts.flat()));
}

/**
 * The same, but for a field that may be anything or missing, and others that nobody asked for.
 * `almost` has values that look like those of a field and may be none.
 */
export function nearlyValidObject(fields: Fields, almost: Fields = {}): JsonText {
  const entries = Object.entries(fields).map(([name, value]) => {
    const toEntry = (text: string) => [[name, text] as const];
    return fc.oneof(
      { weight: 40, arbitrary: value.map(toEntry) },
      { weight: 3, arbitrary: (almost[name] ?? value).map(toEntry) },
      { weight: 1, arbitrary: anyJson.map(toEntry) },
      { weight: 1, arbitrary: fc.constant([]) },
    );
  });
  const odd = fc.array(fc.tuple(key, anyJson), { maxLength: 2 });
  return inAnyOrder(fc.tuple(...entries, odd)).map((parts) => toObjectText(parts.flat()));
}

function inAnyOrder<T>(items: fc.Arbitrary<T[]>): fc.Arbitrary<T[]> {
  return items.chain((given) =>
    fc.shuffledSubarray(given, { minLength: given.length, maxLength: given.length }),
  );
}
