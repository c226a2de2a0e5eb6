import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';

/** The connections of callers, so that a stop loses none of their requests and waits for none of the silent ones. */
export interface Connections {
  track(server: Server): Server;
  /** From now on every answer says that its connection ends with it, also one to a request that is under way. */
  announceEnd(): void;
  /**
   * Takes no new connections, and resolves once all have ended. Those without a request end at once, those that are
   * new or whose request has arrived in part after a second, and all others after `answersMs` at the latest.
   */
  end(answersMs: number): Promise<void>;
}

/** How long a request may take to arrive on a new connection, or the rest of one that has begun to arrive. */
const REST_OF_REQUEST_MS = 1_000;
const LOOK_EVERY_MS = 50;

interface Connection {
  /** `performance.now()` */
  openedAt: number;
  hasAsked: boolean;
  open: Set<Exchange>;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

/** A longer turn of the event loop did something else, while more connections may have come. */
const QUIET_TURN_MS = 1;
const MOST_TURNS = 500;

export function createConnections(): Connections {
  const servers = new Set<Server>();
  const connections = new Map<Socket, Connection>();
  let isEnding = false;
  let accepted = 0;

  function onConnection(socket: Socket): void {
    accepted += 1;
    connections.set(socket, { openedAt: performance.now(), hasAsked: false, open: new Set() });
    socket.once('close', () => connections.delete(socket));
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    if (isEnding) response.setHeader('connection', 'close');
    const connection = connections.get(request.socket);
    if (!connection) return;
    const exchange = { request, response };
    connection.hasAsked = true;
    connection.open.add(exchange);
    response.once('close', () => connection.open.delete(exchange));
  }

  function announceEnd(): void {
    isEnding = true;
    for (const { response } of [...connections.values()].flatMap(({ open }) => [...open])) {
      if (!response.headersSent) response.setHeader('connection', 'close');
    }
  }

  /** With its listener the system resets the connections that it still holds for us. One is accepted in each turn. */
  async function acceptAll(): Promise<void> {
    for (let turns = 0; turns < MOST_TURNS; turns += 1) {
      const [begun, before] = [performance.now(), accepted];
      await turn();
      if (accepted === before && performance.now() - begun < QUIET_TURN_MS) return;
    }
  }

  /** Ends the connections on which nothing is under way, or nothing more is waited for, so long after the end began. */
  function sweep(ms: number, answersMs: number): void {
    for (const [socket, { openedAt, hasAsked, open }] of connections) {
      const isNew = !hasAsked && performance.now() - openedAt < REST_OF_REQUEST_MS;
      const isAwaited = [...open].some(
        ({ request }) => request.complete || ms < REST_OF_REQUEST_MS,
      );
      if (ms >= answersMs || (!isAwaited && !isNew)) socket.destroy();
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
      await acceptAll();
      servers.forEach((server) => server.close());
      const begun = performance.now();
      while (connections.size > 0) {
        await pause(LOOK_EVERY_MS);
        // What has come meanwhile is read before anything is ended.
        await turn();
        sweep(performance.now() - begun, answersMs);
      }
    },
  };
}
