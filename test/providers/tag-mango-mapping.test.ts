import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ProviderError } from '../../src/http/provider-error.ts';
import { isHttpsUrl } from '../../src/providers/https-url.ts';
import {
  createBadgeReading,
  createTagMangoAnswers,
  toTagMangoBadge,
} from '../../src/providers/tag-mango/mapping.ts';
import { toPayload } from '../../src/providers/tag-mango/wire.ts';
import { readFixture } from '../support/fixture.ts';

const read = (json: unknown) => toTagMangoBadge(json, isHttpsUrl);
const answers = createTagMangoAnswers(createBadgeReading(isHttpsUrl));
const list = (json: unknown) => answers.list(json, { status: 200, headers: {} });
const record = { _id: '6657092c8142bfe0656481bf', name: 'Hall Of Fame' };

test('reads the documented answer with all eleven fields, although it breaks the rule of one automation', () => {
  const reading = read(toPayload(readFixture('tag-mango-update-answer')));

  expect('badge' in reading && reading.badge.record).toEqual({
    id: '6659ca9e5f2acb7abfdcd8fd',
    creator: '6149b1e5612c4e5fd96041d3',
    name: 'Hall Of Fame',
    description: 'Something about the badge',
    imageUrl: 'https://testing.tagmango.com/assets/badge-icon-922e7f499bc0045d7af8ac771eebe2fe.png',
    enableAutomation: true,
    pointsThreshold: 100,
    pointCategoryForAutomation: 'lifetime',
    automationEnabledMangoes: ['6659ca9e5f2acb7abfdcd8fd', '6659ca9e5f2acb7abfdcd8fd'],
    createdAt: '2024-05-31T13:03:26.375Z',
    updatedAt: '2024-07-19T12:32:51.071Z',
  });
});

test.each([
  ['_id', 'id', { name: 'x' }, null],
  ['name', 'name', { _id: record._id }, record._id],
  ['pointsThreshold', 'pointsThreshold', { ...record, pointsThreshold: '100' }, record._id],
  ['enableAutomation', 'enableAutomation', { ...record, enableAutomation: 'true' }, record._id],
  [
    'automationEnabledMangoes',
    'automationEnabledMangoes',
    { ...record, automationEnabledMangoes: [7] },
    record._id,
  ],
  ['createdAt', 'createdAt', { ...record, createdAt: 'yesterday' }, record._id],
])(
  'a record with an unreadable %s is malformed, and the field is named',
  (_name, field, json, id) => {
    expect(read(json)).toEqual({ malformed: { id, field } });
  },
);

test('absent fields are null, and no list', () => {
  const reading = read(record);
  expect(reading).toMatchObject({
    badge: { description: null, pointsThreshold: null, automationEnabledMangoes: [] },
  });
});

describe('a list', () => {
  test.each([
    ['bare', [record]],
    ['as result', { message: 'Success', success: true, result: [record], code: 200 }],
    ['as data', { message: 'Success', success: true, data: [record] }],
  ])('is read %s', (_name, json) => {
    expect(list(json).badges).toHaveLength(1);
  });

  test.each([
    ['rejected', { code: 400, type: 'Bad request', message: 'Invalid request', success: false }],
    ['auth-failed', { code: 401, statusMessage: 'UNAUTHORIZED', success: false }],
    ['rate-limited', { statusCode: 429, message: 'Too many requests', success: false }],
    ['bad-response', { message: 'who knows', success: false }],
    ['bad-response', { code: 200, success: false }],
  ])(
    'is an error (%s) when the answer says that it failed, whatever its HTTP status',
    (kind, json) => {
      expect(() => list(json)).toThrow(
        expect.objectContaining({ name: 'ProviderError', kind, effect: 'refused' }),
      );
    },
  );

  test('of arbitrary JSON throws nothing but a ProviderError', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        for (const answer of [json, { success: true, result: json }, [json]]) {
          try {
            list(answer);
          } catch (error) {
            expect(error).toBeInstanceOf(ProviderError);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
