import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

export interface PrefixProxy {
  /** With the prefix and without a trailing slash. */
  url: string;
  close(): Promise<void>;
}

/** A company's reverse proxy: it serves the playground and the graph under a prefix, and nothing else of the service. */
export async function startPrefixProxy(serviceUrl: string, prefix: string): Promise<PrefixProxy> {
  const paths = new Map([
    [prefix, '/'],
    [`${prefix}/`, '/'],
    [`${prefix}/graphql`, '/graphql'],
  ]);
  const server = createServer((incoming, outgoing) => {
    const [path = '', search = ''] = (incoming.url ?? '').split('?');
    const target = paths.get(path);
    if (target === undefined) return outgoing.writeHead(404).end('no such page');
    const { host } = new URL(serviceUrl);
    const { method, headers } = incoming;
    const forwarded = request(new URL(`${target}?${search}`, serviceUrl), {
      method,
      headers: { ...headers, host },
    });
    forwarded.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, outgoing).catch(throwUnlessLeft);
    });
    return void pipeline(incoming, forwarded).catch(throwUnlessLeft);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${prefix}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A browser that leaves a page closes the connections of its requests. */
function throwUnlessLeft(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE' && error.code !== 'ECONNRESET') throw error;
}
