import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { StateError, type StateKeeper, reasonOf } from './state-store.ts';

export interface RetentionOptions {
  keeper: Pick<StateKeeper, 'sweep'>;
  /** How long records are kept, milliseconds. Undefined: for ever, and only expired ones are removed. */
  keptMs: number | undefined;
  /** The interval, milliseconds; an hour if left out. */
  everyMs?: number;
  log: { info: (message: string) => void; warn: (message: string) => void };
}

interface Retention {
  /** Removes old records for at most this time before the service accepts requests, and the rest while it runs. */
  start(withinMs: number): Promise<void>;
  stop(): void;
}

const EVERY_MS = 60 * 60 * 1_000;
/** The pause after each slice of a sweep, for other work. */
const PAUSE_MS = 5;

/** Removes old records at the start and then at intervals. */
export function createRetention(options: RetentionOptions): Retention {
  const { keeper, keptMs, everyMs = EVERY_MS, log } = options;
  const stopped = new AbortController();
  let isServing = false;
  let isRunning = false;
  let timer: NodeJS.Timeout | undefined;

  /** Resolves early if it is stopped. */
  const pause = (ms: number) =>
    sleep(ms, undefined, { signal: stopped.signal, ref: false }).catch(() => undefined);

  async function sweepAll(): Promise<number> {
    let removed = 0;
    for await (const count of keeper.sweep({ keptMs, isServing: () => isServing })) {
      removed += count;
      await (isServing ? pause(PAUSE_MS) : nextTurn());
      if (stopped.signal.aborted) break;
    }
    return removed;
  }

  async function sweep(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    try {
      const removed = await sweepAll();
      if (removed > 0 && keptMs !== undefined) {
        log.info(`Records older than RETENTION_DAYS were erased: ${removed} record(s)`);
      }
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      log.warn(
        `Records older than RETENTION_DAYS could not be erased (${reasonOf(error)}). This is retried`,
      );
    } finally {
      isRunning = false;
    }
  }

  return {
    async start(withinMs) {
      const patience = new AbortController();
      const wait = sleep(withinMs, undefined, patience).catch(() => undefined);
      await Promise.race([sweep(), wait]);
      patience.abort();
      isServing = true;
      timer = setInterval(() => void sweep(), everyMs).unref();
    },
    stop() {
      clearInterval(timer);
      stopped.abort();
    },
  };
}
