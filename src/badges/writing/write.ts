import type { CallBounds } from '../../http/call-options.ts';
import type { BadgeFields } from '../../providers/badge-fields.ts';
import type {
  InputProblem,
  OperationKind,
  Provider,
  Target,
  Warning,
  WritePlan,
} from '../../providers/provider.ts';
import type { HeldLock } from '../../state/state-store.ts';
import type { BadgesContext } from '../context.ts';
import type { Choice } from '../inputs.ts';
import type { BadgeSource } from '../reading/source.ts';
import { toInputError } from '../user-errors.ts';
import type { HeldBadges } from './held-badges.ts';
import type { HiddenMemory } from './hidden-memory.ts';
import { type Outcome, toOutcome } from './outcome.ts';

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

export function refuse(
  path: readonly string[],
  problems: readonly InputProblem[],
  badges: readonly BadgeFields[] = [],
): Outcome {
  const userErrors = problems.map((problem) => toInputError(path, problem));
  return toOutcome('REFUSED', { badges, userErrors });
}

export function noChange(plan: WritePlan): Warning {
  return {
    code: 'NO_CHANGE',
    message: 'The badge already has all the given values. Nothing was sent.',
    fields: plan.givenFields,
  };
}

export function notReadBefore(plan: WritePlan): Warning {
  return {
    code: 'PREVIOUS_VALUES_UNKNOWN',
    message: 'The badge could not be read before the write, so its previous values are unknown.',
    fields: plan.changes.map(({ field }) => field),
  };
}

export function resentWarning({ name }: Provider, fields: string[]): Warning {
  return {
    code: 'SHOWN_VALUE_IN_DOUBT',
    message: `${name.title} took an earlier write and does not show it yet. These fields go back as they were sent: ${fields.join(', ')}. Give them if the badge should have other values`,
    fields,
  };
}

/** The warnings with one that says so; once is enough. */
export function withNotRecorded(warnings: readonly Warning[], fields: string[]): Warning[] {
  const isSaid = warnings.some(({ code }) => code === 'NOT_RECORDED');
  return isSaid ? [...warnings] : [...warnings, notRecorded(fields)];
}

function notRecorded(fields: string[]): Warning {
  return {
    code: 'NOT_RECORDED',
    message:
      'The state store is unavailable, so this change may be missing from the history and from the remembered values.',
    fields,
  };
}
