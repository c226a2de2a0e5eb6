/** A probe connects in one, and is read and answered in the next. */
const FREE_ROUNDS = 2;
/** What is begun within so many milliseconds delays no probe; whoever comes later waits. */
const BUDGET_MS = 5;

/** Resolves when a request of this tenant may go on. */
export type Turn = (tenant: string) => Promise<void>;

/**
 * Lets those who come together go on as long as a round of the event loop has not taken long, then one at a time, with
 * free rounds after whatever took long. Requests that arrive together would be parsed, validated and answered from
 * snapshots in one go, and no probe be answered before all of them. Tenants that wait go on in turn, one request each,
 * so that none waits for all that another one asks.
 */
export function createTurns(now: () => number = () => performance.now()): Turn {
  const waiting = new Map<string, (() => void)[]>();
  /** When the first of the present ones went on; undefined while nobody is at work. */
  let begunAt: number | undefined;

  function begin(next: () => void): void {
    begunAt = now();
    next();
    setImmediate(look);
  }
  function look(): void {
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
  return (tenant) =>
    new Promise((resolve) => {
      if (begunAt === undefined) begin(resolve);
      else if (waiting.size === 0 && isWithinBudget()) resolve();
      else queue(tenant, resolve);
    });
}
