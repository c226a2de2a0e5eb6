import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Called before and after a write reaches the provider. */
export interface WriteHooks {
  sent: () => Promise<void>;
  applied: () => Promise<void>;
}

/** Between one replica and its provider. */
export interface Front {
  origin: string;
  /** Whether new reads of lists are delayed. They show the state at the time of the read. */
  isHolding: boolean;
  /** How many lists are held. */
  held: () => number;
  release(): void;
  hooks: WriteHooks;
  close(): Promise<void>;
}

const PASSED_ON = ['x-api-key', 'content-type'];
const noHooks: WriteHooks = { sent: async () => undefined, applied: async () => undefined };

export async function startFront(providerOrigin: string): Promise<Front> {
  const held = new Set<() => void>();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const isRead = method === 'GET';
    const shouldHold = isRead && front.isHolding;
    const { sent, applied } = isRead ? noHooks : front.hooks;
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = isRead ? null : Buffer.concat(chunks);

    await sent();
    const answered = await fetch(providerOrigin + url, { method, headers: toPass(request), body });
    const text = await answered.text();
    await applied();
    if (shouldHold) await new Promise<void>((resolve) => held.add(resolve));
    response.writeHead(answered.status, { 'content-type': 'application/json' }).end(text);
  }

  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const front: Front = {
    origin: `http://127.0.0.1:${port}`,
    isHolding: false,
    held: () => held.size,
    release() {
      held.forEach((resolve) => resolve());
      held.clear();
    },
    hooks: noHooks,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return front;
}

function toPass({ headers }: IncomingMessage): Headers {
  const passed = new Headers();
  for (const name of PASSED_ON) {
    const value = headers[name];
    if (typeof value === 'string') passed.set(name, value);
  }
  return passed;
}
