/** A probe connects in one, and is read and answered in the next. */
const FREE_ROUNDS = 2;
/** What is begun within so many milliseconds delays no probe; whoever comes later waits. */
const BUDGET_MS = 5;

/**
 * Lets those who come together go on as long as a round of the event loop has not taken long, then one at a time, with
 * free rounds after whatever took long. Requests that arrive together would be parsed, validated and answered from
 * snapshots in one go, and no probe be answered before all of them.
 */
export function createTurns(now: () => number = () => performance.now()): () => Promise<void> {
  const waiting: (() => void)[] = [];
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
    const next = waiting.shift();
    if (next) begin(next);
  }
  function isWithinBudget(): boolean {
    return begunAt !== undefined && now() - begunAt < BUDGET_MS;
  }
  return () =>
    new Promise((resolve) => {
      if (begunAt === undefined) begin(resolve);
      else if (waiting.length === 0 && isWithinBudget()) resolve();
      else waiting.push(resolve);
    });
}
