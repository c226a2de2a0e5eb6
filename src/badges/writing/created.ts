import type { BadgeFields } from '../../providers/badge-fields.ts';
import type { Operation } from '../../providers/provider.ts';
import type { StateStore } from '../../state/state-store.ts';
import type { BadgeIndex } from '../reading/badge-index.ts';
import { badgeLog, readAuditRecord } from './audit.ts';

/** The badges that show everything that a creation sends. */
function matching(operation: Operation, list: BadgeIndex, body: object): BadgeFields[] {
  if (!operation.fieldsNotAsSent) return [];
  return list.list.badges.filter((badge) => operation.fieldsNotAsSent?.(body, badge).length === 0);
}

/** The ids of badges that have the values of a creation already, before it is sent. */
export function findTwinIds(operation: Operation, list: BadgeIndex, body: object): string[] {
  return matching(operation, list, body).map(({ id }) => id);
}

/** The one badge that has appeared with the values of a creation. Undefined: there is none, or more than one, or it cannot be told. */
export function findCreated(
  operation: Operation,
  sent: { list: BadgeIndex; body: object; twinIds: readonly string[] | undefined },
): BadgeFields | undefined {
  const { list, body, twinIds } = sent;
  if (!twinIds) return undefined;
  const [created, ...others] = matching(operation, list, body).filter(
    ({ id }) => !twinIds.includes(id),
  );
  return others.length === 0 ? created : undefined;
}

/** How far back a badge that has just appeared is looked through. */
const MAX_RECORDS = 100;

/** Whether another mutation than the one with this key made the badge, by the records of this service. Rejects with a `StateError`. */
export async function isMadeByAnother(
  store: Pick<StateStore, 'readBackward'>,
  { tenant, badge, ownKey }: { tenant: string; badge: BadgeFields; ownKey: string | null },
): Promise<boolean> {
  const log = badgeLog(tenant, badge.provider, badge.id);
  const entries = await store.readBackward(log, { limit: MAX_RECORDS });
  return entries.some(({ entry }) => {
    const reading = readAuditRecord(entry);
    if (!('record' in reading)) return false;
    const { operation, idempotencyKey } = reading.record;
    return operation === 'create' && (ownKey === null || idempotencyKey !== ownKey);
  });
}
