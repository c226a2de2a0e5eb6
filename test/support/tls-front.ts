import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, request as ask } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './certificates.ts';

/** A proxy that accepts HTTPS and forwards requests over HTTP to a server on this machine. */
export interface TlsFront {
  port: number;
  close(): Promise<void>;
}

export async function startTlsFront(
  targetPort: number,
  certificate: Certificate,
): Promise<TlsFront> {
  // It does not understand HTTP/2, although a client may choose it when it is offered.
  const options = { ...certificate, ALPNProtocols: ['h2', 'http/1.1'] };
  const server = createServer(options, (request, response) =>
    passOn(targetPort, request, response),
  );
  // A client that does not trust the certificate disconnects.
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** A reset by the server is forwarded to the client. */
export function passOn(port: number, request: IncomingMessage, response: ServerResponse): void {
  const host = `127.0.0.1:${port}`;
  const { method = '', url = '' } = request;
  const path = url.replace(/^http:\/\/[^/]+/, '');
  const headers = { ...request.headers, host };
  const passed = ask({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 0, answer.headers);
    answer.pipe(response);
  });
  passed.on('error', () => response.destroy());
  request.pipe(passed);
}
