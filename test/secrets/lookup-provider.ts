import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { gzipSync } from 'node:zlib';

/** How an answer to a look-up goes wrong on its way, if it does. */
export type Transport =
  'whole' | 'hang' | 'reset' | 'truncated' | 'broken gzip' | 'gzip' | 'no UTF-8' | 'no HTTP';

/** The places of an answer in which a provider may repeat whom it was asked for. */
export const PLACES = [
  'reason',
  'header value',
  'header name',
  'content-type',
  'content-encoding',
  'location',
  'retry-after',
  'age',
  'message',
  'code',
  'errors',
  'key',
  'key of an error',
  'key of the member',
  'id of the member',
  'name of the member',
  'id of a badge',
  'badge',
  'whole body',
] as const;
export type Place = (typeof PLACES)[number];

export interface LookupAnswer {
  status: number;
  transport: Transport;
  places: readonly Place[];
  /** The person, spelled in some way. */
  words: string;
}

export interface LookupProvider {
  origin: string;
  answer: LookupAnswer;
  /** All bytes that were sent. */
  sent: string[];
  close(): Promise<void>;
}

/** A provider of either kind that answers every look-up as it is told, byte by byte. */
export async function startLookupProvider(answer: LookupAnswer): Promise<LookupProvider> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket)).on('error', () => undefined);
    let received = '';
    socket.setEncoding('latin1').on('data', (data: string) => {
      received += data;
      if (!isWhole(received)) return;
      if (LIST.test(received)) sendList(socket);
      else send(socket, provider);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const provider: LookupProvider = {
    origin: `http://127.0.0.1:${port}`,
    answer,
    sent: [],
    async close() {
      sockets.forEach((socket) => socket.destroy());
      server.close();
      await once(server, 'close');
    },
  };
  return provider;
}

const LIST = /^GET \S*\/badges /;
const EMPTY = JSON.stringify({ success: true, statusCode: 200, result: [] });

/** It is about nobody. */
function sendList(socket: Socket): void {
  const length = `content-length: ${EMPTY.length}`;
  socket.end(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n${length}\r\n\r\n${EMPTY}`,
  );
}

function isWhole(received: string): boolean {
  const [head = '', body] = received.split('\r\n\r\n');
  const [, length = '0'] = /^content-length: *(\d+)/im.exec(head) ?? [];
  return body !== undefined && body.length >= Number(length);
}

function send(socket: Socket, { answer, sent }: LookupProvider): void {
  const { transport } = answer;
  const body = toBytes(answer);
  const isLong = transport === 'truncated' || transport === 'reset' || transport === 'hang';
  const head = toHead(answer, isLong ? body.length + 100 : body.length);
  sent.push(head, body.toString('latin1'));
  socket.write(head, 'latin1');
  socket.write(body, () => {
    if (transport === 'reset') socket.resetAndDestroy();
    else if (transport !== 'hang') socket.end();
  });
}

const STATUS_LINE = 'HTTP/1.1';

function toHead({ status, transport, places, words }: LookupAnswer, length: number): string {
  const has = (place: Place): boolean => places.includes(place);
  const value = words.replace(/[^\x20-\x7e]/g, '?').slice(0, 500);
  const token = words.replace(/[^\w-]/g, '-').slice(0, 100);
  const headers: (readonly [string, string])[] = [
    ['connection', 'close'],
    ['content-length', String(length)],
    ['content-type', has('content-type') ? `application/json; for="${value}"` : 'application/json'],
    ...(/gzip/.test(transport) ? [['content-encoding', 'gzip'] as const] : []),
    ...(has('content-encoding') ? [['content-encoding', token] as const] : []),
    ...(has('header value') ? [['x-note', value] as const, ['set-cookie', value] as const] : []),
    ...(has('header name') ? [[`x-${token}`, '1'] as const] : []),
    ...(['location', 'retry-after', 'age'] as const)
      .filter(has)
      .map((name) => [name, value] as const),
  ];
  const reason = has('reason') ? value : 'Said';
  const version = transport === 'no HTTP' ? `HTTP/${token}` : STATUS_LINE;
  const lines = headers.map(([name, text]) => `${name}: ${text}\r\n`).join('');
  return `${version} ${status} ${reason}\r\n${lines}\r\n`;
}

function toBytes(answer: LookupAnswer): Buffer {
  const { places, transport, words, status } = answer;
  if (status === 204 || status === 304) return Buffer.alloc(0);
  const text = places.includes('whole body') ? words : JSON.stringify(toJson(answer));
  switch (transport) {
    case 'gzip':
      return gzipSync(text);
    case 'no UTF-8':
      return Buffer.concat([Buffer.from(text), Buffer.of(0xff)]);
    default:
      return Buffer.from(text);
  }
}

/** Of both providers at once: each reads its own names. */
function toJson({ status, places, words }: LookupAnswer): object {
  const given = <T>(place: Place, value: T): T | undefined =>
    places.includes(place) ? value : undefined;
  const badge = given('badge', { _id: 'b'.repeat(24), name: words, description: words });
  const badges = [given('id of a badge', { _id: words, name: 1, [words]: words }), badge];
  const member = {
    userId: given('id of the member', words) ?? '1102',
    _id: given('id of the member', words) ?? '6650aa11bb22cc33dd44ee55',
    username: given('name of the member', words),
    title: given('name of the member', words),
    email: given('name of the member', words),
    ...given('key of the member', { [words]: words }),
    badges: badges.filter((one) => one !== undefined),
  };
  const isGood = status < 300;
  return {
    ...(isGood ? { data: member, result: member } : { data: null, result: null }),
    status: isGood ? 'success' : 'error',
    success: isGood,
    message: given('message', words),
    meta: { message: given('message', words), devMessage: given('message', words) },
    code: given('code', words),
    errors: given('errors', [{ message: words, extensions: { code: words } }, words]),
    error: given('key of an error', { [words]: { message: words } }),
    ...given('key', { [words]: words }),
  };
}
