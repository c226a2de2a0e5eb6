import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ProviderError, UnclearAnswer } from '../../src/http/provider-error.ts';
import type { BadgeFields } from '../../src/providers/badge-list.ts';
import {
  ENVELOPES,
  type EnvelopeOf,
  type Json,
  harmlessSign,
  no,
  placed,
  recordField,
  refusalSign,
  withSigns,
  yes,
} from './envelopes.ts';
import { numRuns } from './runs.ts';

/*
 * What an answer with status 200 says of the request: generated envelopes of both providers, read as each kind of
 * operation reads them.
 */

type Reading = BadgeFields[] | readonly BadgeFields[] | null | ProviderError;

interface Kind {
  name: string;
  payload: (of: EnvelopeOf) => unknown;
  read: (of: EnvelopeOf, json: unknown, status?: number) => Promise<Reading>;
}

const head = (status = 200) => ({ status, headers: {} });

async function readOrRefuse(read: () => Reading | Promise<Reading>): Promise<Reading> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ProviderError) return error;
    throw error;
  }
}

const WRITES: readonly Kind[] = [
  {
    name: 'a write that promises its badge',
    payload: ({ record }) => record,
    read: ({ reader }, json, status) => readOrRefuse(() => reader.written()(json, head(status))),
  },
  {
    name: 'a write that promises badges',
    payload: ({ record }) => [record],
    read: ({ reader, id }, json, status) =>
      readOrRefuse(() => reader.holding(id)(json, head(status))),
  },
  {
    name: 'a write that promises no badge',
    payload: () => [],
    read: ({ reader }, json, status) => readOrRefuse(() => reader.done(json, head(status))),
  },
];
const LIST: Kind = {
  name: 'a list',
  payload: ({ record }) => [record],
  read: ({ reader }, json) => readOrRefuse(async () => (await reader.list(json, head())).badges),
};
const EMPTY_LIST: Kind = { ...LIST, name: 'an empty list', payload: () => [] };

const cases = ENVELOPES.flatMap((of) =>
  [...WRITES, LIST, EMPTY_LIST].map((kind) => [of.key, kind.name, { of, kind }] as const),
);
const writes = ENVELOPES.flatMap((of) =>
  WRITES.map((kind) => [of.key, kind.name, { of, kind }] as const),
);
const harmless = fc.array(placed(harmlessSign), { maxLength: 3 });
const isRead = (reading: Reading): boolean => Array.isArray(reading);

describe.each(cases)('%s, %s', (_key, _name, { of, kind }) => {
  const payload = kind.payload(of);

  test('is read under every spelling of success, whatever harmless stands beside it', async () => {
    await fc.assert(
      fc.asyncProperty(yes, harmless, async (flag, all) => {
        expect(isRead(await kind.read(of, withSigns(of.wrap(payload, flag), ...all)))).toBe(true);
      }),
      { numRuns },
    );
  });

  test('is a clear refusal under every spelling of failure', async () => {
    await fc.assert(
      fc.asyncProperty(no, fc.constantFrom(null, [], '', undefined), async (flag, nothing) => {
        const reading = await kind.read(of, of.wrap(nothing, flag));
        expect(reading).toMatchObject({ name: 'ProviderError', effect: 'refused' });
      }),
      { numRuns },
    );
  });

  test('is never read when anything in its envelope says that it failed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.option(yes, { nil: undefined }),
        placed(refusalSign),
        harmless,
        async (flag, refusal, all) => {
          const reading = await kind.read(of, withSigns(of.wrap(payload, flag), ...all, refusal));
          expect(reading).toBeInstanceOf(ProviderError);
          expect(reading).not.toBeInstanceOf(UnclearAnswer);
        },
      ),
      { numRuns },
    );
  });

  test('that says yes and no is of unknown effect', async () => {
    await fc.assert(
      fc.asyncProperty(yes, placed(refusalSign), async (flag, refusal) => {
        const answer = withSigns({ ...of.wrap(payload), flags: { success: flag } }, refusal);
        // The provider works, and only its answer cannot be trusted.
        expect(await kind.read(of, answer)).toMatchObject({
          kind: 'bad-response',
          effect: 'unknown',
          consequences: { isBreakdown: false },
        });
      }),
      { numRuns },
    );
  });
});

describe.each(writes)('%s, %s', (_key, _name, { of, kind }) => {
  const payload = kind.payload(of);

  test('is done where a number or a text is told of each item, and not where that may be a status', async () => {
    const answer = (told: unknown) => ({
      ...of.wrap(payload, true),
      items: {
        [of.id
          .padEnd(24, 'a')
          .slice(0, 24)
          .replace(/[^0-9a-f]/g, 'b')]: told,
      },
    });
    for (const told of [2, 1_000, '123456789012345678901234', 'done', true, 'a'.repeat(24)]) {
      expect(isRead(await kind.read(of, answer(told)))).toBe(true);
    }
    for (const told of [404, '500', false, 'failed', 'Not found']) {
      expect(await kind.read(of, answer(told))).toBeInstanceOf(ProviderError);
    }
  });

  test.each(['done', true, 'success', 1])(
    'is left open where only one of its items is said to be %j',
    async (told) => {
      const answer = { ...of.wrap(payload), items: { ['a'.repeat(24)]: told } };
      expect(await kind.read(of, answer)).toBeInstanceOf(UnclearAnswer);
    },
  );

  test.each([
    [{ code: 200 }, true],
    [{ code: 201 }, true],
    [{ code: '203' }, true],
    [{ statusCode: 204 }, true],
    [{ status: 1 }, true],
    [{ code: 1 }, false],
    [{ statusCode: '1' }, false],
    [{ code: 0 }, false],
    [{ status: 0 }, false],
    [{ code: 100 }, false],
    [{ code: 202 }, false],
    [{ code: '302' }, false],
  ])('with nothing but %j beside its data is done: %j', async (sign, isDone) => {
    const reading = await kind.read(of, { ...of.wrap(payload), ...sign });
    if (isDone) expect(isRead(reading)).toBe(true);
    else expect(reading).toBeInstanceOf(UnclearAnswer);
  });

  test('that says neither yes nor no is left open', async () => {
    const silent = fc.record(
      { message: fc.string(), requestId: fc.uuid(), warnings: fc.constantFrom([], ['x']) },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(silent, async (beside) => {
        expect(await kind.read(of, { ...of.wrap(payload), ...beside })).toBeInstanceOf(
          UnclearAnswer,
        );
      }),
      { numRuns },
    );
  });

  test.each([202, 206, 207, 226])('under a %i is not done, whatever it says', async (status) => {
    await fc.assert(
      fc.asyncProperty(yes, harmless, async (flag, all) => {
        const reading = await kind.read(of, withSigns(of.wrap(payload, flag), ...all), status);
        expect(reading).toBeInstanceOf(UnclearAnswer);
      }),
      { numRuns },
    );
  });

  test('that reports a failure under a 207 may have been carried out in part', async () => {
    await fc.assert(
      fc.asyncProperty(placed(refusalSign), async (refusal) => {
        const reading = await kind.read(of, withSigns(of.wrap(payload), refusal), 207);
        expect(reading).toMatchObject({ kind: 'bad-response', effect: 'unknown' });
      }),
      { numRuns },
    );
  });

  test('whose envelope is too large to be searched is not done, whatever it says', async () => {
    const deep = (levels: number): unknown =>
      Array.from({ length: levels }).reduce((inner) => ({ inner }), { x: 1 });
    const named = (fields: number): Json =>
      Object.fromEntries(Array.from({ length: fields }, (_, at) => [`field${at}`, 'x']));
    const listed = (items: number): unknown => Array.from({ length: items }, () => 'x');
    const answer = (beside: unknown) => ({ ...of.wrap(payload, true), beside });
    for (const small of [deep(8), named(4_000), listed(20_000)]) {
      expect(isRead(await kind.read(of, answer(small)))).toBe(true);
    }
    for (const large of [deep(13), named(5_001), listed(20_001)]) {
      expect(await kind.read(of, answer(large))).toBeInstanceOf(UnclearAnswer);
    }
  });

  test('that says that it is still under way, or changed nothing, is not done', async () => {
    const doubt = fc.constantFrom<Json>(
      { status: 'pending' },
      { state: 'queued' },
      { status: 'PARTIAL_SUCCESS' },
      { code: 202 },
      { statusCode: '207' },
      { deletedCount: 0 },
      { modifiedCount: '0' },
      { deleted: false },
      { assigned: [] },
      { notFound: ['a'] },
      { skipped: 1 },
      { rejected: ['a'] },
      { badgesNotFound: ['a'] },
      { itemsSkipped: 2 },
      { unsuccessful: [{ id: 'a' }] },
      { partial: true },
      { successCount: 0 },
      { authorized: false },
    );
    await fc.assert(
      fc.asyncProperty(yes, placed(doubt), async (flag, change) => {
        const answer = withSigns(of.wrap(payload, flag), change);
        expect(await kind.read(of, answer)).toBeInstanceOf(UnclearAnswer);
      }),
      { numRuns },
    );
  });
});

describe.each(ENVELOPES.map((of) => [of.key, of] as const))('%s', (_key, of) => {
  test('fields of a badge that are called like signs say nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(recordField, { maxLength: 3 }), async (fields) => {
        const record = Object.assign({}, ...fields, of.record) as Json;
        for (const kind of [...WRITES.slice(0, 2), LIST]) {
          const payload = kind.payload({ ...of, record });
          expect(isRead(await kind.read(of, of.wrap(payload, true)))).toBe(true);
        }
      }),
      { numRuns },
    );
  });

  test.each(['badges', 'items', 'data', 'results'])(
    'an empty list by the name %s in a success is an empty community',
    async (name) => {
      const reading = await EMPTY_LIST.read(of, of.wrap({ [name]: [], total: 0 }, true));
      expect(reading).toEqual([]);
      for (const [payload, flag] of [
        [{ [name]: [], total: 0 }, undefined],
        [{ [name]: [], total: 0 }, false],
        [{ [name]: [], total: 1 }, true],
        [{ [name]: [], tags: [] }, true],
        [{ tags: [], total: 0 }, true],
      ] as const) {
        expect(await EMPTY_LIST.read(of, of.wrap(payload, flag))).toBeInstanceOf(ProviderError);
      }
    },
  );

  test('a bare answer that says no is a clear refusal, and any other bare value is left open', async () => {
    for (const kind of WRITES) {
      for (const bare of [false, 'false', 'failed', 'Forbidden']) {
        expect(await kind.read(of, bare)).toMatchObject({ effect: 'refused' });
      }
      for (const bare of [true, 'true', 'OK', 'x', 0, 1, null]) {
        expect(await kind.read(of, bare)).toBeInstanceOf(UnclearAnswer);
      }
    }
  });

  test.each([
    [{ code: 1_001, statusCode: 404 }, 'not-found'],
    [{ code: -1, statusCode: '404' }, 'not-found'],
    [{ code: 600, errorCode: '409' }, 'conflict'],
    [{ errors: ['x', '404 Not Found'] }, 'not-found'],
    [{ errors: ['Conflict', '404'] }, 'not-found'],
    [{ error: { code: 409 }, errors: [404] }, 'not-found'],
    [{ errorCount: 404 }, 'bad-response'],
    [{ errorsCount: '409', error: 'x' }, 'bad-response'],
  ])('a refusal with %j is told as %s', async (signs, kind) => {
    for (const each of WRITES) {
      const reading = await each.read(of, { ...of.wrap(null, false), ...signs });
      expect(reading).toMatchObject({ kind, effect: 'refused' });
    }
  });

  test('a code that is a number counts before one that is a word, wherever they stand', async () => {
    const numbers = fc.constantFrom(
      ...([
        [429, 'rate-limited'],
        ['403', 'auth-failed'],
        ['500', 'unavailable'],
      ] as const),
    );
    const words = fc.constantFrom('NOT_FOUND', 'Conflict', 'BAD_REQUEST');
    const names = fc.shuffledSubarray(['code', 'statusCode', 'errorCode'], { minLength: 2 });
    await fc.assert(
      fc.asyncProperty(
        numbers,
        words,
        names,
        async ([number, kind], word, [one = '', other = '']) => {
          const answer = { ...of.wrap(null, false), [one]: word, [other]: number };
          for (const each of WRITES) expect(await each.read(of, answer)).toMatchObject({ kind });
        },
      ),
      { numRuns },
    );
  });

  test('no badges and no word about success are not an empty community', async () => {
    const answer = of.wrap([]);
    expect(await EMPTY_LIST.read(of, answer)).toMatchObject({ kind: 'bad-response' });
  });

  test.each([
    ['another badge', (record: Json) => ({ ...record, id: 'other', _id: 'f'.repeat(24) })],
    ['no badge', () => ({ hello: 'x' })],
  ])('a success that shows %s is no clear success', async (_what, change) => {
    const [written, holding] = WRITES;
    const answer = (payload: unknown) => of.wrap(payload, true);
    expect(await holding?.read(of, answer([change(of.record)]))).toBeInstanceOf(ProviderError);
    // Which badge it is instead of the one that was asked for is looked at by whoever asked.
    const reading = await written?.read(of, answer(change(of.record)));
    expect(Array.isArray(reading) ? reading.map(({ id }) => id === of.id) : [false]).toEqual([
      false,
    ]);
  });

  const unreadable = { ...of.record, title: [], name: [] };
  const nameless = { ...unreadable, id: {}, _id: {} };

  test('a badge that cannot be read leaves a success open, and a refusal as clear as it is', async () => {
    const read = (record: Json, flag: boolean) =>
      readOrRefuse(() => of.reader.written(of.id)(of.wrap(record, flag), head()));
    for (const record of [unreadable, nameless]) {
      expect(await read(record, true)).toBeInstanceOf(UnclearAnswer);
      expect(await read(record, false)).toMatchObject({ effect: 'refused' });
    }
    // A refusal next to the badge itself is not reliable.
    expect(await read(of.record, false)).toMatchObject({ effect: 'unknown' });
  });

  test('of several badges the first of each ID counts, and one that cannot be read may be the one', async () => {
    const other = { ...of.record, id: 'other', _id: 'f'.repeat(24) };
    const read = (...records: Json[]) =>
      readOrRefuse(() => of.reader.holding(of.id)(of.wrap(records, true), head()));
    const again = { ...of.record, title: 'Again', name: 'Again' };
    const shown = await read(other, of.record, again, unreadable);
    expect(Array.isArray(shown) && shown.map(({ id, name }) => [id === of.id, name])).toEqual([
      [false, of.record.title ?? of.record.name],
      [true, of.record.title ?? of.record.name],
    ]);
    expect(await read()).toBeInstanceOf(UnclearAnswer);
    expect(await read(other, nameless)).toBeInstanceOf(UnclearAnswer);
    const different = await read(other, other);
    expect(different).toMatchObject({ message: 'returned a different badge', effect: 'unknown' });
    expect(different).not.toBeInstanceOf(UnclearAnswer);
    expect(await read(...Array<Json>(20_001).fill(of.record))).toBeInstanceOf(UnclearAnswer);
  });
});
