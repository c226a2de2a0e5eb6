import type { InputProblem, RememberedFields } from '../provider.ts';
import { isFormOf } from '../shown-values.ts';
import type { ReturningAIBadge } from './badge.ts';
import {
  WRITABLE_FIELDS,
  type WritableField,
  rememberedValue,
  shownValue,
  toComparable,
} from './fields.ts';
import type { HiddenFieldsPolicy } from './update-input.ts';
import { type ReturningAIRecord, recordSchema } from './wire.ts';

/** What this service wrote last, judged by what the badge shows now and by what the caller allows. */
export interface Memory {
  /** Undefined: not remembered, or something speaks for an edit elsewhere since. */
  trusted(field: WritableField): unknown;
  /** What may be sent for a field that is not shown. Undefined: nothing. */
  reusable(field: WritableField): unknown;
  /** What was written, where the shown value is another form of it. Undefined: the shown value counts. */
  originalOf(field: WritableField, shown: unknown): unknown;
  /** Whether a shown value is another one than this service wrote last. */
  differs(field: WritableField, shown: unknown): boolean;
  /** What is remembered of fields that cannot be sent, and why not, in a sentence; empty if nothing is. */
  describe(fields: readonly WritableField[]): string;
}

/** `current` undefined: the badge could not be read, so that nothing speaks for an edit or against it. */
export function judgeMemory(
  current: ReturningAIBadge | undefined,
  remembered: RememberedFields | null,
  policy: HiddenFieldsPolicy | null | undefined,
): Memory {
  const lefts = (remembered?.left ?? []).flatMap((left) => recordSchema.safeParse(left).data ?? []);
  const left = current && lefts.find((record) => isAsLeft(current.record, record));
  const isUntouched = left !== undefined;
  const written = (field: WritableField): unknown =>
    rememberedValue(remembered?.values ?? {}, field);
  /** What stood after the write: a provider may hold another value than it was sent. */
  const stood = (field: WritableField): unknown => {
    const known = left ?? lefts.at(0);
    return (known && shownValue(known, field)) ?? written(field);
  };
  return {
    trusted: (field) => (isUntouched ? written(field) : undefined),
    reusable(field) {
      const mayReuse = policy === 'REUSE' || (policy !== 'REFUSE' && isUntouched);
      return mayReuse ? written(field) : undefined;
    },
    originalOf(field, shown) {
      const original = stood(field);
      const isOther = isUntouched && original !== undefined && original !== shown;
      return isOther && isFormOf(shown, original) ? original : undefined;
    },
    differs(field, shown) {
      const last = stood(field);
      return last !== undefined && toComparable(field, last) !== toComparable(field, shown);
    },
    describe(fields) {
      const known = fields.filter((field) => written(field) !== undefined);
      if (!remembered || known.length === 0) return '';
      const values = known.map((field) => `${field} ${toShort(written(field))}`).join(', ');
      const reason =
        policy === 'REFUSE'
          ? '"hiddenFields" is REFUSE'
          : 'the badge may have been edited elsewhere since then';
      return `This service wrote ${values} at ${remembered.at}, but does not send the value because ${reason}`;
    },
  };
}

/** Whether everything that the record shows is as it was left, or is shown in another form. */
function isAsLeft(now: ReturningAIRecord, left: ReturningAIRecord): boolean {
  return WRITABLE_FIELDS.every((field) => {
    const [shown, known] = [shownValue(now, field), shownValue(left, field)];
    if (shown === undefined || known === undefined) return true;
    return toComparable(field, shown) === toComparable(field, known) || isFormOf(shown, known);
  });
}

/** One problem for all fields. */
export function hiddenProblem(fields: readonly WritableField[], memory: Memory): InputProblem {
  const known = memory.describe(fields);
  return {
    code: 'HIDDEN_FIELDS_UNKNOWN',
    field: [],
    message: [
      `Returning.AI replaces the whole badge at each update (inferred) and does not show these fields: ${fields.join(', ')}. Nothing was sent`,
      ...(known === '' ? [] : [known]),
      `Set these fields, or set "hiddenFields": ${known === '' ? '' : 'REUSE sends the values that this service wrote; '}OMIT omits the fields, and Returning.AI may then reset them.`,
    ].join('. '),
  };
}

/** A picture's URL can be long. */
const SHOWN_CHARACTERS = 60;

function toShort(value: unknown): string {
  const characters = [...(JSON.stringify(value) ?? 'null')];
  return characters.length > SHOWN_CHARACTERS
    ? `${characters.slice(0, SHOWN_CHARACTERS).join('')}…`
    : characters.join('');
}
