import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import { StateError, type StateStore } from '../../src/state/state-store.ts';

export interface StoreSwitch {
  isDown: boolean;
  /** The number of calls that the store still answers before it goes down. */
  downAfter: number | null;
  /** Whether the call at which it goes down is executed, although its result is lost. */
  isLastCarriedOut: boolean;
  /** The number of calls so far. */
  asked: number;
}

export function createStoreSwitch(): StoreSwitch {
  return { isDown: false, downAfter: null, isLastCarriedOut: false, asked: 0 };
}

/** A store that can be made unavailable. */
export function toSwitchable(store: StateStore, state: StoreSwitch): StateStore {
  async function reach<T>(ask: () => Promise<T>): Promise<T> {
    state.asked += 1;
    if (!state.isDown && state.downAfter !== null && state.asked > state.downAfter) {
      state.isDown = true;
      if (state.isLastCarriedOut) await ask();
    }
    if (state.isDown) throw new StateError('unavailable', 'switched off');
    return ask();
  }
  return {
    instanceId: store.instanceId,
    isAlive: (id) => reach(() => store.isAlive(id)),
    get: (key) => reach(() => store.get(key)),
    set: (key, value, options) => reach(() => store.set(key, value, options)),
    compareAndSet: (key, change) => reach(() => store.compareAndSet(key, change)),
    append: (logs, entry, options) => reach(() => store.append(logs, entry, options)),
    readBackward: (log, page) => reach(() => store.readBackward(log, page)),
    async *keys(prefix) {
      await reach(async () => undefined);
      yield* store.keys(prefix);
    },
    async *readForward(log) {
      await reach(async () => undefined);
      yield* store.readForward(log);
    },
    // Work under a lock continues when the store goes down.
    async withLock(key, times, work) {
      await reach(async () => undefined);
      return store.withLock(key, times, work);
    },
    close: () => store.close(),
  };
}

export interface RenewableStore {
  store: StateStore;
  /** Empties it, which takes less time than a new service. */
  renew(): Promise<void>;
  close(): Promise<void>;
}

/** For suites whose tests share one service and start with badges that it has never written. */
export function createRenewableStore(): RenewableStore {
  let current = open();
  return {
    store: {
      get instanceId() {
        return current.store.instanceId;
      },
      isAlive: (id) => current.store.isAlive(id),
      get: (key) => current.store.get(key),
      set: (key, value, options) => current.store.set(key, value, options),
      compareAndSet: (key, change) => current.store.compareAndSet(key, change),
      append: (logs, entry, options) => current.store.append(logs, entry, options),
      readBackward: (log, page) => current.store.readBackward(log, page),
      keys: (prefix) => current.store.keys(prefix),
      readForward: (log) => current.store.readForward(log),
      withLock: (key, times, work) => current.store.withLock(key, times, work),
      close: () => current.close(),
    },
    async renew() {
      const old = current;
      current = open();
      await old.close();
    },
    close: () => current.close(),
  };
}

function open(): { store: StateStore; close(): Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), 'badges-renewed-'));
  const store = createEmbeddedStore({ folder, now: Date.now });
  return {
    store,
    async close() {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}
