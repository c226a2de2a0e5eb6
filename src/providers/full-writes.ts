import 'reflect-metadata';
import { type ClassType, Field, InputType } from 'type-graphql';
import { valueOf } from '../http/json.ts';
import { type FieldTable, type FieldsOf, withoutSignature } from './field-table.ts';
import { describedEnum } from './graph-types.ts';
import {
  OneBadgeInput,
  type FieldRules,
  type FieldType,
  isGiven,
  refuseNothingGiven,
  toChange,
  toLockedTarget,
} from './input-checks.ts';
import type {
  FieldChange,
  InputProblem,
  Operation,
  PlanBasis,
  ProviderClient,
  RememberedFields,
  Warning,
  WritePlan,
} from './provider.ts';
import { type ChangeableBadge, type PartialWrites, definedValues, toListed } from './writes.ts';

const HIDDEN_FIELDS_POLICIES = {
  REUSE:
    'Sends the values that this service last wrote, even if the badge has since been edited elsewhere. The update is rejected if this service never wrote one of the fields.',
  OMIT: 'Omits unknown fields, and the provider may reset them. Values that this service last wrote are still sent unless the badge seems to have been edited elsewhere.',
  REFUSE: 'Rejects the update, even if this service remembers the values that it last wrote.',
} as const;
type HiddenFieldsPolicy = keyof typeof HIDDEN_FIELDS_POLICIES;
const HiddenFieldsPolicy = describedEnum({
  name: 'HiddenFieldsPolicy',
  description:
    'How an update treats fields that are neither part of the input nor shown by the provider.',
  values: HIDDEN_FIELDS_POLICIES,
});

/** The input of an update that sends the whole badge. */
@InputType()
export abstract class FullUpdateInput extends OneBadgeInput {
  @Field(() => HiddenFieldsPolicy, {
    nullable: true,
    description:
      'How to treat fields that are neither part of the input nor shown by the provider. If omitted, they are sent with the values that this service last wrote, unless the badge seems to have been edited elsewhere; in that case the update is rejected.',
  })
  hiddenFields?: HiddenFieldsPolicy | null;
}

interface FullWrites<Rules extends FieldRules, Client, Badge> extends Omit<
  PartialWrites<Rules, Client, Badge>,
  'updateInput' | 'check' | 'judge'
> {
  updateInput: ClassType<FullUpdateInput & FieldsOf<Rules>>;
  /** Human-readable name of the provider. */
  title: string;
  /** Statements about the provider. Each is marked as inferred if no page of the provider makes it. */
  statements: {
    /** An update must contain every field. */
    replaces: string;
    /** The provider may reset omitted fields. */
    mayReset: string;
  };
}

/**
 * Creation and update for a provider that may reset omitted fields, so every request contains all of them. Fields that
 * the provider does not show are sent with the values that this service last wrote.
 */
export function createFullWrites<
  Rules extends FieldRules,
  Client extends ProviderClient,
  Badge extends ChangeableBadge<Badge>,
>({ table, title, statements, ...write }: FullWrites<Rules, Client, Badge>) {
  const messages = createMessages(title, statements);
  const fieldsNotAsSent = (body: object, { record }: Badge): string[] =>
    table.notAsSent(body, record).filter((name) => table.sendable(record, name) !== undefined);
  const shownValue = ({ record }: Badge, field: string) => table.sendable(record, field);

  /** The sent values, for fields that the badge shows. */
  function toExpected(body: object, before: Badge): Badge {
    const sent = Object.entries(body).filter(
      ([name]) => valueOf(before.record, name) !== undefined,
    );
    return before.with(Object.fromEntries(sent));
  }

  /**
   * The whole intended badge. A field that is neither given, shown nor remembered is rejected, or omitted on request.
   */
  function planUpdate(
    input: FullUpdateInput & FieldsOf<Rules>,
    { current, remembered }: PlanBasis<Badge>,
  ): WritePlan {
    const policy = input.hiddenFields;
    const memory = judgeMemory(table, { current: current?.record, remembered, policy });
    const given = table.toBody(input);
    const draft: Draft = { body: {}, changes: [], reused: [], unknown: [], warnings: [] };
    for (const field of table.names) {
      const wire = table.wireOf(field);
      const shown = current && shownValue(current, field);
      if (isGiven(input, field)) {
        draft.body[wire] = given[wire];
        const change = toChange(field, shown ?? memory.trusted(field), given[wire]);
        if (change) draft.changes.push(change);
      } else if (shown !== undefined) {
        draft.body[wire] = memory.originalOf(field, shown) ?? shown;
        const type = table.typeOf(field);
        draft.warnings.push(...messages.ofShown(field, { shown, type, memory }));
      } else {
        const value = memory.reusable(field);
        (value === undefined ? draft.unknown : draft.reused).push(field);
        if (value !== undefined) draft.body[wire] = value;
      }
    }
    const { body, changes, reused, unknown, warnings } = draft;
    const isOmitted = policy === 'OMIT' && unknown.length > 0;
    return {
      body,
      writtenValues: body,
      givenFields: table.given(input),
      changes,
      warnings: [
        ...(remembered && reused.length > 0 ? [messages.reused(reused, remembered)] : []),
        ...(isOmitted ? [messages.omitted(unknown)] : []),
        ...warnings,
      ],
      problems: unknown.length === 0 || isOmitted ? [] : [messages.unknown(unknown, memory)],
    };
  }

  const create: Operation<FieldsOf<Rules>, Client, Badge> = {
    inputClass: write.createInput,
    check: (input, rules) => table.check(input, rules),
    target: () => null,
    plan(input) {
      const body = table.toBody(input);
      return {
        body,
        writtenValues: body,
        givenFields: table.given(input),
        changes: table.changes(body, undefined),
        warnings: [],
        problems: [],
      };
    },
    send: (client, { body }, bounds) => write.create(client, body, bounds),
    asListed: toListed(table),
    toExpected,
    fieldsNotAsSent,
    valueOf: shownValue,
  };
  const update: Operation<FullUpdateInput & FieldsOf<Rules>, Client, Badge> = {
    inputClass: write.updateInput,
    check: (input, rules) => [
      ...refuseNothingGiven(input, table.names),
      ...table.check(input, rules),
    ],
    target: toLockedTarget,
    canSkipRead: (input) => table.names.every((field) => isGiven(input, field)),
    plan: planUpdate,
    send: (client, { input, body }, bounds) => write.update(client, input.id, body, bounds),
    toStanding: (shown, { body, before }) =>
      before ? toExpected(body, before).with(definedValues(shown.record)) : shown,
    asListed: toListed(table),
    toExpected,
    fieldsNotAsSent,
    valueOf: shownValue,
    isConfirmedBy: ({ body }, badge) => badge !== null && fieldsNotAsSent(body, badge).length === 0,
  };
  return { create, update };
}

interface Draft {
  body: Record<string, unknown>;
  changes: FieldChange[];
  /** Hidden fields that are sent with remembered values, and those whose value is unknown. */
  reused: string[];
  unknown: string[];
  warnings: Warning[];
}

/** What this service wrote last, in view of what the badge shows now and of the caller's policy. */
interface Memory {
  /** The remembered value. Undefined: there is none, or the badge seems to have been edited elsewhere since. */
  trusted(field: string): unknown;
  /** The value to send for a field that is not shown. Undefined: there is none. */
  reusable(field: string): unknown;
  /** The written value, if the shown value is another form of it. Undefined: the shown value is used. */
  originalOf(field: string, shown: unknown): unknown;
  /** Whether a shown value differs from the one that this service wrote last. */
  differs(field: string, shown: unknown): boolean;
  /** Those of the fields that have a remembered value. */
  known(fields: readonly string[]): string[];
  /** What is remembered of fields that are not sent, and why it is not used, in sentences without the last period. */
  describe(fields: readonly string[]): string;
}

/** `current` is undefined if the badge could not be read, so whether it was edited elsewhere is unknown. */
function judgeMemory<Rules extends FieldRules>(
  table: FieldTable<Rules>,
  {
    current,
    remembered,
    policy,
  }: {
    current: object | undefined;
    remembered: RememberedFields | null;
    policy: HiddenFieldsPolicy | null | undefined;
  },
): Memory {
  const lefts = (remembered?.left ?? []).flatMap((left) => table.readRecord(left) ?? []);
  const left = current && lefts.find((record) => isAsLeft(table, current, record));
  const isUntouched = left !== undefined;
  const written = (field: string) => table.remembered(remembered?.values ?? {}, field);
  /** The value after the write, which may differ from the one that was sent. */
  const stood = (field: string): unknown => {
    const known = left ?? lefts.at(0);
    return (known && table.sendable(known, field)) ?? written(field);
  };
  const knownOf = (fields: readonly string[]) =>
    remembered ? fields.filter((field) => written(field) !== undefined) : [];
  return {
    trusted: (field) => (isUntouched && policy !== 'REFUSE' ? written(field) : undefined),
    reusable(field) {
      const mayReuse = policy === 'REUSE' || (policy !== 'REFUSE' && isUntouched);
      return mayReuse ? written(field) : undefined;
    },
    originalOf(field, shown) {
      if (!isUntouched) return undefined;
      // What was written first: the answer may have shown it in another form already, which would be stored instead.
      return [written(field), stood(field)].find(
        (original) =>
          original !== undefined &&
          original !== shown &&
          isFormOf(shown, original, table.typeOf(field)),
      );
    },
    differs(field, shown) {
      const last = stood(field);
      return last !== undefined && !table.isSame(field, last, shown);
    },
    known: knownOf,
    describe(fields) {
      const known = knownOf(fields);
      if (!remembered || known.length === 0) return 'This service remembers no values of them';
      const values = known.map((field) => `${field} ${toShort(written(field))}`).join(', ');
      const reason =
        policy === 'REFUSE'
          ? '"hiddenFields" is REFUSE'
          : 'the badge may have been edited elsewhere since then';
      const others = known.length < fields.length ? '. It remembers no values of the others' : '';
      return `This service wrote ${values} at ${remembered.at}, but does not send that again because ${reason}${others}`;
    },
  };
}

/** Whether every field that the record shows is unchanged, or is shown in another form. */
function isAsLeft<Rules extends FieldRules>(
  table: FieldTable<Rules>,
  now: object,
  left: object,
): boolean {
  return table.names.every((field) => {
    const [shown, known] = [table.sendable(now, field), table.sendable(left, field)];
    if (shown === undefined || known === undefined) return true;
    return table.isSame(field, shown, known) || isFormOf(shown, known, table.typeOf(field));
  });
}

type Statements = FullWrites<FieldRules, unknown, unknown>['statements'];

interface Shown {
  shown: unknown;
  type: FieldType | undefined;
  memory: Memory;
}

/** Messages about fields that the caller did not set. */
function createMessages(title: string, { replaces, mayReset }: Statements) {
  const inDoubt = (field: string, message: string): Warning => ({
    code: 'SHOWN_VALUE_IN_DOUBT',
    message: `${title} shows "${field}" in a ${message}`,
    fields: [field],
  });
  return {
    /** A shown value is sent back, unless it is clearly another form of the value that the provider was given. */
    ofShown(field: string, { shown, type, memory }: Shown): Warning[] {
      if (memory.originalOf(field, shown) !== undefined) {
        return [
          inDoubt(
            field,
            'different form from the one this service wrote (truncated, escaped or signed), and nothing else in the badge has changed since. The value that this service wrote is sent back.',
          ),
        ];
      }
      const doubt = doubtOf(shown, type);
      if (!doubt && !memory.differs(field, shown)) return [];
      const reason = doubt
        ? `looks ${doubt}`
        : 'differs from the value that this service last wrote';
      return [
        inDoubt(
          field,
          `form that ${reason}. The shown value is sent back. Set "${field}" if the badge should have a different value.`,
        ),
      ];
    },
    reused: (fields: string[], { at }: RememberedFields): Warning => ({
      code: 'HIDDEN_FIELDS_REUSED',
      message: `${title} does not show these fields, so they are sent with the values that this service wrote at ${at}: ${fields.join(', ')}. Later edits of them in its dashboard are lost.`,
      fields,
    }),
    omitted: (fields: string[]): Warning => ({
      code: 'HIDDEN_FIELDS_OMITTED',
      message: `These fields are omitted, and ${mayReset}: ${fields.join(', ')}.`,
      fields,
    }),
    /** One problem for all such fields. */
    unknown(fields: readonly string[], memory: Memory): InputProblem {
      const reuse =
        memory.known(fields).length > 0
          ? 'REUSE, which sends the values that this service wrote, or to '
          : '';
      return {
        code: 'HIDDEN_FIELDS_UNKNOWN',
        fields: fields.map((field) => [field]),
        message: [
          `${replaces} and does not show these fields: ${fields.join(', ')}. Nothing was sent`,
          memory.describe(fields),
          `Set these fields, or set "hiddenFields" to ${reuse}OMIT, which leaves them out; ${title} may then reset them.`,
        ].join('. '),
      };
    },
  };
}

/** URLs of images can be long. */
const SHOWN_CHARACTERS = 60;

function toShort(value: unknown): string {
  const characters = [...(JSON.stringify(value) ?? 'null')];
  return characters.length > SHOWN_CHARACTERS
    ? `${characters.slice(0, SHOWN_CHARACTERS).join('')}…`
    : characters.join('');
}

/*
 * How a provider may show a value in a different form from the one it was given: its list may truncate or escape long
 * texts, and it may sign the URL of an image at every read.
 */

/** Why a shown text may differ from the stored one. */
type Doubt = 'cut' | 'escaped' | 'signed';

/** A text that is cut within a character is read with a U+FFFD in place of its rest. */
const CUT_MARK = /\[?(…|\.\.\.)\]?$|\uFFFD$/;
const ENTITY = /&(amp|lt|gt|quot|apos|nbsp|#\d{1,7}|#x[0-9a-f]{1,6});/i;
/** Shorter texts are rarely truncated. */
const MIN_CUT_CHARACTERS = 40;
/** Lengths at which lists truncate texts, if only the length tells. */
const CUT_LENGTHS = new Set([
  100, 120, 128, 140, 150, 160, 180, 200, 240, 250, 255, 256, 280, 300, 400, 500, 512, 1000, 1024,
]);

/** Undefined: nothing in the text itself raises a doubt. */
function doubtOf(shown: unknown, type: FieldType | undefined): Doubt | undefined {
  if (typeof shown !== 'string') return undefined;
  if (type === 'image' && withoutSignature(shown) !== shown) return 'signed';
  if (ENTITY.test(shown)) return 'escaped';
  const isCut =
    shown.length >= MIN_CUT_CHARACTERS &&
    (CUT_MARK.test(shown) || (CUT_LENGTHS.has(shown.length) && NO_SENTENCE_END.test(shown)));
  return isCut ? 'cut' : undefined;
}

/**
 * Whether a shown value is another form of a given one: truncated, escaped, trimmed or signed. Of two signed URLs neither
 * is: what looks like a signature may be a part of the URL that was changed on purpose.
 */
function isFormOf(shown: unknown, given: unknown, type: FieldType | undefined): boolean {
  if (shown === given) return true;
  if (typeof shown !== 'string' || typeof given !== 'string') return false;
  const plain = given.trim();
  return [shown, unescaped(shown)].some(
    (text) =>
      text === given ||
      text === plain ||
      (type === 'image' && withoutSignature(text) === given) ||
      isCutOf(text, given) ||
      isCutOf(text, plain),
  );
}

/**
 * Whether a list truncated a text: it marks the cut, or cuts at a usual length, before a space or inside a word. A
 * text that a person shortened ends with a whole word.
 */
function isCutOf(shown: string, given: string): boolean {
  const start = withoutCutMark(shown);
  const isStart =
    start.length >= MIN_CUT_CHARACTERS && start.length < given.length && given.startsWith(start);
  if (!isStart) return false;
  const isUsual =
    NO_SENTENCE_END.test(start) && [0, 1].some((blanks) => CUT_LENGTHS.has(shown.length + blanks));
  const isInWord = LETTER_AT_END.test(start) && LETTER_AT_START.test(given.slice(start.length));
  return start !== shown || isUsual || isInWord;
}

/** Not the end of a sentence. */
const NO_SENTENCE_END = /[\p{L}\p{N}\s,]$/u;
const LETTER_AT_END = /[\p{L}\p{N}]$/u;
const LETTER_AT_START = /^[\p{L}\p{N}\p{M}]/u;

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
};
const MAX_CODE_POINT = 0x10ffff;

/** The spaces before it are removed separately: one expression for both would take quadratic time. */
function withoutCutMark(text: string): string {
  const start = text.replace(CUT_MARK, '');
  return start === text ? text : start.trimEnd();
}

function unescaped(text: string): string {
  return text.replace(new RegExp(ENTITY, 'gi'), (entity, name: string) => {
    if (!name.startsWith('#')) return NAMED[name.toLowerCase()] ?? entity;
    const code = /^#x/i.test(name) ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10);
    return code <= MAX_CODE_POINT ? String.fromCodePoint(code) : entity;
  });
}
