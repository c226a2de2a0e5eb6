import { expect, test } from '@jest/globals';
import { createRandom } from '../support/random.ts';
import { compareWays } from '../fast-path/differential.ts';
import { TIMEOUT_MS, runsOf, seedOf, showFigures } from './size.ts';

const seed = seedOf({ short: 7 });
const requests = runsOf({ short: 1_200, full: 100_000 });

test(
  `a request has the same answer, byte for byte, with the fast path and without (seed ${seed})`,
  async () => {
    const finding = await compareWays({ requests, random: createRandom(seed) });
    const { share, writes, outages, differences } = finding;
    showFigures('fast path', [
      ['seed', seed],
      ['requests', requests],
      ['answered fast', `${(100 * share).toFixed(1)} %`],
      ['writes in between', writes],
      ['outages of a provider', outages],
      ['differences', differences.length],
    ]);
    expect(differences).toEqual([]);
    expect(share).toBeGreaterThan(0.3);
    expect(writes).toBeGreaterThan(0);
    expect(outages).toBeGreaterThan(0);
  },
  TIMEOUT_MS,
);
