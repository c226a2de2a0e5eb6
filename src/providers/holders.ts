import { isObject } from '../http/json.ts';
import { planWithoutFields } from './input-checks.ts';
import { type ChangeableBadge, definedValues } from './partial-writes.ts';
import type { FieldChange, Warning, WritePlan } from './provider.ts';

/** The field of a change that says which member holds a badge. */
const HOLDERS = 'holders';

export interface Holding {
  userId: string;
  badgeIds: readonly string[];
}

/** The plan of giving badges to a member. `knownHeld`: those that the member has already, as far as is known. */
export function planAward(
  body: object,
  { userId, badgeIds }: Holding,
  knownHeld: readonly string[] = [],
): WritePlan {
  const held = new Set(knownHeld);
  const changes = badgeIds.map((badgeId): FieldChange => {
    const holder = JSON.stringify({ badgeId, userId });
    return { field: HOLDERS, before: held.has(badgeId) ? holder : null, after: holder };
  });
  const again = badgeIds.filter((id) => held.has(id));
  return planWithoutFields(body, {
    changes,
    warnings: again.length > 0 ? [alreadyHeld(again.length)] : [],
  });
}

/** The plan of taking a badge away from a member. */
export function planRevoke(body: object, { userId, badgeIds }: Holding): WritePlan {
  const changes = badgeIds.map((badgeId): FieldChange => {
    return { field: HOLDERS, before: JSON.stringify({ badgeId, userId }), after: 'null' };
  });
  return planWithoutFields(body, { changes });
}

/** The badge that an answer shows, with what only the list shows beside. */
export function toShownOver<Badge extends ChangeableBadge<Badge>>(
  shown: Badge,
  { before }: { before: Badge | undefined },
): Badge {
  return before ? before.with(definedValues(shown.record)) : shown;
}

/** The badge that a change of holders is about. Undefined for a change of another field. */
export function heldBadgeId({ field, before, after }: FieldChange): string | undefined {
  if (field !== HOLDERS) return undefined;
  const holder = [after, before].map(toJson).find(isObject);
  return typeof holder?.badgeId === 'string' ? holder.badgeId : undefined;
}

function toJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    // A stored record may hold any text.
    return undefined;
  }
}

/** Without ids: `changes` has them. */
function alreadyHeld(badges: number): Warning {
  const what = badges === 1 ? 'a badge' : `${badges} badges`;
  return {
    code: 'ALREADY_HELD',
    message: `The member already has ${what}: this service awarded it earlier and knows of no revocation. See the entries of changes that have a previous value.`,
    fields: [],
  };
}
