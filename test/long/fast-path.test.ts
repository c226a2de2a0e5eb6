import { describe, expect, test } from '@jest/globals';
import { compareWays } from '../fast-path/differential.ts';
import { checkTokensOf, createAuthorizations } from '../fast-path/token-check.ts';
import { START } from '../fast-path/world.ts';
import { createRandom } from '../support/random.ts';
import { createSigningKey, startIssuer } from '../support/tokens.ts';
import { TIMEOUT_MS, runsOf, seedOf, showFigures } from './size.ts';

const seed = seedOf({ short: 7 });
const requests = runsOf({ short: 2_000, full: 50_000 });

async function withTokens() {
  const [key, stranger] = await Promise.all([createSigningKey('a'), createSigningKey('a')]);
  const issuer = await startIssuer([key]);
  const authorizations = await createAuthorizations(issuer, { key, stranger, start: START });
  return { options: { tokens: checkTokensOf(issuer), authorizations }, end: () => issuer.close() };
}
async function withSecret() {
  const secret = 'secret-of-the-router';
  return { options: { routerSecrets: [secret], secret }, end: async () => undefined };
}

describe(`a request has the same answer, byte for byte, with the fast path and without (seed ${seed}),`, () => {
  test.each([
    ['callers that the router names', withSecret],
    ['callers with tokens', withTokens],
  ])(
    'from %s',
    async (callers, begin) => {
      const { options, end } = await begin();
      const finding = await compareWays({ ...options, requests, random: createRandom(seed) });
      await end();
      const { share, writes, outages, differences, faults } = finding;
      showFigures(`fast path, ${callers}`, [
        ['seed', seed],
        ['requests', requests],
        ['answered fast', `${(100 * share).toFixed(1)} %`],
        ['writes in between', writes],
        ['outages of a provider', outages],
        ['differences', differences.length],
      ]);
      expect({ differences, faults }).toEqual({ differences: [], faults: [] });
      expect(share).toBeGreaterThan(0.3);
      expect(writes).toBeGreaterThan(0);
      expect(outages).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});
