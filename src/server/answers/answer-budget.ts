/** What the answers of one tenant hold of the bytes that all answers of the process may have at one time. */
export interface BudgetShare {
  /** Whether so many bytes more may be held. Holds them if so. */
  take(bytes: number): boolean;
  /** Holds them in any case: what a write did must be told. */
  force(bytes: number): void;
  hasRoomFor(bytes: number): boolean;
  /** Gives back what it holds, and takes no more. */
  release(): void;
}

export interface AnswerBudget {
  /** For one answer. */
  open(tenant: string): BudgetShare;
  /** Of all answers that are being made or written. */
  heldBytes(): number;
}

/**
 * Bounds the bytes of all answers that are being made or written. A tenant may hold as much as stays free beside it, as
 * switches share their buffer among ports by a dynamic threshold: one alone half of it, so that the others have room
 * whatever it asks for.
 */
export function createAnswerBudget(mostBytes: number): AnswerBudget {
  const byTenant = new Map<string, number>();
  let total = 0;

  function hold(tenant: string, bytes: number): void {
    total += bytes;
    const held = (byTenant.get(tenant) ?? 0) + bytes;
    if (held === 0) byTenant.delete(tenant);
    else byTenant.set(tenant, held);
  }
  return {
    heldBytes: () => total,
    open(tenant) {
      let held = 0;
      let isReleased = false;
      const hasRoomFor = (bytes: number): boolean =>
        (byTenant.get(tenant) ?? 0) + bytes <= mostBytes - total - bytes;

      function force(bytes: number): void {
        if (isReleased) return;
        held += bytes;
        hold(tenant, bytes);
      }
      return {
        hasRoomFor,
        force,
        take(bytes) {
          if (isReleased || !hasRoomFor(bytes)) return false;
          force(bytes);
          return true;
        },
        release() {
          isReleased = true;
          hold(tenant, -held);
          held = 0;
        },
      };
    },
  };
}
