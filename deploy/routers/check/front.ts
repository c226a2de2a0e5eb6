import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** Passes connections on to the newest subgraph that is ready, as a Service of Kubernetes does, and counts mutations. */
export interface Front {
  url: string;
  /** A subgraph that gets new connections from now on, before all others. */
  add(origin: string): void;
  /** New connections go to others. Its own stay. */
  remove(origin: string): void;
  /** How many mutations the router has sent. */
  mutations: number;
  /** How many queries and mutations it has sent. */
  operations: number;
  /** How many of the next responses are dropped, with their connections. */
  lose: number;
  close(): Promise<void>;
}

const OPERATION = /"query"\s*:\s*"((?:[^"\\]|\\.)*)"/;

/** A port of 0 takes any free one. */
export async function startFront(wanted: number): Promise<Front> {
  const origins: string[] = [];
  const sockets = new Set<Socket>();

  function count(chunk: Buffer): void {
    const [, document = ''] = OPERATION.exec(chunk.toString('latin1')) ?? [];
    if (document === '') return;
    front.operations += 1;
    if (/^(\\n|\s)*mutation\b/.test(document)) front.mutations += 1;
  }

  function passOn(client: Socket): void {
    const [origin] = origins;
    if (origin === undefined) return void client.destroy();
    const { hostname, port: target } = new URL(origin);
    const upstream = connect(Number(target), hostname);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroySoon();
      });
    }
    client.on('data', (chunk: Buffer) => {
      count(chunk);
      upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      if (front.lose === 0) return void client.write(chunk);
      front.lose -= 1;
      client.resetAndDestroy();
      upstream.destroy();
    });
  }

  const server: Server = createServer(passOn).listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const front: Front = {
    url: `http://127.0.0.1:${port}/graphql`,
    add: (origin) => void origins.unshift(origin),
    remove: (origin) => void origins.splice(origins.indexOf(origin), 1),
    mutations: 0,
    operations: 0,
    lose: 0,
    async close() {
      server.close();
      sockets.forEach((socket) => socket.destroy());
      await once(server, 'close');
    },
  };
  return front;
}
