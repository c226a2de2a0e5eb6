import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type ReturningAIStandIn,
  startReturningAIStandIn,
} from '../../src/sandbox/returning-ai.ts';
import {
  type ExchangeAnswer,
  type ExchangeRequest,
  exchange,
  readContract,
} from '../support/contract.ts';
import { DEFAULT_FIELDS, returningAIStored } from '../support/records.ts';

const contract = readContract(
  new URL('../../src/providers/returning-ai/contract.yaml', import.meta.url),
);
const KEY = { 'x-api-key': 'sandbox-returning-ai-key' };
const INTEGRATION_KEY = { authorization: 'Bearer sandbox-returning-ai-integration-key' };

const MAJOR = returningAIStored();
const MAJOR_SHOWN = {
  id: MAJOR.id,
  title: 'Major',
  action: 'custom',
  quantity: '3',
  image: 'https://img.example/major.png',
  description: 'One trade that makes 30%.',
  attachRequired: 'true',
  awarded: 'true',
};
const { id: _, ...MAJOR_BODY } = MAJOR;
/** What a PUT resets omitted fields to. The action is required. */
const { action: _action, ...UNSET } = { ...DEFAULT_FIELDS, quantity: 0 };

const list = { operation: 'listBadges', method: 'GET', path: '/badges', headers: KEY };
const create = {
  operation: 'createBadge',
  method: 'POST',
  path: '/badges',
  headers: KEY,
  body: MAJOR_BODY,
};
const update = {
  operation: 'updateBadge',
  method: 'PUT',
  path: `/badges/${MAJOR.id}`,
  headers: KEY,
  body: MAJOR_BODY,
};
const remove = {
  operation: 'deleteBadge',
  method: 'DELETE',
  path: `/badges/${MAJOR.id}`,
  headers: KEY,
};
const award = {
  operation: 'awardBadge',
  method: 'POST',
  path: `/badges/${MAJOR.id}/award`,
  headers: KEY,
  body: { userId: '1102' },
};
const revoke = { ...award, operation: 'removeBadge', path: `/badges/${MAJOR.id}/remove` };
const info = {
  operation: 'userInfo',
  method: 'POST',
  path: '/apis/v1/users/info',
  headers: INTEGRATION_KEY,
  body: { idOrEmail: 'ada@example.com' },
};
const EVERY_REQUEST: ExchangeRequest[] = [list, create, update, remove, award, revoke, info];

let standIn: ReturningAIStandIn;
beforeEach(async () => {
  standIn = await startReturningAIStandIn({ badges: [MAJOR] });
});
afterEach(() => standIn.close());

/** Every answer that a test sees keeps the contract. */
async function call(request: ExchangeRequest): Promise<ExchangeAnswer> {
  const made = await exchange(standIn.origin, request);
  expect(contract.problemsOf(made)).toEqual([]);
  return made.answer;
}

function success(message: string, body: unknown): ExchangeAnswer {
  const meta = { success: true, message, devMessage: message };
  return { status: 200, contentType: 'application/json', body: { meta, body } };
}

function refusal(status: number, message: string): ExchangeAnswer {
  const meta = { success: false, message, devMessage: message };
  return { status, contentType: 'application/json', body: { meta } };
}

function integrationRefusal(status: number, message: string): ExchangeAnswer {
  return { status, contentType: 'application/json', body: { status: 'error', message } };
}

test('serves every operation of the contract and no other', () => {
  const operations = EVERY_REQUEST.map(({ operation }) => operation).sort();

  expect([...standIn.operations].sort()).toEqual(operations);
  expect([...contract.operations].sort()).toEqual(operations);
});

test.each(EVERY_REQUEST)('serves $operation and records what was asked', async (request) => {
  const answer = await call(request);

  const { operation, method, path, body } = request;
  expect(answer.status).toBe(200);
  expect(standIn.requests).toMatchObject([{ operation, method, path, body }]);
});

describe('refuses', () => {
  test.each(EVERY_REQUEST)('$operation without a key', async (request) => {
    const toRefusal = request === info ? integrationRefusal : refusal;

    expect(await call({ ...request, headers: {} })).toEqual(
      toRefusal(401, 'Missing or invalid API key'),
    );
    expect([...standIn.badges.values()]).toEqual([MAJOR]);
  });

  test.each(EVERY_REQUEST)("$operation with the other API's key", async (request) => {
    const headers = request === info ? KEY : INTEGRATION_KEY;

    expect(await call({ ...request, headers })).toMatchObject({ status: 401 });
  });

  test.each([
    ['no title', { action: 'custom' }],
    ['an empty title', { ...MAJOR_BODY, title: '' }],
    ['no action', { title: 'Major' }],
    ['a number as a string, as answers have it', { ...MAJOR_BODY, quantity: '3' }],
    ['a boolean as a string, as answers have it', { ...MAJOR_BODY, attachRequired: 'true' }],
    ['a fraction', { ...MAJOR_BODY, awardXpQuantity: 1.5 }],
    ['null', { ...MAJOR_BODY, description: null }],
    ['a field that is not documented', { ...MAJOR_BODY, colour: 'red' }],
    ['an array', [MAJOR_BODY]],
    ['broken JSON', '{'],
    ['nothing', undefined],
  ])('a badge body with %s', async (_case, body) => {
    expect(await call({ ...create, body })).toMatchObject({ status: 400 });
    expect(await call({ ...update, body })).toMatchObject({ status: 400 });
    expect([...standIn.badges.values()]).toEqual([MAJOR]);
  });

  test.each([
    ['no user', {}],
    ['an empty user id', { userId: '' }],
    ['a user id that is a number', { userId: 1102 }],
  ])('an award or removal with %s', async (_case, body) => {
    expect(await call({ ...award, body })).toMatchObject({ status: 400 });
    expect(await call({ ...revoke, body })).toMatchObject({ status: 400 });
    expect(standIn.awards).toEqual(new Map());
  });

  test.each([update, remove, award, revoke])('$operation of an unknown badge', async (request) => {
    const path = request.path.replace(MAJOR.id, 'unknown');

    expect(await call({ ...request, path })).toEqual(refusal(404, 'Badge not found'));
  });

  test('to look up nobody in particular, or somebody unknown', async () => {
    expect(await call({ ...info, body: {} })).toMatchObject({ status: 400 });
    expect(await call({ ...info, body: { idOrEmail: 'nobody@example.com' } })).toEqual(
      integrationRefusal(404, 'User not found'),
    );
  });

  test('a path that no operation has', async () => {
    const request = { ...list, path: `/badges/${MAJOR.id}` };

    expect((await exchange(standIn.origin, request)).answer).toEqual(refusal(404, 'Not found'));
  });
});

test('shows eight fields of a badge, numbers and booleans as strings', async () => {
  expect(await call(list)).toEqual(success('Badges have been fetched successfully', [MAJOR_SHOWN]));
});

test('makes a badge with an id of its own, and lists it last', async () => {
  const answer = await call({ ...create, body: { title: 'Scout', action: 'custom', quantity: 2 } });

  const [, made] = [...standIn.badges.values()];
  const shown = {
    id: made?.id,
    title: 'Scout',
    action: 'custom',
    quantity: '2',
    image: '',
    description: '',
    attachRequired: 'false',
    awarded: 'false',
  };
  expect(made).toEqual({
    ...UNSET,
    id: shown.id,
    title: 'Scout',
    action: 'custom',
    quantity: 2,
  });
  expect(answer).toEqual(success('Badge has been created successfully', shown));
  expect((await call(list)).body).toMatchObject({ body: [MAJOR_SHOWN, shown] });
});

test('an update replaces the whole badge: fields left out are reset, also those never shown', async () => {
  const answer = await call({ ...update, body: { title: 'Minor', action: 'custom' } });

  expect([...standIn.badges.values()]).toEqual([
    { ...UNSET, id: MAJOR.id, title: 'Minor', action: 'custom', awarded: true },
  ]);
  expect(answer).toEqual(
    success('Badge has been updated successfully', {
      id: MAJOR.id,
      title: 'Minor',
      action: 'custom',
      quantity: '0',
      image: '',
      description: '',
      attachRequired: 'false',
      awarded: 'true',
    }),
  );
});

test('an update with every field keeps exactly what it holds', async () => {
  const body = { ...MAJOR_BODY, quantity: 4, awardXpQuantity: 71, lightImage: '' };
  await call({ ...update, body });

  expect(standIn.badges.get(MAJOR.id)).toEqual({ ...body, id: MAJOR.id });
});

test('answers every body that the contract allows as the contract promises', async () => {
  const whole = fc.nat();
  const bodies = fc.record(
    {
      title: fc.string({ minLength: 1 }),
      action: fc.string({ minLength: 1 }),
      quantity: whole,
      image: fc.string(),
      description: fc.string({ unit: 'grapheme' }),
      darkImage: fc.string(),
      lightImage: fc.string(),
      enabledDarkAndLight: fc.boolean(),
      award: fc.boolean(),
      awardCurrency: fc.boolean(),
      awardXpQuantity: whole,
      awardCurrencyQuantity: whole,
      attachRequired: fc.boolean(),
      applied: fc.boolean(),
      awarded: fc.boolean(),
    },
    { requiredKeys: ['title', 'action'], noNullPrototype: true },
  );
  await fc.assert(
    fc.asyncProperty(bodies, async (body) => {
      const { status } = await call({ ...update, body });

      expect(status).toBe(200);
      expect(standIn.badges.get(MAJOR.id)).toMatchObject(body);
    }),
    { numRuns: 40 },
  );
});

test('a deleted badge is gone, and cannot be deleted again', async () => {
  expect(await call(remove)).toEqual(success('Badge has been deleted successfully', []));
  expect(await call(list)).toMatchObject({ body: { body: [] } });
  expect(await call(remove)).toEqual(refusal(404, 'Badge not found'));
});

test('an award answers with all badges that the user now holds, a removal with an empty list', async () => {
  const second = { ...MAJOR, id: 'second', awarded: false };
  standIn.badges.set(second.id, second);
  await call(award);

  expect(await call({ ...award, path: '/badges/second/award' })).toEqual(
    success('Badge has been rewarded successfully', [
      MAJOR_SHOWN,
      { ...MAJOR_SHOWN, id: 'second' },
    ]),
  );
  expect(await call(revoke)).toEqual(success('Badge has been removed successfully', []));
  expect(standIn.awards).toEqual(new Map([['1102', new Set(['second'])]]));
});

test('an award is for one user, and giving it twice is giving it once', async () => {
  await call(award);
  await call(award);
  await call({ ...award, body: { userId: '1103' } });

  const held = new Set([MAJOR.id]);
  expect(standIn.awards).toEqual(
    new Map([
      ['1102', held],
      ['1103', held],
    ]),
  );
});

test.each(['ada@example.com', '1102'])('finds a user by %s', async (idOrEmail) => {
  expect(await call({ ...info, body: { idOrEmail } })).toEqual({
    status: 200,
    contentType: 'application/json',
    body: {
      status: 'success',
      data: { userId: '1102', username: 'ada', xp: 0, coins: 0, roles: [], customFields: {} },
    },
  });
});

test('serves under the prefix of an older host, the user look-up without it', async () => {
  const prefixed = await startReturningAIStandIn({ badges: [MAJOR], prefix: '/api/v1' });
  try {
    const found = await exchange(prefixed.origin, { ...list, path: '/api/v1/badges' });
    const missed = await exchange(prefixed.origin, list);
    const user = await exchange(prefixed.origin, info);

    expect(prefixed.variables).toEqual({
      RETURNING_AI_BASE_URL: `${prefixed.origin}/api/v1`,
      RETURNING_AI_API_KEY: KEY['x-api-key'],
      RETURNING_AI_INTEGRATION_BASE_URL: `${prefixed.origin}/apis/v1`,
      RETURNING_AI_INTEGRATION_API_KEY: expect.any(String),
    });
    expect(contract.problemsOf(found)).toEqual([]);
    expect([found, missed, user].map(({ answer }) => answer.status)).toEqual([200, 404, 200]);
  } finally {
    await prefixed.close();
  }
});
