import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { UpdateBadgeDocument } from '../generated/operations.ts';
import { returningAIStored, tagMangoStored } from '../support/records.ts';
import { type TestService, startTestService } from '../support/service.ts';

/** The exact examples of the two pages that document an update. */

let service: TestService;
beforeEach(async () => {
  service = await startTestService({
    sandbox: {
      returningAI: { prefix: '/api/v1', badges: [returningAIStored()] },
      tagMango: { badges: [tagMangoStored()] },
    },
  });
});
afterEach(() => service.close());

describe('the documented Returning.AI update', () => {
  const body = {
    title: "It's title",
    action: 'custom',
    quantity: 100,
    image: '',
    description: 'This is description',
    darkImage: '',
    lightImage: '',
    enabledDarkAndLight: true,
    award: true,
    awardCurrency: true,
    awardXpQuantity: 100,
    awardCurrencyQuantity: 100,
    attachRequired: true,
  };
  const id = '84845081-98fd-46f3-96aa-1032174e58a5';

  test('sends one PUT with the thirteen values and the key', async () => {
    const { returningAI } = service.sandbox;

    const { data } = await service.execute(UpdateBadgeDocument, {
      input: { returningAI: { id, ...body } },
    });

    const writes = returningAI.requests.filter(({ method }) => method !== 'GET');
    expect(writes).toEqual([
      expect.objectContaining({
        method: 'PUT',
        path: `/api/v1/badges/${id}`,
        headers: expect.objectContaining({
          'x-api-key': returningAI.variables.RETURNING_AI_API_KEY,
          'content-type': 'application/json',
        }),
        body,
      }),
    ]);
    expect(data.updateBadge).toMatchObject({
      userErrors: [],
      badge: { id, title: "It's title", quantity: 100, attachRequired: true },
    });
  });

  test('of a badge that its answer calls otherwise is of unknown outcome', async () => {
    service.sandbox.returningAI.faults.set('updateBadge', {
      kind: 'answer',
      isApplied: true,
      body: { meta: { success: true }, body: { id: '{_id}', title: 'Major' } },
    });

    const { data } = await service.execute(UpdateBadgeDocument, {
      input: { returningAI: { id, ...body } },
    });

    expect(data.updateBadge).toMatchObject({
      badge: { id, name: "It's title" },
      userErrors: [{ code: 'OUTCOME_UNKNOWN', retryable: false }],
    });
  });
});

describe('the documented TagMango update', () => {
  const id = '6657092c8142bfe0656481bf';

  test('sends one PATCH with the given fields only, the bearer key and the host', async () => {
    const { tagMango } = service.sandbox;

    const { data } = await service.execute(UpdateBadgeDocument, {
      input: { tagMango: { id, name: 'Hall Of Fame' } },
    });

    const writes = tagMango.requests.filter(({ method }) => method !== 'GET');
    expect(writes).toEqual([
      expect.objectContaining({
        method: 'PATCH',
        path: `/api/v1/external/gamification/badges/${id}`,
        headers: expect.objectContaining({
          authorization: `Bearer ${tagMango.variables.TAG_MANGO_API_KEY}`,
          'x-whitelabel-host': tagMango.variables.TAG_MANGO_WHITELABEL_HOST,
          'content-type': 'application/json',
        }),
        body: { name: 'Hall Of Fame' },
      }),
    ]);
    expect(writes[0]?.headers).not.toHaveProperty('x-timezone-offset');
    expect(data.updateBadge).toMatchObject({
      userErrors: [],
      badge: { id, name: 'Hall Of Fame', description: 'Once a year.' },
    });
  });

  test.each([
    [
      400,
      'INVALID_INPUT',
      {
        code: 400,
        type: 'Bad request',
        statusMessage: 'BAD_REQUEST',
        message: 'Invalid request',
        success: false,
      },
    ],
    [
      401,
      'PROVIDER_AUTH_FAILED',
      {
        code: 401,
        type: 'Unauthorized',
        statusMessage: 'UNAUTHORIZED',
        message: 'Invalid token',
        success: false,
      },
    ],
  ])(
    'answered with the documented %i is %s, without the provider’s words',
    async (status, code, body) => {
      service.sandbox.tagMango.faults.set('updateBadge', { kind: 'answer', status, body });

      const { data } = await service.execute(UpdateBadgeDocument, {
        input: { tagMango: { id, name: 'Hall Of Fame' } },
      });

      expect(data.updateBadge).toMatchObject({
        badge: { name: 'Hall of Fame', description: 'Once a year.' },
        changes: [],
        userErrors: [{ code, provider: 'TAG_MANGO', retryable: false }],
      });
      expect(JSON.stringify(data)).not.toContain(body.message);
    },
  );
});

test('the timezone offset is sent when it is configured', async () => {
  const values = { ...service.sandbox.providerValues.tagMango, TAG_MANGO_TIMEZONE_OFFSET: '330' };
  const other = await startTestService({
    providerValues: { tagMango: values },
  });
  await other.execute('{ badges { totalCount } }');
  await other.close();

  expect(
    service.sandbox.tagMango.requests.map(({ headers }) => headers['x-timezone-offset']),
  ).toEqual(['330']);
});
