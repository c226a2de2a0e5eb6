import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type FaultyService,
  RETURNING_AI,
  TAG_MANGO,
  startFaultyService,
} from '../faults/faulty-service.ts';
import { ADA, HALL_OF_FAME, MAJOR, QUIZ_MASTER } from '../support/operation-cases.ts';
import { codesOf } from '../support/writing.ts';

/** What a provider may answer for an id, and neither would ever take for one. */
const HOSTILE = [
  ...['../users', '..%2f', 'a/b', 'a?b', 'a#b', ' ', '\0', 'a\r\nb', '\ud800', 'é', 'x'.repeat(65)],
  ...['javascript:alert(1)', '<b>', '{_id}'],
];

let faulty: FaultyService;
beforeAll(async () => {
  faulty = await startFaultyService();
});
afterAll(() => faulty.close());
beforeEach(() => faulty.reset());

/** Both providers answer so, each in its own envelope. */
function answer(operation: string, payload: unknown): void {
  for (const side of [RETURNING_AI, TAG_MANGO]) {
    const { faults, operations } = faulty.standIn(side);
    const body = { success: true, meta: { success: true }, body: payload, result: payload };
    if (operations.has(operation)) faults.set(operation, { kind: 'answer', body });
  }
}

const toRecord = (id: string) => ({ id, _id: id, title: 'A', name: 'A' });

describe.each(HOSTILE)('the id %j', (id) => {
  test.each([RETURNING_AI, TAG_MANGO])(
    'of a badge that $title made is shown to nobody: the outcome is unknown',
    async ({ create, at }) => {
      answer('createBadge', toRecord(id));
      const payload = await faulty.mutate({ ...create, key: `${at}-${HOSTILE.indexOf(id)}` });
      expect(payload).toMatchObject({ badge: null, changes: [] });
      expect(codesOf(payload)).toEqual(['OUTCOME_UNKNOWN']);
      expect(faulty.service.log.filter(({ level }) => level === 50)).toEqual([]);
    },
  );

  test.each([RETURNING_AI, TAG_MANGO])(
    'of a badge that $title lists is missing, and counted',
    async ({ provider, ...side }) => {
      answer('listBadges', [toRecord(id), toRecord(side.id)]);
      const { data, errors } = await faulty.service.execute(
        `{ badges(filter: { providers: [${provider}] }) {
          nodes { ... on BadgeFields { id } }
          sources { state droppedRecords }
        } }`,
      );
      expect(errors).toBeUndefined();
      expect(data).toMatchObject({
        badges: {
          nodes: [{ id: side.id }],
          sources: expect.arrayContaining([{ state: 'FRESH', droppedRecords: 1 }]) as unknown,
        },
      });
    },
  );

  test('among the badges after an award is left out', async () => {
    answer('awardBadge', [toRecord(id), toRecord(MAJOR)]);
    const user = { id: ADA.returningAI };
    const input = { returningAI: { badgeId: MAJOR, user } };
    expect(await faulty.mutate({ kind: 'award', input })).toMatchObject({
      awardedBadges: [{ id: MAJOR }],
      memberBadges: [{ id: MAJOR }],
      userErrors: [],
    });
  });

  test('among the badges of a member is left out', async () => {
    answer('lookupUser', {
      _id: ADA.tagMango,
      badges: [QUIZ_MASTER, id, HALL_OF_FAME].map(toRecord),
    });
    expect((await member()).data).toEqual({
      tagMangoMember: { id: ADA.tagMango, badges: [{ id: QUIZ_MASTER }, { id: HALL_OF_FAME }] },
    });
  });

  test('of a member is no member', async () => {
    answer('lookupUser', { _id: id, badges: [] });
    const { data, errors } = await member();
    expect(data).toEqual({ tagMangoMember: null });
    expect(errors).toMatchObject([{ extensions: { code: 'PROVIDER_BAD_RESPONSE' } }]);
  });

  test('of a user found by e-mail is sent to nobody', async () => {
    const body = { status: 'success', data: { userId: id } };
    faulty.standIn(RETURNING_AI).faults.set('userInfo', { kind: 'answer', body });
    const input = { returningAI: { badgeId: MAJOR, user: { email: ADA.email } } };
    expect(await faulty.mutate({ kind: 'award', input })).toMatchObject({
      userErrors: [{ code: 'NOT_FOUND', fields: [['input', 'returningAI', 'user', 'email']] }],
    });
    expect(faulty.writes()).toBe(0);
  });

  const member = () =>
    faulty.service.execute(`{ tagMangoMember(email: "${ADA.email}") { id badges { id } } }`);
});

test.each([
  ...[
    'ada',
    '@',
    'ada@',
    '@example.com',
    'a@b@c',
    'a b@c',
    'a@b\n',
    'a\0@b',
    'a@\u0085',
    '\ud800@b',
  ],
  ...['a@\udc00', `${'a'.repeat(65)}@b`, `a@${'b'.repeat(191)}`, ' ', 'a\u2028@b'],
])('the e-mail %j is refused at its field, and no member is looked for', async (email) => {
  const read = await faulty.service.execute(
    'query ($email: String!) { tagMangoMember(email: $email) { id } }',
    { email },
  );
  expect(read.data).toEqual({ tagMangoMember: null });
  expect(read.errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT' } }]);

  const input = { returningAI: { badgeId: MAJOR, user: { email } } };
  expect(await faulty.mutate({ kind: 'award', input })).toMatchObject({
    userErrors: [{ code: 'INVALID_INPUT', fields: [['input', 'returningAI', 'user', 'email']] }],
  });
  expect(faulty.standIn(RETURNING_AI).requests).toEqual([]);
  expect(faulty.standIn(TAG_MANGO).requests).toEqual([]);
});
