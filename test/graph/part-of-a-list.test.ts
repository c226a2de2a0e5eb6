import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { FaultInput } from '../../src/sandbox/faults.ts';
import {
  type FaultyService,
  RETURNING_AI,
  SIDES,
  type Side,
  codesByPath,
  startFaultyService,
} from '../faults/faulty-service.ts';
import { tagMangoStored } from '../support/records.ts';

/** A provider that answers with one of its two badges, and says in some way that there is another. */

let faulty: FaultyService;
beforeAll(async () => {
  faulty = await startFaultyService();
});
afterAll(() => faulty.close());
beforeEach(() => faulty.reset());

type Answer = Extract<FaultInput, { kind: 'answer' }>;
type Part = Pick<Answer, 'status' | 'headers'> & { around?: object; inside?: object };

const badge = { ...tagMangoStored(), id: RETURNING_AI.id, title: 'Major' };

function toAnswer({ at }: Side, { around, inside, ...head }: Part): Answer {
  const list = inside ? { badges: [badge], ...inside } : [badge];
  const body =
    at === 'tagMango'
      ? { success: true, result: list, ...around }
      : { meta: { success: true }, body: list, ...around };
  return { kind: 'answer', body, ...head };
}

const PARTS: readonly [sign: string, Part][] = [
  ['total', { inside: { total: '2' } }],
  ['totalCount', { around: { totalCount: 2 } }],
  ['total_pages', { around: { pagination: { page: 1, total_pages: '2' } } }],
  ['hasNext', { inside: { hasNext: 'true' } }],
  ['next_cursor', { around: { response_metadata: { next_cursor: 'abc' } } }],
  ['next', { around: { _links: { next: { href: '/badges?page=2' } } } }],
  ['link', { headers: { link: '</badges?page=2>; rel="next"' } }],
  ['x-total-count', { headers: { 'x-total-count': '2' } }],
  ['content-range', { headers: { 'content-range': 'badges 0-0/2' } }],
  ['206', { status: 206 }],
];

describe.each(SIDES)('$title', (side) => {
  test.each(PARTS)(
    'whose answer says by %s that there is more is not shown, and nothing is written by it',
    async (sign, part) => {
      faulty.standIn(side).faults.set('listBadges', toAnswer(side, part));
      const answer = await faulty.read(side);
      const code = 'PROVIDER_BAD_RESPONSE';
      expect(answer.data).toEqual({ badges: null, badge: null, _entities: [null] });
      expect(codesByPath(answer)).toEqual({ badges: code, badge: code, '_entities.0': code });
      expect(faulty.service.log).toContainEqual(
        expect.objectContaining({
          msg: expect.stringMatching(
            new RegExp(
              `^${side.title} returned only part of its badges, according to .*\\b${sign}$`,
            ),
          ) as unknown,
        }),
      );
      // It answers: others of its calls go on.
      expect(faulty.verdictsOf(side)).toEqual(['good']);

      // An update that needs to know what stands.
      const name = side === RETURNING_AI ? { title: 'New' } : { name: 'New' };
      const input = { [side.at]: { id: side.id, ...name } };
      const { userErrors } = await faulty.mutate({
        kind: 'update',
        input,
        expectedVersion: 'seen before',
      });
      expect(userErrors).toMatchObject([{ code }]);
      expect(faulty.writes()).toBe(0);
    },
  );

  test('whose answer says in all its ways that this is all is shown', async () => {
    const part: Part = {
      inside: { total: '1', hasNext: false, next: null },
      around: { pagination: { page: 1, total_pages: 1, next_cursor: '' } },
      headers: { 'x-total-count': '1', link: '</badges>; rel="self"' },
    };
    faulty.standIn(side).faults.set('listBadges', toAnswer(side, part));
    const { data, errors } = await faulty.read(side);
    expect(errors).toBeUndefined();
    expect(data.badges?.totalCount).toBe(1);
  });
});
