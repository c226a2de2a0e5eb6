import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BadgePageDocument, OneBadgeDocument } from '../generated/operations.ts';
import { createSkippingClock } from '../support/clock.ts';
import { manyBadges } from '../support/records.ts';
import { type TestService, otherProviders, startTestService } from '../support/service.ts';

let service: TestService;
beforeEach(async () => {
  const clock = createSkippingClock();
  service = await startTestService({
    sandbox: manyBadges(3),
    attemptTimeoutMs: 1_000,
    now: clock.now,
    http: { clock, budget: undefined },
  });
});
afterEach(() => service.close());

const source = (provider: string, state: string, code: string | null = null) => ({
  provider,
  state,
  code,
  retryAfterMs: null,
  asOf: state === 'FAILED' || state === 'SKIPPED' ? null : expect.any(String),
  droppedRecords: 0,
});

/** The others are not configured. */
const others = otherProviders.map(({ name }) => source(name.enumValue, 'SKIPPED'));

const ENTITIES = `{ _entities(representations: [
  { __typename: "ReturningAIBadge", id: "badge-0" }
  { __typename: "TagMangoBadge", id: "000000000000000000000000" }
  { __typename: "ReturningAIBadge", id: "badge-2" }
  { __typename: "TagMangoBadge", id: "000000000000000000000002" }
]) { ... on BadgeFields { id } } }`;

describe('with one provider down', () => {
  beforeEach(() => {
    service.sandbox.tagMango.faults.set('*', {
      kind: 'answer',
      status: 503,
      body: `<h1>upstream secret ${service.sandbox.tagMango.variables.TAG_MANGO_API_KEY}</h1>`,
      contentType: 'text/html',
    });
  });

  test('badges gives the other’s, its source row, no total and one error, and is not kept', async () => {
    const { data, errors, headers, status } = await service.execute(BadgePageDocument, {});

    expect(status).toBe(200);
    expect(data.badges?.edges.map(({ node }) => node.__typename)).toEqual(
      Array(3).fill('ReturningAIBadge'),
    );
    expect(data.badges?.totalCount).toBeNull();
    expect(data.badges?.sources).toEqual([
      source('RETURNING_AI', 'FRESH'),
      source('TAG_MANGO', 'FAILED', 'PROVIDER_UNAVAILABLE'),
      ...others,
    ]);
    expect(errors).toEqual([
      {
        message: 'TagMango returned the error status 503.',
        locations: [expect.anything()],
        path: ['badges'],
        extensions: {
          code: 'PROVIDER_UNAVAILABLE',
          provider: 'TAG_MANGO',
          retryable: true,
          requestId: headers.get('x-request-id'),
        },
      },
    ]);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('the error stands at the field’s alias', async () => {
    const { errors } = await service.execute('{ mine: badges { totalCount } }');
    expect(errors?.map(({ path }) => path)).toEqual([['mine']]);
  });

  test('entities of the living provider are all answered', async () => {
    const { data, errors, headers } = await service.execute(ENTITIES);

    expect(data).toEqual({
      _entities: [{ id: 'badge-0' }, null, { id: 'badge-2' }, null],
    });
    expect(errors?.map(({ path, extensions }) => [path, extensions?.code])).toEqual([
      [['_entities', 1], 'PROVIDER_UNAVAILABLE'],
      [['_entities', 3], 'PROVIDER_UNAVAILABLE'],
    ]);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('a single badge of it is null with an error, not a missing badge', async () => {
    const { data, errors } = await service.execute(OneBadgeDocument, {
      provider: 'TAG_MANGO',
      id: '000000000000000000000000',
    });
    expect([data.badge, errors?.map(({ extensions }) => extensions?.code)]).toEqual([
      null,
      ['PROVIDER_UNAVAILABLE'],
    ]);
  });

  test('and left out by the filter, the answer is whole', async () => {
    const { data, errors } = await service.execute(BadgePageDocument, {
      filter: { providers: ['RETURNING_AI'] },
    });
    expect([data.badges?.totalCount, errors]).toEqual([3, undefined]);
    expect(data.badges?.sources.map(({ state }) => state)).toEqual([
      'FRESH',
      'SKIPPED',
      ...others.map(() => 'SKIPPED'),
    ]);
  });

  test('and alone let through by the filter, badges is null', async () => {
    const { data, errors } = await service.execute(BadgePageDocument, {
      filter: { providers: ['TAG_MANGO'] },
    });
    expect([data.badges, errors?.length]).toEqual([null, 1]);
  });

  test('the failure is logged, without a word of the provider: it may repeat whom it was asked for', async () => {
    await service.execute('{ badges { totalCount } }');
    const line = expect.objectContaining({
      provider: 'TAG_MANGO',
      kind: 'unavailable',
      method: 'GET',
    });
    expect(service.log.filter(({ level }) => level === 40)).toEqual([line, line, line]);
    expect(JSON.stringify(service.log)).not.toContain('upstream');
  });

  test('its recovery is noticed by the next request: errors are not kept', async () => {
    await service.execute('{ badges { totalCount } }');
    service.sandbox.tagMango.faults.clear();
    const { data, headers } = await service.execute(BadgePageDocument, {});
    expect(data.badges?.totalCount).toBe(6);
    expect(headers.get('cache-control')).toMatch(/^private, max-age=(29|30)$/);
  });
});

test('with both down, badges is null with an error for each', async () => {
  service.sandbox.returningAI.faults.set('*', { kind: 'reset' });
  await service.sandbox.tagMango.close();

  const { data, errors } = await service.execute(BadgePageDocument, {});

  expect(data.badges).toBeNull();
  expect(errors?.map(({ message, path }) => [message, path])).toEqual([
    ['Returning.AI dropped the connection before it responded.', ['badges']],
    ['TagMango could not be reached.', ['badges']],
  ]);
});

test('a provider that hangs costs no more than the attempt timeout', async () => {
  service.sandbox.tagMango.faults.set('*', { kind: 'hang' });
  const { data } = await service.execute(BadgePageDocument, {});
  expect(data.badges?.sources.map(({ code }) => code)).toEqual([
    null,
    'PROVIDER_TIMEOUT',
    ...others.map(() => null),
  ]);
});

test('a provider that is not configured is skipped, and its single badge is an error', async () => {
  const { returningAI } = service.sandbox.providerValues;
  const other = await startTestService({ providerValues: { returningAI } });

  const page = await other.execute(BadgePageDocument, {});
  const one = await other.execute(OneBadgeDocument, { provider: 'TAG_MANGO', id: '0'.repeat(24) });
  await other.close();

  expect([page.data.badges?.totalCount, page.errors]).toEqual([3, undefined]);
  expect(page.data.badges?.sources[1]).toEqual(source('TAG_MANGO', 'SKIPPED'));
  expect(one.errors?.map(({ message, extensions }) => [message, extensions?.code])).toEqual([
    ['TagMango is not configured.', 'PROVIDER_NOT_CONFIGURED'],
  ]);
});

test.each([
  [401, 'PROVIDER_AUTH_FAILED', false],
  [404, 'PROVIDER_BAD_RESPONSE', false],
  [302, 'PROVIDER_BAD_RESPONSE', false],
  [429, 'PROVIDER_RATE_LIMITED', true],
])('a list answered with %i is %s', async (status, code, retryable) => {
  service.sandbox.tagMango.faults.set('listBadges', {
    kind: 'answer',
    status,
    headers: { location: '/elsewhere', 'retry-after': '2' },
    body: {},
  });

  const { data, errors } = await service.execute(BadgePageDocument, {});

  expect(errors?.map(({ extensions }) => extensions)).toEqual([
    expect.objectContaining({ code, retryable }),
  ]);
  expect(data.badges?.sources[1]?.retryAfterMs).toBe(status === 429 ? 2000 : null);
  expect(service.sandbox.tagMango.requests).toHaveLength(status === 429 ? 3 : 1);
});

test('of a wait after a 429, no more is believed than the provider’s window, where it has one', async () => {
  const { returningAI, tagMango } = service.sandbox;
  const fault = {
    kind: 'answer',
    status: 429,
    headers: { 'retry-after': '30' },
    body: {},
  } as const;
  for (const { faults } of [returningAI, tagMango]) faults.set('listBadges', fault);
  const { errors = [] } = await service.execute(BadgePageDocument, {});
  const waits = errors.map(({ extensions }) => [extensions?.provider, extensions?.retryAfterMs]);
  expect(Object.fromEntries(waits)).toEqual({ RETURNING_AI: 30_000, TAG_MANGO: 10_000 });
});

test.each([
  ['an HTML page with 200', { contentType: 'text/html', body: '<p>hello</p>' }],
  ['malformed JSON', { body: '{"result": [' }],
  ['an empty body', { body: '' }],
  ['204', { status: 204, body: '' }],
  ['more than 5 MiB', { body: `["${'x'.repeat(5 * 1024 * 1024)}"]` }],
])('a list answered with %s cannot be used', async (_name, answer) => {
  service.sandbox.tagMango.faults.set('listBadges', { kind: 'answer', ...answer });
  const { data } = await service.execute(BadgePageDocument, {});
  expect(data.badges?.sources[1]).toEqual(source('TAG_MANGO', 'FAILED', 'PROVIDER_BAD_RESPONSE'));
});

test('a record that cannot be read is counted, told in the log, and the answer soon read again', async () => {
  service.sandbox.tagMango.faults.set('listBadges', {
    kind: 'answer',
    body: [
      { _id: 'a'.repeat(24), name: 'Good' },
      { _id: 'b'.repeat(24), name: 7 },
    ],
  });
  const { data, headers } = await service.execute(BadgePageDocument, {});

  expect(data.badges?.sources[1]).toEqual({ ...source('TAG_MANGO', 'FRESH'), droppedRecords: 1 });
  expect(headers.get('cache-control')).toMatch(/^private, max-age=[45]$/);
  expect(service.log).toContainEqual(
    expect.objectContaining({ droppedRecords: 1, firstMalformedField: 'name' }),
  );
});
