import {
  type BenchEdge,
  type Question,
  type Selection,
  askBadge,
  askBadges,
  askEntities,
  askEntitiesInManyWays,
} from './documents.ts';

export interface Workload {
  name: string;
  questions: readonly Question[];
  /** The bytes of the request of this number, from 0. */
  request: (number: number) => Buffer;
  /** How many requests are different. */
  variety: number;
  /** Only this service checks tokens. */
  hasTokens: boolean;
}

export interface WorkloadOptions {
  edges: readonly BenchEdge[];
  /** Of different callers. */
  tokens: readonly string[];
  secret: string;
}

type Headers = Readonly<Record<string, string>>;

const SIZES = [1, 10, 100, 500];
/** Of documents, badges and pages in rotation. */
export const VARIETY = 50;
const PAGE = 50;
const SIZES_OF_PAGES = 40;

export function createWorkloads(options: WorkloadOptions): Workload[] {
  return [
    ...SIZES.map((size) => entities(options, size)),
    ...SIZES.map((size) => entitiesInManyWays(options, size)),
    ...SIZES.map((size) => entitiesWithTokens(options, size)),
    badge(options),
    ...(['full', 'interface'] as const).flatMap((selection) => [
      samePage(options, selection),
      somePages(options, selection),
      newPages(options, selection),
    ]),
  ];
}

/** As a router sends it. */
export function toRequest(
  secret: string,
  { query, operationName }: Pick<Question, 'query' | 'operationName'>,
  variables: object,
  more: Headers = {},
): Buffer {
  const body = JSON.stringify({ query, operationName, variables });
  const headers = Object.entries({
    host: 'localhost',
    'content-type': 'application/json',
    accept: 'application/json',
    'router-authorization': secret,
    'x-request-id': 'bench',
    ...more,
    'content-length': Buffer.byteLength(body),
  });
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`POST /graphql HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
}

export function inRotation(
  name: string,
  questions: readonly Question[],
  requests: readonly Buffer[],
): Workload {
  const request = (number: number): Buffer => {
    const found = requests[number % requests.length];
    if (!found) throw new Error(`${name} has no requests`);
    return found;
  };
  return { name, questions, request, variety: requests.length, hasTokens: false };
}

export function toRepresentations(edges: readonly BenchEdge[]): object {
  return edges.map(({ node: { __typename, id } }) => ({ __typename, id }));
}

function entities({ edges, secret }: WorkloadOptions, size: number): Workload {
  const question = askEntities('Screen');
  const representations = toRepresentations(edges.slice(0, size));
  return inRotation(
    `_entities of ${size}`,
    [question],
    [toRequest(secret, question, { representations })],
  );
}

function entitiesInManyWays({ edges, secret }: WorkloadOptions, size: number): Workload {
  const questions = askEntitiesInManyWays(VARIETY);
  const representations = toRepresentations(edges.slice(0, size));
  return inRotation(
    `_entities of ${size}, ${VARIETY} documents`,
    questions,
    questions.map((question) => toRequest(secret, question, { representations })),
  );
}

function entitiesWithTokens(options: WorkloadOptions, size: number): Workload {
  const question = askEntities('Screen');
  const representations = toRepresentations(options.edges.slice(0, size));
  const requests = options.tokens.map((token) =>
    toRequest(options.secret, question, { representations }, { authorization: `Bearer ${token}` }),
  );
  const name = `_entities of ${size}, ${VARIETY} tokens`;
  return { ...inRotation(name, [question], requests), hasTokens: true };
}

function badge({ edges, secret }: WorkloadOptions): Workload {
  const question = askBadge();
  const requests = edges
    .slice(0, VARIETY)
    .map(({ node: { provider, id } }) => toRequest(secret, question, { provider, id }));
  return inRotation('badge', [question], requests);
}

const titleOf = (selection: Selection) => `badges of ${PAGE}, ${selection}`;

function samePage({ secret }: WorkloadOptions, selection: Selection): Workload {
  const question = askBadges(selection);
  const request = toRequest(secret, question, { first: PAGE });
  return inRotation(`${titleOf(selection)}, same page`, [question], [request]);
}

function somePages({ edges, secret }: WorkloadOptions, selection: Selection): Workload {
  const question = askBadges(selection);
  const requests = edges
    .slice(0, VARIETY)
    .map(({ cursor }) => toRequest(secret, question, { first: PAGE, after: cursor }));
  return inRotation(`${titleOf(selection)}, ${VARIETY} pages`, [question], requests);
}

/** Of 50 badges on average: 40 sizes at every place, each only once. */
function newPages({ edges, secret }: WorkloadOptions, selection: Selection): Workload {
  const question = askBadges(selection);
  const places = edges.length - SIZES_OF_PAGES - PAGE;
  return {
    name: `${titleOf(selection)}, new pages`,
    questions: [question],
    variety: SIZES_OF_PAGES * places,
    hasTokens: false,
    request: (number) => {
      const round = Math.floor(number / places);
      const first = PAGE - SIZES_OF_PAGES / 2 + ((number + round) % SIZES_OF_PAGES);
      const after = edges[number % places]?.cursor;
      return toRequest(secret, question, { first, after });
    },
  };
}
