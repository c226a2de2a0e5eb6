import { createSlices } from '../../http/slices.ts';
import { STEPS_OF_RECORD } from '../../providers/badge-list.ts';
import type { BadgeFields } from '../../providers/badge-fields.ts';
import type { Operation } from '../../providers/provider.ts';
import type { StateStore } from '../../state/state-store.ts';
import type { BadgeIndex } from '../reading/badge-index.ts';
import { badgeLog, readAuditRecord } from './audit.ts';

/** The badges that show everything that a creation sends. */
async function matching(
  operation: Operation,
  list: BadgeIndex,
  body: object,
): Promise<BadgeFields[]> {
  if (!operation.fieldsNotAsSent) return [];
  const slices = createSlices();
  const found: BadgeFields[] = [];
  for (const badge of list.list.badges) {
    await slices.spend(STEPS_OF_RECORD);
    if (operation.fieldsNotAsSent(body, badge).length === 0) found.push(badge);
  }
  return found;
}

/** They are stored with the attempt. Among more, no badge can be told for the one that was made. */
const MAX_TWINS = 100;

/** The ids of badges that have the values of a creation already, before it is sent. Undefined: they are too many. */
export async function findTwinIds(
  operation: Operation,
  list: BadgeIndex,
  body: object,
): Promise<string[] | undefined> {
  const twins = await matching(operation, list, body);
  return twins.length > MAX_TWINS ? undefined : twins.map(({ id }) => id);
}

/** The one badge that has appeared with the values of a creation. Undefined: there is none, or more than one, or it cannot be told. */
export async function findCreated(
  operation: Operation,
  sent: { list: BadgeIndex; body: object; twinIds: readonly string[] | undefined },
): Promise<BadgeFields | undefined> {
  const { list, body, twinIds } = sent;
  if (!twinIds) return undefined;
  const twins = new Set(twinIds);
  const matches = await matching(operation, list, body);
  const [created, ...others] = matches.filter(({ id }) => !twins.has(id));
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
