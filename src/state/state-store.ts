/** Whatever was thrown: an error of another realm is none by `instanceof`. */
interface Thrown {
  message?: unknown;
  /** Of the operating system: `EEXIST`. */
  code?: unknown;
  /** Of SQLite. */
  errcode?: unknown;
}

export function toThrown(error: unknown): Thrown {
  return typeof error === 'object' && error !== null ? error : {};
}

export function reasonOf(error: unknown): string {
  const { message } = toThrown(error);
  return typeof message === 'string' ? message : 'unknown reason';
}

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

/** Of the entries that are read at once; one more may be longer. */
export const PAGE_CHARACTERS = 2_000_000;

/** Every entry that `readPage` gives, until a page is not full. */
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

/** The first text, by code point, after all that begin so. Undefined: there is none. */
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

/** How many keys are read at once. */
export const KEYS_AT_ONCE = 500;

/** Every key that `readPage` gives from a place on, until a page is not full. */
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

export interface Locks {
  /** Runs `work` once every earlier holder of the same key has ended, whatever its outcome. */
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

export interface TimedLocks {
  /** Rejects with a `StateError` of kind `busy` after `waitMs`, and then never runs `work`. */
  withLock<T>(key: string, waitMs: number, work: () => Promise<T>): Promise<T>;
}

/** Locks of this process only, with a limit to the wait for them. */
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
