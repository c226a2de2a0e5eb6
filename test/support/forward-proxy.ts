import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { type AddressInfo, type Socket, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { passOn } from './tls-front.ts';

/** How it handles CONNECT and plain HTTP requests. A number: it rejects them with this status. */
export type Mood = 'passes on' | 'hangs' | 'resets' | number;

/** A company's forward proxy: the only way to hosts that DNS cannot resolve. */
export interface ForwardProxy {
  url: string;
  mood: Mood;
  /** Its requests with their sender: `CONNECT host:port`, or `METHOD URL` for plain HTTP. */
  asked: { what: string; authorization: string | undefined }[];
  close(): Promise<void>;
}

/** `ports`: the local port of each host. */
export async function startForwardProxy(
  ports: Readonly<Record<string, number>>,
): Promise<ForwardProxy> {
  const sockets = new Set<Duplex>();

  function note(request: IncomingMessage): void {
    const what = `${request.method} ${request.url}`;
    proxy.asked.push({ what, authorization: request.headers['proxy-authorization'] });
  }

  function tunnel(request: IncomingMessage, near: Duplex): void {
    note(request);
    near.on('error', () => undefined);
    const { mood } = proxy;
    if (mood === 'hangs') return;
    if (mood === 'resets') return void near.destroy();
    const port = ports[new URL(`http://${request.url}`).hostname];
    if (mood !== 'passes on' || port === undefined) {
      const status = typeof mood === 'number' ? mood : 502;
      near.end(`HTTP/1.1 ${status} Refused\r\ncontent-length: 7\r\n\r\nrefused`);
      return;
    }
    const far = connect({ port, host: '127.0.0.1', noDelay: true }, () => {
      near.write('HTTP/1.1 200 Connection established\r\n\r\n');
      near.pipe(far).pipe(near);
    });
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    near.on('close', () => far.destroy());
    sockets.add(far);
  }

  function passPlainOn(request: IncomingMessage, response: ServerResponse): void {
    note(request);
    if (typeof proxy.mood === 'number') {
      response.writeHead(proxy.mood, { 'content-type': 'text/plain' }).end('refused');
      return;
    }
    const { 'proxy-authorization': _ours, ...headers } = request.headers;
    request.headers = headers;
    passOn(ports[new URL(request.url ?? '').hostname] ?? 0, request, response);
  }

  const server = createServer(passPlainOn)
    .on('connect', tunnel)
    .on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const proxy: ForwardProxy = {
    url: `http://127.0.0.1:${port}`,
    mood: 'passes on',
    asked: [],
    async close() {
      server.close();
      sockets.forEach((socket) => socket.destroy());
      await once(server, 'close');
    },
  };
  return proxy;
}
