import {
  isGiven,
  refuseNothingGiven,
  refuseNullVersion,
  toChange,
  toLockedTarget,
  valueOf,
} from '../input-checks.ts';
import type {
  FieldChange,
  InputProblem,
  Operation,
  PlanBasis,
  RememberedFields,
  Warning,
  WritePlan,
} from '../provider.ts';
import { doubtOf } from '../shown-values.ts';
import type { ReturningAIBadge } from './badge.ts';
import type { ReturningAIClient } from './client.ts';
import {
  WRITABLE_FIELDS,
  type WritableField,
  checkFields,
  shownValue,
  toWireValue,
} from './fields.ts';
import { type Memory, hiddenProblem, judgeMemory } from './remembered.ts';
import { UpdateReturningAIBadgeInput } from './update-input.ts';

/** The provider replaces the whole badge (inferred), so an update sends the whole badge. */
export const updateOperation: Operation<
  UpdateReturningAIBadgeInput,
  ReturningAIClient,
  ReturningAIBadge
> = {
  inputClass: UpdateReturningAIBadgeInput,
  check: (input, rules) => [
    ...refuseNullVersion(input),
    ...refuseNothingGiven(input, WRITABLE_FIELDS),
    ...checkFields(input, rules),
  ],
  target: toLockedTarget,
  canSkipRead: (input) => WRITABLE_FIELDS.every((field) => isGiven(input, field)),
  plan: planUpdate,
  send: (client, { input, body }, bounds) => client.updateBadge(input.id, body, bounds),
  toStanding,
  toExpected,
  fieldsNotAsSent,
  valueOf: ({ record }, field) => shownValue(record, field as WritableField),
  isConfirmedBy: ({ body }, badge) => badge !== null && fieldsNotAsSent(body, badge).length === 0,
};

/** What an answer leaves out stands as it was sent, as far as the badge shows the field at all. */
export function toStanding(
  shown: ReturningAIBadge,
  { body, before }: { body: object; before: ReturningAIBadge | undefined },
): ReturningAIBadge {
  if (!before) return shown;
  const answered = Object.entries(shown.record).filter(([, value]) => value !== undefined);
  return toExpected(body, before).with(Object.fromEntries(answered));
}

/** What is sent, as far as the badge shows the field at all. */
function toExpected(body: object, before: ReturningAIBadge): ReturningAIBadge {
  const sent = Object.entries(body).filter(
    ([field]) => valueOf(before.record, field) !== undefined,
  );
  return before.with(Object.fromEntries(sent));
}

/** Also used for a creation. Only fields that the badge shows can tell. */
export function fieldsNotAsSent(body: object, { record }: ReturningAIBadge): string[] {
  return WRITABLE_FIELDS.filter((field) => {
    const [sent, shown] = [valueOf(body, field), shownValue(record, field)];
    return sent !== undefined && shown !== undefined && sent !== shown;
  });
}

interface Draft {
  body: Record<string, unknown>;
  changes: FieldChange[];
  reused: string[];
  unknown: WritableField[];
  doubts: Warning[];
}

/** The whole badge as it shall be. What is neither given, shown nor remembered is refused, or left out on request. */
function planUpdate(
  input: UpdateReturningAIBadgeInput,
  { current, remembered }: PlanBasis<ReturningAIBadge>,
): WritePlan {
  const memory = judgeMemory(current, remembered, input.hiddenFields);
  const draft: Draft = { body: {}, changes: [], reused: [], unknown: [], doubts: [] };
  for (const field of WRITABLE_FIELDS) {
    const shown = current && shownValue(current.record, field);
    if (isGiven(input, field)) give(draft, field, { input, shown, memory });
    else if (shown !== undefined) keepShown(draft, field, { shown, memory });
    else keepHidden(draft, field, memory);
  }
  const { body, changes, reused, unknown, doubts } = draft;
  const mayOmit = input.hiddenFields === 'OMIT';
  return {
    body,
    writtenValues: body,
    givenFields: WRITABLE_FIELDS.filter((field) => isGiven(input, field)),
    changes,
    warnings: [
      ...(remembered && reused.length > 0 ? [reusedWarning(reused, remembered)] : []),
      ...(mayOmit && unknown.length > 0 ? [omittedWarning(unknown)] : []),
      ...doubts,
    ],
    problems: problemsOf(unknown, { mayOmit, memory }),
  };
}

function problemsOf(
  unknown: readonly WritableField[],
  { mayOmit, memory }: { mayOmit: boolean; memory: Memory },
): InputProblem[] {
  return mayOmit || unknown.length === 0 ? [] : [hiddenProblem(unknown, memory)];
}

function give(
  { body, changes }: Draft,
  field: WritableField,
  known: { input: UpdateReturningAIBadgeInput; shown: unknown; memory: Memory },
): void {
  body[field] = toWireValue(known.input[field]);
  const change = toChange(field, known.shown ?? known.memory.trusted(field), body[field]);
  if (change) changes.push(change);
}

/** Goes back as it is shown, unless that is plainly another form of what the provider was given. */
function keepShown(
  { body, doubts }: Draft,
  field: WritableField,
  { shown, memory }: { shown: unknown; memory: Memory },
): void {
  const original = memory.originalOf(field, shown);
  body[field] = original ?? shown;
  const doubt = doubtOf(shown);
  if (original !== undefined) doubts.push(restoredWarning(field));
  else if (doubt) doubts.push(doubtWarning(field, `looks ${doubt}`));
  else if (memory.differs(field, shown))
    doubts.push(doubtWarning(field, 'differs from the value that this service last wrote'));
}

function keepHidden({ body, reused, unknown }: Draft, field: WritableField, memory: Memory): void {
  const value = memory.reusable(field);
  if (value === undefined) unknown.push(field);
  else {
    body[field] = value;
    reused.push(field);
  }
}

function reusedWarning(fields: string[], { at }: RememberedFields): Warning {
  return {
    code: 'HIDDEN_FIELDS_REUSED',
    message: `Returning.AI does not show these fields, so they are sent with the values that this service wrote at ${at}: ${fields.join(', ')}. Later edits of them in its dashboard are lost.`,
    fields,
  };
}

function omittedWarning(fields: string[]): Warning {
  return {
    code: 'HIDDEN_FIELDS_OMITTED',
    message: `These fields are omitted, and Returning.AI may reset them (inferred): ${fields.join(', ')}.`,
    fields,
  };
}

function restoredWarning(field: string): Warning {
  return {
    code: 'SHOWN_VALUE_IN_DOUBT',
    message: `Returning.AI shows "${field}" in a different form from the one this service wrote (truncated, escaped or signed), and nothing else in the badge has changed since. The value that this service wrote is sent back.`,
    fields: [field],
  };
}

function doubtWarning(field: string, reason: string): Warning {
  return {
    code: 'SHOWN_VALUE_IN_DOUBT',
    message: `Returning.AI shows "${field}" in a form that ${reason}. The shown value is sent back. Set "${field}" if the badge should have a different value.`,
    fields: [field],
  };
}
