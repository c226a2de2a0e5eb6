import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** Ways in which no connection comes about: a fault of an address, not of an operation. */
export const UNREACHABLE_WAYS = ['refused', 'unresolvable', 'bad-tls'] as const;
export type UnreachableWay = (typeof UNREACHABLE_WAYS)[number];

export interface Unreachable {
  /** Without a trailing slash. */
  baseUrl: string;
  close: () => Promise<void>;
}

export async function startUnreachable(way: UnreachableWay): Promise<Unreachable> {
  switch (way) {
    case 'refused':
      // A port that is assigned to nothing: a free one might be given to another process meanwhile.
      return { baseUrl: 'http://127.0.0.1:4', close: async () => undefined };
    case 'unresolvable':
      // The name is reserved: it never resolves.
      return { baseUrl: 'http://badges.invalid', close: async () => undefined };
    case 'bad-tls':
      return startBadTls();
  }
}

/** A provider's variables with its base URLs led astray. */
export function withBaseUrl(
  variables: Readonly<Record<string, string>>,
  baseUrl: string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      name.endsWith('_BASE_URL') ? baseUrl : value,
    ]),
  );
}

/** Without a certificate no handshake can succeed. */
async function startBadTls(): Promise<Unreachable> {
  const server = createTlsServer();
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const port = await listen(server);
  return {
    baseUrl: `https://127.0.0.1:${port}`,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
