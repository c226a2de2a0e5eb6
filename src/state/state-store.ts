/** Keys that begin so are looked for again and again: to find them must take no look at others, however many there are. */
export const LISTED = 'audit-open/';

/** What must survive a restart, and what replicas share. Every method rejects with a `StateError` only. */
export interface StateStore {
  /** This process among all that ever used the store. */
  readonly instanceId: string;
  /** Whether the process of this id still runs, as far as the store can tell. */
  isAlive(instanceId: string): Promise<boolean>;

  /** Null: never set, deleted, or expired. */
  get(key: string): Promise<string | null>;
  /** Durable once it resolves. Null deletes. Without `ttlMs` it is kept for ever. */
  set(key: string, value: string | null, options?: { ttlMs?: number }): Promise<void>;
  /** The same, if the key still holds `expected` (null: nothing). Tells whether it did. */
  compareAndSet(key: string, change: ValueChange): Promise<boolean>;

  /** The keys that begin with `prefix`, in no order. What is set or deleted meanwhile may be missing. */
  keys(prefix: string): AsyncIterable<string>;

  /**
   * Adds one entry to the end of each of the logs, all or none. Durable once it resolves.
   * With `closing`, only if that key is set, and deletes it in the same step.
   */
  append(logs: readonly string[], entry: string, options?: AppendOptions): Promise<void>;
  /**
   * The newest entries of a log that are older than `before`, newest first. Long ones are fewer than asked for: only an
   * empty page says that there are no more.
   */
  readBackward(log: string, page: { before?: string; limit: number }): Promise<LogEntry[]>;
  /** A whole log, oldest first, as it grows until the last entry of now. */
  readForward(log: string): AsyncIterable<LogEntry>;

  /**
   * Runs `work` alone among all holders of this key, in every process that shares the store.
   * Rejects with a `StateError` of kind `busy` after `waitMs`, and then has not run it.
   * The lock falls by itself after `ttlMs`, should its holder die; it is released by its holder only.
   */
  withLock<T>(
    key: string,
    times: { waitMs: number; ttlMs: number },
    work: (lock: HeldLock) => Promise<T>,
  ): Promise<T>;

  close(): Promise<void>;
}

export interface ValueChange {
  expected: string | null;
  /** Null deletes. */
  value: string | null;
  ttlMs?: number;
  /** The change is to outlive the server of the store that took it, where it has more than one. */
  isSecured?: boolean;
}

export interface HeldLock {
  /** Rejects unless the lock is still held, and would be after the loss of the server of the store that gave it. */
  secure(): Promise<void>;
}

export interface AppendOptions {
  closing?: string;
  /** By log, the text that it gets instead of the entry. */
  ownEntries?: ReadonlyMap<string, string>;
}

export interface LogEntry {
  /** Opaque; later entries of the same log have later positions. */
  position: string;
  entry: string;
}

/** `unavailable`: the store cannot be reached or written. `busy`: a lock was not free in time. */
export class StateError extends Error {
  readonly kind: 'unavailable' | 'busy';

  constructor(kind: 'unavailable' | 'busy', message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StateError';
    this.kind = kind;
  }
}
