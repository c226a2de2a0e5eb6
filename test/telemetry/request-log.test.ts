import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pino } from 'pino';
import { createRequestLog } from '../../src/telemetry/logger.ts';
import { numRuns } from '../properties/runs.ts';
import { repeat } from '../server/limit-cases.ts';
import { createSigner, createSigningKey, startIssuer } from '../support/tokens.ts';
import { type MeteredService, startMetered } from './metered.ts';

let metered: MeteredService;
let open: MeteredService[] = [];
afterEach(async () => {
  await Promise.all(open.map((each) => each.close()));
  open = [];
});

async function start(options?: Parameters<typeof startMetered>[0]): Promise<void> {
  metered = await startMetered(options);
  open.push(metered);
}

const QUERY = '{ badges(first: 2) { totalCount } }';
const DOWN = { kind: 'answer', status: 503, body: '' } as const;
const REQUEST = {
  level: 30,
  requestId: 'r-1',
  tenant: 'default',
  caller: 'anonymous',
  status: 200,
  outcome: 'ok',
  durationMs: expect.any(Number),
  path: 'full',
  msg: 'A request was answered',
};
const CALL = {
  level: 30,
  tenant: 'default',
  operation: 'listBadges',
  purpose: 'query',
  attempt: 1,
  status: 200,
  outcome: 'ok',
  durationMs: expect.any(Number),
  waitedMs: expect.any(Number),
  msg: 'A provider was called',
};

test('a request has one line, and each call to a provider has one', async () => {
  await start();
  await metered.send({ query: `query Shelf ${QUERY}` }, { 'x-badges-actor': 'mira' });
  const [last, ...calls] = metered.lines.toReversed();
  expect(last).toEqual({
    ...REQUEST,
    operation: 'Shelf',
    kind: 'query',
    rootField: 'badges',
    // printf 'default\\nmira' | sha256sum | cut -c1-12
    caller: '4a77a280d055',
    sources: { RETURNING_AI: 'FRESH', TAG_MANGO: 'FRESH' },
  });
  expect(calls.map(({ provider }) => provider).toSorted()).toEqual(['RETURNING_AI', 'TAG_MANGO']);
  for (const call of calls) expect(call).toEqual({ ...CALL, provider: expect.any(String) });
});

describe('with a sample of 0', () => {
  test('successful reads have no line, by either path', async () => {
    await start({ sample: 0 });
    for (let times = 0; times < 5; times += 1) await metered.send({ query: QUERY });
    expect(metered.lines).toEqual([]);
  });

  test('errors have one', async () => {
    await start({ sample: 0 });
    metered.service.sandbox.tagMango.faults.set('*', DOWN);
    await metered.send({ query: QUERY });
    expect(metered.lines).toEqual([
      {
        ...REQUEST,
        kind: 'query',
        rootField: 'badges',
        outcome: 'partial',
        codes: ['PROVIDER_UNAVAILABLE'],
        sources: { RETURNING_AI: 'FRESH', TAG_MANGO: 'FAILED' },
      },
    ]);
    // The line of the failed call is written where the tenant's other lines are.
    const faults = metered.service.log.filter(({ kind }) => kind === 'unavailable');
    expect(faults.map(({ attempt, operation, status }) => [attempt, operation, status])).toEqual([
      [1, 'listBadges', 503],
      [2, 'listBadges', 503],
      [3, 'listBadges', 503],
    ]);
  });

  test('writes have one, and so has the call that was sent for it', async () => {
    await start({ sample: 0 });
    const [id] = [...metered.service.sandbox.tagMango.badges.keys()];
    const query =
      'mutation Rename($input: UpdateBadgeInput!) { updateBadge(input: $input) { outcome } }';
    await metered.send({ query, variables: { input: { tagMango: { id, name: 'New' } } } });
    expect(metered.lines).toEqual([
      {
        ...CALL,
        provider: 'TAG_MANGO',
        operation: 'updateBadge',
        purpose: 'write',
      },
      {
        ...REQUEST,
        operation: 'Rename',
        kind: 'mutation',
        rootField: 'updateBadge',
        sources: {},
        writes: [{ provider: 'TAG_MANGO', operation: 'update', outcome: 'APPLIED' }],
      },
    ]);
  });
});

describe('a failed call has a warning with the fields of its call, and', () => {
  const FAILED = {
    level: 40,
    tenant: 'default',
    provider: 'RETURNING_AI',
    kind: 'unavailable',
    attempt: 1,
    status: 503,
    outcome: 'unavailable',
    durationMs: expect.any(Number),
    waitedMs: expect.any(Number),
  };
  const warnings = () =>
    metered.service.log
      .filter(({ level }) => level === 40)
      .map(
        ({ pid: _pid, hostname: _hostname, time: _time, path: _path, msg: _msg, ...line }) => line,
      );
  const write = (field: string, type: string, input: object) =>
    metered.send({
      query: `mutation($input: ${type}!) { ${field}(input: $input) { outcome } }`,
      variables: { input: { returningAI: input } },
    });
  const anyId = () => [...metered.service.sandbox.returningAI.badges.keys()][0];

  test('a write has its effect, and the reads before and after it have none', async () => {
    await start();
    metered.service.sandbox.returningAI.faults.set('*', DOWN);
    await write('createBadge', 'CreateBadgeInput', { title: 'New' });
    const read = { ...FAILED, method: 'GET', operation: 'listBadges' };
    const written = { ...FAILED, method: 'POST', operation: 'createBadge', purpose: 'write' };
    expect(warnings().filter(({ attempt }) => attempt === 1)).toEqual([
      { ...read, purpose: 'prepare' },
      { ...written, effect: 'unknown' },
      { ...read, purpose: 'settle' },
    ]);
  });

  test('a read with POST has none either', async () => {
    await start();
    const { faults } = metered.service.sandbox.returningAI;
    faults.set('userInfo', { ...DOWN, times: 1 });
    const user = { email: 'ada@example.com' };
    await write('awardBadge', 'AwardBadgeInput', { badgeId: anyId(), user });
    expect(warnings()).toEqual([
      { ...FAILED, method: 'POST', operation: 'findUser', purpose: 'prepare' },
    ]);
  });

  test('one without an answer has its cause', async () => {
    await start();
    metered.service.sandbox.returningAI.faults.set('listBadges', { kind: 'reset', times: 1 });
    await metered.send({ query: QUERY });
    const { status: _status, ...unanswered } = FAILED;
    expect(warnings()).toEqual([
      {
        ...unanswered,
        method: 'GET',
        operation: 'listBadges',
        purpose: 'query',
        cause: 'ECONNRESET',
      },
    ]);
  });
});

describe('requests that cost their sender nothing', () => {
  const rejected = { requestId: 'r-1', status: 401, code: 'UNAUTHENTICATED' };
  const invalid = {
    requestId: 'r-2',
    operation: undefined,
    tenant: 'default',
    status: 400,
    codes: ['GRAPHQL_VALIDATION_FAILED'],
    isExecuted: false,
    durationMs: 1,
    batchSize: 0,
    isFast: false,
    writes: [],
    caller: () => 'anonymous',
    eachSource: () => undefined,
  };
  const failed = { ...invalid, requestId: 'r-3', isExecuted: true, codes: ['PROVIDER_TIMEOUT'] };
  const toMutation = (rootField: string) =>
    ({ kind: 'mutation', name: undefined, rootField }) as const;
  const toWrite = (outcome: string) => ({
    provider: 'TAG_MANGO',
    operation: 'update',
    outcome,
    code: undefined,
  });
  const left = (leftOut: number) => ({
    level: 40,
    leftOut,
    msg: 'Rejected requests were left out of the log',
  });

  function startLog() {
    const lines: object[] = [];
    const logger = pino(
      { base: null, timestamp: false },
      { write: (line) => void lines.push(JSON.parse(line) as object) },
    );
    return { lines, log: createRequestLog({ logger, sample: 1 }) };
  }

  test('have ten lines a second at most if they are rejected, and then one that counts the others', () => {
    const { lines, log } = startLog();
    for (let times = 0; times < 25; times += 1) log.observer.requestRejected?.(rejected);
    log.close();
    const msg = 'A request was rejected before its operation was read';
    const line = { level: 40, ...rejected, msg };
    expect(lines).toEqual([...Array<object>(10).fill(line), left(15)]);
  });

  test('share these ten lines with requests whose operation was not executed, and with no others', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('rejected', 'invalid', 'failed'), { maxLength: 40, size: 'max' }),
        (kinds) => {
          const { lines, log } = startLog();
          for (const kind of kinds) {
            if (kind === 'rejected') log.observer.requestRejected?.(rejected);
            else log.observer.requestEnded?.(kind === 'invalid' ? invalid : failed);
          }
          log.close();
          let cheap = 0;
          const shown = kinds.filter((kind) => kind === 'failed' || (cheap += 1) <= 10);
          const ids = { rejected: 'r-1', invalid: 'r-2', failed: 'r-3' };
          expect(lines).toMatchObject([
            ...shown.map((kind) => ({ requestId: ids[kind] })),
            ...(cheap > 10 ? [left(cheap - 10)] : []),
          ]);
        },
      ),
      { numRuns },
    );
  });

  test('have fifty lines a second for each tenant if they fail, and then one that counts the others', () => {
    const refused = {
      ...failed,
      codes: [],
      operation: toMutation('updateBadge'),
      writes: [toWrite('REFUSED')],
    };
    const nothing = { ...failed, codes: [], operation: toMutation('__typename') };
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('acme', 'zenith'), fc.integer({ max: 2, min: 0 })), {
          minLength: 120,
          maxLength: 240,
        }),
        (requests) => {
          const { lines, log } = startLog();
          for (const [tenant, kind] of requests) {
            const request = [failed, refused, nothing][kind] ?? failed;
            log.observer.requestEnded?.({ ...request, tenant });
          }
          log.close();
          const names = requests.map(([tenant]) => tenant);
          const countOf = (name: string) => names.filter((tenant) => tenant === name).length;
          const seen = { acme: 0, zenith: 0 };
          const shown = names.filter((tenant) => (seen[tenant] += 1) <= 50);
          const over = [...new Set(names)].filter((tenant) => countOf(tenant) > 50);
          expect(lines).toMatchObject([
            ...shown.map((tenant) => ({ tenant, msg: 'A request was answered' })),
            ...over.map((tenant) => ({
              level: 40,
              tenant,
              leftOut: countOf(tenant) - 50,
              msg: 'Failed requests were left out of the log',
            })),
          ]);
        },
      ),
      { numRuns },
    );
  });

  test.each(['APPLIED', 'UNKNOWN', 'UNCHANGED', 'DRY_RUN'])(
    'keep no line of a mutation from the log whose outcome is %s',
    (outcome) => {
      const { lines, log } = startLog();
      const written = {
        ...failed,
        requestId: 'r-4',
        writes: [toWrite('REFUSED'), toWrite(outcome)],
      };
      for (let times = 0; times < 60; times += 1) log.observer.requestEnded?.(failed);
      for (let times = 0; times < 60; times += 1) log.observer.requestEnded?.(written);
      log.close();
      expect(lines.filter((line) => 'writes' in line)).toHaveLength(60);
    },
  );
});

test.each([
  ['does not parse', { query: '{' }, 'GRAPHQL_PARSE_FAILED'],
  ['asks for a field that there is not', { query: '{ nothing }' }, 'GRAPHQL_VALIDATION_FAILED'],
  [
    'names no operation of its document',
    { query: `query Shelf ${QUERY}`, operationName: 'Desk' },
    'OPERATION_RESOLUTION_FAILURE',
  ],
  [
    'lacks a variable',
    { query: 'query ($first: Int!) { badges(first: $first) { totalCount } }' },
    'BAD_USER_INPUT',
  ],
  [
    'costs too much',
    {
      query: `{ ${repeat(20, (at) => `a${at}: badges(first: 100) { nodes { ...All } edges { node { ...All } } }`)} }
        fragment All on BadgeFields { id name description imageUrl version }`,
    },
    'LIMIT_EXCEEDED',
  ],
])('a request whose operation %s has a line, also without a sample', async (_what, body, code) => {
  await start({ sample: 0 });
  await metered.send(body);
  expect(metered.lines).toEqual([
    {
      ...REQUEST,
      status: expect.any(Number),
      outcome: 'failed',
      codes: [code],
      ...('operationName' in body || code.startsWith('GRAPHQL')
        ? {}
        : { kind: 'query', rootField: expect.any(String) }),
      sources: {},
    },
  ]);
});

test('a request that is rejected has a line, and so has one whose document is invalid', async () => {
  await start({ sample: 0 });
  await metered.send('{');
  await metered.send({ query: '{' });
  expect(metered.lines).toMatchObject([
    { requestId: 'r-1', status: 400, code: 'BAD_REQUEST' },
    { requestId: 'r-1', status: 400, outcome: 'failed', codes: ['GRAPHQL_PARSE_FAILED'] },
  ]);
});

test('a request that is not let in has the reason in its line, and its caller is not told more', async () => {
  const key = await createSigningKey('a-key');
  const stranger = await createSigningKey('a-key');
  const issuer = await startIssuer([key]);
  const sign = createSigner(issuer);
  try {
    await start({ tokens: issuer.settings, routerSecrets: ['the-secret'] });
    const router = { 'router-authorization': 'the-secret' };
    const seconds = Math.floor(Date.now() / 1_000);
    const tokens = {
      'token-expired': await sign(key, { claims: { exp: seconds - 600 } }),
      'token-not-yet-valid': await sign(key, { claims: { nbf: seconds + 600 } }),
      'token-audience': await sign(key, { claims: { aud: 'others' } }),
      'token-issuer': await sign(key, { claims: { iss: 'https://others.example' } }),
      'token-signature': await sign(stranger),
      'token-claims': await sign(key, { claims: { sub: undefined } }),
      'unknown-tenant': await sign(key, { claims: { tenant: 'nobody' } }),
      'token-malformed': 'a.b.c',
      'no-bearer-token': 'two words',
    };
    for (const [reason, token] of Object.entries(tokens)) {
      const answer = await metered.send(
        { query: QUERY },
        { ...router, authorization: `Bearer ${token}` },
      );
      expect(await answer.text()).not.toContain(reason);
    }
    await metered.send({ query: QUERY });
    const reasons = metered.lines.map(({ reason }) => reason);
    expect(reasons).toEqual([...Object.keys(tokens), 'router-secret']);
  } finally {
    await issuer.close();
  }
});

test('what a client chooses is short and plain in the log', async () => {
  await start();
  const long = 'x'.repeat(5_000);
  await metered.send({ query: `query ${long} ${QUERY}` }, { 'x-request-id': `${long}\u00e9` });
  const line = metered.lines.find(({ msg }) => msg === 'A request was answered');
  expect(line).toMatchObject({ operation: 'x'.repeat(100), requestId: expect.any(String) });
  expect(JSON.stringify(line).length).toBeLessThan(600);
});
