import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

/** A single address for several Redis servers. Open connections stay with their server when the address moves. */
export interface RedisFront {
  url: string;
  /** The port to which new connections lead. */
  target: string;
  /** From now on all open connections get this reply to every command. */
  answerAll(error: string): void;
  /** The number of connections so far. */
  connections: number;
  close(): Promise<void>;
}

export async function startRedisFront(target: string): Promise<RedisFront> {
  const sockets = new Set<Socket>();
  const taken = new Map<Socket, Socket>();

  const server = createServer({ noDelay: true }, (near) => {
    front.connections += 1;
    const { hostname, port } = new URL(front.target);
    const far = connect({ host: hostname, port: Number(port), noDelay: true });
    near.pipe(far).pipe(near);
    taken.set(near, far);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        taken.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const front: RedisFront = {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    target,
    connections: 0,
    answerAll(error) {
      for (const [near, far] of taken) {
        near.unpipe(far);
        far.unpipe(near);
        near.on('data', (data) => near.write(`-${error}\r\n`.repeat(countCommands(data)))).resume();
      }
    },
    async close() {
      server.close();
      sockets.forEach((socket) => void socket.destroy());
      await once(server, 'close');
    },
  };
  return front;
}

/** Commands are arrays, and come in whole packets here. */
function countCommands(data: Buffer): number {
  let [commands, at] = [0, 0];
  while (at < data.length) {
    const end = data.indexOf('\r\n', at);
    const size = Number(data.toString('latin1', at + 1, end));
    if (data[at] === '*'.charCodeAt(0)) commands += 1;
    at = end + 2 + (data[at] === '$'.charCodeAt(0) ? size + 2 : 0);
  }
  return commands;
}
