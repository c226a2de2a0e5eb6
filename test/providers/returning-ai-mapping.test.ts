import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ProviderError } from '../../src/http/provider-error.ts';
import { isHttpsUrl } from '../../src/providers/graph-types.ts';
import {
  createReturningAIAnswers,
  toPayload,
  toReturningAIBadge,
} from '../../src/providers/returning-ai/badge.ts';
import { readFixture } from '../support/fixture.ts';

const read = (json: unknown) =>
  toReturningAIBadge(json, { isImageUrl: isHttpsUrl, values: undefined });
const answers = createReturningAIAnswers({ isImageUrl: isHttpsUrl, values: undefined });
const list = (json: unknown) => answers.list(json, { status: 200, headers: {} });
const record = { id: 'a', title: 'Major' };

test('reads the documented answer: numbers and booleans out of strings', () => {
  const reading = read(toPayload(readFixture('returning-ai-update-answer')));

  expect(reading).toEqual({ badge: expect.anything() });
  expect('badge' in reading && reading.badge.record).toEqual({
    id: '{_id}',
    title: 'Major',
    action: 'custom',
    quantity: 3,
    image:
      'https://chartsnapshot.s3.us-east-2.amazonaws.com/apireturningai/tester/1721927206522-d763c952a89131696dd3bdf79fa0108.png',
    description:
      'One trade on a live account that makes 30%. Send account statement to #Tickmill-badge channel',
    attachRequired: true,
    awarded: true,
  });
});

describe('a record', () => {
  test.each([
    ['native types', { quantity: 3, attachRequired: true, awarded: false }, [3, true, false]],
    ['strings', { quantity: '3', attachRequired: 'true', awarded: 'false' }, [3, true, false]],
    ['empty strings', { quantity: '', attachRequired: '', awarded: '' }, [null, null, null]],
    ['nulls', { quantity: null, attachRequired: null, awarded: null }, [null, null, null]],
    ['nothing', {}, [null, null, null]],
  ])('may hold %s for numbers and booleans', (_name, values, expected) => {
    const reading = read({ ...record, ...values });
    const { badge } = reading as Extract<typeof reading, { badge: object }>;
    const shown = (field: string): unknown => Reflect.get(badge, field);
    expect(['quantity', 'attachRequired', 'awarded'].map(shown)).toEqual(expected);
  });

  test.each([
    ['a number', { id: 7 }, '7'],
    ['a number as _id', { _id: 12 }, '12'],
    ['nothing, beside a number as _id', { id: '', _id: 0 }, '0'],
    ['null, beside a text as _id', { id: null, _id: 'b' }, 'b'],
  ])('may have %s for its id', (_what, ids, id) => {
    expect(read({ title: 'x', ...ids })).toMatchObject({ badge: { id } });
  });

  test.each([[2 ** 53], [1.5], [-1], [1e300], [true], [{}]])(
    'with %j for its id is malformed: another badge may have the same',
    (id) => {
      expect(read({ title: 'x', id })).toEqual({ malformed: { id: null, field: 'id' } });
    },
  );

  test.each([['perhaps'], [7], [{}], [['true']], [{ toString: 1 }]])(
    'whose awarded is %j shows none, and is whole otherwise',
    (awarded) => {
      const reading = read({ ...record, awarded });
      expect(reading).toMatchObject({ badge: { awarded: null }, unreadable: ['awarded'] });
    },
  );

  test('may call its id _id', () => {
    expect(read({ _id: 'b', title: 'x' })).toMatchObject({ badge: { id: 'b' } });
  });

  test.each([
    ['id', { title: 'x' }, null],
    ['title', { id: 'a' }, 'a'],
    ['title', { id: 'a', title: 7 }, 'a'],
    ['quantity', { ...record, quantity: 'three' }, 'a'],
    ['quantity', { ...record, quantity: 1.5 }, 'a'],
    ['quantity', { ...record, quantity: '9007199254740993' }, 'a'],
    ['attachRequired', { ...record, attachRequired: 'yes' }, 'a'],
    ['image', { ...record, image: {} }, 'a'],
    ['record', 'text', null],
  ])('with an unreadable %s is malformed, and the field is named', (field, json, id) => {
    expect(read(json)).toEqual({ malformed: { id, field } });
  });

  test('shows an image that is not https as null, and keeps it for the next write', () => {
    const reading = read({ ...record, image: 'javascript:alert(1)' });
    expect(reading).toMatchObject({
      badge: { image: null, imageUrl: null, record: { image: 'javascript:alert(1)' } },
    });
  });
});

describe('a list', () => {
  test.each([
    ['body', { meta: { success: true }, body: [record] }],
    ['data', { status: 'success', data: [record] }],
    ['an array inside body', { meta: { success: true }, body: { badges: [record], total: 1 } }],
  ])('is read from %s', async (_name, json) => {
    expect((await list(json)).badges).toHaveLength(1);
  });

  test('loses a malformed record only, and says so', async () => {
    const bad = { id: 'b', title: 'x', quantity: 'many' };
    const { badges, droppedRecords, malformedIds } = await list({ body: [record, bad, 7] });
    expect([badges.map(({ id }) => id), droppedRecords, [...malformedIds]]).toEqual([
      ['a'],
      2,
      ['b'],
    ]);
  });

  test('takes the first of two records with one id', async () => {
    const { badges, droppedRecords } = await list({
      body: [record, { ...record, title: 'Second' }],
    });
    expect([badges.map(({ name }) => name), droppedRecords]).toEqual([['Major'], 0]);
  });

  test.each([
    ['the answer says it failed', { meta: { success: false, message: 'no' }, body: [] }],
    ['there is no body', { meta: { success: true } }],
    ['the body is no list', { meta: { success: true }, body: 'none' }],
    ['the answer is empty', undefined],
    ['every record is malformed', { body: [{ title: 'x' }, { name: 'y' }] }],
  ])('is an error when %s', async (_name, json) => {
    await expect(list(json)).rejects.toThrow(ProviderError);
  });

  test('of arbitrary JSON throws nothing but a ProviderError', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (json) => {
        for (const answer of [json, { meta: { success: true }, body: json }, { body: [json] }]) {
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
