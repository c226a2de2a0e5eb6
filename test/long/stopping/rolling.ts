import { setTimeout as sleep } from 'node:timers/promises';
import type { Children } from '../../support/children.ts';
import { createClient } from '../../support/graphql-client.ts';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import { type ProductionService, startProductionService } from '../../support/service-process.ts';
import { type Counts, count } from '../../support/tally.ts';
import { startRedis } from '../../support/redis.ts';
import { type Balancer, startBalancer } from './balancer.ts';
import { type Lost, listWritable, startLoad } from './load.ts';

const LOAD = { perSecond: 25, writesOfFive: 1 };
const LOOK_MS = 50;

export interface RollingFigures {
  sent: number;
  answered: number;
  /** Operations with a missing or wrong response. */
  lost: readonly Lost[];
  /** By code or signal. */
  endings: Counts;
}

export interface RollingOptions {
  sandbox: Sandbox;
  redisPath: string;
  restarts: number;
}

/**
 * Two processes on one Redis under load, each replaced in turn by a new one on the same port, behind a load balancer
 * that checks readiness and repeats nothing.
 */
export async function restartInTurn(
  children: Children,
  { sandbox, redisPath, restarts }: RollingOptions,
): Promise<RollingFigures> {
  const redis = await startRedis(redisPath);
  children.endWith(() => void redis.stop());
  const env = { ...sandbox.variables, REDIS_URL: redis.url, REPLICAS: '2' };
  const start = (port = '0') => startProductionService(children, { ...env, PORT: port });
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
  return { sent: load.sent(), answered: load.answered(), lost: load.lost, endings };
}

function originOf({ url }: ProductionService): string {
  return new URL(url).origin;
}

async function untilReady(
  balancer: Balancer,
  services: readonly ProductionService[],
): Promise<void> {
  while (!services.map(originOf).every((origin) => balancer.isReady(origin))) await sleep(LOOK_MS);
}
