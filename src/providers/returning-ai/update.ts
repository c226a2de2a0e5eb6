import { invalid, isGiven, refuseNothingGiven, toChange, valueOf } from '../input-checks.ts';
import type {
  FieldChange,
  InputProblem,
  Operation,
  PlanBasis,
  RememberedFields,
  Warning,
  WritePlan,
} from '../provider.ts';
import type { ReturningAIBadge } from './badge.ts';
import type { ReturningAIClient } from './client.ts';
import {
  WRITABLE_FIELDS,
  checkFields,
  hiddenPart,
  isHidden,
  rememberedValue,
  toWireValue,
} from './fields.ts';
import { toLockedTarget } from '../badge-at-version-input.ts';
import { UpdateReturningAIBadgeInput } from './update-input.ts';

/** The provider replaces the whole badge, so an update sends the whole badge. */
export const updateOperation: Operation<
  UpdateReturningAIBadgeInput,
  ReturningAIClient,
  ReturningAIBadge
> = {
  inputClass: UpdateReturningAIBadgeInput,
  check: (input, rules) => [
    ...refuseNothingGiven(input, WRITABLE_FIELDS),
    ...checkFields(input, rules),
  ],
  target: toLockedTarget,
  isComplete: (input) => WRITABLE_FIELDS.every((field) => isGiven(input, field)),
  plan: planUpdate,
  send: (client, { input, body }, bounds) => client.updateBadge(input.id, body, bounds),
  isConfirmedBy: ({ body }, badge) =>
    badge !== null &&
    Object.entries(body).every(
      ([field, value]) => isHidden(field) || valueOf(badge.record, field) === value,
    ),
};

/** The whole badge as it shall be. What is neither given, readable nor remembered is refused, or left out on request. */
function planUpdate(
  input: UpdateReturningAIBadgeInput,
  { current, remembered }: PlanBasis<ReturningAIBadge>,
): WritePlan {
  const body: Record<string, unknown> = {};
  const changes: FieldChange[] = [];
  const reusedFields: string[] = [];
  const unknownFields: string[] = [];

  for (const field of WRITABLE_FIELDS) {
    const readable = current && (valueOf(current.record, field) ?? undefined);
    const before = isHidden(field) ? rememberedValue(remembered?.values ?? {}, field) : readable;
    if (isGiven(input, field)) {
      body[field] = toWireValue(input[field]);
      const change = toChange(field, before, body[field]);
      if (change) changes.push(change);
    } else if (before !== undefined) {
      body[field] = before;
      if (isHidden(field)) reusedFields.push(field);
    } else {
      unknownFields.push(field);
    }
  }

  const mayOmit = input.hiddenFields === 'OMIT';
  return {
    body,
    hiddenValues: hiddenPart(body),
    givenFields: WRITABLE_FIELDS.filter((field) => isGiven(input, field)),
    changes,
    warnings: [
      ...(remembered && reusedFields.length > 0 ? [reused(reusedFields, remembered)] : []),
      ...(mayOmit && unknownFields.length > 0 ? [omitted(unknownFields)] : []),
    ],
    problems: mayOmit ? [] : unknownFields.map(unknownValue),
  };
}

function reused(fields: string[], { at }: RememberedFields): Warning {
  return {
    code: 'HIDDEN_FIELDS_REUSED',
    message: `Sent as this service wrote them at ${at}, since Returning.AI never shows them: ${fields.join(', ')}. An edit in its dashboard since then is lost`,
    fields,
  };
}

function omitted(fields: string[]): Warning {
  return {
    code: 'HIDDEN_FIELDS_OMITTED',
    message: `Left out, so that Returning.AI may have reset them: ${fields.join(', ')}`,
    fields,
  };
}

function unknownValue(field: string): InputProblem {
  return {
    ...invalid(
      field,
      `Returning.AI replaces ${field} at every update and its value cannot be read: give it, or set hiddenFields to OMIT`,
    ),
    code: 'HIDDEN_FIELDS_UNKNOWN',
  };
}
