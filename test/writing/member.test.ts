import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  TagMangoMemberDocument,
  type TagMangoMemberQueryVariables,
} from '../generated/operations.ts';
import { alwaysClosed, createSkippingClock } from '../support/clock.ts';
import {
  ADA,
  HALL_OF_FAME,
  QUIZ_MASTER,
  STORED,
  resetStandIns,
  shownHallOfFame,
} from '../support/operation-cases.ts';
import { type TestService, startTestService } from '../support/service.ts';

const LOOKUP = '/api/v1/external/users/lookup';

const clock = createSkippingClock();
let service: TestService;
beforeAll(async () => {
  service = await startTestService({
    sandbox: STORED,
    attemptTimeoutMs: 1_000,
    now: clock.now,
    http: { clock, budget: undefined, createBreaker: () => alwaysClosed },
  });
});
afterAll(() => service.close());
beforeEach(() => {
  resetStandIns(service.sandbox);
  service.log.length = 0;
  // Past every cool-down.
  clock.skip(60_000);
});

const find = (variables: TagMangoMemberQueryVariables) =>
  service.execute(TagMangoMemberDocument, variables);
const requests = () => service.sandbox.tagMango.requests;

test.each([
  ['e-mail', { email: ADA.email }, '?email=ada%40example.com'],
  ['phone', { phone: ADA.phone }, '?phone=919900112233'],
  ['phone with a plus', { phone: `+${ADA.phone}` }, '?phone=919900112233'],
  ['both', ADA, '?email=ada%40example.com&phone=919900112233'],
  ['an e-mail beside an empty phone', { email: ADA.email, phone: '' }, '?email=ada%40example.com'],
])('a member is found by %s, with one GET of the look-up', async (_what, { ...by }, query) => {
  const { email, phone } = by as TagMangoMemberQueryVariables;
  const { data, errors, headers } = await find({
    ...(email !== undefined && { email }),
    ...(phone !== undefined && { phone }),
  });

  expect(errors).toBeUndefined();
  expect(data).toEqual({ tagMangoMember: { id: ADA.tagMango, badges: [] } });
  expect(headers.get('cache-control')).toBe('no-store');
  expect(requests()).toEqual([
    {
      operation: 'lookupUser',
      method: 'GET',
      path: LOOKUP + query,
      headers: expect.objectContaining({
        authorization: `Bearer ${service.sandbox.tagMango.variables.TAG_MANGO_API_KEY}`,
        'x-whitelabel-host': 'sandbox.tagmango.com',
      }) as unknown,
      body: undefined,
      at: expect.any(Number) as unknown,
    },
  ]);
});

test('what an e-mail holds stays one value of the query', async () => {
  await find({ email: 'a+b&phone=1#x@example.com' });
  expect(requests().map(({ path }) => path)).toEqual([
    `${LOOKUP}?email=a%2Bb%26phone%3D1%23x%40example.com`,
  ]);
});

test('a member has the badges that it was given, whole', async () => {
  service.sandbox.tagMango.awards.set(ADA.tagMango, new Set([QUIZ_MASTER, HALL_OF_FAME]));
  const { data } = await find({ email: ADA.email });
  const { __typename: _typename, ...hallOfFame } = shownHallOfFame();
  expect(data.tagMangoMember?.badges).toEqual([
    { ...hallOfFame, id: QUIZ_MASTER, name: 'Quiz Master' },
    hallOfFame,
  ]);
});

test.each([
  ['an unknown e-mail', { email: 'no@example.com' }],
  ['an unknown phone', { phone: '919900000000' }],
  ['the e-mail of one and the phone of another', { email: ADA.email, phone: '919900112234' }],
])('%s gives null without an error', async (_what, by) => {
  const { data, errors, headers } = await find(by);
  expect(errors).toBeUndefined();
  expect(data).toEqual({ tagMangoMember: null });
  expect(headers.get('cache-control')).toBe('no-store');
});

test.each([
  ...['x', `${ADA.email} `, `${ADA.email}\u200b`].map(
    (email) =>
      [
        { email },
        'Argument "email" must be one e-mail address without spaces or invisible characters.',
      ] as const,
  ),
  ...['+91 98765 43210', '123', '1'.repeat(21), '12a4'].map(
    (phone) =>
      [
        { phone },
        'Argument "phone" must be 4 to 20 digits, with or without a + before them and without spaces.',
      ] as const,
  ),
] as const)('%j is rejected with the form that is needed', async (by, message) => {
  const { errors } = await find(by);
  expect(errors).toMatchObject([{ message, extensions: { code: 'INVALID_INPUT' } }]);
  expect(requests()).toEqual([]);
});

describe('an answer that says in another way than 404 that there is none:', () => {
  const notFound = {
    success: false,
    message: `${ADA.email} not found`,
    statusMessage: 'NOT_FOUND',
  };
  test.each([
    ['a 400 with the documented code', { status: 400, body: { ...notFound, code: 400 } }],
    ['a 422 with a code as text', { status: 422, body: { success: 'false', code: '404' } }],
    ['a 410', { status: 410 }],
    ['the same under a 200', { body: { ...notFound, code: 400 } }],
    ['a code under a 200', { body: { success: false, code: 404 } }],
    ['a null', { body: { success: true, message: 'OK', code: 200, result: null } }],
    ['a null without a flag', { body: { result: null } }],
    ['an empty list', { body: { success: true, result: [] } }],
  ])('%s gives null without an error, and without a line in the log', async (_what, answer) => {
    service.sandbox.tagMango.faults.set('lookupUser', { kind: 'answer', ...answer });
    const { data, errors } = await find({ email: ADA.email });
    expect(errors).toBeUndefined();
    expect(data).toEqual({ tagMangoMember: null });
    expect(service.log.filter(({ level }) => Number(level) >= 40)).toEqual([]);
  });

  test('a null beside a refusal is an error', async () => {
    const body = { code: 500, type: 'InternalServerError', message: 'x', result: null };
    service.sandbox.tagMango.faults.set('lookupUser', { kind: 'answer', body });
    const { errors } = await find({ email: ADA.email });
    expect(errors).toMatchObject([{ extensions: { code: 'PROVIDER_UNAVAILABLE' } }]);
  });
});

test('an unknown member is no line in the log', async () => {
  await find({ email: 'no@example.com' });
  expect(service.log.filter(({ level }) => Number(level) >= 40)).toEqual([]);
});

describe('an answer for somebody else than was asked for', () => {
  const answered = (differing: object) =>
    service.sandbox.tagMango.faults.set('lookupUser', {
      kind: 'answer',
      body: { success: true, result: { _id: ADA.tagMango, name: 'Ada', ...differing } },
    });

  test.each([
    ['another e-mail', { email: 'grace@example.com' }],
    ['another phone', { email: ADA.email, phone: 919900112234 }],
    ['another e-mail under another name', { primaryEmail: 'grace@example.com' }],
  ])('by %s is an error, and shows nobody', async (_what, differing) => {
    answered(differing);
    const { data, errors } = await find(ADA);
    expect(data).toEqual({ tagMangoMember: null });
    expect(errors).toMatchObject([{ extensions: { code: 'PROVIDER_BAD_RESPONSE' } }]);
    expect(JSON.stringify([errors, service.log])).not.toMatch(/grace|ada@/);
  });

  test.each([
    ['the e-mail in other letters', { email: ' ADA@Example.COM ' }],
    ['the phone without the code of its country', { phone: 9900112233 }],
    ['the phone as people write it', { phone: '+91 99001-12233' }],
    ['neither', {}],
  ])('is not what %s is', async (_what, differing) => {
    answered(differing);
    const { data, errors } = await find(ADA);
    expect(errors).toBeUndefined();
    expect(data).toEqual({ tagMangoMember: { id: ADA.tagMango, badges: [] } });
  });
});

test.each([
  ['nothing', {}],
  ['nulls', { email: null, phone: null }],
  ['empty texts', { email: '', phone: '' }],
  ['letters in the phone', { phone: '91x9900112233' }],
  ['spaces in the phone', { phone: '91 9900 112233' }],
  ['a negative phone', { phone: '-919900112233' }],
  ['a fraction', { phone: '9199.5' }],
  ['an exponent', { phone: '9e12' }],
  ['two plus signs', { phone: '++919900112233' }],
  ['a plus alone', { phone: '+' }],
  ['a phone that is too short', { phone: '123' }],
  ['a phone that is too long', { phone: '1'.repeat(21) }],
  ['a line break in the phone', { phone: '919900112233\n' }],
  ['a wrong phone beside a right e-mail', { email: ADA.email, phone: 'x' }],
])('%s is INVALID_INPUT, and nothing is asked', async (_what, by) => {
  const { data, errors } = await find(by);
  expect(data).toEqual({ tagMangoMember: null });
  expect(errors).toMatchObject([
    { path: ['tagMangoMember'], extensions: { code: 'INVALID_INPUT' } },
  ]);
  expect(requests()).toEqual([]);
});

describe('a provider that', () => {
  const member = { _id: ADA.tagMango };
  test.each([
    ['answers 503', { kind: 'answer', status: 503 }, 'PROVIDER_UNAVAILABLE', true],
    ['answers 401', { kind: 'answer', status: 401 }, 'PROVIDER_AUTH_FAILED', false],
    ['answers 400', { kind: 'answer', status: 400 }, 'PROVIDER_BAD_RESPONSE', false],
    ['answers 429', { kind: 'answer', status: 429 }, 'PROVIDER_RATE_LIMITED', true],
    ['hangs', { kind: 'hang' }, 'PROVIDER_TIMEOUT', true],
    ['answers without a body', { kind: 'answer', body: '' }, 'PROVIDER_BAD_RESPONSE', false],
    ['answers without an id', { kind: 'answer', body: {} }, 'PROVIDER_BAD_RESPONSE', false],
    [
      'answers with badges that are none',
      { kind: 'answer', body: { ...member, badges: 'all' } },
      'PROVIDER_BAD_RESPONSE',
      false,
    ],
  ] as const)('%s is an error, never a null alone', async (_what, fault, code, retryable) => {
    service.sandbox.tagMango.faults.set('lookupUser', fault);
    const { data, errors } = await find({ email: ADA.email });
    expect(data).toEqual({ tagMangoMember: null });
    expect(errors).toMatchObject([
      { path: ['tagMangoMember'], extensions: { code, provider: 'TAG_MANGO', retryable } },
    ]);
    expect(JSON.stringify([errors, service.log])).not.toMatch(/ada(?:@|%40)/);
  });

  test.each([
    ['leaves the badges out', member],
    ['calls them null', { ...member, badges: null }],
  ])('%s has none to show', async (_what, body) => {
    service.sandbox.tagMango.faults.set('lookupUser', { kind: 'answer', body });
    const { data, errors } = await find({ email: ADA.email });
    expect(errors).toBeUndefined();
    expect(data).toEqual({ tagMangoMember: { id: ADA.tagMango, badges: [] } });
  });

  test('is not configured is an error with its code', async () => {
    const { returningAI } = service.sandbox.providerValues;
    const other = await startTestService({ providerValues: { returningAI } });
    const { data, errors } = await other.execute(TagMangoMemberDocument, { email: ADA.email });
    await other.close();
    expect(data).toEqual({ tagMangoMember: null });
    expect(errors).toMatchObject([{ extensions: { code: 'PROVIDER_NOT_CONFIGURED' } }]);
  });
});

describe('a member whose badges', () => {
  const [hallOfFame] = STORED.tagMango.badges;
  const ask = (badges: unknown, beside: object = {}) => {
    const body = { success: true, result: { _id: ADA.tagMango, badges, ...beside } };
    service.sandbox.tagMango.faults.set('lookupUser', { kind: 'answer', body });
    return service.execute<{ tagMangoMember: unknown }, unknown>(
      `{ tagMangoMember(email: "${ADA.email}") { badges { id } droppedBadges } }`,
    );
  };

  test('cannot all be read has the others, and the number of those that are left out', async () => {
    const { data, errors } = await ask([hallOfFame, { _id: QUIZ_MASTER, name: 5 }, 'x']);
    expect(errors).toBeUndefined();
    expect(data.tagMangoMember).toEqual({ badges: [{ id: HALL_OF_FAME }], droppedBadges: 2 });
  });

  test.each([
    { totalBadges: 2 },
    { badgesCount: '2' },
    { badgesPagination: { page: 1, pages: 2 } },
    { hasMoreBadges: true },
  ])('are shown in part, by %j, are an error, and no shorter list', async (beside) => {
    const { data, errors } = await ask([hallOfFame], beside);
    expect(data).toEqual({ tagMangoMember: null });
    expect(errors).toMatchObject([{ extensions: { code: 'PROVIDER_BAD_RESPONSE' } }]);
    expect(service.log).toMatchObject([
      { msg: expect.stringMatching(/only part of the member's badges/) },
    ]);
  });

  test('are all there, as is said beside them, are shown', async () => {
    const { data } = await ask([hallOfFame], { totalBadges: 1, badgesHasMore: false, score: 500 });
    expect(data.tagMangoMember).toEqual({ badges: [{ id: HALL_OF_FAME }], droppedBadges: 0 });
  });
});

test('beside a list that may be kept, the answer may not', async () => {
  const { headers } = await service.execute(
    `{ badges { totalCount } tagMangoMember(email: "${ADA.email}") { id } }`,
  );
  expect(headers.get('cache-control')).toBe('no-store');
});

test('another subgraph may add to a member, and never has one resolved here', async () => {
  const { data } = await service.execute<{ _service: { sdl: string } }, unknown>(
    '{ _service { sdl } }',
  );
  expect(data._service.sdl).toMatch(
    /^type TagMangoMember @key\(fields: "id", resolvable: false\) \{$/m,
  );
  const { errors } = await service.execute<unknown, object>(
    'query ($representations: [_Any!]!) { _entities(representations: $representations) { __typename } }',
    { representations: [{ __typename: 'TagMangoMember', id: ADA.tagMango }] },
  );
  expect(errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT' } }]);
});
