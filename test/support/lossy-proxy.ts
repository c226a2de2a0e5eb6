import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LossyProxy {
  url: string;
  /** How many of the next responses to mutations it drops after the service has sent them. */
  lose: number;
  /** Bodies of the forwarded mutations. */
  mutations: string[];
  close(): Promise<void>;
}

/** A proxy between a gateway and the service that forwards requests and resets connections instead of responding. */
export async function startLossyProxy(target: string): Promise<LossyProxy> {
  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const isMutation = body.includes('mutation');
    if (isMutation) proxy.mutations.push(body);

    const answer = await fetch(target, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const text = await answer.text();
    if (isMutation && proxy.lose > 0) {
      proxy.lose -= 1;
      request.socket.resetAndDestroy();
      return;
    }
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  }

  const server = createServer((request, response) => void pass(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const proxy: LossyProxy = {
    url: `http://127.0.0.1:${port}/graphql`,
    lose: 0,
    mutations: [],
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return proxy;
}
