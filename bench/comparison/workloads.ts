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
}

export interface WorkloadOptions {
  edges: readonly BenchEdge[];
  /** By name in lower case. */
  headers: Readonly<Record<string, string>>;
}

const SIZES = [1, 10, 100, 500];
const VARIETY = 50;
const PAGE = 50;

export function createWorkloads(options: WorkloadOptions): Workload[] {
  return [
    ...SIZES.map((size) => entities(options, size, [askEntities('Screen')])),
    ...SIZES.map((size) => entities(options, size, askEntitiesInManyWays(VARIETY))),
    badge(options),
    ...(['full', 'interface'] as const).flatMap((selection) => [
      samePage(options, selection),
      somePages(options, selection),
      newPages(options, selection),
    ]),
  ];
}

function toRequest(
  { headers }: WorkloadOptions,
  { query, operationName }: Question,
  variables: object,
): Buffer {
  const body = JSON.stringify({ query, operationName, variables });
  const head = [
    'POST /graphql HTTP/1.1',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function inRotation(
  name: string,
  questions: readonly Question[],
  requests: readonly Buffer[],
): Workload {
  const request = (number: number): Buffer => {
    const found = requests[number % requests.length];
    if (!found) throw new Error(`${name} has no requests`);
    return found;
  };
  return { name, questions, request, variety: requests.length };
}

function entities(
  options: WorkloadOptions,
  size: number,
  questions: readonly Question[],
): Workload {
  const representations = options.edges
    .slice(0, size)
    .map(({ node: { __typename, id } }) => ({ __typename, id }));
  const ways = questions.length === 1 ? '' : `, ${questions.length} documents`;
  return inRotation(
    `_entities of ${size}${ways}`,
    questions,
    questions.map((question) => toRequest(options, question, { representations })),
  );
}

function badge(options: WorkloadOptions): Workload {
  const question = askBadge();
  const { edges } = options;
  const requests = edges
    .slice(0, VARIETY)
    .map(({ node: { provider, id } }) => toRequest(options, question, { provider, id }));
  return inRotation('badge', [question], requests);
}

const titleOf = (selection: Selection) => `badges of ${PAGE}, ${selection}`;

function samePage(options: WorkloadOptions, selection: Selection): Workload {
  const question = askBadges(selection);
  const request = toRequest(options, question, { first: PAGE });
  return inRotation(`${titleOf(selection)}, same page`, [question], [request]);
}

function somePages(options: WorkloadOptions, selection: Selection): Workload {
  const question = askBadges(selection);
  const requests = options.edges
    .slice(0, VARIETY)
    .map(({ cursor }) => toRequest(options, question, { first: PAGE, after: cursor }));
  return inRotation(`${titleOf(selection)}, ${VARIETY} pages`, [question], requests);
}

/** Around 50 badges: 20 sizes at every place, each only once. */
function newPages(options: WorkloadOptions, selection: Selection): Workload {
  const question = askBadges(selection);
  const places = options.edges.length - PAGE - 10;
  return {
    name: `${titleOf(selection)}, new pages`,
    questions: [question],
    variety: 20 * places,
    request: (number) => {
      const round = Math.floor(number / places);
      const first = PAGE - 10 + ((number + round) % 20);
      const after = options.edges[number % places]?.cursor;
      return toRequest(options, question, { first, after });
    },
  };
}
