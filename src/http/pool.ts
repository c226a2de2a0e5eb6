import { EnvHttpProxyAgent, Pool, errors } from 'undici';
import type { Dispatcher } from 'undici';
import { PLACES } from './bulkhead.ts';
import { isLoopbackHost } from './loopback.ts';

/** Proxies that other machines are reached through. */
export interface Proxies {
  /** For https. Undefined: none. */
  https: string | undefined;
  /** For plain http. Undefined: none. */
  http: string | undefined;
  /** Hosts that are reached without, as `NO_PROXY` lists them. */
  except: string;
}

const CONNECT_TIMEOUT_MS = 1_000;
/** How long a proxy may take to open a tunnel: it looks the host up, and connects to it. */
const TUNNEL_TIMEOUT_MS = 2_000;
/** Below what servers usually keep, so that a request rarely meets a connection that is being closed. */
const KEEP_ALIVE_MS = 4_000;

/** HTTP/1.1 only: undici repeats requests of HTTP/2 by itself. */
const OPTIONS = {
  connections: PLACES,
  pipelining: 1,
  allowH2: false,
  keepAliveTimeout: KEEP_ALIVE_MS,
  // A server may ask for more, and would close the connection under a request.
  keepAliveMaxTimeout: KEEP_ALIVE_MS,
} as const;
const CONNECT = { timeout: CONNECT_TIMEOUT_MS, allowH2: false } as const;

/** The connections to one origin, through a proxy where there is one for it. This machine is reached directly. */
export function createPool(origin: string, proxies?: Proxies): Dispatcher {
  const { protocol, hostname } = new URL(origin);
  const proxy = protocol === 'https:' ? proxies?.https : proxies?.http;
  if (proxy === undefined || isLoopbackHost(hostname)) {
    return new Pool(origin, { ...OPTIONS, connect: CONNECT });
  }
  const agent = new EnvHttpProxyAgent({
    ...OPTIONS,
    connect: CONNECT,
    httpProxy: proxy,
    httpsProxy: proxy,
    // Never undefined, or undici would read the environment.
    noProxy: proxies?.except ?? '',
    proxyTls: CONNECT,
    requestTls: CONNECT,
    clientFactory: (url, options) =>
      new Pool(url, { ...options, allowH2: false, headersTimeout: TUNNEL_TIMEOUT_MS }),
    // Also for connections to a proxy that is asked for plain http.
    factory: (url, options) => new Pool(url, { ...options, ...OPTIONS }),
  });
  return agent.compose((dispatch) => (options, handler) => {
    const fail = handler.onResponseError?.bind(handler);
    handler.onResponseError = (controller, error) => fail?.(controller, toProxyError(error));
    return dispatch({ ...options, origin }, handler);
  });
}

/** That the proxy wants other credentials is told by undici as if the request were malformed. */
function toProxyError(error: Error): Error {
  return error instanceof errors.InvalidArgumentError && error.message.includes('407')
    ? new errors.SocketError('The proxy wants other credentials (407)')
    : error;
}
