import DataLoader from 'dataloader';
import type { Reading, Snapshot } from '../../cache/snapshot-entry.ts';
import type { CallBounds } from '../../http/call-options.ts';
import { ProviderError } from '../../http/provider-error.ts';
import type { BadgeFields } from '../../providers/badge-fields.ts';
import type { Provider } from '../../providers/provider.ts';
import { type TenantProvider, requireAccess } from '../tenant.ts';
import type { BadgeIndex } from './badge-index.ts';

type Named = Pick<Provider, 'name'>;
type Spelling = Pick<Provider, 'name' | 'canonicalId'>;

/** Stands for all that shows any of a provider's badges. */
export function listTag({ name }: Named): string {
  return `badges:${name.enumValue}`;
}

/** Stands for all that shows, or misses, one badge. */
export function badgeTag(provider: Spelling, id: string): string {
  return `badge:${provider.name.enumValue}:${provider.canonicalId(id)}`;
}

/** A provider's badges as one request sees them. Every method rejects with a `ProviderError` only. */
export interface BadgeSource {
  /** The whole list, the same one for the whole request until it writes. */
  list(): Promise<Reading<BadgeIndex>>;
  /** Null: the provider has no such badge. All lookups of a request share one list. */
  badge(id: string): Promise<BadgeFields | null>;
  /** The list as of now, past every cache. */
  listNew(bounds: CallBounds): Promise<Snapshot<BadgeIndex>>;
  /**
   * After a write: no request that begins later, at any replica, sees a list that was read before it.
   * A replica that does not answer is waited for at most `withinMs`.
   */
  forgetLists(withinMs: number): Promise<void>;
  /** What a write answered, for later lookups of this request. */
  remember(badge: BadgeFields): void;
}

/** What a request's answer was made from; it decides how long the answer may be kept. */
export interface SourcesUsed {
  /** Monotonic milliseconds; undefined when nothing was read. */
  oldestAsOf: number | undefined;
  /** How long the answer may be kept at most, milliseconds; 0 for what is incomplete, late, or has no age. */
  keepMs: number;
  /** Names of what the answer shows, under which a router can drop it. */
  readonly tags: Set<string>;
}

/** A badge that is missing may be made any moment; a record that was dropped may be mended. */
export const ODD_KEEP_MS = 5_000;

export function createBadgeSource(
  of: TenantProvider,
  used: SourcesUsed,
  bounds: CallBounds,
): BadgeSource {
  let reading: Promise<Reading<BadgeIndex>> | undefined;
  const loader = new DataLoader<string, BadgeFields | null>(findAll);

  async function read(): Promise<Reading<BadgeIndex>> {
    const result = await requireAccess(of).snapshots.read(bounds);
    if (result.state === 'STALE') used.keepMs = 0;
    if (result.snapshot.value.droppedRecords > 0) keepAtMost(ODD_KEEP_MS);
    used.tags.add(listTag(of.provider));
    used.oldestAsOf = Math.min(used.oldestAsOf ?? Infinity, result.snapshot.asOf);
    return result;
  }

  function keepAtMost(ms: number): void {
    used.keepMs = Math.min(used.keepMs, ms);
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
      if (!badge) keepAtMost(ODD_KEEP_MS);
      return badge;
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      error.provider = of.provider.name;
      return error;
    }
  }

  return {
    list,
    badge(id) {
      used.tags.add(badgeTag(of.provider, id));
      return loader.load(id);
    },
    listNew: async (newBounds) => requireAccess(of).snapshots.readNew(newBounds),
    async forgetLists(withinMs) {
      reading = undefined;
      loader.clearAll();
      await of.access?.snapshots.clear(withinMs);
    },
    remember(badge) {
      loader.clear(badge.id).prime(badge.id, badge);
    },
  };
}
