import { reasonOf } from '../../state/thrown.ts';
import type { StateStore } from '../../state/state-store.ts';
import { closeLostAudits } from './audit.ts';
import type { OnUnreadable } from './stored-record.ts';

/** While records cannot be closed for the same reason, it is told of again once in so many runs. */
const RUNS_PER_REMINDER = 60;

export interface AuditRecoveryOptions {
  onUnreadable: OnUnreadable;
  /** Records of processes that died cannot be closed, for a reason that is new or has not been told of for long. */
  onFailure: (error: unknown) => void;
  /** They can be again. */
  onRecovery: () => void;
}

/** Each call closes what dead processes left open. It never rejects, and runs once at a time. */
export function createAuditRecovery(
  store: StateStore,
  { onUnreadable, onFailure, onRecovery }: AuditRecoveryOptions,
): () => Promise<void> {
  let reason: string | undefined;
  let runs = 0;
  let isRunning = false;

  function tell(error: unknown): void {
    const isNew = reason !== reasonOf(error);
    runs = isNew ? 0 : runs + 1;
    reason = reasonOf(error);
    if (runs % RUNS_PER_REMINDER === 0) onFailure(error);
  }

  return async () => {
    if (isRunning) return;
    isRunning = true;
    try {
      await closeLostAudits(store, onUnreadable);
      if (reason !== undefined) onRecovery();
      reason = undefined;
    } catch (error) {
      tell(error);
    } finally {
      isRunning = false;
    }
  };
}
