import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';

/** The subgraph that gets the secret and the caller. */
export const BADGES = 'badges';
/** Longer than the subgraph's OPERATION_DEADLINE_MS, so that a client sees the subgraph's error and not the gateway's. */
export const SUBGRAPH_TIMEOUT_MS = 10_000;
/**
 * The subgraph verifies the token. x-badges-tenant and x-badges-actor must not be in this list: any client could name
 * any tenant.
 */
const PASSED_ON = ['authorization', 'x-request-id'];

export interface GatewaySettings {
  supergraphSdl: string;
  routerSecret: string;
  host: string;
  port: number;
}

/** From the environment. Throws if the secret or the supergraph is missing. */
export function readSettings(): GatewaySettings {
  const { ROUTER_SECRET = '', SUPERGRAPH, HOST = '127.0.0.1', PORT = '4000' } = process.env;
  if (ROUTER_SECRET === '') throw new Error('ROUTER_SECRET is required.');
  const file = SUPERGRAPH ?? join(import.meta.dirname, '../composed/supergraph.graphql');
  return {
    supergraphSdl: readFileSync(file, 'utf8'),
    routerSecret: ROUTER_SECRET,
    host: HOST,
    port: Number(PORT),
  };
}

/** The headers of a client that reach the badges subgraph. */
export function toCaller(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    PASSED_ON.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}
