import { afterEach, describe, expect, test } from '@jest/globals';
import { type TestService, type TestServiceOptions, startTestService } from '../support/service.ts';
import { type Told, createRecorder } from './recorder.ts';

let service: TestService;
let told: Told;
afterEach(() => service.close());

async function start(options: TestServiceOptions = {}): Promise<void> {
  const recorder = createRecorder();
  told = recorder.told;
  service = await startTestService({ observer: recorder.observer, ...options });
}

async function send(body: unknown, headers: Record<string, string> = {}): Promise<number> {
  const { status } = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': 'r-1', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return status;
}

const ENTITIES =
  'query Hats($representations: [_Any!]!) { _entities(representations: $representations) { ... on BadgeFields { name } } }';
const representations = () =>
  [...service.sandbox.tagMango.badges.keys()]
    .slice(0, 3)
    .map((id) => ({ __typename: 'TagMangoBadge', id }));

const READ = {
  requestId: 'r-1',
  tenant: 'default',
  status: 200,
  codes: [],
  isExecuted: true,
  durationMs: expect.any(Number),
  batchSize: 0,
  isFast: false,
  writes: [],
  caller: 'anonymous',
};
const DOWN = { kind: 'answer', status: 503, body: '' } as const;
const hats = { kind: 'query', name: 'Hats', rootField: '_entities' };

test('a request is told once, by either path alike, with what it asked and what it was shown', async () => {
  await start();
  const body = { query: ENTITIES, variables: { representations: representations() } };
  for (let times = 0; times < 4; times += 1) await send(body, { 'x-badges-actor': 'mira' });

  const one = { ...READ, operation: hats, batchSize: 3, caller: 'mira' };
  expect(told.requests).toEqual([
    { ...one, sources: { TAG_MANGO: 'FRESH' } },
    { ...one, sources: { TAG_MANGO: 'CACHED' }, isFast: expect.any(Boolean) },
    { ...one, sources: { TAG_MANGO: 'CACHED' }, isFast: true },
    { ...one, sources: { TAG_MANGO: 'CACHED' }, isFast: true },
  ]);
});

describe.each([
  ['badges', 'query Shelf { badges(first: 2) { totalCount } }', 0, ['RETURNING_AI', 'TAG_MANGO']],
  [
    'badgesByKeys',
    'query Shelf { badgesByKeys(keys: [{ provider: TAG_MANGO, id: "65f2a9c34b6d7e0011aa22b1" }, { provider: TAG_MANGO, id: "65f2a9c34b6d7e0011aa22b2" }]) { __typename } }',
    2,
    ['TAG_MANGO'],
  ],
])('a kept answer to %s', (rootField, query, batchSize, shown) => {
  test('is told as the full path tells it', async () => {
    await start();
    for (let times = 0; times < 6; times += 1) await send({ query });
    const last = told.requests.at(-1);
    expect(last).toEqual({
      ...READ,
      operation: { kind: 'query', name: 'Shelf', rootField },
      batchSize,
      isFast: true,
      sources: Object.fromEntries(shown.map((provider) => [provider, 'CACHED'])),
    });
    const { durationMs: _, isFast: __, ...rest } = told.requests[1] ?? {};
    expect(last).toMatchObject(rest);
  });
});

test('errors are told by their codes, with the state of the providers', async () => {
  await start();
  service.sandbox.tagMango.faults.set('*', DOWN);
  await send({ query: '{ badges(first: 1) { totalCount } }' });
  await send({ query: '{ nothing }' });
  await send({ query: '{' });
  await send({ operationName: 'A' });
  expect(told.requests).toEqual([
    {
      ...READ,
      operation: { kind: 'query', name: undefined, rootField: 'badges' },
      codes: ['PROVIDER_UNAVAILABLE'],
      sources: { RETURNING_AI: 'FRESH', TAG_MANGO: 'FAILED' },
    },
    ...['GRAPHQL_VALIDATION_FAILED', 'GRAPHQL_PARSE_FAILED', 'BAD_REQUEST'].map((code) => ({
      ...READ,
      operation: undefined,
      status: 400,
      codes: [code],
      isExecuted: false,
      sources: {},
    })),
  ]);
});

test('what is rejected before its operation is read is told as a rejection', async () => {
  await start({ routerSecrets: ['the-secret-of-the-router'] });
  const secret = { 'router-authorization': 'the-secret-of-the-router' };
  await send({ query: '{ __typename }' });
  await send('{', secret);
  await send({ query: '{ __typename }' }, { ...secret, 'x-badges-tenant': 'nowhere' });
  await fetch(`${service.url}/elsewhere`, { headers: { ...secret, 'x-request-id': 'r-2' } });
  await fetch(`${service.url}/health/live`);
  expect(told.rejections).toEqual([
    { requestId: 'r-1', status: 401, code: 'UNAUTHENTICATED', reason: 'router-secret' },
    { requestId: 'r-1', status: 400, code: 'BAD_REQUEST' },
    { requestId: 'r-1', status: 403, code: 'FORBIDDEN', reason: 'unknown-tenant' },
    { requestId: 'r-2', status: 404, code: 'BAD_REQUEST' },
  ]);
  expect(told.requests).toEqual([]);
});

const CALL = {
  provider: 'TAG_MANGO',
  tenant: 'default',
  operation: 'listBadges',
  method: 'GET',
  url: expect.stringMatching(/^http:.*\/badges$/),
  purpose: 'query',
  attempt: 1,
  isStarted: true,
  status: 200,
  waitedMs: expect.any(Number),
  durationMs: expect.any(Number),
  outcome: 'ok',
};

test('each attempt of a call to a provider is told, also those that were not started', async () => {
  await start({ configured: ['tagMango'] });
  service.sandbox.tagMango.faults.set('*', { ...DOWN, times: 1 });
  await send({ query: '{ badges { totalCount } }' });
  expect(told.attempts).toEqual([
    { ...CALL, status: 503, outcome: 'unavailable' },
    { ...CALL, attempt: 2 },
  ]);
  expect(told.lists).toEqual(['TAG_MANGO']);
});

test('a breaker that opens is told, and so are the calls that it stops', async () => {
  await start({ configured: ['tagMango'], freshSeconds: 0, staleSeconds: 0 });
  service.sandbox.tagMango.faults.set('*', DOWN);
  for (let times = 0; times < 4; times += 1) await send({ query: '{ badges { totalCount } }' });
  const of = { provider: 'TAG_MANGO', tenant: 'default' };
  expect(told.breakers).toEqual([
    { ...of, calls: 'reads', state: 'closed' },
    { ...of, calls: 'writes', state: 'closed' },
    { ...of, calls: 'reads', state: 'open' },
  ]);
  expect(told.attempts.at(-1)).toEqual({
    ...CALL,
    attempt: 1,
    isStarted: false,
    url: '',
    status: undefined,
    durationMs: 0,
    outcome: 'unavailable',
  });
});

test('a write is told with its outcome, and stands in its request', async () => {
  await start();
  const [id] = [...service.sandbox.tagMango.badges.keys()];
  const query =
    'mutation Rename($input: UpdateBadgeInput!, $dryRun: Boolean) { updateBadge(input: $input, dryRun: $dryRun) { outcome } }';
  const rename = (input: object, dryRun = false) =>
    send({ query, variables: { input: { tagMango: { id, ...input } }, dryRun } });
  await rename({ name: 'New' });
  await rename({ name: 'Newer' }, true);
  await rename({ name: '' });
  const write = { provider: 'TAG_MANGO', operation: 'update', code: undefined };
  const writes = [
    { ...write, outcome: 'APPLIED' },
    { ...write, outcome: 'DRY_RUN' },
    { ...write, outcome: 'REFUSED', code: 'INVALID_INPUT' },
  ];
  expect(told.writes).toEqual(writes);
  expect(told.requests.map((request) => request.writes)).toEqual(writes.map((one) => [one]));
  expect(told.requests[0]?.operation).toEqual({
    kind: 'mutation',
    name: 'Rename',
    rootField: 'updateBadge',
  });
});
