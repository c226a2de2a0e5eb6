import { once } from 'node:events';
import {
  Agent,
  type IncomingMessage,
  type ServerResponse,
  request as ask,
  createServer,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** Forwards requests to the upstreams that are ready, and repeats none. */
export interface Balancer {
  url: string;
  isReady(origin: string): boolean;
  close(): Promise<void>;
}

const LOOK_EVERY_MS = 500;

interface Upstream {
  origin: string;
  agent: Agent;
  isReady: boolean;
}

export async function startBalancer(origins: readonly string[]): Promise<Balancer> {
  const upstreams = origins.map((origin): Upstream => {
    return { origin, agent: new Agent({ keepAlive: true }), isReady: false };
  });
  let turn = 0;

  async function look(): Promise<void> {
    for (const upstream of upstreams) {
      const answer = await fetch(`${upstream.origin}/health/ready`).catch(() => undefined);
      upstream.isReady = answer?.status === 200;
    }
  }

  function passOn(request: IncomingMessage, response: ServerResponse): void {
    const ready = upstreams.filter(({ isReady }) => isReady);
    const upstream = ready[(turn += 1) % ready.length];
    if (!upstream) return void response.writeHead(503).end('no upstream is ready');
    const { origin, agent } = upstream;
    const { method = '', url = '', headers } = request;
    const passed = ask(origin + url, { method, agent, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, {
        'content-type': answer.headers['content-type'] ?? '',
      });
      answer.pipe(response);
    });
    passed.on('error', (error) => response.destroy(error));
    request.pipe(passed);
  }

  await look();
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  const server = createServer(passOn).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    isReady: (origin) => upstreams.some((each) => each.origin === origin && each.isReady),
    async close() {
      clearInterval(timer);
      server.close();
      server.closeAllConnections();
      upstreams.forEach(({ agent }) => agent.destroy());
      await once(server, 'close');
    },
  };
}
