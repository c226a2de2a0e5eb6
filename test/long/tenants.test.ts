import { expect, test } from '@jest/globals';
import { type RedisServer, findRedis, startRedis } from '../support/redis.ts';
import { withChildren } from '../support/children.ts';
import { TIMEOUT_MS, runsOf, seedOf, showFigures } from './size.ts';
import { tryTenants } from './tenants/trial.ts';

const redisPath = findRedis();
if (redisPath === undefined)
  console.log('Skipped: tenants on replicas, since Redis is not installed.');

const REQUESTS = runsOf({ short: 1_500, full: 100_000 });
const seed = seedOf({ short: 7 });

async function expectIsolation(title: string, redis?: RedisServer): Promise<void> {
  const { figures, problems, details } = await withChildren((children) =>
    tryTenants(children, { requests: REQUESTS, seed, redis }),
  );
  showFigures(title, [['seed', seed], ...figures]);
  expect({ seed, problems, details }).toEqual({ seed, problems: [], details: [] });
  const shown = Object.fromEntries(figures);
  for (const tenant of ['acme', 'ACME', 'bolt'])
    expect(shown[`${tenant}, updates`]).toMatch(/^RETURNING_AI \d/);
  expect(shown.troubles).toMatch(/\w+ unavailable \d/);
  const inTrouble = ['acme', 'ACME', 'bolt'].map((tenant) => shown[`${tenant}, codes in trouble`]);
  expect(inTrouble.join()).toMatch(/PROVIDER_UNAVAILABLE \d/);
}

test(
  'under load, with faults of one tenant after the other, tenants of one process see nothing of each other',
  () => expectIsolation('tenants of one process'),
  TIMEOUT_MS,
);

(redisPath === undefined ? test.skip : test)(
  'under load, with faults of one tenant after the other, tenants of replicas on one Redis see nothing of each other',
  async () => {
    const redis = await startRedis(redisPath ?? '');
    try {
      await expectIsolation('tenants of two processes on one Redis', redis);
    } finally {
      await redis.stop();
    }
  },
  TIMEOUT_MS,
);
