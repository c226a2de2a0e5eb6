import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../state/eventually.ts';
import { sendOperation } from '../support/graphql-client.ts';
import { type TestService, type TestServiceOptions, startTestService } from '../support/service.ts';
import { type SpanTree, recordSpans } from '../support/spans.ts';

const spans = recordSpans();
afterAll(() => spans.close());

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const ROUTER_SPAN_ID = 'b7ad6b7169203331';
const FROM_ROUTER = { traceparent: `00-${TRACE_ID}-${ROUTER_SPAN_ID}-01` };
const NOT_SAMPLED = { traceparent: `00-${TRACE_ID}-${ROUTER_SPAN_ID}-00` };
const LIST = 'query AllBadges { badges { totalCount } }';
/** Of one provider, so that there is one call. */
const ONE_PROVIDER = { configured: ['tagMango'] };

let service: TestService;
beforeEach(() => spans.reset());
afterEach(() => service.close());

async function start(options: TestServiceOptions = ONE_PROVIDER): Promise<void> {
  service = await startTestService(options);
}

async function send(query: string, headers: Readonly<Record<string, string>> = {}) {
  const { text } = await sendOperation(`${service.url}/graphql`, { query }, { headers });
  return JSON.parse(text) as { data?: unknown; errors?: { message: string }[] };
}

/** The trees of all spans, once that many requests have ended. */
async function treesOf(requests: number): Promise<SpanTree[]> {
  const ofRequests = () => spans.trees().filter(({ kind }) => kind === 'SERVER');
  // A span ends when its response is sent, which its client may notice earlier.
  await eventually(() => ofRequests().length === requests);
  return spans.trees();
}

const inTrace = { traceId: TRACE_ID };

function attemptAt(path: string, attributes: object) {
  const { hostname, port } = new URL(service.sandbox.tagMango.origin);
  return {
    ...inTrace,
    name: 'GET',
    kind: 'CLIENT',
    parentId: expect.any(String),
    attributes: {
      'http.request.method': 'GET',
      'server.address': hostname,
      'server.port': Number(port),
      'url.full': `${service.sandbox.tagMango.origin}${path}`,
      'badges.provider': 'TAG_MANGO',
      'badges.tenant': 'default',
      ...attributes,
    },
    children: [],
  };
}

const BADGES_PATH = '/api/v1/external/gamification/badges';

test('a request is one trace, from the span of the router to each attempt of a call', async () => {
  await start();
  service.sandbox.tagMango.faults.set('listBadges', { kind: 'answer', status: 503, times: 1 });
  expect(await send(LIST, FROM_ROUTER)).toEqual({ data: { badges: { totalCount: 8 } } });
  const { port } = new URL(service.url);
  const call = { 'badges.call': 'listBadges', 'badges.wait_ms': expect.any(Number) };
  expect(await treesOf(1)).toEqual([
    {
      ...inTrace,
      name: 'POST /graphql',
      kind: 'SERVER',
      parentId: ROUTER_SPAN_ID,
      attributes: {
        'http.request.method': 'POST',
        'http.response.status_code': 200,
        'http.route': '/graphql',
        'network.protocol.version': '1.1',
        'server.address': '127.0.0.1',
        'server.port': Number(port),
        'url.path': '/graphql',
        'url.scheme': 'http',
      },
      isError: false,
      children: [
        {
          ...inTrace,
          name: 'query',
          kind: 'SERVER',
          parentId: expect.any(String),
          attributes: {
            'graphql.operation.type': 'query',
            'graphql.operation.name': 'AllBadges',
            'badges.tenant': 'default',
          },
          isError: false,
          children: [
            {
              ...attemptAt(BADGES_PATH, {
                ...call,
                'http.response.status_code': 503,
                'error.type': '503',
              }),
              isError: true,
            },
            {
              ...attemptAt(BADGES_PATH, {
                ...call,
                'http.response.status_code': 200,
                'http.request.resend_count': 1,
              }),
              isError: false,
            },
          ],
        },
      ],
    },
  ]);
});

test('without a caller’s trace, a request begins one', async () => {
  await start();
  await send(LIST);
  const [tree] = await treesOf(1);
  expect(tree).toMatchObject({ name: 'POST /graphql', parentId: undefined });
  expect(tree?.children[0]?.children.map(({ traceId }) => traceId)).toEqual([tree?.traceId]);
});

test('a trace that the router does not record has no spans here either', async () => {
  await start();
  for (let times = 0; times < 3; times += 1) await send(LIST, NOT_SAMPLED);
  await send('{ nothing }', NOT_SAMPLED);
  expect(service.sandbox.tagMango.requests).toHaveLength(1);
  expect(spans.trees()).toEqual([]);
});

test('what is answered fast has the same spans, without an attempt', async () => {
  let fast = 0;
  const requestAnsweredFast = (): void => void (fast += 1);
  await start({ ...ONE_PROVIDER, observer: { requestAnsweredFast } });
  let requests = 0;
  await eventually(async () => {
    await send(LIST, FROM_ROUTER);
    requests += 1;
    return fast === 2;
  });
  const trees = await treesOf(requests);
  const shapes = trees.map((tree) => ({
    ...tree,
    children: tree.children.map(({ parentId: _, children, ...operation }) => ({
      ...operation,
      children: children.map(({ name }) => name),
    })),
  }));
  const [first, ...others] = shapes;
  const [operation] = first?.children ?? [];
  expect(operation).toMatchObject({ name: 'query', children: ['GET'] });
  const warm = { ...first, children: [{ ...operation, children: [] }] };
  expect(others).toEqual(others.map(() => warm));
});

describe('an operation that fails has the code that its client sees:', () => {
  const codeOf = async (): Promise<unknown> => {
    const [request] = await treesOf(1);
    const [operation] = request?.children ?? [];
    expect(operation?.isError).toBe(true);
    return operation?.attributes['error.type'];
  };

  test('a provider that is down', async () => {
    await start();
    service.sandbox.tagMango.faults.set('*', { kind: 'reset' });
    await send(LIST);
    expect(await codeOf()).toBe('PROVIDER_UNAVAILABLE');
  });

  test('a document that cannot be read', async () => {
    await start();
    await send('{ nothing }');
    expect(await codeOf()).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  test('a mutation that is refused', async () => {
    await start();
    await send(
      'mutation { updateBadge(input: { tagMango: { id: "no-id" } }) { changes { field } } }',
    );
    expect(await codeOf()).toBe('INVALID_INPUT');
  });
});

test('requests that wait for one read have one attempt among them, in the trace that began it', async () => {
  await start();
  service.sandbox.tagMango.faults.set('listBadges', { kind: 'delay', ms: 50 });
  await Promise.all(['a', 'b', 'c'].map((alias) => send(`{ ${alias}: badges { totalCount } }`)));
  const attempts = (await treesOf(3)).map(({ children }) => children[0]?.children.length);
  expect(attempts.toSorted()).toEqual([0, 0, 1]);
});

test('a refresh that outlives its request ends in the trace of that request', async () => {
  await start({ ...ONE_PROVIDER, freshSeconds: 0 });
  await send(LIST);
  service.sandbox.tagMango.faults.set('listBadges', { kind: 'delay', ms: 400 });
  await send(LIST, FROM_ROUTER);
  expect((await treesOf(2))[1]?.children[0]).toMatchObject({ name: 'query', children: [] });
  const attempts = () =>
    spans
      .text()
      .split('\n')
      .filter((span) => span.includes('"name":"GET"'));
  await eventually(() => attempts().length === 2);
  const refreshed = spans.trees().find(({ traceId }) => traceId === TRACE_ID);
  expect(refreshed?.children[0]).toMatchObject({ name: 'query', children: [{ name: 'GET' }] });
});

test('a write has a span for each call that it needs, and one more for the list that it reads', async () => {
  await start();
  const [id] = service.sandbox.tagMango.badges.keys();
  const input = `{ tagMango: { id: "${id}", name: "New name" } }`;
  await send(`mutation Rename { updateBadge(input: ${input}) { outcome } }`, FROM_ROUTER);
  const [request] = await treesOf(1);
  const [operation] = request?.children ?? [];
  expect(operation).toMatchObject({ name: 'mutation', isError: false });
  const calls = operation?.children.map(({ name, attributes }) => [name, attributes['url.full']]);
  const path = `${service.sandbox.tagMango.origin}${BADGES_PATH}`;
  expect(calls).toEqual([
    ['GET', path],
    ['PATCH', `${path}/${id}`],
  ]);
});

test('no span contains a value that a caller, an operator or a provider sent', async () => {
  const secret = (of: string) => `${of}-secret-5f0c1b7e`;
  await start({ routerSecrets: [secret('router')] });
  const { faults, variables } = service.sandbox.tagMango;
  const headers = {
    ...FROM_ROUTER,
    'router-authorization': secret('router'),
    authorization: `Bearer ${secret('token')}`,
    'user-agent': secret('agent'),
    'x-badges-actor': secret('actor'),
    'x-request-id': secret('request'),
  };
  const lookup = `query Find5f0c1b7e { tagMangoMember(email: "${secret('mail')}@example.com") { id } }`;
  faults.set('lookupUser', { kind: 'answer', status: 400, body: { message: secret('provider') } });
  await send(lookup, headers);
  await send(`{ ${secret('alias').replaceAll('-', '_')}: badges { totalCount } }`, headers);
  await send(
    `mutation { deleteBadge(input: { returningAI: { id: "${secret('id')}" } }) { outcome } }`,
    headers,
  );
  await fetch(`${service.url}/graphql?query={badges(after:"${secret('query')}"){totalCount}}`, {
    headers,
  });
  const requests = await treesOf(4);
  expect(requests.map(({ children }) => children.length)).toEqual([1, 1, 1, 1]);
  expect(spans.text()).not.toContain('5f0c1b7e');
  expect(variables.TAG_MANGO_API_KEY?.length).toBeGreaterThan(5);
  expect(spans.text()).not.toContain(variables.TAG_MANGO_API_KEY);
});

test('a request to another path has no span', async () => {
  await start();
  await fetch(`${service.url}/health/ready`);
  await fetch(`${service.url}/nothing`);
  await send(LIST);
  expect(await treesOf(1)).toHaveLength(1);
});

test('without an SDK nothing is traced', async () => {
  await spans.close();
  await start();
  await send(LIST, FROM_ROUTER);
  await service.close();
  expect(spans.trees()).toEqual([]);
  await start();
});
