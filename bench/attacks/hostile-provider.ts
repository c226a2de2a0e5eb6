/** Both providers of the attacking tenant in a separate process. A message tells them how to respond. */
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { text } from 'node:stream/consumers';

export type ProviderMood = 'plain' | 'full' | 'marked names' | 'duplicate ids' | 'large lists';

const MB = 1024 * 1024;
/** The size of one response. A larger one is rejected before it is read. */
const MAX_BYTES = 4.5 * MB;

type BadgeRecord = Readonly<Record<string, unknown>>;

/** As both providers write theirs: each reads its own names. */
function toRecord(number: number, differing: BadgeRecord = {}): BadgeRecord {
  const id = number.toString(16).padStart(24, '0');
  return { id, _id: id, title: `Badge ${id}`, name: `Badge ${id}`, action: 'custom', ...differing };
}

/** At most as many as fit into a response. */
function many(most: number, toOne: (number: number) => BadgeRecord): BadgeRecord[] {
  const room = Math.floor(MAX_BYTES / (Buffer.byteLength(JSON.stringify(toOne(most))) + 1));
  return Array.from({ length: Math.min(most, room) }, (_, number) => toOne(number));
}

/** Combining marks that stand in another order than the normal one. */
const MARKS = '\u0301\u0323'.repeat(100_000);
const FEW = many(5, (number) => toRecord(number));
const LISTS: Readonly<Record<ProviderMood, readonly BadgeRecord[][]>> = {
  plain: [FEW],
  // Many, and all as agreed.
  full: [many(10_000, (number) => toRecord(number))],
  'marked names': [many(10, (number) => toRecord(number, { name: MARKS, title: MARKS }))],
  'duplicate ids': [
    [
      toRecord(1, { description: 'd'.repeat(MB) }),
      ...many(8_000, (number) => toRecord(1, { name: `${number}`, title: `${number}` })),
    ],
  ],
  'large lists': [
    many(17_000, (number) => toRecord(number)),
    many(16_000, (number) => toRecord(number, { name: { number }, title: [number] })),
    [
      toRecord(
        1,
        Object.fromEntries(
          Array.from({ length: 200_000 }, (_, number) => [`k${number}`, 1] as const),
        ),
      ),
    ],
    many(100_000, () => ({})),
  ],
};
const MEMBER = {
  _id: 'a'.repeat(24),
  email: 'ada@example.com',
  badges: many(10_000, (number) => toRecord(number)),
};

const written = (payload: unknown): string => JSON.stringify(payload);
const texts = new Map(Object.entries(LISTS).map(([name, lists]) => [name, lists.map(written)]));
const member = written(MEMBER);

let mood: ProviderMood = 'plain';
let turn = 0;

/** Badges of this process, as JSON. */
const made: BadgeRecord[] = [];

function make(body: string): string {
  const record = toRecord(1_000_000 + made.length, JSON.parse(body) as BadgeRecord);
  made.push(record);
  return written(record);
}

function toAnswer({ method = '', url = '' }: IncomingMessage, body: string): string {
  if (method === 'PATCH') return '{"message":"Badges assigned successfully","success":true}';
  const lists = texts.get(mood) ?? [];
  turn += 1;
  const list = mood === 'plain' ? written([...FEW, ...made]) : lists[turn % lists.length];
  const payload = method === 'POST' ? make(body) : url.includes('/users/lookup') ? member : list;
  const isEnveloped = url.startsWith('/api/');
  return isEnveloped
    ? `{"code":200,"type":"Success","message":"Success","success":true,"result":${payload}}`
    : `{"meta":{"success":true,"message":"Done","devMessage":"Done"},"body":${payload}}`;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(toAnswer(request, body));
}

const server = createServer((request, response) => void answer(request, response));
process.once('disconnect', () => process.exit(0));
process.on('message', (next: ProviderMood) => {
  mood = next;
  process.send?.('done');
});
server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
