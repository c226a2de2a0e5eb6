import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';

/** Replaces a provider and reads the first line of each request as raw bytes, which no parser has normalized. */
export interface RawProvider {
  origin: string;
  close(): Promise<void>;
}

export interface RawProviderOptions {
  /** Called with every first line as received, one character for each byte. */
  onLine: (line: string) => void;
  /** JSON. */
  answer: (line: string) => object;
}

const END_OF_HEAD = '\r\n\r\n';

export async function startRawProvider(options: RawProviderOptions): Promise<RawProvider> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // A client may disconnect at any time.
    socket.on('error', () => undefined);
    serve(socket, options);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    async close() {
      sockets.forEach((socket) => socket.destroy());
      server.close();
      await once(server, 'close');
    },
  };
}

function serve(socket: Socket, { onLine, answer }: RawProviderOptions): void {
  let received = '';
  socket.setEncoding('latin1').on('data', (data: string) => {
    received += data;
    for (let end = endOfRequest(received); end > 0; end = endOfRequest(received)) {
      const line = received.slice(0, received.indexOf('\r\n'));
      received = received.slice(end);
      onLine(line);
      const body = JSON.stringify(answer(line));
      const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
      socket.write(head + END_OF_HEAD + body);
    }
  });
}

/** 0 while the request is incomplete. */
function endOfRequest(received: string): number {
  const head = received.indexOf(END_OF_HEAD);
  if (head < 0) return 0;
  const [, length = '0'] = /^content-length: *(\d+)/im.exec(received.slice(0, head)) ?? [];
  const end = head + END_OF_HEAD.length + Number(length);
  return received.length >= end ? end : 0;
}
