import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import type { Sent } from './callers.ts';

export const AUDIENCE = 'badges';

/** Tokens of the callers of both tenants. */
export interface Tokens {
  ofAttacker: string;
  /** Tokens of the same caller, no two of which are alike. */
  manyOfAttacker: (count: number) => Promise<string[]>;
  ofOther: string;
  /** The same request with tokens of an untrusted issuer, each with a different key ID. */
  withUnknownKeys: (request: Sent) => Promise<Sent[]>;
  /** A request with a token that names this key. */
  withKey: (kid: string, request: Sent) => Promise<Sent[]>;
  /** The published keys of the issuer. */
  publicKeys: readonly object[];
}

const ALGORITHM = 'ES256';
const STRANGERS = 200;

export async function createTokens(issuer: string): Promise<Tokens> {
  const [own, stranger] = [await generateKeyPair(ALGORITHM), await generateKeyPair(ALGORITHM)];
  const sign = async (key: CryptoKey, kid: string, tenant: string): Promise<string> =>
    new SignJWT({ tenant, scope: 'badges:read badges:write' })
      .setProtectedHeader({ alg: ALGORITHM, kid })
      .setIssuer(issuer)
      .setAudience(AUDIENCE)
      .setSubject('ada')
      .setExpirationTime('2h')
      .sign(key);
  const byStranger = async (kid: string, request: Sent): Promise<Sent> => ({
    ...request,
    token: await sign(stranger.privateKey, kid, 'attacker'),
  });

  const ofAttacker = (): Promise<string> => sign(own.privateKey, 'own', 'attacker');

  return {
    ofAttacker: await ofAttacker(),
    manyOfAttacker: async (count) => Promise.all(Array.from({ length: count }, ofAttacker)),
    ofOther: await sign(own.privateKey, 'own', 'other'),
    withUnknownKeys: async (request) =>
      Promise.all(
        Array.from({ length: STRANGERS }, (_, index) => byStranger(`unknown-${index}`, request)),
      ),
    withKey: async (kid, request) => [await byStranger(kid, request)],
    publicKeys: [{ ...(await exportJWK(own.publicKey)), kid: 'own', alg: ALGORITHM }],
  };
}
