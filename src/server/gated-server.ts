import { IncomingMessage, createServer } from 'node:http';
import type { RequestListener, Server, ServerOptions } from 'node:http';
import type { Connections } from './connections.ts';
import type { Gate } from './identity/gate.ts';
import type { RawAnswer } from './raw-answer.ts';
import { sendLast } from './raw-answer.ts';

export interface GatedServerOptions {
  gate: Gate;
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
export function createGatedServer(
  { gate, connections, times }: GatedServerOptions,
  handler: RequestListener,
): Server {
  /**
   * Node asks for `upgrade` as soon as it has read a head and before it does anything about it. Where that is true its
   * parser lets go of the connection, as for a WebSocket.
   */
  class GatedRequest extends IncomingMessage {
    #answer: RawAnswer | undefined;
    #isLooked = false;

    get answer(): RawAnswer | undefined {
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
    if (answer) connections.whenAnswered(socket, () => sendLast(socket, answer, method));
  });
  return connections.track(server);
}
