import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** A proxy between a replica and Redis that delays replies and messages and keeps their order. */
export interface SlowLink {
  url: string;
  /** The delay in milliseconds. */
  delayMs: number;
  close(): Promise<void>;
}

export async function startSlowLink(redisUrl: string): Promise<SlowLink> {
  const { hostname, port } = new URL(redisUrl);
  const sockets = new Set<Socket>();

  function join(near: Socket, far: Socket): void {
    let last = Promise.resolve();
    near.pipe(far);
    far.on('data', (chunk: Buffer) => {
      const due = performance.now() + link.delayMs;
      last = last.then(async () => {
        const ms = due - performance.now();
        if (ms > 0) await pause(ms);
        near.write(chunk);
      });
    });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        near.destroy();
        far.destroy();
        sockets.delete(socket);
      });
    }
  }

  const server = createServer({ noDelay: true }, (near) => {
    join(near, connect({ host: hostname, port: Number(port), noDelay: true }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const link: SlowLink = {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    delayMs: 0,
    async close() {
      server.close();
      sockets.forEach((socket) => socket.destroy());
      await once(server, 'close');
    },
  };
  return link;
}
