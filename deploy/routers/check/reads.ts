import { deepEqual, equal, ok } from 'node:assert/strict';
import { QUIZ_MASTER } from '../../../test/support/records.ts';
import { type Query } from './queries.ts';
import { writesDuring } from './mutations.ts';
import { type Answer, type World, codesOf } from './world.ts';

const COUNT = '{ badges { totalCount } }';
const LIST = '{ badges(first: 2) { totalCount nodes { ... on BadgeFields { name } } } }';
const MEMBER = `{ member(id: "grace") {
  name badges { __typename ... on BadgeFields { id name } }
} }`;
const ANY_ENTITIES = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) { __typename ... on BadgeFields { id name } }
}`;
const CHART_ANALYST = '3f8b5d92-6c7e-4a4f-b8d9-0c1e2f3a4b04';
/** A client gets an answer of ours in this time, also while a provider hangs. */
const MAX_ANSWER_MS = 9_500;

export async function checkQuery(world: World, { query, variables }: Query): Promise<void> {
  const [routed, direct] = [
    await world.ask(query, variables),
    await world.askSubgraph(query, variables),
  ];
  deepEqual([routed.data, routed.errors], [direct.data, direct.errors]);
  ok(direct.data);
}

/** Both types in one request, for the badges of another subgraph. */
export async function checkEntities(world: World): Promise<void> {
  const representations = [
    { __typename: 'ReturningAIBadge', id: CHART_ANALYST },
    { __typename: 'TagMangoBadge', id: QUIZ_MASTER },
  ];
  const direct = await world.askSubgraph(ANY_ENTITIES, { representations });
  const before = world.front.operations;
  const { data, errors } = await world.ask(MEMBER);
  deepEqual(data, { member: { name: 'Grace', badges: direct.data?._entities } });
  deepEqual(errors, []);
  equal(world.front.operations - before, 1, 'requests for entities');
}

export async function checkTenants(world: World): Promise<void> {
  const counts = { acme: 16, bolt: 8 };
  for (const [tenant, totalCount] of Object.entries(counts)) {
    const token = await world.toToken({ tenant });
    const { data } = await world.ask(COUNT, {}, { token });
    deepEqual(data, { badges: { totalCount } });
  }
}

/** What a client says of itself must not count, and its secret must not either. */
export async function checkClientHeaders(world: World): Promise<void> {
  const headers = {
    'x-badges-tenant': 'bolt',
    'x-badges-actor': 'root',
    'router-authorization': 'of-a-client',
  };
  const { data } = await world.ask(COUNT, {}, { headers });
  deepEqual(data, { badges: { totalCount: 16 } });
}

interface Refusal {
  name: string;
  toToken: (world: World) => Promise<string | null>;
  code: string;
}

export const refusals: readonly Refusal[] = [
  { name: 'no token', toToken: async () => null, code: 'UNAUTHENTICATED' },
  {
    name: 'an expired token',
    toToken: (world) => world.toToken({ exp: 1 }),
    code: 'UNAUTHENTICATED',
  },
  {
    name: 'a token of an unknown tenant',
    toToken: (world) => world.toToken({ tenant: 'other' }),
    code: 'FORBIDDEN',
  },
  {
    name: 'a token without the scope',
    toToken: (world) => world.toToken({ scope: 'openid' }),
    code: 'FORBIDDEN',
  },
];

/** Nothing is shown or changed. Where the subgraph refuses, its code reaches the client. */
export async function checkRefusal(world: World, { toToken, code }: Refusal): Promise<string> {
  const token = await toToken(world);
  const read = await world.ask(COUNT, {}, { token });
  equal(read.data?.badges ?? null, null);
  const codes = codesOf(read);
  ok(codes.length > 0 || read.status === 401 || read.status === 403, 'there is no error');
  if (!world.isByClaims) ok(codes.includes(code), `the codes are ${codes.join(', ')}`);
  const written = await writesDuring(world, async () => {
    const input = { tagMango: { id: QUIZ_MASTER, name: 'Refused' } };
    const { data } = await world.ask(
      'mutation ($input: UpdateBadgeInput!) { result: updateBadge(input: $input) { outcome } }',
      { input },
      { token },
    );
    equal(data?.result ?? null, null);
  });
  equal(written, 0);
  return `status ${read.status}, ${codes.join(', ') || 'no code'}`;
}

function expectOurError(answer: Answer): string {
  const ours = answer.errors.find(({ extensions }) => extensions?.provider === 'TAG_MANGO');
  ok(ours, `no error names the provider; the codes are ${codesOf(answer).join(', ')}`);
  const { code, retryable, requestId } = ours.extensions ?? {};
  equal(retryable, true);
  equal(typeof requestId, 'string');
  return `${String(code)}, ${answer.errors.length} error(s)`;
}

const FIRST_TWO = [{ name: 'Chart Analyst' }, { name: 'Community Champion' }];

async function readWithoutTagMango(world: World, tenant: 'down' | 'slow'): Promise<string> {
  const answer = await world.ask(LIST, {}, { token: await world.toToken({ tenant }) });
  deepEqual(answer.data, { badges: { totalCount: null, nodes: FIRST_TWO } });
  return expectOurError(answer);
}

export const checkPartialList = (world: World): Promise<string> =>
  readWithoutTagMango(world, 'down');

export async function checkPartialEntities(world: World): Promise<string> {
  const answer = await world.ask(MEMBER, {}, { token: await world.toToken({ tenant: 'down' }) });
  const chart = { __typename: 'ReturningAIBadge', id: CHART_ANALYST, name: 'Chart Analyst' };
  deepEqual(answer.data, { member: { name: 'Grace', badges: [chart, null] } });
  return expectOurError(answer);
}

/** The router waits longer than the subgraph. */
export async function checkSlowProvider(world: World): Promise<string> {
  const begun = performance.now();
  const found = await readWithoutTagMango(world, 'slow');
  const ms = performance.now() - begun;
  ok(ms < MAX_ANSWER_MS, `the answer took ${ms.toFixed(0)} ms`);
  return `${found} after ${ms.toFixed(0)} ms`;
}

/** How often a query is sent whose answers are lost is the router's choice. */
export async function tellRepeats(world: World): Promise<string> {
  const before = world.front.operations;
  world.front.lose = 1;
  const { data } = await world.ask(COUNT);
  world.front.lose = 0;
  const sent = world.front.operations - before;
  return `sent ${sent} time(s), ${data?.badges ? 'answered' : 'failed'}`;
}

export async function tellCaching(world: World): Promise<string> {
  const { headers } = await world.ask(COUNT);
  return `cache-control: ${headers.get('cache-control') ?? 'none'}`;
}
