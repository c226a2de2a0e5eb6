import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ProviderError } from '../../src/http/provider-error.ts';
import { isHttpsUrl } from '../../src/providers/graph-types.ts';
import {
  createBadgeReading,
  createTagMangoAnswers,
  toPayload,
  toTagMangoBadge,
} from '../../src/providers/tag-mango/badge.ts';
import { readFixture } from '../support/fixture.ts';

const read = (json: unknown) =>
  toTagMangoBadge(json, { isImageUrl: isHttpsUrl, values: undefined });
const answers = createTagMangoAnswers(
  createBadgeReading({ isImageUrl: isHttpsUrl, values: undefined }),
);
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
])(
  'a record with an unreadable %s is malformed, and the field is named',
  (_name, field, json, id) => {
    expect(read(json)).toEqual({ malformed: { id, field } });
  },
);

test.each([
  ['createdAt', 'yesterday'],
  ['createdAt', '31/05/2024'],
  ['updatedAt', { $date: 'x' }],
  ['creator', { name: 'Ada' }],
  ['creator', 2 ** 53],
  ['pointCategoryForAutomation', ['lifetime']],
])('a %s that cannot be read (%j) is null, and costs nothing else', async (field, value) => {
  const reading = read({ ...record, [field]: value });
  expect(reading).toMatchObject({ badge: { id: record._id, [field]: null }, unreadable: [field] });
  expect(await list([{ ...record, [field]: value }])).toMatchObject({
    droppedRecords: 0,
    unreadableFields: { [field]: 1 },
    unknownFields: [],
  });
});

test.each([
  [1716978836842, '2024-05-29T10:33:56.842Z'],
  [1716978836, '2024-05-29T10:33:56.000Z'],
  ['1716978836', '2024-05-29T10:33:56.000Z'],
  ['1716978836842', '2024-05-29T10:33:56.842Z'],
  ['2024-05-31 13:03', '2024-05-31T13:03:00.000Z'],
  ['2024-05-31T13:03:26', '2024-05-31T13:03:26.000Z'],
  ['2024-05-31T13:03:26+0530', '2024-05-31T07:33:26.000Z'],
  ['2024-05-31 13:03:26.5 UTC', '2024-05-31T13:03:26.500Z'],
  ['2024-05-31', '2024-05-31T00:00:00.000Z'],
  ['2024/05/31 13:03:26 +05', '2024-05-31T08:03:26.000Z'],
  ['Fri, 31 May 2024 13:03:26 GMT', '2024-05-31T13:03:26.000Z'],
  ['2024-05-31T13:03:26+05:30', '2024-05-31T13:03:26+05:30'],
  ['9999-12-31T13:59:59-10:00', '9999-12-31T13:59:59-10:00'],
  ['0000-01-01T10:00:00+10:00', '0000-01-01T10:00:00+10:00'],
  ['', null],
])('%j is read as the moment %s', (createdAt, expected) => {
  const reading = read({ ...record, createdAt });
  expect(reading).toMatchObject({ badge: { createdAt: expected } });
  expect(reading).not.toHaveProperty('unreadable');
});

test.each([
  ...['2024-02-30', '2023-02-29 10:00', '2024-05-31T24:00', '2024-05-31T13:60', '2024-13-01'],
  ...['31.05.2024', '05/31/2024', '2024-5-31', '20240531', 20240531, 20240531130326, 0, -1, 1e20],
  ...['Sat, 31 May 2024 13:03:26 GMT', '2024-05-31 13:03 IST', '2024-05-31T13:03+24:00', 'now'],
  ...[true, {}, [], ['2024-05-31'], '0000-01-01 00:00+05', '2024-05-31T13:03:26Z[UTC]'],
  // In UTC these have no year of four digits, so RFC 3339 cannot write them.
  ...['9999-12-31T23:59:59-10:00', '0000-01-01T00:00:00+10:00'],
])('%j names no moment for certain', (createdAt) => {
  expect(read({ ...record, createdAt })).toMatchObject({
    badge: { createdAt: null },
    unreadable: ['createdAt'],
  });
});

test('ids are compared in lower case, wherever they stand', async () => {
  const upper = 'ABCDEF0123456789ABCDEF01';
  const shouted = { ...record, _id: upper, creator: upper, automationEnabledMangoes: [upper] };
  const quiet = JSON.parse(JSON.stringify(shouted).toLowerCase()) as typeof record;
  const expected = read({ ...quiet, name: record.name, automationEnabledMangoes: [upper] });
  expect(read(shouted)).toEqual(expected);
  expect(read({ ...shouted, name: 7 })).toEqual({
    malformed: { id: upper.toLowerCase(), field: 'name' },
  });
  const both = [shouted, { ...shouted, _id: upper.toLowerCase(), name: 'Other' }];
  expect(await list(both)).toMatchObject({ badges: [{ id: upper.toLowerCase() }] });
  expect([...(await list(both)).ambiguousIds]).toEqual([upper.toLowerCase()]);
});

test('an id may stand as id, and a creator be a number that is exact', () => {
  const { _id: id, name } = record;
  expect(read({ id, name, creator: 7 })).toMatchObject({ badge: { id, creator: '7' } });
});

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
  ])('is read %s', async (_name, json) => {
    expect((await list(json)).badges).toHaveLength(1);
  });

  test.each([
    ['rejected', { code: 400, type: 'Bad request', message: 'Invalid request', success: false }],
    ['auth-failed', { code: 401, statusMessage: 'UNAUTHORIZED', success: false }],
    ['rate-limited', { statusCode: 429, message: 'Too many requests', success: false }],
    ['bad-response', { message: 'who knows', success: false }],
    ['bad-response', { code: 200, success: false }],
  ])(
    'is an error (%s) when the answer says that it failed, whatever its HTTP status',
    async (kind, json) => {
      await expect(list(json)).rejects.toThrow(
        expect.objectContaining({ name: 'ProviderError', kind, effect: 'refused' }),
      );
    },
  );

  test('of arbitrary JSON throws nothing but a ProviderError', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (json) => {
        for (const answer of [json, { success: true, result: json }, [json]]) {
          try {
            await list(answer);
          } catch (error) {
            expect(error).toBeInstanceOf(ProviderError);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
