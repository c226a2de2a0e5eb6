/** A probe connects in one, and is read and answered in the next. */
const FREE_ROUNDS = 2;
/** What is begun within so many milliseconds delays no probe. Requests that come later wait. */
const BUDGET_MS = 5;

/** Undefined while the round in which a request went on is not over; then resolves when it may go on once more. */
export type NextTurn = () => Promise<void> | undefined;

export interface Turns {
  /** Resolves when a request of this tenant may go on. */
  take: (tenant: string) => Promise<void>;
  /**
   * For a request that has gone on, and waits for something else: all who wait for the same thing would go on in one go
   * when it is there.
   */
  afterWaits: (tenant: string) => NextTurn;
}

/**
 * Lets those who come together go on as long as a round of the event loop has not taken long, then one at a time, with
 * free rounds after whatever took long. Requests that arrive together would be parsed, validated and answered from
 * snapshots in one go, and no probe be answered before all of them. Tenants that wait go on in turn, one request each,
 * so that none waits for all that another one asks.
 */
export function createFairQueue(now: () => number = () => performance.now()): Turns {
  const waiting = new Map<string, (() => void)[]>();
  /** When the first of the present ones went on; undefined while nobody is at work. */
  let begunAt: number | undefined;
  let round = 0;

  function begin(next: () => void): void {
    begunAt = now();
    next();
    setImmediate(look);
  }
  function look(): void {
    round += 1;
    if (isWithinBudget()) goOn();
    else afterRounds(FREE_ROUNDS);
  }
  function afterRounds(rounds: number): void {
    if (rounds === 0) goOn();
    else setImmediate(() => afterRounds(rounds - 1));
  }
  function goOn(): void {
    begunAt = undefined;
    const next = takeNext();
    if (next) begin(next);
  }
  /** The oldest request of the tenant whose turn it is. */
  function takeNext(): (() => void) | undefined {
    for (const [tenant, [next, ...later]] of waiting) {
      waiting.delete(tenant);
      if (later.length > 0) waiting.set(tenant, later);
      return next;
    }
    return undefined;
  }
  function queue(tenant: string, next: () => void): void {
    const before = waiting.get(tenant);
    if (before) before.push(next);
    else waiting.set(tenant, [next]);
  }
  function isWithinBudget(): boolean {
    return begunAt !== undefined && now() - begunAt < BUDGET_MS;
  }
  function afterWaits(tenant: string): NextTurn {
    let ofRound = round;
    let next: Promise<void> | undefined;
    return () => {
      if (next || ofRound === round) return next;
      const taken = new Promise<void>((resolve) => {
        if (begunAt === undefined) begin(resolve);
        else queue(tenant, resolve);
      });
      next = taken.then(() => {
        ofRound = round;
        next = undefined;
      });
      return next;
    };
  }
  return {
    take: (tenant) =>
      new Promise((resolve) => {
        if (begunAt === undefined) begin(resolve);
        else if (waiting.size === 0 && isWithinBudget()) resolve();
        else queue(tenant, resolve);
      }),
    afterWaits,
  };
}
