import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** The connections of callers, so that a stop loses none of their requests and waits for none of the silent ones. */
export interface Connections {
  track(server: Server): Server;
  /** From now on every answer says that its connection ends with it, also one to a request that is under way. */
  announceEnd(): void;
  /**
   * Takes no new connections, and resolves once all have ended. Those without a request end at once, those whose
   * request does not arrive soon, and all others after `answersMs` at the latest.
   */
  end(answersMs: number): Promise<void>;
}

/** How long the rest of a request may take that began to arrive before the end. */
const REST_OF_REQUEST_MS = 1_000;
const LOOK_EVERY_MS = 50;

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

export function createConnections(): Connections {
  const servers = new Set<Server>();
  const exchanges = new Map<Socket, Set<Exchange>>();
  let isEnding = false;

  function onConnection(socket: Socket): void {
    exchanges.set(socket, new Set());
    socket.once('close', () => exchanges.delete(socket));
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    const ofSocket = exchanges.get(request.socket);
    const exchange = { request, response };
    ofSocket?.add(exchange);
    response.once('close', () => ofSocket?.delete(exchange));
    if (isEnding) response.setHeader('connection', 'close');
  }

  function announceEnd(): void {
    isEnding = true;
    for (const { response } of [...exchanges.values()].flatMap((open) => [...open])) {
      if (!response.headersSent) response.setHeader('connection', 'close');
    }
  }

  /** Ends what nothing is to be expected of any more. */
  function sweep(hasArrived: (request: IncomingMessage) => boolean): void {
    for (const [socket, open] of exchanges) {
      if (![...open].some(({ request }) => hasArrived(request))) socket.destroy();
    }
  }

  return {
    track(server) {
      servers.add(server);
      // Called by Node at the close of a server. It would cut off answers that are still being written.
      server.closeIdleConnections = () => undefined;
      return server.on('connection', onConnection).prependListener('request', onRequest);
    },
    announceEnd,
    async end(answersMs) {
      announceEnd();
      servers.forEach((server) => server.close());
      const begun = performance.now();
      for (;;) {
        const ms = performance.now() - begun;
        sweep(({ complete }) => ms < answersMs && (complete || ms < REST_OF_REQUEST_MS));
        if (exchanges.size === 0) return;
        await pause(LOOK_EVERY_MS);
      }
    },
  };
}
