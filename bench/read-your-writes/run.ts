/**
 * Three replicas on one Redis write and read in random order, with lists held back until after the write that they
 * do not show yet: no read that begins after a write was answered, by whichever replica, may show what was before:
 * node bench/read-your-writes/run.ts --runs 1000 --seed 1
 */
import { parseArgs } from 'node:util';
import { findRedis, startRedis } from '../../test/support/redis.ts';
import { createRandom } from '../support/random.ts';
import { createPlan } from './plan.ts';
import { type Figures, playRound } from './round.ts';
import { startWorld } from './world.ts';

const REPLICAS = 3;
const PROGRESS_EVERY = 100;
const MOST_SHOWN = 5;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
});
const runs = Number(values.runs);
const redisPath = findRedis();
if (redisPath === undefined) {
  console.error('Redis is not installed');
  process.exit(1);
}

const redis = await startRedis(redisPath);
const world = await startWorld(redis, REPLICAS);
const random = createRandom(Number(values.seed));
const figures: Figures = { writes: 0, reads: 0, readsInFlight: 0, lateLists: 0, violations: [] };
const start = performance.now();
const seconds = () => ((performance.now() - start) / 1_000).toFixed(1);

console.log(`${runs} runs, seed ${values.seed}`);
try {
  for (let run = 1; run <= runs; run++) {
    await playRound(world, { plan: createPlan(random, REPLICAS), name: `Name ${run}`, figures });
    if (run % PROGRESS_EVERY === 0) {
      console.log(`${run} runs, ${figures.violations.length} violations, ${seconds()} s`);
    }
  }
} finally {
  await world.close();
  await redis.stop();
}

const table: [string, number | string][] = [
  ['runs', runs],
  ['writes', figures.writes],
  ['reads', figures.reads],
  ['reads in flight at the end of a write', figures.readsInFlight],
  ['lists held back until after the write', figures.lateLists],
  ['violations', figures.violations.length],
  ['seconds', seconds()],
];
for (const [name, figure] of table) console.log(`${name.padEnd(42)}${String(figure).padStart(10)}`);
for (const violation of figures.violations.slice(0, MOST_SHOWN)) console.log(violation);
process.exit(figures.violations.length === 0 ? 0 : 1);
