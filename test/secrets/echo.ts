import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPoison } from './poison.ts';

/** A provider that gives back all that it was sent, in its headers, its records and its errors. */
export interface Echo {
  origin: string;
  /** What came, with all its headers. */
  received: string[];
  close(): Promise<void>;
}

export interface EchoOptions {
  status: number;
  /** JSON if left out. */
  contentType?: string;
}

export async function startEcho({
  status,
  contentType = 'application/json',
}: EchoOptions): Promise<Echo> {
  const received: string[] = [];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const text of request.setEncoding('utf8') as AsyncIterable<string>) body += text;
    received.push(`${request.method} ${request.url} ${JSON.stringify(request.rawHeaders)} ${body}`);
    const { authorization, 'x-api-key': apiKey } = request.headers;
    const key = String(apiKey ?? authorization).replace('Bearer ', '');
    const { headers, list, errorBody } = createPoison(key, received.length);
    const isMember = request.url?.endsWith('/users/info');
    const good = isMember ? { status: 'success', data: { ...list, userId: '1102' } } : list;
    response.writeHead(status, { ...headers, 'content-type': contentType });
    response.end(JSON.stringify(status < 300 ? good : errorBody(status)));
  }

  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    received,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
