import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export const STALLS = ['hang', 'drip headers', 'drip body'] as const;
export type Stall = (typeof STALLS)[number];

export const STAGES = ['all', 'write', 'from the write on'] as const;
/** Requests that get no complete response. */
export type Stage = (typeof STAGES)[number];

export interface StallingFront {
  origin: string;
  /** Writes that arrived. */
  writes: () => number;
  /** Connections with a pending or incomplete response. */
  openAnswers: () => number;
  close(): Promise<void>;
}

const DRIP_MS = 20;
/** The lookup of a member is a POST request that changes nothing. */
const READ = /^GET |\/users\/info$/;

/** A proxy before a provider that never completes responses. */
export async function startStallingFront(
  providerOrigin: string,
  { stall, stage }: { stall: Stall; stage: Stage },
): Promise<StallingFront> {
  let writes = 0;
  let openAnswers = 0;

  function isStalled(isWrite: boolean): boolean {
    switch (stage) {
      case 'all':
        return true;
      case 'write':
        return isWrite;
      case 'from the write on':
        return writes > 0;
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isWrite = !READ.test(`${request.method} ${request.url}`);
    if (isWrite) writes += 1;
    openAnswers += 1;
    response.once('close', () => (openAnswers -= 1));
    if (isStalled(isWrite)) startStall(stall, response);
    else await passOn(providerOrigin, request, response);
  }

  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    writes: () => writes,
    openAnswers: () => openAnswers,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function startStall(stall: Stall, response: ServerResponse): void {
  const { socket } = response;
  switch (stall) {
    case 'hang':
      return;
    case 'drip headers':
      socket?.write('HTTP/1.1 200 OK\r\nx-drip: ');
      return writeOn(response, () => socket?.write('.'));
    case 'drip body':
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      return writeOn(response, () => response.write(' '));
  }
}

function writeOn(response: ServerResponse, write: () => void): void {
  const timer = setInterval(write, DRIP_MS).unref();
  response.once('close', () => clearInterval(timer));
}

async function passOn(
  origin: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = '', url = '' } = request;
  const headers = new Headers();
  for (const name of ['authorization', 'x-api-key', 'x-whitelabel-host', 'content-type']) {
    const value = request.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = method === 'GET' ? null : Buffer.concat(chunks);
  const answered = await fetch(origin + url, { method, headers, body });
  response
    .writeHead(answered.status, { 'content-type': 'application/json' })
    .end(await answered.text());
}
