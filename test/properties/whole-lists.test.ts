import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ProviderError } from '../../src/http/provider-error.ts';
import { ENVELOPES, type Json, placed, withSigns, yes } from './envelopes.ts';
import { numRuns } from './runs.ts';

/** What says that there is more than the list, and what says that there is not, anywhere around the list. */

type Sign = (count: number) => fc.Arbitrary<Json>;

const one = (keys: readonly string[], value: fc.Arbitrary<unknown>): fc.Arbitrary<Json> =>
  fc.tuple(fc.constantFrom(...keys), value).map(([key, given]) => ({ [key]: given }));
const numberOrText = (number: fc.Arbitrary<number>) =>
  number.chain((value) => fc.constantFrom<unknown>(value, String(value), ` ${value}`));
const within = (outer: readonly string[], inner: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc.oneof(inner, one(outer, inner));

const TOTALS = [
  ...['total', 'totalCount', 'total_count', 'count', 'TotalRecords', 'totalItems', 'total_results'],
  ...['totalElements', 'totalDocs', 'numFound', 'itemCount', 'recordsTotal', '@odata.count'],
  ...[
    'totalBadgesCount',
    'badgesTotalCount',
    'count_total',
    'nbHits',
    'recordsFiltered',
    'fullCount',
  ],
  ...[
    'totalCountOfBadges',
    'entriesCount',
    'hydra:totalItems',
    'meta_total',
    'TotalRecord',
    'totalNum',
  ],
];
const PAGES = ['pages', 'totalPages', 'total_pages', 'pageCount', 'last_page', 'lastPage', 'last'];
const NEXT = [
  ...['next', 'nextPage', 'next_page', 'next_page_url', 'nextPageToken', 'next_cursor'],
  ...['nextCursor', 'nextToken', 'nextLink', '@odata.nextLink', 'continuationToken'],
  ...['NextContinuationToken', 'LastEvaluatedKey', 'nextRecordsUrl', 'next_page_no', 'hydra:next'],
];
const HAS_MORE = [
  ...['hasMore', 'has_more', 'hasNext', 'hasNextPage', 'has_next_page', 'more', 'isTruncated'],
  ...['truncated', 'incomplete_results', 'partial', 'hasNextPages', 'hasMoreEntries'],
  ...['resultsTruncated', 'moreResultsAvailable', 'exceededTransferLimit'],
];
const IN = ['pagination', 'paging', 'page_info', 'links', '_links', '_meta'];
const URL = 'https://api.example/badges?page=2';

const more: Sign = (count) =>
  within(
    IN,
    fc.oneof(
      one(TOTALS, numberOrText(fc.integer({ min: count + 1, max: 100_000 }))),
      one(['total', 'hits'], fc.constant({ total: { value: count + 1, relation: 'eq' } })),
      one(['total', 'counts', 'totals'], fc.constant({ badges: count + 1, users: 0 })),
      one(
        ['total', 'totalCount', 'count'],
        fc.constantFrom(`${count + 1} badges`, `1-${count} of ${count + 1}`, `${count + 1}+`),
      ),
      one(['range', 'content_range'], fc.constant(`0-${count - 1}/${count + 1}`)),
      one(PAGES, numberOrText(fc.integer({ min: 2, max: 999 }))),
      one(NEXT, fc.constantFrom<unknown>(URL, 'eyJpZCI6MX0', 2, '2', { href: URL })),
      one(HAS_MORE, fc.constantFrom<unknown>(true, 'true', 'TRUE', 1, '1', 'yes')),
      one(['last', 'isLast', 'is_last_page', 'complete'], fc.constantFrom(false, 'false', 'no')),
      one(['isLast', 'is_final_page', 'isDone', 'isEnd'], fc.constantFrom(0, '0', false)),
      one(['page', 'current_page', 'pageNumber'], numberOrText(fc.integer({ min: 2, max: 99 }))),
      one(['page', 'currentPage'], fc.constantFrom('1/2', '1 of 2', 'Page 1 of 3', '1 out of 2')),
      one(['offset', 'skip'], numberOrText(fc.integer({ min: 1, max: 99 }))),
      one(['prev', 'previous', 'prev_page_url'], fc.constant(URL)),
      one(
        ['links'],
        fc.constant([
          { rel: 'self', href: '/' },
          { rel: 'next', href: URL },
        ]),
      ),
      one(['links'], fc.constant([{ relation: 'next', url: URL }])),
      one(['remainingItems', 'remaining_count'], numberOrText(fc.integer({ min: 1, max: 9 }))),
    ),
  );

const whole: Sign = (count) =>
  within(
    IN,
    fc.oneof(
      one(TOTALS, numberOrText(fc.constantFrom(count, 0))),
      one(PAGES, numberOrText(fc.constantFrom(1, 0))),
      one(
        ['total', 'totalCount', 'count'],
        fc.constantFrom<unknown>(
          `${count} badges`,
          `1-${count} of ${count}`,
          { badges: count },
          null,
        ),
      ),
      one(['last', 'last_page_url'], fc.constantFrom<unknown>('/badges?page=1&limit=20', true)),
      one(['countries', 'total_users', 'maxCount', 'noResults', 'size'], fc.constant(500)),
      one(['range'], fc.constant(`0-${count - 1}/${count}`)),
      one(['page', 'currentPage'], fc.constantFrom('badges-v2', '/badges/2', 'b2', '10:30')),
      one(['foundIn', 'count', 'total'], fc.constantFrom('cache-2000', '500 ms', 'v2', 'a 2')),
      one(['page', 'current_page'], numberOrText(fc.constantFrom(0, 1))),
      one(NEXT, fc.constantFrom<unknown>(null, '', 'null', '#', 0, false, {}, { href: null }, -1)),
      one(HAS_MORE, fc.constantFrom<unknown>(false, 'false', 0, '0', 'no', null)),
      one(['last', 'isLast', 'complete'], fc.constantFrom<unknown>(true, 'true', null)),
      one(['offset', 'skip'], numberOrText(fc.constant(0))),
      one(['prev', 'previous'], fc.constant(null)),
      one(['limit', 'per_page', 'pageSize'], numberOrText(fc.integer({ min: 1, max: 500 }))),
      one(['links', '_links'], fc.constantFrom<unknown>([], { self: { href: URL } })),
      one(['links'], fc.constantFrom([{ rel: 'next', href: null }], [{ rel: 'prev' }])),
      one(['rateLimit', 'rate_limit'], fc.constant({ total: 120, remaining: 119, next: 10 })),
      one(['requestId', 'took'], fc.constantFrom<unknown>('2', 500)),
    ),
  );

/** By lower-case name, as they come. */
const moreHeaders = (count: number): fc.Arbitrary<Record<string, string | string[]>> =>
  fc.oneof(
    fc.constantFrom<Record<string, string | string[]>>(
      { link: `<${URL}>; rel="next"` },
      { link: `<${URL}>; rel=next, </>; rel="first"` },
      { link: ['</>; rel="self"', `<${URL}>; title="x"; rel="next"`] },
      { 'x-total-pages': '2' },
      { 'x-page-count': '3' },
      { 'x-next-page': '2' },
      { 'x-next-cursor': 'abc' },
      { 'x-has-more': 'true' },
      { 'x-page': '2' },
      { 'x-pagination': '{"TotalPages":2,"CurrentPage":1}' },
      { 'content-range': `badges 0-${count}/${count + 1}` },
      { 'content-range': `badges 5-9/*` },
      { 'content-range': `*/${count + 5}` },
      { 'content-range': 'bytes 0-999/1001' },
      { range: `badges 0-${count - 1}/${count + 1}` },
      { link: '</badges?page=2>; rel="last"' },
      { link: `<${URL}>; rel='next'` },
      { 'x-wp-totalpages': '2' },
      { 'x-ms-continuation': 'abc' },
    ),
    fc
      .constantFrom(
        'x-total-count',
        'x-total',
        'x-pagination-total-count',
        'x-wp-total',
        'total-count',
      )
      .map((name) => ({ [name]: String(count + 1) })),
  );
const wholeHeaders = (count: number) =>
  fc.constantFrom<Record<string, string>>(
    {},
    { link: '</badges>; rel="self", </badges?page=1>; rel="last"' },
    { 'x-total-count': String(count) },
    { 'x-total-pages': '1', 'x-page': '1', 'x-next-page': '' },
    { 'x-has-more': 'false' },
    { 'content-range': `badges 0-${count - 1}/${count}` },
    { 'content-range': 'badges 0-1/*' },
    { 'content-range': 'bytes 0-999/1000' },
    { 'x-pagination': '{"TotalPages":1,"TotalCount":0}' },
    { 'x-ratelimit-limit': '120', 'x-ratelimit-remaining': '119', 'x-ratelimit-reset': '10' },
    { 'content-length': '1000', age: '0', 'x-request-id': '2' },
  );

describe.each(ENVELOPES.map((of) => [of.key, of] as const))('a list of %s', (_key, of) => {
  const records = fc.integer({ min: 1, max: 4 }).map((count) =>
    Array.from({ length: count }, (_, number) => ({
      ...of.record,
      id: `badge-${number}`,
      _id: `6657092c8142bfe0656481b${number}`,
      // Of a badge, and not of the list.
      total: 99,
      next: URL,
      hasMore: true,
    })),
  );
  /** Itself, or the one array of an object, beside what that says about it. */
  const payload = records.chain((list) =>
    fc.record({
      list: fc.constant(list),
      name: fc.constantFrom(null, 'badges', 'data', 'items'),
    }),
  );
  const read = async (json: unknown, { headers = {}, status = 200 } = {}) => {
    try {
      return (await of.reader.list(json, { status, headers })).badges.length;
    } catch (error) {
      if (error instanceof ProviderError) return error;
      throw error;
    }
  };
  const enclose = (name: string | null, list: unknown[], beside: Json = {}) =>
    name === null ? list : { ...beside, [name]: list };

  test('is read where everything around it says that it is whole', async () => {
    await fc.assert(
      fc.asyncProperty(
        payload.chain(({ list, name }) => {
          const sign = whole(list.length);
          return fc.tuple(
            fc.constant({ list, name }),
            fc.array(placed(sign), { maxLength: 2 }),
            fc.oneof(fc.constant({}), sign),
            wholeHeaders(list.length),
          );
        }),
        yes,
        async ([{ list, name }, signs, beside, headers], flag) => {
          const json = withSigns(of.wrap(enclose(name, list, beside), flag), ...signs);
          expect(await read(json, { headers })).toBe(list.length);
        },
      ),
      { numRuns },
    );
  });

  test('is refused by name where anything around it says that there is more', async () => {
    await fc.assert(
      fc.asyncProperty(
        payload.chain(({ list, name }) =>
          fc.tuple(
            fc.constant({ list, name }),
            more(list.length),
            placed(more(list.length)),
            fc.boolean(),
          ),
        ),
        fc.option(yes, { nil: undefined }),
        async ([{ list, name }, inside, around, isInside], flag) => {
          const json =
            name !== null && isInside
              ? of.wrap(enclose(name, list, inside), flag)
              : withSigns(of.wrap(enclose(name, list), flag), around);
          const error = await read(json);
          expect(error).toMatchObject({
            kind: 'bad-response',
            message: expect.stringMatching(
              /^returned only part of its badges, according to [\w.$@ -]+$/,
            ),
          });
        },
      ),
      { numRuns },
    );
  });

  test('is refused by name where a header says that there is more', async () => {
    await fc.assert(
      fc.asyncProperty(
        payload.chain(({ list, name }) =>
          fc.tuple(fc.constant({ list, name }), moreHeaders(list.length)),
        ),
        yes,
        async ([{ list, name }, headers], flag) => {
          const error = await read(of.wrap(enclose(name, list), flag), { headers });
          const [header = ''] = Object.keys(headers);
          expect(error).toMatchObject({
            message: `returned only part of its badges, according to the header ${header}`,
          });
        },
      ),
      { numRuns },
    );
  });

  test('is refused where too much stands around it to be searched', async () => {
    const named = Array.from({ length: 5_000 }, (_, at) => [`field${at}`, 'x'] as const);
    const answer = (beside: unknown) => ({ ...of.wrap([of.record], true), beside });
    expect(await read(answer(Object.fromEntries(named.slice(0, 4_000))))).toBe(1);
    for (const large of [Object.fromEntries(named), Array(20_001).fill('x')]) {
      expect(await read(answer(large))).toMatchObject({
        message: 'returned only part of its badges, according to the number of fields next to them',
      });
    }
  });

  test.each([202, 206, 207])('under a %i is refused', async (status) => {
    expect(await read(of.wrap([of.record], true), { status })).toMatchObject({
      kind: 'bad-response',
    });
  });
});
