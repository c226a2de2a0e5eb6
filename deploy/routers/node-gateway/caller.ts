import type { IncomingHttpHeaders } from 'node:http';
import { createRemoteJWKSet, jwtVerify } from 'jose';

/** Headers for the badges subgraph that say who asks. */
export type Caller = Readonly<Record<string, string>>;

/** The caller of a verified token. Rejects if the token is missing or invalid. */
export type VerifyCaller = (authorization: string | undefined) => Promise<Caller>;

export interface Issuer {
  jwksUrl: string;
  issuer: string;
  audience: string;
}

const ALGORITHMS = ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'];
const BEARER = /^bearer (\S+)$/i;
/** x-badges-tenant and x-badges-actor must not be in this list: any client could name any tenant. */
const PASSED_ON = ['authorization', 'x-request-id'];

export function createVerifier({ jwksUrl, issuer, audience }: Issuer): VerifyCaller {
  const keys = createRemoteJWKSet(new URL(jwksUrl), { cacheMaxAge: 30_000 });
  return async (authorization) => {
    const [, token = ''] = BEARER.exec(authorization ?? '') ?? [];
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      requiredClaims: ['exp', 'sub'],
    });
    return {
      'x-badges-actor': String(payload.sub),
      ...(typeof payload.tenant === 'string' && { 'x-badges-tenant': payload.tenant }),
    };
  };
}

/** What the badges subgraph is told of a request: the caller of its token, or the token itself. */
export async function toCaller(
  headers: IncomingHttpHeaders,
  verifyCaller: VerifyCaller | undefined,
): Promise<Caller> {
  const { 'x-request-id': id } = headers;
  if (verifyCaller) {
    const caller = await verifyCaller(headers.authorization);
    return typeof id === 'string' ? { ...caller, 'x-request-id': id } : caller;
  }
  return Object.fromEntries(
    PASSED_ON.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}
