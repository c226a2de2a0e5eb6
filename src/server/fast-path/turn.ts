/**
 * Promises: answers that are written at once take no longer than a few milliseconds of one round of the event loop,
 * however many arrive together. The others wait for their turn with all other requests.
 */
export interface Round {
  /** Whether one more may be answered in this round. */
  hasRoom(): boolean;
  /** Does it and counts its time. */
  spend<T>(work: () => T): T;
}

const MOST_MS = 5;
/** A round is looked at only after so much work: to mark each would cost more than to answer. */
const MARK_MS = 1;

export function createRound(now: () => number = () => performance.now()): Round {
  let spentMs = 0;
  let isMarked = false;

  function note(ms: number): void {
    spentMs += ms;
    if (isMarked || spentMs < MARK_MS) return;
    isMarked = true;
    setImmediate(() => {
      spentMs = 0;
      isMarked = false;
    });
  }
  return {
    hasRoom: () => spentMs < MOST_MS,
    spend(work) {
      const begun = now();
      try {
        return work();
      } finally {
        note(now() - begun);
      }
    },
  };
}
