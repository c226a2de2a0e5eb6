/** What is done to all that is stored, for whom it may be kept no longer. Every method rejects with a `StateError` only. */
export interface StateKeeper {
  /**
   * Removes in slices what has expired, and what was written longer ago than `keptMs`. Yields after each slice how many
   * things it removed, so that others get their turn. While nobody is served, it may take more time at the end.
   */
  sweep(options: SweepOptions): AsyncIterable<number>;
  /** The names of the logs that begin with `prefix`, in no order. */
  logs(prefix: string): AsyncIterable<string>;
  /**
   * Puts in the place of every entry of a log what `edit` makes of it, and drops those for which it gives null. The others keep their positions.
   * `onSlice` is told after each slice how many entries were looked at.
   */
  editLog(
    log: string,
    edit: (entry: string) => string | null,
    onSlice?: (entries: number) => void,
  ): Promise<void>;
  /** Forgets what replicas share of a provider's badges beside the logs and values: lists, also those they hold in memory, and limits. */
  forgetShared(topic: string): Promise<void>;
  /** Removes what was removed also from where it lingers: free pages, write-ahead logs. Gives what is left to do, as sentences. */
  scrub(): Promise<string[]>;
}

export interface SweepOptions {
  /** For ever if undefined. */
  keptMs: number | undefined;
  isServing: () => boolean;
}
