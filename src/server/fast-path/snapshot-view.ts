/**
 * A snapshot view is what one request sees of the lists of its tenant.
 *
 * Promises: shows the snapshots that a read would give at once, each looked up when it is needed and the same for the
 * whole request. `cacheControl` is that of the full path for an answer from what was noted.
 */
import { INCOMPLETE_KEEP_MS } from '../../badges/context.ts';
import type { ProviderAccess, Tenant, TenantProvider } from '../../badges/tenant.ts';
import type { RequestEnded, SourceState } from '../../telemetry/observer.ts';
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

export interface SnapshotView extends Pick<RequestEnded, 'eachSource'> {
  readonly tenant: Tenant;
  /** Undefined: a read would wait, or the provider is not configured. `at` is the place of the provider. */
  see(at: number): Seen | undefined;
  /** Notes that the answer shows this reading. */
  note(reading: BadgeReading): void;
  /** Notes that a badge is missing in the answer. */
  noteMissing(): void;
  /** The representations or keys that are answered. */
  batchSize: number;
  /** For the answer from all that was noted. */
  cacheControl(): string;
}

/** Whether there is any list that a read would give at once. */
export function isAnyAtHand({ providers }: Tenant): boolean {
  return providers.some(({ access }) => access?.snapshots.peek() !== undefined);
}

export interface FreshTime {
  freshMs: number;
  /** Monotonic milliseconds. */
  now: () => number;
}

export function createSnapshotView(tenant: Tenant, freshTime: FreshTime): SnapshotView {
  return new TenantSnapshotView(tenant, freshTime);
}

/** A class, because one is made for each request: closures would take five times the memory. */
class TenantSnapshotView implements SnapshotView {
  readonly tenant: Tenant;
  readonly #freshTime: FreshTime;
  /** By the places of the providers. Null: a read would wait. */
  readonly #seen: (Seen | null)[] = [];
  #oldestAsOf = Infinity;
  #keepMs = Infinity;
  #isStale = false;
  batchSize = 0;

  constructor(tenant: Tenant, freshTime: FreshTime) {
    this.tenant = tenant;
    this.#freshTime = freshTime;
  }

  see(at: number): Seen | undefined {
    let found = this.#seen[at];
    if (found === undefined) {
      found = look(this.tenant.providers[at]);
      this.#seen[at] = found;
    }
    return found ?? undefined;
  }

  note({ snapshot, state }: BadgeReading): void {
    if (state === 'STALE') this.#isStale = true;
    if (snapshot.value.droppedRecords > 0) this.noteMissing();
    this.#oldestAsOf = Math.min(this.#oldestAsOf, snapshot.asOf);
  }

  noteMissing(): void {
    this.#keepMs = Math.min(this.#keepMs, INCOMPLETE_KEEP_MS);
  }

  eachSource(tell: (provider: string, state: SourceState) => void): void {
    for (const [at, { provider }] of this.tenant.providers.entries()) {
      const seen = this.#seen[at];
      if (seen) tell(provider.name.enumValue, seen.reading.state);
    }
  }

  cacheControl(): string {
    if (this.#isStale || this.#oldestAsOf === Infinity) return NO_STORE;
    const { freshMs, now } = this.#freshTime;
    return toMaxAge(Math.min(this.#keepMs, freshMs, this.#oldestAsOf + freshMs - now()));
  }
}

function look(of: TenantProvider | undefined): Seen | null {
  const reading = of?.access?.snapshots.peek();
  return reading ? { reading, identity: identityOf(reading.snapshot.value) } : null;
}
