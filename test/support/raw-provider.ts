import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';

/** Takes the place of a provider, and sees the first line of each request byte by byte: no parser tidies it up. */
export interface RawProvider {
  origin: string;
  close(): Promise<void>;
}

export interface RawProviderOptions {
  /** Told of every first line as it stood on the socket, one letter for each byte. */
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
    // A caller that goes away is none of its concern.
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

/** 0: it is not whole yet. */
function endOfRequest(received: string): number {
  const head = received.indexOf(END_OF_HEAD);
  if (head < 0) return 0;
  const [, length = '0'] = /^content-length: *(\d+)/im.exec(received.slice(0, head)) ?? [];
  const end = head + END_OF_HEAD.length + Number(length);
  return received.length >= end ? end : 0;
}
