import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** A Redis that knows no command, and says so as an old one does: with all that it was told. */
export async function startIgnorantRedis(): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((socket) => {
    // Whoever goes away is none of its concern.
    socket.on('error', () => undefined);
    socket.on('data', (data: Buffer) => {
      const [name = '', ...args] = [...String(data).matchAll(/\$\d+\r\n([^\r]*)\r\n/g)].map(
        ([, text]) => text,
      );
      const told = args.map((arg) => `\`${arg}\`, `).join('');
      socket.write(`-ERR unknown command \`${name}\`, with args beginning with: ${told}\r\n`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}
