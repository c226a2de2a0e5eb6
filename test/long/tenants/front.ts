import { once } from 'node:events';
import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
  createServer,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';

/** A proxy that accepts the credentials of one tenant only and forwards requests to the stand-in behind it. */
export interface Front {
  origin: string;
  /** Requests with other credentials. */
  refused: number;
  /** Successful writes. */
  writes: number;
  close(): Promise<void>;
}

export interface FrontOptions {
  standIn: string;
  /** The credentials that every request must have. */
  own: Readonly<Record<string, string>>;
  /** The same for the stand-in. */
  behind: Readonly<Record<string, string>>;
  /** Called with the content of each request without its credentials. */
  onRequest: (text: string) => void;
}

const CONNECTIONS = 32;
const SHOWN = ['content-type', 'retry-after', 'date'];

export async function startFront(options: FrontOptions): Promise<Front> {
  const { own, behind, onRequest } = options;
  const pool = new Pool(options.standIn, { connections: CONNECTIONS });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (!isOwner(headers)) {
      front.refused += 1;
      const refusal = JSON.stringify({ message: 'Not a key of this tenant', success: false });
      response.writeHead(401, { 'content-type': 'application/json' }).end(refusal);
      return;
    }
    onRequest(`${method} ${url} ${body.toString()}`);
    const hungUp = new AbortController();
    response.once('close', () => hungUp.abort());
    const answered = await pool.request({
      method,
      path: url,
      headers: { ...behind, ...(body.length > 0 && { 'content-type': 'application/json' }) },
      body: body.length > 0 ? body : null,
      signal: hungUp.signal,
    });
    const text = await answered.body.text();
    if (method !== 'GET' && answered.statusCode < 300) front.writes += 1;
    for (const name of SHOWN) {
      const value = answered.headers[name];
      if (value !== undefined) response.setHeader(name, value);
    }
    response.writeHead(answered.statusCode).end(text);
  }

  const isOwner = (headers: IncomingHttpHeaders) =>
    Object.entries(own).every(([name, value]) => headers[name] === value);
  const server = createServer((request, response) => {
    // A client that disconnected gets no response.
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const front: Front = {
    origin: `http://127.0.0.1:${port}`,
    refused: 0,
    writes: 0,
    async close() {
      server.close();
      server.closeAllConnections();
      await pool.destroy();
    },
  };
  return front;
}
