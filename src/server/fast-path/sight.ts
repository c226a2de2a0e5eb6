/**
 * Promises: shows one request the snapshots of its tenant that a read would give at once, each looked up when it is
 * needed and the same for the whole request, and tells how long an answer from them may be kept.
 */
import { INCOMPLETE_KEEP_MS } from '../../badges/context.ts';
import type { ProviderAccess, Tenant, TenantProvider } from '../../badges/tenant.ts';
import { NO_STORE, toMaxAge } from '../apollo.ts';

export type BadgeReading = NonNullable<ReturnType<ProviderAccess['snapshots']['peek']>>;

/** Stands for an object without keeping it in memory: two are equal only for the same one. */
export type Identity = number;

const identities = new WeakMap<object, Identity>();
let lastIdentity: Identity = 0;

export function identityOf(object: object): Identity {
  const known = identities.get(object);
  if (known !== undefined) return known;
  lastIdentity += 1;
  identities.set(object, lastIdentity);
  return lastIdentity;
}

interface Seen {
  reading: BadgeReading;
  /** Of the list itself, which a refresh replaces. */
  identity: Identity;
}

export interface Sight {
  readonly tenant: Tenant;
  /** Undefined: a read would wait, or the provider is not configured. `at` is the place of the provider. */
  see(at: number): Seen | undefined;
  /** Notes that the answer shows this reading. */
  note(reading: BadgeReading): void;
  /** Notes that a badge is missing in the answer. */
  noteMissing(): void;
  /** For the answer from all that was noted. */
  cacheControl(): string;
}

export interface FreshTime {
  freshMs: number;
  /** Monotonic milliseconds. */
  now: () => number;
}

export function createSight(tenant: Tenant, { freshMs, now }: FreshTime): Sight {
  const seen: (Seen | null)[] = [];
  let oldestAsOf = Infinity;
  let keepMs = Infinity;
  let isStale = false;

  function look(of: TenantProvider | undefined): Seen | null {
    const reading = of?.access?.snapshots.peek();
    return reading ? { reading, identity: identityOf(reading.snapshot.value) } : null;
  }
  return {
    tenant,
    see(at) {
      let found = seen[at];
      if (found === undefined) {
        found = look(tenant.providers[at]);
        seen[at] = found;
      }
      return found ?? undefined;
    },
    note({ snapshot, state }) {
      if (state === 'STALE') isStale = true;
      if (snapshot.value.droppedRecords > 0) keepMs = Math.min(keepMs, INCOMPLETE_KEEP_MS);
      oldestAsOf = Math.min(oldestAsOf, snapshot.asOf);
    },
    noteMissing() {
      keepMs = Math.min(keepMs, INCOMPLETE_KEEP_MS);
    },
    cacheControl() {
      if (isStale || oldestAsOf === Infinity) return NO_STORE;
      return toMaxAge(Math.min(keepMs, freshMs, oldestAsOf + freshMs - now()));
    },
  };
}
