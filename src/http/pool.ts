import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import { PLACES } from './bulkhead.ts';

const CONNECT_TIMEOUT_MS = 1_000;
/** Below what servers usually keep, so that a request rarely meets a connection that is being closed. */
const KEEP_ALIVE_MS = 4_000;

/** The connections to one origin. HTTP/1.1 only: undici repeats requests of HTTP/2 by itself. */
export function createPool(origin: string): Dispatcher {
  return new Pool(origin, {
    connections: PLACES,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // A server may ask for more, and would close the connection under a request.
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    connect: { timeout: CONNECT_TIMEOUT_MS },
  });
}
