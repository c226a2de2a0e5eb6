import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  UpdateBadgeDocument,
  type UpdateBadgeInput,
  type UpdateTagMangoBadgeInput,
} from '../generated/operations.ts';
import { HIDDEN_VALUES, returningAIStored, tagMangoStored } from '../support/records.ts';
import { type TestService, startTestService } from '../support/service.ts';

let service: TestService;
beforeEach(async () => {
  service = await startTestService({
    sandbox: {
      returningAI: { badges: [returningAIStored()] },
      tagMango: { badges: [tagMangoStored({ pointsThreshold: 5, enableAutomation: true })] },
    },
  });
});
afterEach(() => service.close());

const tagMangoId = '6657092c8142bfe0656481bf';
const returningAIId = '84845081-98fd-46f3-96aa-1032174e58a5';

function writesOf(provider: 'returningAI' | 'tagMango'): unknown[] {
  return service.sandbox[provider].requests
    .filter(({ method }) => method !== 'GET')
    .map(({ body }) => body);
}

describe('absent, null and a value', () => {
  const withVariable = `mutation ($id: ID!, $description: String) {
    updateBadge(input: { tagMango: { id: $id, name: "New", description: $description } }) {
      userErrors { message }
    }
  }`;

  test.each<[string, Record<string, string | null>, object]>([
    ['an unset variable', {}, { name: 'New' }],
    ['null', { description: null }, { name: 'New', description: '' }],
    ['a value', { description: 'Yes' }, { name: 'New', description: 'Yes' }],
  ])('in a variable: %s', async (_name, given, body) => {
    await service.execute(withVariable, { id: tagMangoId, ...given });
    expect(writesOf('tagMango')).toEqual([body]);
  });

  test.each<[string, Partial<UpdateTagMangoBadgeInput>, object]>([
    ['nothing', {}, { name: 'New' }],
    [
      'nulls',
      {
        description: null,
        imageUrl: null,
        pointsThreshold: null,
        pointCategoryForAutomation: null,
        automationEnabledMangoes: null,
      },
      {
        name: 'New',
        description: '',
        imageUrl: '',
        pointsThreshold: null,
        pointCategoryForAutomation: null,
        automationEnabledMangoes: [],
      },
    ],
    [
      'values',
      { imageUrl: '', pointsThreshold: 0 },
      { name: 'New', imageUrl: '', pointsThreshold: 0 },
    ],
  ])('in an input object: %s', async (_name, given, body) => {
    const { data } = await service.execute(UpdateBadgeDocument, {
      input: { tagMango: { id: tagMangoId, name: 'New', ...given } },
    });
    expect(data.updateBadge.userErrors).toEqual([]);
    expect(writesOf('tagMango')).toEqual([body]);
  });

  test('of a Returning.AI picture: kept, removed, replaced', async () => {
    const { id: _id, awarded: _awarded, ...stored } = returningAIStored();
    for (const image of [{}, { image: null }, { image: 'https://img.example/new.png' }]) {
      await service.execute(UpdateBadgeDocument, {
        input: { returningAI: { id: returningAIId, title: 'New', ...HIDDEN_VALUES, ...image } },
      });
    }
    expect(writesOf('returningAI')).toEqual([
      { ...stored, title: 'New' },
      { ...stored, title: 'New', image: '' },
      { ...stored, title: 'New', image: 'https://img.example/new.png' },
    ]);
  });
});

describe('an update that has nothing to write', () => {
  test.each([
    ['TagMango', 'tagMango', { tagMango: { id: tagMangoId } }],
    ['Returning.AI', 'returningAI', { returningAI: { id: returningAIId, hiddenFields: 'OMIT' } }],
  ] as const)('for lack of a writable field makes no call to %s', async (_name, key, input) => {
    const { data } = await service.execute(UpdateBadgeDocument, { input });

    expect(data.updateBadge).toMatchObject({
      badge: null,
      userErrors: [
        { __typename: 'BadgeInputError', code: 'INVALID_INPUT', fields: [['input', key]] },
      ],
    });
    expect(service.sandbox[key].requests).toEqual([]);
  });

  test.each<[string, 'tagMango' | 'returningAI', UpdateBadgeInput, string[]]>([
    [
      'TagMango',
      'tagMango',
      {
        tagMango: {
          id: tagMangoId,
          name: 'Hall of Fame',
          pointsThreshold: 5,
          automationEnabledMangoes: [],
        },
      },
      ['name', 'pointsThreshold', 'automationEnabledMangoes'],
    ],
    [
      'Returning.AI, whose hidden fields are not needed for that',
      'returningAI',
      { returningAI: { id: returningAIId, title: 'Major', quantity: 3, attachRequired: true } },
      ['title', 'quantity', 'attachRequired'],
    ],
  ])('because all values stand makes no write to %s', async (_name, key, input, fields) => {
    const { data } = await service.execute(UpdateBadgeDocument, { input });

    expect(data.updateBadge).toMatchObject({
      badge: { id: key === 'tagMango' ? tagMangoId : returningAIId },
      changes: [],
      warnings: [{ code: 'NO_CHANGE', fields: fields.map((field) => ['input', key, field]) }],
      userErrors: [],
    });
    expect(writesOf(key)).toEqual([]);
  });
});
