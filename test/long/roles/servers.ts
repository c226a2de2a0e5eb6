import { setTimeout as sleep } from 'node:timers/promises';
import type { Children } from '../../support/children.ts';
import { startSlowLink } from '../../support/slow-link.ts';
import { createRedisClient } from '../../../src/state/redis/client.ts';
import { startRedisFront } from '../../support/redis-front.ts';
import { findRedis, startRedis } from '../../support/redis.ts';

/** Two servers of Redis behind one address, of which one follows the other. */
export interface Servers {
  url: string;
  /** Resolves once the replica has all writes of the master. */
  untilFollowed(): Promise<void>;
  /** Swaps the roles of the servers. Open connections stay with their server. */
  swap(): Promise<void>;
  stop(): Promise<void>;
}

/** The replication delay: the last writes are lost at a swap. */
const REPLICATION_MS = 30;
/** At every other swap the address moves later by this time. */
const LATE_MS = 300;

export async function startServers(children: Children): Promise<Servers> {
  const path = findRedis();
  if (path === undefined) throw new Error('Redis is not installed');
  const servers = [await startRedis(path), await startRedis(path)] as const;
  servers.forEach((server) => children.endWith(() => void server.stop()));
  const front = await startRedisFront(servers[0].url);
  const admins = await Promise.all(
    servers.map(({ url }) => createRedisClient({ url, onChange: () => undefined })),
  );
  let master = 0;
  let swaps = 0;

  const links = [await startSlowLink(servers[0].url), await startSlowLink(servers[1].url)];
  links.forEach((link) => (link.delayMs = REPLICATION_MS));

  async function ask(server: number, ...command: string[]): Promise<string> {
    return JSON.stringify(await admins[server]?.sendCommand(command));
  }
  const follow = (server: number, other: number) =>
    ask(server, 'REPLICAOF', '127.0.0.1', new URL(links[other]?.url ?? '').port);

  await follow(1, 0);
  return {
    url: front.url,
    async untilFollowed() {
      for (;;) {
        if (/state=online.*lag=[01]\b/.test(await ask(master, 'INFO', 'replication'))) return;
        await sleep(50);
      }
    },
    async swap() {
      const former = master;
      master = 1 - former;
      await ask(master, 'REPLICAOF', 'NO', 'ONE');
      await follow(former, master);
      if (swaps % 2 === 1) await sleep(LATE_MS);
      front.target = servers[master]?.url ?? '';
      swaps += 1;
    },
    async stop() {
      admins.forEach((admin) => admin.destroy());
      for (const link of links) await link.close();
      await front.close();
      for (const server of servers) await server.stop();
    },
  };
}
