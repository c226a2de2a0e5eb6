import DataLoader from 'dataloader';
import type { Reading, Snapshot } from '../../cache/snapshots.ts';
import { ProviderError } from '../../http/provider-error.ts';
import type { BadgeFields } from '../../providers/badge-fields.ts';
import type { BadgeIndex } from './badge-index.ts';
import { requireAccess } from '../tenant.ts';
import type { TenantProvider } from '../tenant.ts';

/** A provider's badges as one request sees them. Every method rejects with a `ProviderError` only. */
export interface BadgeSource {
  /** The whole list, the same one for the whole request until it writes. */
  list(): Promise<Reading<BadgeIndex>>;
  /** Null: the provider has no such badge. All lookups of a request share one list. */
  badge(id: string): Promise<BadgeFields | null>;
  /** The list as of now, past every cache. */
  listNew(): Promise<Snapshot<BadgeIndex>>;
  /** After a write: forgets every list read before it, for all requests. */
  forgetLists(): void;
  /** What a write answered, for later lookups of this request. */
  remember(badge: BadgeFields): void;
}

/** What a request's answer was made from; it decides how long the answer may be kept. */
export interface SourcesUsed {
  /** Epoch milliseconds; undefined when nothing was read. */
  oldestAsOf: number | undefined;
  /** Something was missing, or has no age, so that the answer must not be kept. */
  isFleeting: boolean;
}

export function createBadgeSource(of: TenantProvider, used: SourcesUsed): BadgeSource {
  let reading: Promise<Reading<BadgeIndex>> | undefined;
  const loader = new DataLoader<string, BadgeFields | null>(findAll);

  async function read(): Promise<Reading<BadgeIndex>> {
    const result = await requireAccess(of).snapshots.read();
    if (result.snapshot.value.droppedRecords > 0) used.isFleeting = true;
    used.oldestAsOf = Math.min(used.oldestAsOf ?? Infinity, result.snapshot.asOf);
    return result;
  }

  async function list(): Promise<Reading<BadgeIndex>> {
    reading ??= read();
    return reading;
  }

  /** Joined by id; the order of the provider's list means nothing here. */
  async function findAll(ids: readonly string[]): Promise<(BadgeFields | null | Error)[]> {
    const { snapshot } = await list();
    return ids.map((id) => find(snapshot.value, id));
  }

  function find(index: BadgeIndex, id: string): BadgeFields | null | Error {
    try {
      const badge = index.find(id);
      if (!badge) used.isFleeting = true;
      return badge;
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      error.provider = of.provider.name;
      return error;
    }
  }

  return {
    list,
    badge: (id) => loader.load(id),
    listNew: async () => requireAccess(of).snapshots.readNew(),
    forgetLists() {
      reading = undefined;
      loader.clearAll();
      of.access?.snapshots.clear();
    },
    remember(badge) {
      loader.clear(badge.id).prime(badge.id, badge);
    },
  };
}
