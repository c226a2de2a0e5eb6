import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { toBaseHeaders } from './base-headers.ts';

/** An answer that no framework makes, since no request is handed to one. */
export interface RawAnswer {
  status: number;
  requestId: string;
  /** Becomes JSON. */
  body: object;
}

/** How long a caller may take to read an answer that ends its connection. */
const LINGER_MS = 500;
/** How much is read and dropped of what it sends meanwhile; with unread bytes the system would take the answer back. */
const MOST_DROPPED_BYTES = 64 * 1024;

/** Sends this answer, to a request of that method, and ends the connection. */
export function sendLast(socket: Socket, answer: RawAnswer, method?: string): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  let dropped = 0;
  socket
    .once('close', () => clearTimeout(timer))
    .on('data', ({ length }: Buffer) => {
      dropped += length;
      if (dropped > MOST_DROPPED_BYTES) socket.pause();
    })
    .end(toBytes(answer, method));
}

/** An answer to HEAD has no body. */
function toBytes({ status, requestId, body }: RawAnswer, method?: string): string {
  const json = JSON.stringify(body);
  const headers = {
    ...toBaseHeaders(requestId),
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(json),
    date: new Date().toUTCString(),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`;
  return method === 'HEAD' ? head : head + json;
}
