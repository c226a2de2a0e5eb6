import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TIMEOUT_MS, numRuns } from '../properties/runs.ts';
import { HALL_OF_FAME, MAJOR, resetStandIns, writesTo } from '../support/operation-cases.ts';
import { HIDDEN_VALUES, returningAIStored, tagMangoStored } from '../support/records.ts';
import { type TestService, startTestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({
    freshSeconds: 0,
    sandbox: { tagMango: { requestLimit: Infinity } },
  });
});
afterAll(() => service.close());
beforeEach(() => resetStandIns(service.sandbox));

const bodies = () => writesTo(service.sandbox).map(({ body }) => body);
const QUANTITIES = ['quantity', 'awardXpQuantity', 'awardCurrencyQuantity'] as const;
/** Beyond what the dashboard takes, what 32 bits hold, and 0. */
const WHOLE = [0, 1_000, 2 ** 31, 5_000_000_000, -1, -(2 ** 31) - 1, Number.MAX_SAFE_INTEGER];

async function update(input: object): Promise<{ badge: unknown; userErrors: unknown[] }> {
  const { data, errors } = await service.execute<
    { updateBadge: { badge: unknown; userErrors: unknown[] } },
    object
  >(
    `mutation ($input: UpdateBadgeInput!) { updateBadge(input: $input) {
      badge { ... on ReturningAIBadge { quantity } ... on TagMangoBadge { pointsThreshold } }
      userErrors { code fields } } }`,
    { input },
  );
  expect(errors).toBeUndefined();
  return data.updateBadge;
}

describe('a whole number has no bound that no page states:', () => {
  test.each(WHOLE)('%d is written', async (number) => {
    const given = Object.fromEntries(QUANTITIES.map((field) => [field, number]));
    const { badge, userErrors } = await update({
      returningAI: { id: MAJOR, ...HIDDEN_VALUES, ...given },
    });
    expect([badge, userErrors]).toEqual([{ quantity: number }, []]);
    expect(bodies()).toMatchObject([given]);
  });

  test.each(WHOLE)('%d is read, and goes back as it was read', async (number) => {
    const id = `of-${number}`;
    service.sandbox.returningAI.badges.set(id, returningAIStored({ id, quantity: number }));
    const { data } = await service.execute(
      `{ badge(provider: RETURNING_AI, id: "${id}") { ... on ReturningAIBadge { quantity } } }`,
    );
    expect(data).toEqual({ badge: { quantity: number } });
    await update({ returningAI: { id, ...HIDDEN_VALUES, title: 'New' } });
    expect(bodies()).toMatchObject([{ quantity: number }]);
  });

  test.each([1.5, 0.1, 2 ** 53, 1e21])('%d is none, at each field', async (number) => {
    for (const field of QUANTITIES) {
      const { userErrors } = await update({
        returningAI: { id: MAJOR, hiddenFields: 'OMIT', [field]: number },
      });
      expect(userErrors).toEqual([
        { code: 'INVALID_INPUT', fields: [['input', 'returningAI', field]] },
      ]);
    }
    expect(bodies()).toEqual([]);
  });
});

test(
  'a threshold is every finite number, read and written as it is',
  async () => {
    const numbers = fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0);
    await fc.assert(
      fc.asyncProperty(numbers, fc.nat(), async (pointsThreshold, name) => {
        resetStandIns(service.sandbox);
        const stored = tagMangoStored({ name: String(name), pointsThreshold: 1 });
        service.sandbox.tagMango.badges.set(HALL_OF_FAME, stored);
        const { badge } = await update({ tagMango: { id: HALL_OF_FAME, pointsThreshold } });
        expect(badge).toEqual({ pointsThreshold });
        if (pointsThreshold !== 1) expect(bodies()).toEqual([{ pointsThreshold }]);
      }),
      { numRuns: Math.ceil(numRuns / 3) },
    );
  },
  TIMEOUT_MS,
);

test('numbers that are not finite, or no whole ones, are shown as no number of a badge', async () => {
  const { returningAI, tagMango } = service.sandbox;
  returningAI.badges.clear();
  returningAI.badges.set('good', returningAIStored({ id: 'good' }));
  for (const [at, quantity] of [1.5, 2 ** 53, 1e300].entries()) {
    returningAI.badges.set(`odd-${at}`, returningAIStored({ id: `odd-${at}`, quantity }));
  }
  const { data } = await service.execute<
    { badges: { nodes: unknown[]; sources: unknown[] } },
    object
  >(
    '{ badges(filter: { providers: [RETURNING_AI] }) { nodes { ... on ReturningAIBadge { quantity } } sources { droppedRecords } } }',
  );
  // They would be written back as other numbers.
  expect(data.badges).toEqual({
    nodes: [{ quantity: 3 }],
    sources: [{ droppedRecords: 3 }, { droppedRecords: 0 }],
  });
  expect(tagMango.requests).toEqual([]);
});
