import type { BadgeFields } from '../../providers/badge-list.ts';
import type {
  FieldChange,
  Operation,
  OperationKind,
  RememberedFields,
  Target,
  WritePlan,
} from '../../providers/provider.ts';
import type { HeldLock } from '../../state/state-store.ts';
import type { BadgeSource, BadgesContext } from '../context.ts';
import type { BadgeIndex } from '../reading/badge-index.ts';
import type { OpenWrites } from '../recent-writes.ts';
import type { TenantProvider } from '../tenant.ts';
import type { Outcome } from './outcome.ts';

/** A mutation as the graph received it. */
export interface MutationRequest {
  readonly kind: OperationKind;
  /** The input, by the key of its provider. */
  readonly oneOf: Readonly<Record<string, object | null | undefined>>;
  readonly dryRun: boolean;
  readonly idempotencyKey: string | null;
  /** Undefined: the version is not checked. Always undefined for operations that change no badge that was there. */
  readonly expectedVersion: string | undefined;
}

/** A mutation whose provider is known. */
export interface Mutation extends MutationRequest {
  readonly context: BadgesContext;
  readonly of: TenantProvider;
  readonly operation: Operation;
  /** The provider's own input. */
  readonly input: object;
}

/** A mutation with valid input on its way to the provider. */
export interface Write extends Mutation {
  readonly target: Target | null;
  /** What `prepare` found. Undefined if the operation prepares nothing. */
  readonly found: object | undefined;
  /** The member who gains or loses badges. Null for other operations, and while the ID is unknown. */
  readonly memberId: string | null;
  readonly source: BadgeSource;
  readonly journal: WriteJournal;
  /** Null if the write needs no lock, or continues without the state store. */
  readonly lock: HeldLock | null;
}

/** A planned write that is about to be sent, or was sent. */
export interface Sending {
  readonly write: Write;
  readonly plan: WritePlan;
  /** The target badges as they were read before the write. */
  readonly current: readonly BadgeFields[];
  /** Earlier writes of the one badge that the provider may not show yet. */
  readonly open: OpenWrites;
  /** The list that was read before the write. Undefined if it was not read. */
  readonly list: BadgeIndex | undefined;
  readonly proof: Proof;
}

/** How a later read can prove that a write took effect. */
export interface Proof {
  /** Whether a badge that shows the planned values proves the write: false if it showed them before. */
  readonly isVisible: boolean;
  /** For a creation, the badges that were there before, as `hashIds` makes it. Undefined if they are unknown or too many. */
  readonly earlierIds: string | undefined;
}

/**
 * Everything that this service records about one write: the audit record, the idempotency key, the values that the
 * provider does not show, and the badges of the member. Used in this order: `recall`, `stage` before the first byte
 * leaves, `commit` or `rollback` (neither if the outcome is unknown), and `close`. It rejects with no `StateError`.
 */
export interface WriteJournal {
  recall(): Promise<Recalled>;
  /** Of the badges to award, those that the member already has. Empty if unknown. */
  alreadyHeld(memberId: string): Promise<readonly string[]>;
  /** Whether this creation made a badge that has just appeared. False if another mutation did, or may have. */
  claimCreated(badge: BadgeFields): Promise<boolean>;
  /** Records durably what is about to be sent. False if the write must not be sent. */
  stage(sending: Sending): Promise<boolean>;
  /** Records what the write changed. False if this or the staging was not recorded. */
  commit(sending: Sending, standing: Pick<Standing, 'badge' | 'sent'>): Promise<boolean>;
  /** Writes the audit record of an applied write ahead of `close`: together with `commit`, the store is waited for once. */
  audit(
    badge: BadgeFields | undefined,
    applied: { changes: readonly FieldChange[]; memberId: string | null },
  ): Promise<void>;
  /** Restores what was recorded before the staging, in the background if the store fails. */
  rollback(): Promise<void>;
  /** Writes the audit record, unless `audit` has, and closes the key. Returns the outcome with the warnings of the store. */
  close(outcome: Outcome, memberId: string | null): Promise<Outcome>;
  /** Releases the key of an invalid mutation, which leaves no audit record. */
  discard(outcome: Outcome): Promise<Outcome>;
  /** Closes the key after an unexpected error: it is released if nothing was sent, otherwise its outcome is unknown. */
  abandon(): Promise<void>;
}

interface Recalled {
  /** Null if nothing is known. */
  readonly remembered: RememberedFields | null;
  /** Whether the store failed, so that more may be known. */
  readonly isUnavailable: boolean;
}

/** The badge as it stands at the provider after a write. It may differ from what was sent. */
export interface Standing {
  /** Undefined if the write shows no badge. */
  readonly badge: BadgeFields | undefined;
  /** Fields that the provider shows with a different value from the one it was sent. */
  readonly altered: readonly string[];
  /** The badge as it was sent, if the provider has shown only older states since. */
  readonly sent?: BadgeFields | undefined;
}
