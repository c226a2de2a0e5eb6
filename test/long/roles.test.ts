import { expect, test } from '@jest/globals';
import { quantile } from '../support/tally.ts';
import { findRedis } from '../support/redis.ts';
import { withChildren } from '../support/children.ts';
import { swapUnderLoad } from './roles/swapping.ts';
import { TIMEOUT_MS, runsOf, showFigures } from './size.ts';

const withRedis = findRedis() ? test : test.skip;
if (!findRedis())
  console.log('Skipped: Redis that swaps roles under load, since it is not installed.');

const SWAPS = runsOf({ short: 1, full: 5 });
const RECOVERED_MS = 5_000;

withRedis(
  'when Redis servers swap roles under load, nothing is written twice, and changes are accepted again within seconds',
  async () => {
    const found = await withChildren((children) => swapUnderLoad(children, SWAPS));
    const { recoveries, ...finding } = found;
    const longestMs = Math.max(0, ...recoveries);
    showFigures('roles', [
      ['swaps', SWAPS],
      ['changes with a key, answered', finding.answered],
      ['of them repeated once more', finding.repeated],
      ['answers that refused for the store', finding.refused],
      ['pairs with the same expected version', finding.pairs],
      ['from a swap to the last refusal, median', `${quantile(recoveries, 0.5).toFixed(0)} ms`],
      ['from a swap to the last refusal, longest', `${longestMs.toFixed(0)} ms`],
    ]);
    expect(finding).toMatchObject({ twice: [], missing: [], bothMade: 0, problems: [] });
    expect(longestMs).toBeLessThanOrEqual(RECOVERED_MS);
    expect(finding.answered).toBeGreaterThanOrEqual(10);
  },
  TIMEOUT_MS,
);
