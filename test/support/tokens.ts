import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';

/** A key pair whose public key an issuer may publish. */
export interface SigningKey {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  /** The public key, as the issuer publishes it. */
  publicJwk: Record<string, unknown>;
}

export async function createSigningKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg);
  return { kid, alg, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg } };
}

export interface Issuer {
  /** The settings with which the service trusts it. */
  settings: { jwksUrl: string; issuer: string; audience: string };
  /** The published keys, or the fault of the key endpoint. */
  published: readonly SigningKey[] | ((response: ServerResponse) => unknown);
  /** The number of requests for its keys. */
  fetches: number;
  close(): Promise<void>;
}

/** A trusted issuer: a server that publishes keys. */
export async function startIssuer(
  published: readonly SigningKey[],
  { port: wanted = 0 }: { port?: number } = {},
): Promise<Issuer> {
  function answer(_request: IncomingMessage, response: ServerResponse): unknown {
    issuer.fetches += 1;
    if (typeof issuer.published === 'function') return issuer.published(response);
    const keys = issuer.published.map(({ publicJwk }) => publicJwk);
    response.writeHead(200, { 'content-type': 'application/jwk-set+json' });
    return response.end(JSON.stringify({ keys }));
  }

  const server = createServer((request, response) => void answer(request, response));
  server.listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const issuer: Issuer = {
    settings: { jwksUrl: `${origin}/jwks.json`, issuer: origin, audience: 'badges' },
    published,
    fetches: 0,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return issuer;
}

/** Differences from a valid token. An undefined claim or header is omitted. */
export interface TokenDifference {
  claims?: Readonly<Record<string, unknown>>;
  header?: Readonly<Record<string, unknown>>;
}

export type SignToken = (key: SigningKey, difference?: TokenDifference) => Promise<string>;

const LIFE_SECONDS = 300;

/** Signs tokens of a caller with both scopes and without a tenant. `now` is in epoch milliseconds. */
export function createSigner({ settings }: Issuer, now: () => number = Date.now): SignToken {
  return ({ kid, alg, privateKey }, { claims, header } = {}) => {
    const seconds = Math.floor(now() / 1_000);
    return new SignJWT({
      iss: settings.issuer,
      aud: settings.audience,
      sub: 'ada',
      scope: 'badges:read badges:write',
      iat: seconds,
      exp: seconds + LIFE_SECONDS,
      ...claims,
    })
      .setProtectedHeader({ alg, kid, ...header })
      .sign(privateKey);
  };
}

/** The parts of a token that is unsigned or has a wrong signature. */
export function toTokenPart(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
