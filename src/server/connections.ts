import { randomUUID } from 'node:crypto';
import type {
  IncomingHttpHeaders,
  IncomingMessage,
  RequestListener,
  Server,
  ServerOptions,
  ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import type { Tracing } from '../telemetry/tracing.ts';

// An import would read all exports of the module, some of which load Node's own copy of undici.
const http = process.getBuiltinModule('node:http');

/**
 * The connections of clients: how many there may be, how long they may take to read a response, and how they end, so
 * that a shutdown loses none of their requests and does not wait for idle ones.
 */
export interface Connections {
  track(server: Server): Server;
  /** Whether a request on this connection may be admitted. A connection that had one admitted may have more. */
  hasRoomFor(socket: Socket): boolean;
  /** Whether a request that has arrived completely is still being answered on this connection. */
  isAnswering(socket: Socket): boolean;
  /** Calls back once all admitted requests of the connection are answered. Never, if it has closed by then. */
  whenAnswered(socket: Socket, then: () => void): void;
  /** From now on every response announces the end of its connection, including those in progress. */
  announceEnd(): void;
  /**
   * Accepts no new connections, and resolves once all have ended. Connections without a request end immediately, new
   * ones and those with a partial request after a second, and all others after `answersMs` at the latest.
   */
  end(answersMs: number): Promise<void>;
}

/** How long a request may take to arrive on a new connection during a shutdown, or the rest of a partial one. */
const REST_OF_REQUEST_MS = 1_000;
const SWEEP_EVERY_MS = 50;
/** How long an evicted connection stays open. */
const EVICTION_MS = 1_000;

export interface ConnectionBounds {
  /** Maximum number of connections without an admitted request. Beyond it the oldest one is evicted. */
  mostNewcomers: number;
  /** Maximum number of connections with an admitted request. */
  mostAdmitted: number;
  /** How long a client may take to read a response after it is complete, in milliseconds. */
  readAnswerMs: number;
  /** Maximum number of requests on one connection. The response to the last one announces its end. */
  mostRequests: number;
}

interface Connection {
  /** `performance.now()` */
  openedAt: number;
  /** Number of admitted requests. */
  requests: number;
  /** Mostly one: a set would take longer. */
  open: Exchange[];
  /** Called once no exchange is open. */
  then?: () => void;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

/** A longer turn of the event loop did other work, during which more connections may have arrived. */
const QUIET_TURN_MS = 1;
const MAX_TURNS = 500;

export function createConnections(bounds: ConnectionBounds): Connections {
  const servers = new Set<Server>();
  const connections = new Map<Socket, Connection>();
  /** Connections without an admitted request, oldest first. */
  const newcomers = new Set<Socket>();
  /** Connections that end soon, unless a request on them is admitted. */
  const evicted = new Set<Socket>();
  const admitted = new Set<Socket>();
  let isEnding = false;
  let accepted = 0;

  function onConnection(socket: Socket): void {
    accepted += 1;
    connections.set(socket, { openedAt: performance.now(), requests: 0, open: [] });
    newcomers.add(socket);
    socket.once('close', () =>
      [connections, newcomers, evicted, admitted].forEach((all) => all.delete(socket)),
    );
    const [oldest] = newcomers;
    if (oldest && newcomers.size > bounds.mostNewcomers) evict(oldest);
  }

  /** The delay slows down a client that only opens connections: it would open the next one immediately. */
  function evict(socket: Socket): void {
    newcomers.delete(socket);
    evicted.add(socket);
    setTimeout(() => admitted.has(socket) || socket.destroy(), EVICTION_MS).unref();
    const [oldest] = evicted;
    if (evicted.size > bounds.mostNewcomers) oldest?.destroy();
  }

  function admit(socket: Socket): void {
    newcomers.delete(socket);
    evicted.delete(socket);
    admitted.add(socket);
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    const connection = connections.get(request.socket);
    if (!connection) return;
    connection.requests += 1;
    const isLast = isEnding || connection.requests >= bounds.mostRequests;
    if (isLast) response.setHeader('connection', 'close');
    const exchange = { request, response };
    if (connection.requests === 1) admit(request.socket);
    connection.open.push(exchange);
    // Both come once. `once` would take more memory than all else that is noted of a request.
    response.on('prefinish', () => endUnread(exchange));
    response.on('close', () => {
      const at = connection.open.indexOf(exchange);
      if (at !== -1) connection.open.splice(at, 1);
      if (connection.open.length === 0) connection.then?.();
    });
  }

  /** A client that reads nothing, or a byte now and then, would otherwise keep its response in memory. */
  function endUnread({ request, response }: Exchange): void {
    // The system has all of it.
    if (response.writableLength === 0) return;
    const timer = setTimeout(() => request.socket.destroy(), bounds.readAnswerMs).unref();
    response.once('close', () => clearTimeout(timer));
  }

  function announceEnd(): void {
    isEnding = true;
    for (const { response } of [...connections.values()].flatMap(({ open }) => open)) {
      if (!response.headersSent) response.setHeader('connection', 'close');
    }
  }

  /**
   * Accepts what the system still holds in its backlog: closing the listener would reset those connections. Node
   * accepts one in each turn of the event loop.
   */
  async function acceptAll(): Promise<void> {
    for (let turns = 0; turns < MAX_TURNS; turns += 1) {
      const [begun, before] = [performance.now(), accepted];
      await turn();
      if (accepted === before && performance.now() - begun < QUIET_TURN_MS) return;
    }
  }

  /** Ends the connections that are idle or out of time, `ms` milliseconds after the shutdown began. */
  function sweep(ms: number, answersMs: number): void {
    for (const [socket, { openedAt, open }] of connections) {
      const isNew = newcomers.has(socket) && performance.now() - openedAt < REST_OF_REQUEST_MS;
      const isAwaited = open.some(({ request }) => request.complete || ms < REST_OF_REQUEST_MS);
      if (ms >= answersMs || (!isAwaited && !isNew)) socket.destroy();
    }
  }

  return {
    track(server) {
      servers.add(server);
      // Node calls it when a server closes. It would cut off responses that are still being written.
      server.closeIdleConnections = () => undefined;
      // Requests behind the last one are not executed, because their responses could not be sent.
      server.maxRequestsPerSocket = bounds.mostRequests;
      return server.on('connection', onConnection).prependListener('request', onRequest);
    },
    hasRoomFor: (socket) => admitted.has(socket) || admitted.size < bounds.mostAdmitted,
    isAnswering: (socket) =>
      connections.get(socket)?.open.some(({ request }) => request.complete) ?? false,
    whenAnswered(socket, then) {
      const connection = connections.get(socket);
      if (!connection) return;
      if (connection.open.length === 0) then();
      else connection.then = then;
    },
    announceEnd,
    async end(answersMs) {
      announceEnd();
      await acceptAll();
      servers.forEach((server) => server.close());
      const begun = performance.now();
      while (connections.size > 0) {
        await pause(SWEEP_EVERY_MS);
        // Reads what has arrived in the meantime before anything is ended.
        await turn();
        sweep(performance.now() - begun, answersMs);
        // A connection that was ended is gone in the next turn.
        await turn();
      }
    },
  };
}

/** Handles admitted requests before the framework does. */
export interface Ahead {
  /** Answers a request, or hands it on to this listener. */
  before(full: RequestListener): RequestListener;
  usage(): Readonly<Record<string, number>>;
  close(): void;
}

export interface FastPathSettings {
  /** The share of fast answers, from 0 to 1, that are compared with the full path's, which is then sent. */
  shadow: number;
  /** How long it may take at first to learn for a tenant, in milliseconds. A second if omitted. */
  learningMs?: number;
}

/** A request that knows when it arrived, if anyone wants to know. */
class ArrivedRequest extends http.IncomingMessage {
  arrivedAt: number | undefined;
}

/** When a request arrived, by `performance.now()`: `now` if that was not noted. */
export function arrivalOf(request: IncomingMessage, now = performance.now()): number {
  return (request instanceof ArrivedRequest ? request.arrivedAt : undefined) ?? now;
}

/** The first note counts. */
export function noteArrival(request: IncomingMessage, at = performance.now()): void {
  if (request instanceof ArrivedRequest) request.arrivedAt ??= at;
}

interface HttpServerOptions {
  /** Whether the arrival of requests is noted that nothing ahead of the framework answers. */
  isTimed?: boolean;
  /** Decides by the head of a request. What it returns is sent, and the connection ends; undefined admits the request. */
  gate: (request: IncomingMessage) => RawResponse | undefined;
  connections: Connections;
  times: Pick<
    ServerOptions,
    'keepAliveTimeout' | 'headersTimeout' | 'requestTimeout' | 'connectionsCheckingInterval'
  >;
  ahead: readonly Ahead[];
  /** Absent: requests are not traced. */
  tracing?: Tracing | undefined;
}

/**
 * An HTTP server that passes on only what the gate admits. On a connection with a rejected request nothing else is
 * parsed: no body, no expectation, no pipelined request.
 */
export function createHttpServer(
  { gate, connections, times, ahead, isTimed = false, tracing }: HttpServerOptions,
  handler: RequestListener,
): Server {
  /**
   * Node reads `upgrade` as soon as it has parsed a head, before it acts on it. If it is true, the parser lets go of
   * the connection, as for a WebSocket.
   */
  class GatedRequest extends ArrivedRequest {
    #rejection: RawResponse | undefined;
    #isDecided = false;

    get rejection(): RawResponse | undefined {
      if (!this.#isDecided) this.#decide();
      return this.#rejection;
    }

    #decide(): void {
      this.#isDecided = true;
      this.#rejection = gate(this);
    }

    get upgrade(): boolean {
      return this.method === 'CONNECT' || this.rejection !== undefined;
    }

    /** Node sets whether the client asks for another protocol. None is supported. */
    set upgrade(_isAsked: boolean) {}
  }

  const options = { ...times, requireHostHeader: false, IncomingMessage: GatedRequest };
  const timed: RequestListener = isTimed
    ? (request, response) => {
        noteArrival(request);
        handler(request, response);
      }
    : handler;
  const listener = ahead.reduce((next, each) => each.before(next), timed);
  const traced = tracing ? tracing.before(listener) : listener;
  const server = http.createServer<typeof GatedRequest>(options, traced);
  server.on('upgrade', (request) => {
    const { socket, rejection, method } = request;
    // A client may disconnect before it has the response.
    socket.on('error', () => socket.destroy());
    if (rejection) connections.whenAnswered(socket, () => sendAndClose(socket, rejection, method));
  });
  return connections.track(server);
}

/** A response that is written to the socket directly, because no framework has seen its request. */
export interface RawResponse {
  status: number;
  requestId: string;
  /** Sent as JSON. */
  body: object;
}

/** How long a client may take to read a response that ends its connection. */
const LINGER_MS = 500;
/** How many bytes are read and dropped in the meantime. With unread bytes the system would discard the response. */
const MAX_DROPPED_BYTES = 64 * 1024;

/** Sends the response to a request with this method, and ends the connection. */
export function sendAndClose(socket: Socket, response: RawResponse, method?: string): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  let dropped = 0;
  socket
    .once('close', () => clearTimeout(timer))
    .on('data', ({ length }: Buffer) => {
      dropped += length;
      if (dropped > MAX_DROPPED_BYTES) socket.pause();
    })
    .end(toBytes(response, method));
}

/** A response to HEAD has no body. */
function toBytes({ status, requestId, body }: RawResponse, method?: string): string {
  const json = JSON.stringify(body);
  const headers = {
    ...toBaseHeaders(requestId),
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(json),
    date: new Date().toUTCString(),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`;
  return method === 'HEAD' ? head : head + json;
}

/** A request ID from a client goes into logs and responses, so it must be short and plain. */
const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** The ID that the client gave its request, or a new one. */
export function toRequestId({ 'x-request-id': given }: IncomingHttpHeaders): string {
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

/** The headers of every response. */
export function toBaseHeaders(
  requestId: string,
  cacheControl = 'no-store',
): Record<string, string> {
  return {
    'cache-control': cacheControl,
    'x-content-type-options': 'nosniff',
    'x-request-id': requestId,
  };
}
