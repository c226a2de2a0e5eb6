import type { CallBounds } from '../../http/call-options.ts';
import type { Operation, OperationKind, Target, WritePlan } from '../../providers/provider.ts';
import type { HeldLock } from '../../state/state-store.ts';
import type { BadgesContext } from '../context.ts';
import type { BadgeSource } from '../reading/source.ts';
import type { TenantProvider } from '../tenant.ts';
import type { HeldBadges, HiddenMemory } from './memory.ts';

export interface Choice {
  of: TenantProvider;
  operation: Operation;
  input: object;
}

/** A write on its way; the steps in this folder take it in turn. */
export interface Write extends Choice {
  kind: OperationKind;
  context: BadgesContext;
  source: BadgeSource;
  /** Where the provider's input stands in the arguments, for user errors. */
  path: readonly string[];
  dryRun: boolean;
  target: Target | null;
  /** Null where the provider can be asked for every field, or there is no badge yet. */
  memory: HiddenMemory | null;
  /** The memory of a badge that the write makes. */
  memoryOf: (badgeId: string) => HiddenMemory;
  /** Told what the input points to. */
  onPrepared: (input: Choice['input']) => void;
  /** The badges that a member is known to hold. */
  heldBy: (userId: string) => HeldBadges;
  /** What the write is alone under. Null: it needs no lock, or goes on without the store. */
  lock: HeldLock | null;
  /** The caller relies on the store: without it, nothing may be sent. */
  needsStore: boolean;
  hasKey: boolean;
  /** What it is called where it makes a badge. */
  creation: Creation;
  /**
   * Told durably before the first byte leaves. Rejects with a `StateError`.
   */
  beforeSend: (plan: WritePlan, proof: Proof) => Promise<void>;
}

/** A creation among all of its tenant. */
export interface Creation {
  tenant: string;
  caller: string;
  /** Null: every one without a key is another one. */
  idempotencyKey: string | null;
  /** The same for a repeat of its key. */
  claimant: string;
}

/** How a later read can show that a write took effect. */
export interface Proof {
  /** A read that shows what was planned proves it. */
  isVisible: boolean;
  /** Of a creation: badges that had the same values before. Undefined: not known, or no creation. */
  twinIds?: readonly string[] | undefined;
}

/** A full attempt and this much more must be left of the deadline for a write to start: time for the reread. */
const REREAD_MS = 1_000;

/** What the calls of a write are for, and when they must end, so that the next ones have their time. */
export function boundsOf(
  { context, dryRun }: Pick<Write, 'context' | 'dryRun'>,
  purpose: 'prepare' | 'write' | 'settle',
): CallBounds {
  const { tenant, deadlineAt } = context;
  if (purpose === 'settle' || dryRun) return { purpose, deadlineAt };
  const answeredBy = deadlineAt - REREAD_MS;
  const isWrite = purpose === 'write';
  return { purpose, deadlineAt: isWrite ? answeredBy : answeredBy - tenant.attemptTimeoutMs };
}

/** What is left of the time for the read when it is given up, so that the write can start without it. */
const START_MARGIN_MS = 250;

/** Of a read before a write that can do without it. */
export function boundsOfOptionalRead(write: Pick<Write, 'context' | 'dryRun'>): CallBounds {
  const { purpose, deadlineAt } = boundsOf(write, 'prepare');
  return { purpose, deadlineAt: deadlineAt - START_MARGIN_MS };
}

/** Milliseconds until the caller must have its answer. */
export function timeLeft({ context }: Pick<Write, 'context'>): number {
  return Math.max(0, context.deadlineAt - context.tenant.now());
}

/** Milliseconds until the last moment at which this write may still start. */
export function timeToStart({ context }: Write): number {
  const { tenant, deadlineAt } = context;
  return deadlineAt - tenant.now() - tenant.attemptTimeoutMs - REREAD_MS;
}
