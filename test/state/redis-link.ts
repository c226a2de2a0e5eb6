import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

/** One replica's way to Redis, which can be cut while others keep theirs. */
export interface RedisLink {
  url: string;
  cut(): void;
  mend(): void;
  /** Keeps the connections there are, and lets nothing of Redis through them. */
  freeze(): void;
  close(): Promise<void>;
}

export async function startRedisLink(redisUrl: string): Promise<RedisLink> {
  const { hostname, port } = new URL(redisUrl);
  const sockets = new Set<Socket>();
  const pairs: [far: Socket, near: Socket][] = [];
  let isCut = false;

  const server = createServer({ noDelay: true }, (near) => {
    near.on('error', () => undefined);
    if (isCut) {
      near.destroy();
      return;
    }
    const far = connect({ host: hostname, port: Number(port), noDelay: true });
    far.on('error', () => undefined);
    near.pipe(far).pipe(near);
    pairs.push([far, near]);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
  });
  const destroyAll = (): void => sockets.forEach((socket) => void socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      isCut = true;
      destroyAll();
    },
    mend: () => void (isCut = false),
    freeze: () => pairs.forEach(([far, near]) => void far.unpipe(near)),
    async close() {
      server.close();
      destroyAll();
      await once(server, 'close');
    },
  };
}
