import { setTimeout as pause } from 'node:timers/promises';
import { reconnect } from './redis-client.ts';
import type { RedisClient } from './redis-client.ts';
import { reasonOf } from './thrown.ts';

/**
 * What a server answers that is no master any more, or not yet, or has lost its replicas, or does not know us any
 * more. Behind the same address there may be another one meanwhile, to which only a new connection leads.
 */
const OF_ANOTHER_SERVER =
  /(?:^|[\s-])(READONLY|MASTERDOWN|LOADING|NOREPLICAS|CLUSTERDOWN|UNBLOCKED|NOAUTH|WRONGPASS)\b/;

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

export interface RenewalOptions {
  /** All connections to the same address. */
  clients: readonly RedisClient[];
  /** Asks the server to write something. Rejects with what it answers. */
  probe: () => Promise<unknown>;
  /** The server takes writes again. */
  onRenewed: () => void;
}

export interface Renewal {
  /** To be told of every refusal. Those that a new connection may end make one. */
  onRefusal: (reason: string) => void;
  /** Makes new connections in any case. */
  renew: () => void;
  stop: () => void;
}

/** Makes new connections until one leads to a server that takes writes. One that is lost is not its concern: clients connect again by themselves. */
export function createRenewal({ clients, probe, onRenewed }: RenewalOptions): Renewal {
  let isRenewing = false;
  let isStopped = false;

  async function untilWritten(): Promise<void> {
    let isRefused = true;
    for (let attempt = 0; !isStopped; attempt += 1) {
      if (isRefused) clients.filter(({ isReady }) => isReady).forEach(reconnect);
      const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
      await pause(pauseMs, undefined, { ref: false });
      // One that is lost comes again by itself.
      isRefused = isConnected() && (await isRefusedStill());
      if (isConnected() && !isRefused) return onRenewed();
    }
  }

  function isConnected(): boolean {
    return clients.every(({ isReady }) => isReady);
  }

  /** For a reason that another connection may end. */
  async function isRefusedStill(): Promise<boolean> {
    try {
      await probe();
      return false;
    } catch (error) {
      return isOfAnotherServer(reasonOf(error));
    }
  }

  function renew(): void {
    if (isRenewing || isStopped) return;
    isRenewing = true;
    void untilWritten().finally(() => (isRenewing = false));
  }

  return {
    renew,
    onRefusal: (reason) => (isOfAnotherServer(reason) ? renew() : undefined),
    stop: () => void (isStopped = true),
  };
}

function isOfAnotherServer(reason: string): boolean {
  return OF_ANOTHER_SERVER.test(reason);
}
