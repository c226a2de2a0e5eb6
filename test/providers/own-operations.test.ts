import { expect, test } from '@jest/globals';
import { defineProvider } from '../../src/providers/provider.ts';
import { ReturningAIBadge, recordSchema } from '../../src/providers/returning-ai/badge.ts';
import { createReturningAIClient } from '../../src/providers/returning-ai/client.ts';
import { returningAI } from '../../src/providers/returning-ai/index.ts';
import { awardOperation } from '../../src/providers/returning-ai/operations.ts';
import { tagMango } from '../../src/providers/tag-mango/index.ts';
import { awardOperation as foreignAward } from '../../src/providers/tag-mango/operations.ts';

const own = {
  ...returningAI,
  badgeClass: ReturningAIBadge,
  check: { ...returningAI.check, reads: [] },
  recordSchema,
  createClient: createReturningAIClient,
};

test('an operation of another provider does not compile, and one of its own does', () => {
  const right = defineProvider({ ...own, operations: { award: awardOperation } });
  // @ts-expect-error It is sent through the client of another provider.
  const wrong = defineProvider({ ...own, operations: { award: foreignAward } });
  // The type checker is the test: here only that both were looked at.
  expect([right.operations.award, wrong.operations.award]).toEqual([
    awardOperation,
    tagMango.operations.award,
  ]);
});
