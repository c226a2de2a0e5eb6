import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareAnswer } from '../../src/check/compare.ts';
import { readContract } from '../../src/check/contract.ts';
import { providers } from '../../src/providers/index.ts';
import { toAnswer } from '../../src/sandbox/returning-ai.ts';
import { numRuns } from '../properties/runs.ts';
import { returningAIStored, tagMangoStored } from '../support/records.ts';

type Fields = Record<string, unknown>;

const META = { success: true, message: 'Done', devMessage: 'Done' };
const ENVELOPES: Readonly<
  Record<string, { path: string; wrap: (records: Fields[]) => unknown }[]>
> = {
  returningAI: [{ path: 'body[].', wrap: (body) => ({ meta: META, body }) }],
  tagMango: [
    {
      path: 'result[].',
      wrap: (result) => ({
        message: 'Done',
        success: true,
        result,
        code: 200,
        statusMessage: 'OK',
      }),
    },
    { path: 'data[].', wrap: (data) => ({ message: 'Done', success: true, data }) },
    { path: '[].', wrap: (records) => records },
  ],
};
const RECORDS: Readonly<Record<string, (index: number) => Fields>> = {
  returningAI: (index) => toAnswer(returningAIStored({ id: `b${index}` }), 'documented'),
  tagMango: (index) => ({
    ...tagMangoStored({ _id: index.toString(16).padStart(24, '0'), pointsThreshold: index }),
  }),
};

/** Values that stand for what a provider holds of people, and can be told from every field name and type. */
const planted = fc.stringMatching(/^~[a-z0-9 ]{4,20}~$/);
const otherValue = fc.oneof(
  planted,
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.array(planted),
  fc.dictionary(planted, planted),
);

const cases = providers.flatMap(({ key, check }) =>
  (ENVELOPES[key] ?? []).map((envelope) => ({
    key,
    ...envelope,
    contract: readContract(check.contract),
  })),
);

describe.each(cases)('$key, records at $path', ({ key, path, wrap, contract }) => {
  const answer = contract.answerOf('listBadges');
  const toRecord = RECORDS[key] ?? (() => ({}));
  const fields = Object.keys(toRecord(0));
  const toRecords = (count: number): Fields[] =>
    Array.from({ length: count }, (_, index) => toRecord(index));
  const driftOf = (records: Fields[]) =>
    compareAnswer(answer, wrap(records)).filter(({ drift }) => drift.length > 0);
  const count = fc.integer({ min: 1, max: 12 });

  test('a list as agreed has no drift, however long it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), (length) => {
        expect(driftOf(toRecords(length))).toEqual([]);
      }),
      { numRuns },
    );
  });

  test('one field that is missing in any record is named, with how often', () => {
    fc.assert(
      fc.property(count, fc.constantFrom(...fields), fc.nat(), (length, field, nth) => {
        const records = toRecords(length);
        delete records[nth % length]?.[field];

        expect(driftOf(records)).toMatchObject([{ path: path + field, drift: ['is missing'] }]);
      }),
      { numRuns },
    );
  });

  test('one value of another type in any record is named by its field', () => {
    fc.assert(
      fc.property(count, fc.constantFrom(...fields), fc.nat(), (length, field, nth) => {
        const records = toRecords(length);
        const record = records[nth % length];
        if (record) record[field] = { unlike: 'any field' };

        const [line, ...others] = driftOf(records);
        expect(others).toEqual([]);
        expect(line?.path).toBe(path + field);
        expect(line?.drift).toEqual([expect.stringMatching(/^is object instead of /)]);
      }),
      { numRuns },
    );
  });

  test('a field that nobody knows is named in every record that has it', () => {
    const name = fc.stringMatching(/^[a-z]{3,12}Extra$/);
    fc.assert(
      fc.property(count, name, otherValue, (length, field, value) => {
        const records = toRecords(length).map((record) => ({ ...record, [field]: value }));

        expect(driftOf(records)).toMatchObject([
          {
            path: path + field,
            documented: null,
            inferred: null,
            drift: ['is not in the contract'],
          },
        ]);
      }),
      { numRuns },
    );
  });

  test('what a provider holds is in no line, whatever stands in its place', () => {
    const change = fc.record({
      field: fc.constantFrom(...fields),
      value: otherValue,
      extra: planted,
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const records = changes.map(({ field, value, extra }, index) => ({
          ...toRecord(index),
          [field]: value,
          [extra]: value,
        }));

        expect(JSON.stringify(compareAnswer(answer, wrap(records)))).not.toContain('~');
      }),
      { numRuns },
    );
  });

  test('any JSON in the place of the answer is compared, and none of it told', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), planted, (value, text) => {
        const lines = compareAnswer(answer, { kept: value, [text]: text });

        expect(lines.some(({ drift }) => drift.length > 0)).toBe(true);
        expect(JSON.stringify(lines)).not.toContain(text);
      }),
      { numRuns },
    );
  });
});
