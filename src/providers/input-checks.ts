import 'reflect-metadata';
import { Field, Float, ID, InputType } from 'type-graphql';
import { valueOf } from '../http/json.ts';
import { MAX_URL_CHARACTERS, type UrlRule } from './graph-types.ts';
import type { FieldChange, InputProblem, Target, WritePlan } from './provider.ts';

/**
 * One part on each side of the only @, without control, format and surrogate characters: an invisible or badly encoded
 * character could turn the address into that of another member.
 */
const EMAIL = /^[^\s@\p{Cc}\p{Cf}\p{Cs}]{1,64}@[^\s@\p{Cc}\p{Cf}\p{Cs}]{1,190}$/u;

/** For messages, behind the name of the field or argument. */
export const EMAIL_RULE = 'must be one e-mail address without spaces or invisible characters.';

export function isEmail(text: string): boolean {
  return EMAIL.test(text);
}

// Checks that several providers share. Each returns the problems that it found at `field`.

export function invalid(field: string, message: string): InputProblem {
  return { code: 'INVALID_INPUT', fields: [[field]], message };
}

/** How many entries of a list a message names. */
const MAX_NAMED_ENTRIES = 20;

/** A sentence that says which entries of a list a message is about. Empty if the list has one entry only. */
export function entriesAtFault<T>(
  entries: readonly T[],
  isAtFault: (entry: T, index: number) => boolean,
): string {
  if (entries.length < 2) return '';
  const places = entries.flatMap((entry, index) => (isAtFault(entry, index) ? [index + 1] : []));
  const more = places.length - MAX_NAMED_ENTRIES;
  const rest = more > 0 ? `, and ${more} more` : '';
  return ` Entries at fault, counted from 1: ${places.slice(0, MAX_NAMED_ENTRIES).join(', ')}${rest}.`;
}

function refuseNull(field: string, value: unknown): InputProblem[] {
  return value === null
    ? [invalid(field, `Field "${field}" cannot be null. Omit it, or set a value.`)]
    : [];
}

function refuseBlank(field: string, value: string | null | undefined): InputProblem[] {
  if (typeof value !== 'string' || !isInvisible(value)) return [];
  const message = value.trim() === '' ? 'must not be empty' : 'must contain a visible character';
  return [invalid(field, `Field "${field}" ${message}.`)];
}

/**
 * A text that leaves nothing visible on a screen: spaces, control and format characters, those that Unicode says to
 * ignore (such as U+3164, the Hangul filler), the blank of Braille, and the null notehead of musical notation.
 */
const INVISIBLE = /^[\s\p{Z}\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}]*$/u;

export function isInvisible(text: string): boolean {
  return INVISIBLE.test(text);
}

/**
 * By the type of the field, in UTF-16 units. A longer text could make the whole list too long to read, and then this
 * service could not repair it.
 */
const TEXT_CHARACTERS: Readonly<Partial<Record<FieldType, number>>> = {
  line: 1_000,
  text: 10_000,
  image: MAX_URL_CHARACTERS,
};

/** How characters are counted, for messages and descriptions. */
export const AS_COUNTED = 'counted in UTF-16 units, of which most emoji have at least two';

function refuseLong(
  field: string,
  value: string | null | undefined,
  characters: number,
): InputProblem[] {
  return typeof value === 'string' && value.length > characters
    ? [
        invalid(
          field,
          `Field "${field}" must have at most ${characters} characters, ${AS_COUNTED}.`,
        ),
      ]
    : [];
}

export function refuseMany(
  field: string,
  values: readonly unknown[] | null | undefined,
  maxEntries: number,
): InputProblem[] {
  return (values?.length ?? 0) > maxEntries
    ? [invalid(field, `Field "${field}" must have at most ${maxEntries} entries.`)]
    : [];
}

/**
 * Characters that act on the text around them: terminals and databases interpret some as commands, and others change
 * the direction of the text that follows. Joiners and direction marks are allowed, because Persian, Hebrew and emoji
 * need them.
 */
const CONTROL =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\u202a-\u202e\u2066-\u206f\ufff9-\ufffb]/u;
/** Control characters that a text of several lines may contain. */
const LINE_CONTROLS = /\t|\r?\n|[\u2028\u2029]/g;

/** For texts of one line. */
function refuseControls(field: string, value: string | null | undefined): InputProblem[] {
  return typeof value === 'string' && CONTROL.test(value)
    ? [
        invalid(
          field,
          `Field "${field}" must not contain control characters, line breaks, or characters that change the direction of the text.`,
        ),
      ]
    : [];
}

/** For texts of several lines. */
function refuseControlsInLines(field: string, value: string | null | undefined): InputProblem[] {
  return typeof value === 'string' && CONTROL.test(value.replace(LINE_CONTROLS, ''))
    ? [
        invalid(
          field,
          `Field "${field}" must not contain characters that change the direction of the text, or control characters other than tabs and line breaks.`,
        ),
      ]
    : [];
}

/** Null and "" remove an image. A long URL has a message of its own. */
function refuseImage(
  field: string,
  value: string | null | undefined,
  isImageUrl: UrlRule,
): InputProblem[] {
  return value && value.length <= MAX_URL_CHARACTERS && !isImageUrl(value)
    ? [
        invalid(
          field,
          `Field "${field}" must be an https URL without spaces, quotation marks, angle brackets, backslashes or invisible characters. Set it to "" for no image.`,
        ),
      ]
    : [];
}

/** For a number that a provider takes as an integer. No provider documents its bounds. */
function refuseFraction(field: string, value: number | null | undefined): InputProblem[] {
  return typeof value === 'number' && !Number.isSafeInteger(value)
    ? [invalid(field, `Field "${field}" must be a whole number between -(2^53 - 1) and 2^53 - 1.`)]
    : [];
}

/** The types of input fields: each has a type in the graph, a type in TypeScript, and its checks. */
export const INPUT_TYPES = {
  /** A text of one line. */
  line: () => String,
  /** A text of several lines. */
  text: () => String,
  /** The URL of an image. */
  image: () => String,
  flag: () => Boolean,
  number: () => Float,
  integer: () => Float,
  ids: () => [ID],
} as const;
export type FieldType = keyof typeof INPUT_TYPES;

/** Everything that a provider's folder states about one writable field. */
export interface FieldRule {
  readonly type: FieldType;
  /** The name of the field in records and requests. The same as in the graph if left out. */
  readonly wire?: string;
  /** What is sent for null. If left out, the field cannot be cleared. */
  readonly cleared?: unknown;
  /** The field must have a visible character, and a creation must set it unless it has a default. */
  readonly isRequired?: true;
  /** What a creation sends if its input omits the field. Nothing if left out. */
  readonly default?: unknown;
  /** No documented response shows the field. */
  readonly isHidden?: true;
  /** The maximum number of entries in a list. */
  readonly maxEntries?: number;
  /** Descriptions in the inputs of a creation and of an update. */
  readonly create: string;
  readonly update: string;
  /** Description in the type of the badge. If left out, the badge shows the field only as one that every badge has. */
  readonly shown?: string;
}
export type FieldRules = Readonly<Record<string, FieldRule>>;

export type NamedRules = readonly (readonly [name: string, rule: FieldRule])[];

/** Checks an input against the rules of its fields. */
export function checkFields(
  fields: NamedRules,
  input: object,
  isImageUrl: UrlRule,
): InputProblem[] {
  const textOf = (name: string): string | undefined => {
    const value = valueOf(input, name);
    return typeof value === 'string' ? value : undefined;
  };
  const each = (
    isMeant: (rule: FieldRule) => boolean,
    check: (name: string, rule: FieldRule) => InputProblem[],
  ): InputProblem[] =>
    fields.filter(([, rule]) => isMeant(rule)).flatMap(([name, rule]) => check(name, rule));
  const ofType = (type: FieldType, check: (name: string) => InputProblem[]): InputProblem[] =>
    each((rule) => rule.type === type, check);
  return [
    ...each(
      ({ cleared }) => cleared === undefined,
      (name) => refuseNull(name, valueOf(input, name)),
    ),
    ...each(
      ({ isRequired }) => isRequired === true,
      (name) => refuseBlank(name, textOf(name)),
    ),
    ...ofType('line', (name) => refuseControls(name, textOf(name))),
    ...ofType('text', (name) => refuseControlsInLines(name, textOf(name))),
    ...each(
      ({ type }) => TEXT_CHARACTERS[type] !== undefined,
      (name, { type }) => refuseLong(name, textOf(name), TEXT_CHARACTERS[type] ?? 0),
    ),
    ...ofType('integer', (name) => {
      const value = valueOf(input, name);
      return refuseFraction(name, typeof value === 'number' ? value : undefined);
    }),
    ...ofType('image', (name) => refuseImage(name, textOf(name), isImageUrl)),
    ...each(
      ({ maxEntries }) => maxEntries !== undefined,
      (name, { maxEntries = 0 }) => {
        const value = valueOf(input, name);
        return refuseMany(name, Array.isArray(value) ? value : [], maxEntries);
      },
    ),
  ];
}

/** The limit that a field is checked against, as a sentence behind its description. Empty if it has none. */
export function limitInWords({ type, maxEntries }: FieldRule): string {
  const characters = TEXT_CHARACTERS[type];
  if (characters !== undefined) return ` At most ${characters} characters, ${AS_COUNTED}.`;
  return maxEntries === undefined ? '' : ` At most ${maxEntries} entries.`;
}

export function refuseNothingGiven(
  input: object,
  writableFields: readonly string[],
): InputProblem[] {
  return writableFields.some((field) => isGiven(input, field))
    ? []
    : [
        {
          code: 'INVALID_INPUT',
          fields: [[]],
          message: `Set at least one of these fields: ${writableFields.join(', ')}.`,
        },
      ];
}

/** Null counts as given, and only an omitted field does not. */
export function isGiven(input: object, field: string): boolean {
  return valueOf(input, field) !== undefined;
}

/** The change of one field. Undefined if the value stays the same. `before` is undefined if it is unknown. */
export function toChange(field: string, before: unknown, after: unknown): FieldChange | undefined {
  const beforeText = before === undefined ? null : JSON.stringify(before);
  const afterText = JSON.stringify(after);
  return beforeText === afterText ? undefined : { field, before: beforeText, after: afterText };
}

/** Changes of every shown field to null. */
export function changesToNothing(values: Readonly<Record<string, unknown>>): FieldChange[] {
  return Object.entries(values).flatMap(([field, value]) =>
    value === undefined || value === null
      ? []
      : [{ field, before: JSON.stringify(value), after: 'null' }],
  );
}

/** The plan of a write that sets no fields of a badge. */
export function planWithoutFields(
  body: object,
  said: Partial<Pick<WritePlan, 'changes' | 'warnings'>> = {},
): WritePlan {
  const nothing = { writtenValues: null, givenFields: [], changes: [], warnings: [], problems: [] };
  return { ...nothing, body, ...said };
}

/** The common fields of the inputs of all updates and deletions. */
@InputType()
export abstract class OneBadgeInput {
  @Field(() => ID, { description: "The provider's ID of the badge." })
  id!: string;
}

/** The badge of such an input, which is locked against other writes. */
export function toLockedTarget({ id }: OneBadgeInput): Target {
  return { field: 'id', ids: [id], isLocked: true };
}
