import { isObject } from '../http/json.ts';
import { planWithoutFields } from './input-checks.ts';
import { type ChangeableBadge, definedValues } from './partial-writes.ts';
import type { FieldChange, Warning, WritePlan } from './provider.ts';

/** The field of a change that names the member who holds a badge. */
const HOLDERS = 'holders';

export interface Holding {
  userId: string;
  badgeIds: readonly string[];
}

/** The plan of an award. `knownHeld`: the badges that the member already has, as far as this service knows. */
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

/** The plan of a revocation. */
export function planRevoke(body: object, { userId, badgeIds }: Holding): WritePlan {
  const changes = badgeIds.map((badgeId): FieldChange => {
    return { field: HOLDERS, before: JSON.stringify({ badgeId, userId }), after: 'null' };
  });
  return planWithoutFields(body, { changes });
}

/** The badge of a response, completed with fields that only the list shows. */
export function withShownFields<Badge extends ChangeableBadge<Badge>>(
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

/** Does not name the badges, because `changes` does. */
function alreadyHeld(badges: number): Warning {
  const what = badges === 1 ? 'a badge' : `${badges} badges`;
  return {
    code: 'ALREADY_HELD',
    message: `The member already has ${what}: this service awarded it earlier and knows of no revocation. See the entries of changes that have a previous value.`,
    fields: [],
  };
}
