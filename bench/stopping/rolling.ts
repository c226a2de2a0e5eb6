import { setTimeout as sleep } from 'node:timers/promises';
import { findRedis, startRedis } from '../../test/support/redis.ts';
import type { Children } from '../support/children.ts';
import { createClient } from '../support/client.ts';
import type { Finding } from '../support/finding.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { type Service, startService } from '../support/service.ts';
import { type Counts, count, showCounts } from '../support/tally.ts';
import { type Balancer, startBalancer } from './balancer.ts';
import { listWritable, startLoad } from './load.ts';

const LOAD = { perSecond: 25, writesOfFive: 1 };
const LOOK_MS = 50;

/** Two processes on one Redis, each replaced in its turn by a new one on the same port, under load. */
export async function restartInTurn(
  children: Children,
  sandbox: Sandbox,
  restarts: number,
): Promise<Finding> {
  const redisPath = findRedis();
  if (redisPath === undefined) return { figures: [['rolling restarts', 'no Redis']], problems: [] };
  const redis = await startRedis(redisPath);
  children.endWith(() => void redis.stop());
  const env = { ...sandbox.variables, REDIS_URL: redis.url, REPLICAS: '2' };
  const start = (port = '0') => startService(children, { ...env, PORT: port });
  const services = [await start(), await start()];
  const balancer = await startBalancer(services.map(originOf));
  const client = createClient(balancer.url, 50);
  const load = startLoad(client, { badges: await listWritable(client), ...LOAD });

  const endings: Counts = {};
  for (let restart = 0; restart < restarts; restart += 1) {
    for (const [index, service] of services.entries()) {
      await untilReady(balancer, services);
      const { code, signal } = await service.end('SIGTERM');
      count(endings, String(code ?? signal));
      services[index] = await start(new URL(service.url).port);
    }
  }
  await untilReady(balancer, services);
  await load.end();
  await client.close();
  await balancer.close();
  for (const service of services) await service.end('SIGTERM');
  await redis.stop();
  return {
    figures: [
      ['rolling restarts of two processes', restarts],
      ['operations sent', load.sent()],
      ['operations answered', load.answered()],
      ['operations lost', load.lost.length],
      ['endings', showCounts(endings)],
    ],
    problems: [
      ...load.lost.map(({ what }) => `an operation was lost: ${what}`),
      ...Object.keys(endings)
        .filter((ending) => ending !== '0')
        .map((ending) => `a process ended with ${ending}`),
    ],
  };
}

function originOf({ url }: Service): string {
  return new URL(url).origin;
}

async function untilReady(balancer: Balancer, services: readonly Service[]): Promise<void> {
  while (!services.map(originOf).every((origin) => balancer.isReady(origin))) await sleep(LOOK_MS);
}
