import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createRandom } from '../support/random.ts';
import { type RedisServer, findRedis, startRedis } from '../support/redis.ts';
import { createPlan } from './read-your-writes/plan.ts';
import { type Counted, playRound } from './read-your-writes/round.ts';
import { type World, startWorld } from './read-your-writes/world.ts';
import { TIMEOUT_MS, runsOf, seedOf, showFigures } from './size.ts';

const redisPath = findRedis();
if (redisPath === undefined)
  console.log('Skipped: reads after writes at three replicas, since Redis is not installed.');

const REPLICAS = 3;
const RUNS = runsOf({ short: 60, full: 1_000 });
const seed = seedOf();
const MAX_SHOWN = 5;

let redis: RedisServer | undefined;
let world: World;
beforeAll(async () => {
  if (redisPath === undefined) return;
  redis = await startRedis(redisPath);
  world = await startWorld(redis, REPLICAS);
});
afterAll(async () => {
  await world?.close();
  await redis?.stop();
});

/** In random order. Some lists that do not show the write yet are delayed until after it. */
(redisPath === undefined ? test.skip : test)(
  'once a write is answered, no replica shows the old badge, even if lists arrive late',
  async () => {
    const random = createRandom(seed);
    const counted: Counted = {
      writes: 0,
      reads: 0,
      readsInFlight: 0,
      lateLists: 0,
      violations: [],
    };
    for (let run = 1; run <= RUNS; run++) {
      await playRound(world, { plan: createPlan(random, REPLICAS), name: `Name ${run}`, counted });
    }
    showFigures('read-your-writes', [
      ['seed', seed],
      ['runs', RUNS],
      ['writes', counted.writes],
      ['reads', counted.reads],
      ['reads in flight at the end of a write', counted.readsInFlight],
      ['lists held back until after the write', counted.lateLists],
      ['violations', counted.violations.length],
    ]);
    const violations = counted.violations.slice(0, MAX_SHOWN);
    expect({ seed, violations }).toEqual({ seed, violations: [] });
    expect(counted.readsInFlight).toBeGreaterThan(0);
    expect(counted.lateLists).toBeGreaterThan(0);
  },
  TIMEOUT_MS,
);
