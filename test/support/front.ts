import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Faults of a connection that a stand-in cannot simulate. */
export type Misbehaviour = (answer: ServerResponse, passOn: () => Promise<Response>) => unknown;

export interface Front {
  origin: string;
  /** Writes that arrived, as `METHOD path`. */
  writes: string[];
  /** The fault of the next writes. */
  misbehave: Misbehaviour;
  /** Accepts no more connections after the next read. */
  vanishAfterRead: () => void;
  close(): Promise<void>;
}

/** A proxy before a provider that forwards reads and disturbs writes. */
export async function startFront(providerOrigin: string): Promise<Front> {
  const writes: string[] = [];
  let isVanishing = false;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const headers = new Headers();
    for (const name of ['authorization', 'x-api-key', 'x-whitelabel-host', 'content-type']) {
      const value = request.headers[name];
      if (typeof value === 'string') headers.set(name, value);
    }
    const isRead = method === 'GET';
    const passOn = () =>
      fetch(providerOrigin + url, { method, headers, ...(isRead ? {} : { body }) });
    if (!isRead) {
      writes.push(`${method} ${url}`);
      await front.misbehave(response, passOn);
      return;
    }
    const answered = await passOn();
    const text = await answered.text();
    if (isVanishing) server.close();
    response.writeHead(answered.status, {
      'content-type': 'application/json',
      connection: isVanishing ? 'close' : 'keep-alive',
    });
    response.end(text);
  }

  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const front: Front = {
    origin: `http://127.0.0.1:${port}`,
    writes,
    misbehave: (response) => response.destroy(),
    vanishAfterRead: () => void (isVanishing = true),
    async close() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return front;
}
