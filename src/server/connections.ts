import {
  IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
  createServer,
} from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import type { RouterAuth } from './identity/authenticate.ts';
import { type RawResponse, sendAndClose } from './raw-response.ts';

/**
 * The connections of callers: how many there may be, how long they may take to read an answer, and how they end, so
 * that a stop loses none of their requests and waits for none of the silent ones.
 */
export interface Connections {
  track(server: Server): Server;
  /** Whether a request of this connection may be let in. One that had a request let in may have more. */
  hasRoomFor(socket: Socket): boolean;
  /** Whether a request that has arrived whole is still being answered on it. */
  isAnswering(socket: Socket): boolean;
  /** Calls back once all requests of it that were let in are answered; never, if it is gone by then. */
  whenAnswered(socket: Socket, then: () => void): void;
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
/** How long a connection stays that has to make room. */
const TURN_OUT_MS = 1_000;

export interface ConnectionBounds {
  /** How many connections there may be on which no request was let in yet. One more, and the oldest of them ends. */
  mostNewcomers: number;
  /** How many there may be on which one was. */
  mostAdmitted: number;
  /** How long a caller may take to read an answer, from when it is whole; milliseconds. */
  readAnswerMs: number;
  /** How many requests one connection may have. The answer to the last of them says that it ends. */
  mostRequests: number;
}

interface Connection {
  /** `performance.now()` */
  openedAt: number;
  /** Those that were let in. */
  requests: number;
  open: Set<Exchange>;
  /** Called once nothing is open any more. */
  then?: () => void;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

/** A longer turn of the event loop did something else, while more connections may have come. */
const QUIET_TURN_MS = 1;
const MAX_TURNS = 500;

export function createConnections(bounds: ConnectionBounds): Connections {
  const servers = new Set<Server>();
  const connections = new Map<Socket, Connection>();
  /** Those on which nothing was let in, oldest first. */
  const newcomers = new Set<Socket>();
  /** Those that end soon, unless a request comes that is let in. */
  const turnedOut = new Set<Socket>();
  const admitted = new Set<Socket>();
  let isEnding = false;
  let accepted = 0;

  function onConnection(socket: Socket): void {
    accepted += 1;
    connections.set(socket, { openedAt: performance.now(), requests: 0, open: new Set() });
    newcomers.add(socket);
    socket.once('close', () =>
      [connections, newcomers, turnedOut, admitted].forEach((all) => all.delete(socket)),
    );
    const [oldest] = newcomers;
    if (oldest && newcomers.size > bounds.mostNewcomers) turnOut(oldest);
  }

  /** Somebody who only opens connections would open the next at once. */
  function turnOut(socket: Socket): void {
    newcomers.delete(socket);
    turnedOut.add(socket);
    setTimeout(() => admitted.has(socket) || socket.destroy(), TURN_OUT_MS).unref();
    const [oldest] = turnedOut;
    if (turnedOut.size > bounds.mostNewcomers) oldest?.destroy();
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    const connection = connections.get(request.socket);
    if (!connection) return;
    connection.requests += 1;
    const isLast = isEnding || connection.requests >= bounds.mostRequests;
    if (isLast) response.setHeader('connection', 'close');
    const exchange = { request, response };
    newcomers.delete(request.socket);
    turnedOut.delete(request.socket);
    admitted.add(request.socket);
    connection.open.add(exchange);
    response.once('prefinish', () => endUnread(exchange));
    response.once('close', () => {
      connection.open.delete(exchange);
      if (connection.open.size === 0) connection.then?.();
    });
  }

  /** Otherwise a caller that reads nothing, or a byte now and then, would keep its answer in our memory. */
  function endUnread({ request, response }: Exchange): void {
    const timer = setTimeout(() => request.socket.destroy(), bounds.readAnswerMs).unref();
    response.once('close', () => clearTimeout(timer));
  }

  function announceEnd(): void {
    isEnding = true;
    for (const { response } of [...connections.values()].flatMap(({ open }) => [...open])) {
      if (!response.headersSent) response.setHeader('connection', 'close');
    }
  }

  /** With its listener the system resets the connections that it still holds for us. One is accepted in each turn. */
  async function acceptAll(): Promise<void> {
    for (let turns = 0; turns < MAX_TURNS; turns += 1) {
      const [begun, before] = [performance.now(), accepted];
      await turn();
      if (accepted === before && performance.now() - begun < QUIET_TURN_MS) return;
    }
  }

  /** Ends the connections on which nothing is under way, or nothing more is waited for, so long after the end began. */
  function sweep(ms: number, answersMs: number): void {
    for (const [socket, { openedAt, open }] of connections) {
      const isNew = newcomers.has(socket) && performance.now() - openedAt < REST_OF_REQUEST_MS;
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
      // What comes behind the last is not carried out: its answer would not be sent any more.
      server.maxRequestsPerSocket = bounds.mostRequests;
      return server.on('connection', onConnection).prependListener('request', onRequest);
    },
    hasRoomFor: (socket) => admitted.has(socket) || admitted.size < bounds.mostAdmitted,
    isAnswering: (socket) =>
      [...(connections.get(socket)?.open ?? [])].some(({ request }) => request.complete),
    whenAnswered(socket, then) {
      const connection = connections.get(socket);
      if (!connection) return;
      if (connection.open.size === 0) then();
      else connection.then = then;
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

export interface HttpServerOptions {
  gate: RouterAuth;
  connections: Connections;
  times: Pick<
    ServerOptions,
    'keepAliveTimeout' | 'headersTimeout' | 'requestTimeout' | 'connectionsCheckingInterval'
  >;
}

/**
 * A server of HTTP that hands on only what the gate lets in. Of any other connection nothing is parsed after the first
 * head: no body, no expectation, no request that was sent along with it.
 */
export function createHttpServer(
  { gate, connections, times }: HttpServerOptions,
  handler: RequestListener,
): Server {
  /**
   * Node asks for `upgrade` as soon as it has read a head and before it does anything about it. Where that is true its
   * parser lets go of the connection, as for a WebSocket.
   */
  class GatedRequest extends IncomingMessage {
    #answer: RawResponse | undefined;
    #isLooked = false;

    get answer(): RawResponse | undefined {
      if (!this.#isLooked) this.#answer = gate(this);
      this.#isLooked = true;
      return this.#answer;
    }

    get upgrade(): boolean {
      return this.method === 'CONNECT' || this.answer !== undefined;
    }

    /** What Node would say: whether the caller asks for another protocol, of which there is none. */
    set upgrade(_isAsked: boolean) {}
  }

  const options = { ...times, requireHostHeader: false, IncomingMessage: GatedRequest };
  const server = createServer<typeof GatedRequest>(options, handler);
  server.on('upgrade', (request) => {
    const { socket, answer, method } = request;
    // Somebody who goes away before the answer is no fault.
    socket.on('error', () => socket.destroy());
    if (answer) connections.whenAnswered(socket, () => sendAndClose(socket, answer, method));
  });
  return connections.track(server);
}
