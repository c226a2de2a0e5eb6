/** A thrown value. `instanceof Error` fails for errors of another realm. */
interface Thrown {
  message?: unknown;
  /** The code of the operating system, such as `EEXIST`. */
  code?: unknown;
  /** The code of SQLite. */
  errcode?: unknown;
}

export function toThrown(error: unknown): Thrown {
  return typeof error === 'object' && error !== null ? error : {};
}

export function reasonOf(error: unknown): string {
  const { message } = toThrown(error);
  return typeof message === 'string' ? message : 'unknown reason';
}

/** Keys with this prefix are listed often, so listing them must not scan other keys. */
export const LISTED = 'audit-open/';

/** The state that survives a restart and that replicas share. Every method rejects with a `StateError` only. */
export interface StateStore {
  /** Identifies this process among all that ever used the store. */
  readonly instanceId: string;
  /** Whether the process with this id still runs, as far as the store can tell. */
  isAlive(instanceId: string): Promise<boolean>;

  /** Null: never set, deleted or expired. */
  get(key: string): Promise<string | null>;
  /** Durable once it resolves. Null deletes. Without `ttlMs` it is kept for ever. */
  set(key: string, value: string | null, options?: { ttlMs?: number }): Promise<void>;
  /** The same, if the key still has the value `expected` (null: none). Resolves to whether it had. */
  compareAndSet(key: string, change: ValueChange): Promise<boolean>;

  /** The keys that begin with `prefix`, in no order. Keys that are set or deleted during the iteration may be missing. */
  keys(prefix: string): AsyncIterable<string>;

  /**
   * Appends one entry to each of the logs, all or none. Durable once it resolves.
   * With `closing`, only if that key is set, which is deleted in the same step.
   */
  append(logs: readonly string[], entry: string, options?: AppendOptions): Promise<void>;
  /**
   * The newest entries of a log that are older than `before`, newest first. A page with long entries has fewer than
   * `limit`; only an empty page means that there are no more.
   */
  readBackward(log: string, page: { before?: string; limit: number }): Promise<LogEntry[]>;
  /** A whole log, oldest first. */
  readForward(log: string): AsyncIterable<LogEntry>;

  /**
   * Runs `work` while it holds the lock of this key, among all processes that share the store.
   * Rejects with a `StateError` of kind `busy` after `waitMs`, without having run it.
   * Only the holder releases the lock. It expires after `ttlMs` if the holder dies.
   */
  withLock<T>(
    key: string,
    times: { waitMs: number; ttlMs: number },
    work: (lock: HeldLock) => Promise<T>,
  ): Promise<T>;

  close(): Promise<void>;
}

interface ValueChange {
  expected: string | null;
  /** Null deletes. */
  value: string | null;
  ttlMs?: number;
  /** The change must survive the loss of the server that accepted it, if the store has several. */
  isSecured?: boolean;
}

export interface HeldLock {
  /** Rejects unless the lock is still held, and would survive the loss of the server that granted it. */
  secure(): Promise<void>;
}

export interface AppendOptions {
  closing?: string;
  /** By log, a text to append instead of the entry. */
  ownEntries?: ReadonlyMap<string, string>;
}

export interface LogEntry {
  /** Opaque. Later entries of the same log have later positions. */
  position: string;
  entry: string;
}

/** `unavailable`: the store cannot be reached or written. `busy`: a lock was not released in time. */
export class StateError extends Error {
  readonly kind: 'unavailable' | 'busy';

  constructor(kind: 'unavailable' | 'busy', message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StateError';
    this.kind = kind;
  }
}

/** The length of the entries that are read at once. The last entry may exceed it. */
export const PAGE_CHARACTERS = 2_000_000;

/** The entries of all pages, until a page is not full. */
export async function* inPages(
  limit: number,
  readPage: (after: string | undefined) => Promise<LogEntry[]>,
): AsyncGenerator<LogEntry> {
  let page: LogEntry[] = [];
  do {
    page = await readPage(page.at(-1)?.position);
    yield* page;
  } while (page.length === limit);
}

const LAST_CODE_POINT = 0x10ffff;
const BEFORE_SURROGATES = 0xd7ff;
const AFTER_SURROGATES = 0xe000;

/** The first text, by code point, after all with this prefix. Undefined: there is none. */
export function endOfRange(prefix: string): string | undefined {
  const characters = Array.from(prefix);
  while (characters.length > 0) {
    const last = characters.pop()?.codePointAt(0) ?? LAST_CODE_POINT;
    if (last === LAST_CODE_POINT) continue;
    const next = last === BEFORE_SURROGATES ? AFTER_SURROGATES : last + 1;
    return characters.join('') + String.fromCodePoint(next);
  }
  return undefined;
}

/** The first text after this one. */
export function nextText(text: string): string {
  return `${text}\0`;
}

/** The number of keys that are read at once. */
export const KEYS_AT_ONCE = 500;

/** The keys of all pages, until a page is not full. */
export async function* inKeyPages(
  prefix: string,
  readPage: (from: string) => string[] | Promise<string[]>,
): AsyncGenerator<string> {
  let from = prefix;
  for (;;) {
    const page = await readPage(from);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < KEYS_AT_ONCE) return;
    from = nextText(last);
  }
}

/** Removes and edits stored data, for retention and erasure. Every method rejects with a `StateError` only. */
export interface StateKeeper {
  /**
   * Removes expired records, and those that are older than `keptMs`, in slices. Yields the number of removed records
   * after each slice, so that other work gets its turn. Before the service accepts requests, the last step may be long.
   */
  sweep(options: SweepOptions): AsyncIterable<number>;
  /** The names of the logs that begin with `prefix`, in no order. */
  logs(prefix: string): AsyncIterable<string>;
  /**
   * Replaces every entry of a log with the result of `edit`, and deletes those for which it returns null. The others
   * keep their positions. `onSlice` is called after each slice with the number of entries in it.
   */
  editLog(
    log: string,
    edit: (entry: string) => string | null,
    onSlice?: (entries: number) => void,
  ): Promise<void>;
  /** Deletes what replicas share of a provider's badges apart from logs and values: lists, also in memory, and rate limits. */
  forgetShared(topic: string): Promise<void>;
  /** Removes deleted data from free pages and write-ahead logs too. Resolves to what the operator has to do, as sentences. */
  scrub(): Promise<string[]>;
}

export interface SweepOptions {
  /** Undefined: for ever. */
  keptMs: number | undefined;
  isServing: () => boolean;
}

export interface Locks {
  /** Runs `work` once every earlier holder of the same key has ended, successfully or not. */
  withLock<T>(key: string, work: () => Promise<T>): Promise<T>;
}

/** Locks of this process only. */
export function createLocks(): Locks {
  const tails = new Map<string, Promise<unknown>>();

  async function withLock<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = tails.get(key) ?? Promise.resolve();
    const run = before.then(work);
    const tail = run.then(
      () => undefined,
      () => undefined,
    );
    tails.set(key, tail);
    try {
      return await run;
    } finally {
      if (tails.get(key) === tail) tails.delete(key);
    }
  }

  return { withLock };
}

interface TimedLocks {
  /** Rejects with a `StateError` of kind `busy` after `waitMs`, without running `work`. */
  withLock<T>(key: string, waitMs: number, work: () => Promise<T>): Promise<T>;
}

/** Locks of this process only, with a time limit for the wait. */
export function createTimedLocks(): TimedLocks {
  const locks = createLocks();

  async function withLock<T>(key: string, waitMs: number, work: () => Promise<T>): Promise<T> {
    const tooLate = Promise.withResolvers<never>();
    let gaveUp = false;
    const timer = setTimeout(() => {
      gaveUp = true;
      tooLate.reject(busy());
    }, waitMs);
    const turn = locks.withLock(key, async () => {
      if (gaveUp) throw busy();
      clearTimeout(timer);
      return work();
    });
    return Promise.race([turn, tooLate.promise]);
  }

  return { withLock };
}

export function busy(): StateError {
  return new StateError('busy', 'The lock was not released in time');
}
