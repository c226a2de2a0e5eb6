import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRateWindow } from '../../src/sandbox/stand-in.ts';
import { type TagMangoStandIn, startTagMangoStandIn } from '../../src/sandbox/tag-mango.ts';
import {
  type ExchangeAnswer,
  type ExchangeRequest,
  exchange,
  readContract,
} from '../support/contract.ts';

const contract = readContract(
  new URL('../../src/providers/tag-mango/contract.yaml', import.meta.url),
);
const EXTERNAL = '/api/v1/external';
const KEY = { authorization: `Bearer tmk_${'5a'.repeat(12)}.${'c3'.repeat(32)}` };
const HEADERS = { ...KEY, 'x-whitelabel-host': 'sandbox.tagmango.com' };
const ADA = '6650aa11bb22cc33dd44ee55';
const UNKNOWN_ID = 'f'.repeat(24);

const HALL = {
  _id: '6657092c8142bfe0656481bf',
  creator: '6149b1e5612c4e5fd96041d3',
  name: 'Hall of Fame',
  description: 'Once a year.',
  imageUrl: 'https://img.example/hall.png',
  enableAutomation: true,
  pointsThreshold: 100,
  pointCategoryForAutomation: 'lifetime',
  automationEnabledMangoes: ['6659ca9e5f2acb7abfdcd8fd'],
  createdAt: '2024-05-31T13:03:26.375Z',
  updatedAt: '2024-07-19T12:32:51.071Z',
};
const CLUB = { ...HALL, _id: '6657092c8142bfe0656481c0', name: 'Century Club' };

const list = {
  operation: 'listBadges',
  method: 'GET',
  path: `${EXTERNAL}/gamification/badges`,
  headers: HEADERS,
};
const create = { ...list, operation: 'createBadge', method: 'POST', body: { name: 'Scout' } };
const update = {
  operation: 'updateBadge',
  method: 'PATCH',
  path: `${EXTERNAL}/gamification/badges/${HALL._id}`,
  headers: HEADERS,
  body: { name: 'Hall' },
};
const assign = {
  operation: 'assignBadges',
  method: 'PATCH',
  path: `${EXTERNAL}/gamification/badges/${ADA}/assign`,
  headers: HEADERS,
  body: { badges: [HALL._id] },
};
const lookup = {
  operation: 'lookupUser',
  method: 'GET',
  path: `${EXTERNAL}/users/lookup?email=ada@example.com`,
  headers: HEADERS,
};
const EVERY_REQUEST: ExchangeRequest[] = [list, create, update, assign, lookup];

let standIn: TagMangoStandIn;
beforeEach(async () => {
  standIn = await startTagMangoStandIn({ badges: [HALL, CLUB] });
});
afterEach(() => standIn.close());

/** Every answer that a test sees keeps the contract. */
async function call(request: ExchangeRequest): Promise<ExchangeAnswer> {
  const made = await exchange(standIn.origin, request);
  expect(contract.problemsOf(made)).toEqual([]);
  return made.answer;
}

function json(status: number, body: unknown): ExchangeAnswer {
  return { status, contentType: 'application/json', body };
}

function success(status: number, result: unknown): ExchangeAnswer {
  return json(status, {
    message: 'Success',
    success: true,
    result,
    code: 200,
    statusMessage: 'OK',
  });
}

function notFound(message: string): ExchangeAnswer {
  const names = { type: 'Not found', statusMessage: 'NOT_FOUND' };
  return json(404, { code: 404, ...names, message, success: false });
}

const badRequest = json(400, {
  code: 400,
  type: 'Bad request',
  statusMessage: 'BAD_REQUEST',
  message: 'Invalid request',
  success: false,
});

test('serves every operation of the contract and no other', () => {
  const operations = EVERY_REQUEST.map(({ operation }) => operation).sort();

  expect([...standIn.operations].sort()).toEqual(operations);
  expect([...contract.operations].sort()).toEqual(operations);
});

test.each(EVERY_REQUEST)('serves $operation and records what was asked', async (request) => {
  const answer = await call(request);

  const { operation, method, path, body } = request;
  expect(answer.status).toBe(operation === 'createBadge' ? 201 : 200);
  expect(standIn.requests).toMatchObject([{ operation, method, path, body }]);
});

test('its variables lead to it', () => {
  expect(standIn.variables).toEqual({
    TAG_MANGO_BASE_URL: standIn.origin,
    TAG_MANGO_API_KEY: KEY.authorization.replace('Bearer ', ''),
    TAG_MANGO_WHITELABEL_HOST: HEADERS['x-whitelabel-host'],
  });
});

describe('refuses', () => {
  test.each(EVERY_REQUEST)('$operation without a key, or with a wrong one', async (request) => {
    const { authorization: _, ...headers } = HEADERS;
    const unauthorized = json(401, {
      code: 401,
      type: 'Unauthorized',
      statusMessage: 'UNAUTHORIZED',
      message: 'Invalid token',
      success: false,
    });

    expect(await call({ ...request, headers })).toEqual(unauthorized);
    expect(
      await call({ ...request, headers: { ...HEADERS, authorization: 'Bearer other' } }),
    ).toEqual(unauthorized);
    expect([...standIn.badges.values()]).toEqual([HALL, CLUB]);
  });

  test.each(EVERY_REQUEST)('$operation without a host, or with another', async (request) => {
    const forbidden = json(403, {
      code: 403,
      type: 'Forbidden',
      statusMessage: 'FORBIDDEN',
      message: 'Unknown host',
      success: false,
    });

    expect(await call({ ...request, headers: KEY })).toEqual(forbidden);
    expect(
      await call({ ...request, headers: { ...KEY, 'x-whitelabel-host': 'other.example' } }),
    ).toEqual(forbidden);
    expect([...standIn.badges.values()]).toEqual([HALL, CLUB]);
  });

  test.each([
    ['an empty name', { name: '' }],
    ['a name that is null', { name: null }],
    ['a number as a string', { name: 'Hall', pointsThreshold: '100' }],
    ['a mango that is no id', { name: 'Hall', automationEnabledMangoes: ['mango'] }],
    ['mangoes that are null', { name: 'Hall', automationEnabledMangoes: null }],
    ['a field that is not its to write', { name: 'Hall', creator: HALL.creator }],
    ['an array', [{ name: 'Hall' }]],
    ['nothing', undefined],
  ])('a badge body with %s', async (_case, body) => {
    expect(await call({ ...create, body })).toEqual(badRequest);
    expect(await call({ ...update, body })).toEqual(badRequest);
    expect([...standIn.badges.values()]).toEqual([HALL, CLUB]);
  });

  test('a new badge without a name', async () => {
    expect(await call({ ...create, body: { description: 'Nameless.' } })).toEqual(badRequest);
    expect(standIn.badges.size).toBe(2);
  });

  test('a body that is broken JSON', async () => {
    expect(await call({ ...update, body: '{' })).toMatchObject({ status: 400 });
  });

  test('to update an unknown badge', async () => {
    const path = update.path.replace(HALL._id, UNKNOWN_ID);

    expect(await call({ ...update, path })).toEqual(notFound('Badge not found'));
  });

  test.each([
    ['no badges', {}],
    ['an empty list', { badges: [] }],
    ['a badge alone', { badges: HALL._id }],
    ['an unknown badge among known ones', { badges: [HALL._id, UNKNOWN_ID] }],
  ])('to assign %s', async (_case, body) => {
    expect(await call({ ...assign, body })).toEqual(badRequest);
    expect(standIn.awards).toEqual(new Map());
  });

  test('a path that no operation has', async () => {
    const request = { ...list, path: update.path };

    expect((await exchange(standIn.origin, request)).answer).toEqual(notFound('Not found'));
  });
});

describe.each(['result', 'data', 'bare'] as const)('in the envelope "%s"', (envelope) => {
  beforeEach(async () => {
    await standIn.close();
    standIn = await startTagMangoStandIn({ badges: [HALL], envelope });
  });

  function wrapped(payload: unknown): unknown {
    const success = { message: 'Success', success: true };
    switch (envelope) {
      case 'result':
        return { ...success, result: payload, code: 200, statusMessage: 'OK' };
      case 'data':
        return { ...success, data: payload };
      case 'bare':
        return payload;
    }
  }

  test('lists badges', async () => {
    expect(await call(list)).toEqual(json(200, wrapped([HALL])));
  });

  test('makes a badge and updates it', async () => {
    expect(await call(create)).toEqual(json(201, wrapped([...standIn.badges.values()].at(-1))));
    expect(await call(update)).toEqual(json(200, wrapped(standIn.badges.get(HALL._id))));
  });

  test('finds a user', async () => {
    const none = { lifetime: 0, month: 0, week: 0 };
    const ada = {
      _id: ADA,
      name: 'Ada',
      email: 'ada@example.com',
      phone: 919900112233,
      score: none,
      leaderboardRank: none,
      badges: [],
      hasGamificationAccess: true,
    };

    expect(await call(lookup)).toEqual(json(200, wrapped(ada)));
  });

  test('assigns badges without any of it', async () => {
    expect(await call(assign)).toEqual(
      json(200, { message: 'Badges assigned successfully', success: true }),
    );
  });
});

test('makes a badge with an id, a creator and times, and clears what was not given', async () => {
  const answer = await call(create);

  const made = [...standIn.badges.values()].at(-1);
  expect(made).toEqual({
    _id: made?._id,
    creator: HALL.creator,
    name: 'Scout',
    description: '',
    imageUrl: '',
    enableAutomation: false,
    pointsThreshold: null,
    pointCategoryForAutomation: null,
    automationEnabledMangoes: [],
    createdAt: made?.createdAt,
    updatedAt: made?.createdAt,
  });
  expect(answer).toEqual(success(201, made));
});

test('an update changes what it holds, and leaves every other field alone', async () => {
  const body = { description: '', pointsThreshold: null, automationEnabledMangoes: [] };
  const answer = await call({ ...update, body });

  const updated = standIn.badges.get(HALL._id);
  const updatedAt = updated?.updatedAt ?? '';
  expect(updated).toEqual({ ...HALL, ...body, updatedAt });
  expect(Date.parse(updatedAt)).toBeGreaterThan(Date.parse(HALL.updatedAt));
  expect(answer).toEqual(success(200, updated));
  expect(standIn.badges.get(CLUB._id)).toEqual(CLUB);
});

test('an update may be an empty object', async () => {
  expect(await call({ ...update, body: {} })).toMatchObject({ status: 200 });
  expect(standIn.badges.get(HALL._id)).toMatchObject({ ...HALL, updatedAt: expect.anything() });
});

test('answers every body that the contract allows as the contract promises', async () => {
  const nullable = { nil: null };
  const bodies = fc.record(
    {
      name: fc.string({ minLength: 1 }),
      description: fc.string({ unit: 'grapheme' }),
      imageUrl: fc.string(),
      enableAutomation: fc.boolean(),
      pointsThreshold: fc.option(
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((points) => points + 0),
        nullable,
      ),
      pointCategoryForAutomation: fc.option(fc.string(), nullable),
      automationEnabledMangoes: fc.array(
        fc.string({ minLength: 24, maxLength: 24, unit: fc.constantFrom(...'0123456789abcdef') }),
        { maxLength: 3 },
      ),
    },
    { requiredKeys: [], noNullPrototype: true },
  );
  await fc.assert(
    fc.asyncProperty(bodies, async (body) => {
      const { status } = await call({ ...update, body });

      expect(status).toBe(200);
      expect(standIn.badges.get(HALL._id)).toMatchObject(body);
    }),
    { numRuns: 40 },
  );
});

describe('assigning', () => {
  test('adds to what the user of the path holds', async () => {
    await call(assign);
    await call({ ...assign, body: { badges: [CLUB._id, HALL._id] } });

    expect(standIn.awards).toEqual(new Map([[ADA, new Set([HALL._id, CLUB._id])]]));
    expect(await call(lookup)).toMatchObject({ body: { result: { badges: [HALL, CLUB] } } });
  });

  test('never takes a badge in the path, where the update has it', async () => {
    const path = assign.path.replace(ADA, HALL._id);

    expect(await call({ ...assign, path })).toEqual(notFound('User not found'));
    expect(standIn.awards).toEqual(new Map());
    expect(standIn.badges.get(HALL._id)).toEqual(HALL);
  });
});

describe('looking up a user', () => {
  const at = (query: string) => ({ ...lookup, path: `${EXTERNAL}/users/lookup${query}` });

  test.each([
    '?email=ada@example.com',
    '?phone=919900112233',
    '?email=ada@example.com&phone=919900112233',
  ])('finds the one who matches %s', async (query) => {
    expect(await call(at(query))).toMatchObject({ status: 200, body: { result: { _id: ADA } } });
  });

  test.each(['?email=nobody@example.com', '?phone=1', '?email=ada@example.com&phone=919900112234'])(
    'finds nobody by %s',
    async (query) => {
      expect(await call(at(query))).toEqual(notFound('User not found'));
    },
  );

  test('needs an e-mail address or a telephone number', async () => {
    expect(await call(at(''))).toEqual(badRequest);
  });
});

describe('the window of 120 requests in 10 seconds', () => {
  test('refuses the request beyond it, whoever asks', async () => {
    const { authorization: _, ...headers } = HEADERS;
    const refused = await call({ ...list, headers });
    const admitted = await Promise.all(Array.from({ length: 119 }, () => call(list)));
    const next = await call(update);

    expect(refused.status).toBe(401);
    expect(new Set(admitted.map(({ status }) => status))).toEqual(new Set([200]));
    expect(next).toEqual(
      json(429, { statusCode: 429, message: 'Too many requests', success: false }),
    );
    expect(standIn.badges.get(HALL._id)).toEqual(HALL);
  });

  test('slides: each request makes room once it is 10 seconds old', () => {
    let now = 0;
    const window = createRateWindow({ limit: 2, windowMs: 10_000, now: () => now });
    const admitAt = (time: number): boolean => {
      now = time;
      return window.admit();
    };

    expect([0, 6_000, 9_999, 10_000, 15_999, 16_000].map(admitAt)).toEqual([
      true,
      true,
      false,
      true,
      false,
      true,
    ]);
  });
});
