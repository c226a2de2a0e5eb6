/**
 * A bare server over the same data: it parses the body, looks up, and writes JSON. It has no guard and no limit.
 * The data comes as one line of JSON on the standard input.
 */
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

type Badge = Record<string, unknown> & { __typename: string; id: string };
interface Body {
  query: string;
  variables: { representations?: { __typename: string; id: string }[]; id?: string };
}

const [line = ''] = await new Promise<string[]>((resolve) =>
  createInterface(process.stdin).once('line', (text) => resolve([text])),
);
const { fields, badges } = JSON.parse(line) as { fields: string[]; badges: Badge[] };
const byKey = new Map(badges.map((badge) => [`${badge.__typename} ${badge.id}`, badge]));

function pick(badge: Badge | undefined): Record<string, unknown> | null {
  if (!badge) return null;
  const picked: Record<string, unknown> = {};
  for (const field of fields) picked[field] = badge[field];
  return picked;
}

function answer({ query, variables }: Body): object {
  const { representations, id } = variables;
  if (representations) {
    return {
      _entities: representations.map((each) => pick(byKey.get(`${each.__typename} ${each.id}`))),
    };
  }
  if (query.includes('badges(')) return { badges: { nodes: badges.slice(0, 50).map(pick) } };
  return { badge: pick(byKey.get(`TagMangoBadge ${id ?? ''}`)) };
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Body;
    const text = `${JSON.stringify({ data: answer(body) })}\n`;
    response.writeHead(200, {
      'cache-control': 'private, max-age=30',
      'x-content-type-options': 'nosniff',
      'x-request-id': String(request.headers['x-request-id']),
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address) console.log(`listens at ${address.port}`);
});
