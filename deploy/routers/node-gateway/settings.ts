import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type VerifyCaller, createVerifier } from './caller.ts';

/** Of the subgraph that gets the secret and the caller. */
export const BADGES = 'badges';
/** Longer than the subgraph's OPERATION_DEADLINE_MS, so that a client sees the subgraph's error and not the gateway's. */
export const SUBGRAPH_TIMEOUT_MS = 10_000;

export interface GatewaySettings {
  supergraphSdl: string;
  routerSecret: string;
  /** Undefined: the token is passed on, and the subgraph verifies it. */
  verifyCaller: VerifyCaller | undefined;
  host: string;
  port: number;
}

/** From the environment. Throws if the secret or the supergraph is missing. */
export function readSettings(): GatewaySettings {
  const { ROUTER_SECRET = '', SUPERGRAPH, HOST = '127.0.0.1', PORT = '4000' } = process.env;
  if (ROUTER_SECRET === '') throw new Error('ROUTER_SECRET is required.');
  const file = SUPERGRAPH ?? join(import.meta.dirname, '../composed/supergraph.graphql');
  const { AUTH_JWKS_URL: jwksUrl, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = process.env;
  return {
    supergraphSdl: readFileSync(file, 'utf8'),
    routerSecret: ROUTER_SECRET,
    verifyCaller:
      jwksUrl && issuer && audience ? createVerifier({ jwksUrl, issuer, audience }) : undefined,
    host: HOST,
    port: Number(PORT),
  };
}
