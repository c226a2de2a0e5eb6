import { refuseNullVersion, toLockedTarget } from '../badge-at-version-input.ts';
import { refuseNothingGiven, toChange } from '../input-checks.ts';
import type { Operation, PlanBasis, WritePlan } from '../provider.ts';
import { planAutomation, refuseBothKinds } from './automation.ts';
import type { TagMangoBadge } from './badge.ts';
import type { TagMangoClient } from './client.ts';
import { CLEARED, WRITABLE_FIELDS, checkFields, givenFields, toBody } from './fields.ts';
import type { WritableField } from './fields.ts';
import { UpdateTagMangoBadgeInput } from './update-input.ts';

/** Only what is given is sent: that the provider keeps the rest is inferred. */
export const updateOperation: Operation<UpdateTagMangoBadgeInput, TagMangoClient, TagMangoBadge> = {
  inputClass: UpdateTagMangoBadgeInput,
  check: (input, rules) => [
    ...refuseNullVersion(input),
    ...refuseNothingGiven(input, WRITABLE_FIELDS),
    ...checkFields(input, rules),
    ...(input.enableAutomation === true ? refuseBothKinds(input) : []),
  ],
  target: toLockedTarget,
  canSkipRead: () => true,
  plan: planUpdate,
  send: (client, { input, body }, bounds) => client.updateBadge(input.id, body, bounds),
  toStanding: (shown, { body, before }) =>
    before ? before.with({ ...body, ...shown.record }) : shown,
  fieldsNotAsSent,
  valueOf: (badge, field) => standing(badge, field as WritableField),
  isConfirmedBy: ({ body }, badge) => badge !== null && fieldsNotAsSent(body, badge).length === 0,
};

/** Also used for a creation. Only fields that the badge shows can tell. */
export function fieldsNotAsSent(body: object, badge: TagMangoBadge): string[] {
  return changesOf(body, badge)
    .map(({ field }) => field)
    .filter((field) => standing(badge, field as WritableField) !== undefined);
}

function planUpdate(
  input: UpdateTagMangoBadgeInput,
  { current }: PlanBasis<TagMangoBadge>,
): WritePlan {
  const body = toBody(input);
  const changes = changesOf(body, current);
  return {
    body,
    writtenValues: null,
    givenFields: givenFields(input),
    changes,
    ...planAutomation(changes, { before: current?.record, body }),
  };
}

/** What the body changes of the badge. */
function changesOf(body: object, badge: TagMangoBadge | undefined) {
  return WRITABLE_FIELDS.filter((field) => field in body).flatMap((field) => {
    return (
      toChange(field, badge && standing(badge, field), (body as Record<string, unknown>)[field]) ??
      []
    );
  });
}

/** Undefined: the provider does not show the field. */
export function standing({ record }: TagMangoBadge, field: WritableField): unknown {
  return record[field] === undefined ? undefined : (record[field] ?? CLEARED[field] ?? null);
}
