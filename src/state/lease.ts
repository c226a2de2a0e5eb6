import { randomUUID } from 'node:crypto';

/** The right to show what is held, for a while after the last sign that messages come through. */
export interface Lease {
  isHeld(): boolean;
  /** Changes whenever the right is lost, and whenever it is had again. */
  epoch(): number;
  /** A sign is about to be sent. Gives its id. */
  ask(): string;
  /** How many signs have not come back since the last one that did. */
  unanswered(): number;
  /** It came back: the right holds from when it was asked for. */
  confirm(id: string): void;
  /** Messages may be lost from now on, those under way included. */
  lose(): void;
}

/** More that are under way were lost. */
const MOST_ASKED = 10;

/** `now`: milliseconds that never go back. */
export function createLease(leaseMs: number, now: () => number): Lease {
  const asked = new Map<string, number>();
  let heldUntil = -Infinity;
  let wasHeld = false;
  let changes = 0;

  function isHeld(): boolean {
    const isNow = now() < heldUntil;
    if (isNow !== wasHeld) changes += 1;
    wasHeld = isNow;
    return isNow;
  }

  return {
    isHeld,
    epoch() {
      isHeld();
      return changes;
    },
    ask() {
      if (asked.size >= MOST_ASKED) asked.clear();
      const id = randomUUID();
      asked.set(id, now());
      return id;
    },
    unanswered: () => asked.size,
    confirm(id) {
      const askedAt = asked.get(id);
      if (askedAt === undefined) return;
      for (const each of [...asked.keys()]) {
        asked.delete(each);
        if (each === id) break;
      }
      // A right that has run out meanwhile is a new one.
      isHeld();
      heldUntil = askedAt + leaseMs;
      isHeld();
    },
    lose() {
      isHeld();
      heldUntil = -Infinity;
      asked.clear();
      isHeld();
    },
  };
}
