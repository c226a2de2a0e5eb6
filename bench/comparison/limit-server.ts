/**
 * What Node can do at most: a bare node:http server over the same badges, without any guard or limit. It parses the
 * body, looks up and stringifies; with --stored it keeps each answer's bytes by the bytes of its request.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { BenchEdge, Question } from './documents.ts';

interface Body {
  query: string;
  variables: {
    representations?: { __typename: string; id: string }[];
    provider?: string;
    id?: string;
    first?: number;
    after?: string;
  };
}

const [, , file = '', ...flags] = process.argv;
const { edges, questions } = JSON.parse(readFileSync(file, 'utf8')) as {
  edges: BenchEdge[];
  questions: Question[];
};
const byQuery = new Map(questions.map((question) => [question.query, question]));
const byKey = new Map(edges.map(({ node }) => [`${node.__typename} ${node.id}`, node]));
const positions = new Map(edges.map(({ cursor }, at) => [cursor, at]));
const typeNames = new Map(edges.map(({ node }) => [node.provider, node.__typename]));

function pick({ fields }: Question, badge: BenchEdge['node'] | undefined): object | null {
  if (!badge) return null;
  const picked: Record<string, unknown> = {};
  for (const field of fields[badge.__typename]) picked[field] = badge[field];
  return picked;
}

function answer({ query, variables }: Body): object {
  const question = byQuery.get(query);
  if (!question) throw new Error(`Unknown document: ${query}`);
  const { representations = [], provider, id, first = 50, after } = variables;
  switch (question.root) {
    case '_entities':
      return {
        _entities: representations.map((each) =>
          pick(question, byKey.get(`${each.__typename} ${each.id}`)),
        ),
      };
    case 'badge':
      return { badge: pick(question, byKey.get(`${typeNames.get(provider)} ${id}`)) };
    case 'badges':
      return { badges: answerPage(question, first, after) };
  }
}

function answerPage(question: Question, first: number, after: string | undefined): object {
  const start = after === undefined ? 0 : (positions.get(after) ?? -1) + 1;
  const page = edges.slice(start, start + first);
  return {
    totalCount: edges.length,
    pageInfo: {
      endCursor: page.at(-1)?.cursor ?? null,
      hasNextPage: start + page.length < edges.length,
    },
    nodes: page.map(({ node }) => pick(question, node)),
  };
}

const toText = (body: string) => `${JSON.stringify({ data: answer(JSON.parse(body) as Body) })}\n`;
const stored = new Map<string, Buffer>();

function toStored(body: string): Buffer {
  const kept = stored.get(body);
  if (kept) return kept;
  const bytes = Buffer.from(toText(body));
  stored.set(body, bytes);
  return bytes;
}

const toBytes = flags.includes('--stored') ? toStored : toText;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const bytes = toBytes(Buffer.concat(chunks).toString());
    response.writeHead(200, {
      'cache-control': 'private, max-age=30',
      'x-content-type-options': 'nosniff',
      'x-request-id': String(request.headers['x-request-id']),
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(bytes),
    });
    response.end(bytes);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address) console.log(`listens at ${address.port}`);
});
