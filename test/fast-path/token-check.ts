import { createTokenCheck } from '../../src/server/identity/token.ts';
import { type Issuer, type SigningKey, createSigner } from '../support/tokens.ts';
import type { WorldOptions } from './world.ts';

/** For a world whose callers have tokens of this issuer. */
export function checkTokensOf({ settings }: Issuer): NonNullable<WorldOptions['tokens']> {
  const report = { outage: () => undefined, delay: () => undefined, unusable: () => undefined };
  return ({ now }) => createTokenCheck({ ...settings, now, wallTime: now, report });
}

/** Headers of callers of all kinds, from that moment on. */
export async function createAuthorizations(
  issuer: Issuer,
  { key, stranger, start }: { key: SigningKey; stranger: SigningKey; start: number },
): Promise<string[]> {
  const sign = createSigner(issuer, () => start);
  const exp = Math.floor(start / 1_000) + 10_000_000;
  const good = await Promise.all([
    sign(key, { claims: { exp } }),
    sign(key, { claims: { exp, sub: 'bob', scope: 'badges:read' } }),
    sign(key, { claims: { exp, tenant: 'second' } }),
  ]);
  const odd = await Promise.all([
    sign(key, { claims: { exp, scope: 'badges:write' } }),
    sign(key, { claims: { exp, tenant: 'nobody' } }),
    sign(key, { claims: { exp: exp - 9_999_000 } }),
    sign(key, { claims: { exp, nbf: exp - 9_999_500 } }),
    sign(stranger, { claims: { exp } }),
  ]);
  const often = good.flatMap((token) => Array.from({ length: 30 }, () => token));
  return [...often, ...odd, 'none'].map((token) => `Bearer ${token}`);
}
