import { connect } from 'node:net';
import type { ExchangeRequest } from '../support/contract.ts';

/** A request on a socket of its own, seen byte by byte. */
export interface RawExchange {
  /** All that came so far. */
  text: () => string;
  /** Resolves once that much came; rejects when the connection ends before. */
  until: (isEnough: (text: string) => boolean) => Promise<void>;
  /** `FIN`, or the code of the error that ended it. */
  end: Promise<string>;
  leave: () => void;
}

export function startRawExchange(origin: string, request: ExchangeRequest): RawExchange {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  let text = '';
  const look = new Set<() => void>();
  const end = new Promise<string>((resolve) => {
    socket.once('end', () => resolve('FIN'));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    socket.once('close', () => resolve('left'));
  });
  socket.setEncoding('latin1').on('data', (data: string) => {
    text += data;
    for (const each of look) each();
  });
  socket.write(toText(request));
  return {
    text: () => text,
    until: (isEnough) =>
      new Promise((resolve, reject) => {
        const check = (): void => void (isEnough(text) && resolve());
        look.add(check);
        check();
        void end.then((how) => reject(new Error(`${how} after: ${text}`)));
      }),
    end,
    leave: () => void socket.destroy(),
  };
}

function toText({ method, path, headers, body }: ExchangeRequest): string {
  const content = body === undefined ? '' : JSON.stringify(body);
  const all = {
    host: '127.0.0.1',
    ...headers,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    'content-length': String(Buffer.byteLength(content)),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${content}`;
}
