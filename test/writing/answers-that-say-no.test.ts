import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { FaultInput } from '../../src/sandbox/faults.ts';
import { alwaysClosed, createSkippingClock } from '../support/clock.ts';
import { ADA, HALL_OF_FAME, MAJOR } from '../support/operation-cases.ts';
import { HIDDEN_VALUES, returningAIStored, tagMangoStored } from '../support/records.ts';
import {
  type MutationCall,
  type Payload,
  type WritingService,
  codesOf,
  startWritingService,
} from '../support/writing.ts';

/** Answers with a status of success, and of redirection, to every write of both providers. */

interface Write {
  what: string;
  at: 'returningAI' | 'tagMango';
  operation: string;
  call: MutationCall;
  /** Whether a read can show that it was done. */
  isReadable: boolean;
}

const ada = { id: ADA.returningAI };
const WRITES: readonly Write[] = [
  {
    what: 'a creation at Returning.AI',
    at: 'returningAI',
    operation: 'createBadge',
    call: { kind: 'create', input: { returningAI: { title: 'New' } } },
    isReadable: true,
  },
  {
    what: 'an update at Returning.AI',
    at: 'returningAI',
    operation: 'updateBadge',
    call: {
      kind: 'update',
      input: { returningAI: { id: MAJOR, ...HIDDEN_VALUES, title: 'New' } },
    },
    isReadable: true,
  },
  {
    what: 'a deletion at Returning.AI',
    at: 'returningAI',
    operation: 'deleteBadge',
    call: { kind: 'delete', input: { returningAI: { id: MAJOR } } },
    isReadable: true,
  },
  {
    what: 'an award at Returning.AI',
    at: 'returningAI',
    operation: 'awardBadge',
    call: { kind: 'award', input: { returningAI: { badgeId: MAJOR, user: ada } } },
    isReadable: false,
  },
  {
    what: 'a revocation at Returning.AI',
    at: 'returningAI',
    operation: 'removeBadge',
    call: { kind: 'revoke', input: { returningAI: { badgeId: MAJOR, user: ada } } },
    isReadable: false,
  },
  {
    what: 'a creation at TagMango',
    at: 'tagMango',
    operation: 'createBadge',
    call: { kind: 'create', input: { tagMango: { name: 'New' } } },
    isReadable: true,
  },
  {
    what: 'an update at TagMango',
    at: 'tagMango',
    operation: 'updateBadge',
    call: { kind: 'update', input: { tagMango: { id: HALL_OF_FAME, name: 'New' } } },
    isReadable: true,
  },
  {
    what: 'an award at TagMango',
    at: 'tagMango',
    operation: 'assignBadges',
    call: {
      kind: 'award',
      input: { tagMango: { userId: ADA.tagMango, badgeIds: [HALL_OF_FAME] } },
    },
    isReadable: false,
  },
];

type Answer = Extract<FaultInput, { kind: 'answer' }>;

const REFUSALS: readonly [body: object | string, code: string][] = [
  [{ success: 'false', code: 400, message: 'User not found' }, 'INVALID_INPUT'],
  [{ statusCode: 403, error: 'Forbidden' }, 'PROVIDER_AUTH_FAILED'],
  [{ meta: { success: 'False', message: 'No' } }, 'PROVIDER_BAD_RESPONSE'],
  [{ meta: { success: 0, statusCode: '404' }, body: [] }, 'NOT_FOUND'],
  [{ success: false, statusMessage: 'NOT_FOUND', code: '404' }, 'NOT_FOUND'],
  [{ status: 'error', code: 'TOO_MANY_REQUESTS' }, 'PROVIDER_RATE_LIMITED'],
  [{ error: { code: 422, message: 'No' }, result: null }, 'INVALID_INPUT'],
  [{ errors: [{ message: 'No' }], data: null }, 'PROVIDER_BAD_RESPONSE'],
  [{ ok: 'no', body: null }, 'PROVIDER_BAD_RESPONSE'],
  [{ success: false, code: 200, result: [] }, 'PROVIDER_BAD_RESPONSE'],
  ['"Forbidden"', 'PROVIDER_AUTH_FAILED'],
];

const CONTRADICTIONS: readonly object[] = [
  { success: true, code: 400, message: 'User not found' },
  { meta: { success: true }, body: [], statusCode: '403' },
  { meta: { success: 'true' }, success: true, errors: ['one of them failed'], body: [] },
  { success: true, result: { failed: [{ id: 'a', reason: 'x' }] } },
  { success: true, result: { [HALL_OF_FAME]: false } },
  { success: true, results: { [MAJOR]: 'Not found' } },
  { success: true, ack: 'Failure' },
  {
    success: true,
    results: [
      { id: 'a', success: true },
      { id: 'b', success: 'false' },
    ],
  },
];

const UNCLEAR: readonly Partial<Answer>[] = [
  { body: {} },
  { body: { message: 'Hello' } },
  { body: { success: 'perhaps' } },
  { body: [] },
  { body: '"OK"' },
  { body: 'null' },
  { body: '' },
  { status: 202, body: { success: true, meta: { success: true }, body: [], result: {} } },
  { status: 207, body: { success: true, meta: { success: true }, body: [], result: {} } },
  { body: { status: 'pending', meta: { success: true }, success: true } },
];

let service: WritingService;
const clock = createSkippingClock();
beforeAll(async () => {
  service = await startWritingService({
    sandbox: { tagMango: { requestLimit: 100_000 } },
    attemptTimeoutMs: 1_000,
    now: clock.now,
    http: { clock, budget: undefined, createBreaker: () => alwaysClosed },
  });
});
afterAll(() => service.close());
beforeEach(() => {
  const { returningAI, tagMango } = service.sandbox;
  for (const standIn of [returningAI, tagMango]) {
    standIn.badges.clear();
    standIn.awards.clear();
    standIn.requests.length = 0;
  }
  returningAI.badges.set(MAJOR, returningAIStored());
  tagMango.badges.set(HALL_OF_FAME, tagMangoStored());
  service.log.length = 0;
});
afterEach(() => {
  service.sandbox.returningAI.faults.clear();
  service.sandbox.tagMango.faults.clear();
  // Past every cool-down.
  clock.skip(60_000);
});

let keys = 0;
/** Twice under the same key: a repeat must not make a success of it. */
async function mutateTwice(write: Write, answer: Partial<Answer>): Promise<[Payload, Payload]> {
  const { faults } = service.sandbox[write.at];
  faults.set(write.operation, { kind: 'answer', ...answer });
  const key = `key-${(keys += 1)}`;
  const first = await service.mutate({ ...write.call, key });
  return [first, await service.mutate({ ...write.call, key })];
}

describe.each(WRITES)('$what', (write) => {
  test.each(REFUSALS)(
    'that is answered with 200 and %j was refused: %s, and the key is free',
    async (body, code) => {
      const [first, second] = await mutateTwice(write, { body });
      expect(codesOf(first)).toEqual([code]);
      expect(first.userErrors[0]?.message).toMatch(/Nothing was changed/);
      expect(code === 'PROVIDER_RATE_LIMITED' ? [code] : codesOf(second)).toEqual([code]);
      expect(service.writes()).toHaveLength(code === 'PROVIDER_RATE_LIMITED' ? 1 : 2);
    },
  );

  test.each(CONTRADICTIONS)(
    'that is answered with 200 and %j is of unknown outcome, and not sent again',
    async (body) => {
      for (const payload of await mutateTwice(write, { body })) {
        expect(codesOf(payload)).toEqual(['OUTCOME_UNKNOWN']);
      }
      expect(service.writes()).toHaveLength(1);
    },
  );

  test.each(UNCLEAR)(
    'that is answered with %j is of unknown outcome unless a read shows it',
    async (answer) => {
      expect((await mutateTwice(write, answer)).map(codesOf)).toEqual([
        ['OUTCOME_UNKNOWN'],
        ['OUTCOME_UNKNOWN'],
      ]);
      expect(service.writes()).toHaveLength(1);
      const [applied] = await mutateTwice(write, { ...answer, isApplied: true });
      expect(codesOf(applied)).toEqual(write.isReadable ? [] : ['OUTCOME_UNKNOWN']);
    },
  );

  test.each([301, 302, 303, 307, 308])(
    'that is carried out and answered with %i is of unknown outcome, and not sent again',
    async (status) => {
      const answer = { status, headers: { location: '/badges' }, isApplied: true };
      for (const payload of await mutateTwice(write, answer)) {
        const isRepeatRead = write.isReadable && payload.userErrors.length === 0;
        expect(codesOf(payload)).toEqual(isRepeatRead ? [] : ['OUTCOME_UNKNOWN']);
      }
      expect(service.writes()).toHaveLength(1);
    },
  );

  test.each(['true', 'TRUE', 1, '1', 'yes', 'success', 'ok'])(
    'whose real answer spells its success %j was done',
    async (flag) => {
      const done: Record<string, unknown> = {
        createBadge: { id: 'new', _id: 'a'.repeat(24), title: 'New', name: 'New' },
        updateBadge: { id: MAJOR, _id: HALL_OF_FAME, title: 'New', name: 'New' },
        awardBadge: [{ id: MAJOR, title: 'Major' }],
      };
      const payload = done[write.operation] ?? [];
      const body =
        write.at === 'tagMango'
          ? { success: flag, message: 'Done', result: payload, error: null, code: 200 }
          : { meta: { success: flag, message: 'Done' }, body: payload, errors: [] };
      const [first, second] = await mutateTwice(write, { body });
      expect([codesOf(first), codesOf(second)]).toEqual([[], []]);
      expect(service.writes()).toHaveLength(1);
    },
  );
});

test('an award that is returned a different badge is of unknown outcome', async () => {
  service.sandbox.returningAI.faults.set('awardBadge', { kind: 'records', change: 'other-id' });
  const award = WRITES.find(({ operation }) => operation === 'awardBadge');
  if (!award) throw new Error('there is no award');
  expect(codesOf(await service.mutate(award.call))).toEqual(['OUTCOME_UNKNOWN']);
});

test('an award that is answered with no badge at all is of unknown outcome', async () => {
  const body = { meta: { success: true }, body: [] };
  service.sandbox.returningAI.faults.set('awardBadge', { kind: 'answer', body });
  const award = WRITES.find(({ operation }) => operation === 'awardBadge');
  const payload = await service.mutate(award?.call ?? { kind: 'award', input: {} });
  expect(codesOf(payload)).toEqual(['OUTCOME_UNKNOWN']);
});

describe('a creation that is answered with a badge that was there before', () => {
  test.each([
    ['returningAI', { title: 'New', award: true }, MAJOR],
    ['tagMango', { name: 'New' }, HALL_OF_FAME],
  ] as const)('at %s is of unknown outcome, and never that badge', async (at, input, id) => {
    const { faults, badges } = service.sandbox[at];
    const record = badges.get(id);
    const body = { success: true, meta: { success: true }, body: record, result: record };
    faults.set('createBadge', { kind: 'answer', body });
    const call: MutationCall = { kind: 'create', input: { [at]: input }, key: `there-${at}` };
    for (const payload of [await service.mutate(call), await service.mutate(call)]) {
      expect(codesOf(payload)).toEqual(['OUTCOME_UNKNOWN']);
      expect(payload.badge).toBeNull();
    }
    expect(service.writes()).toHaveLength(1);
  });

  test('is shown with the one that has appeared, and leaves no values for the other', async () => {
    const record = service.sandbox.returningAI.badges.get(MAJOR);
    const body = { meta: { success: true }, body: { ...record, quantity: '3' } };
    const { faults } = service.sandbox.returningAI;
    faults.set('createBadge', { kind: 'answer', body, isApplied: true });
    const input = { returningAI: { title: 'New', award: false } };
    expect((await service.mutate({ kind: 'create', input })).badge).toMatchObject({ name: 'New' });
    const rename = { returningAI: { id: MAJOR, title: 'Renamed' } };
    const renamed = await service.mutate({ kind: 'update', input: rename });
    expect(codesOf(renamed)).toEqual(['HIDDEN_FIELDS_UNKNOWN']);
  });
});

describe.each(['createBadge', 'updateBadge'])('a bare answer of TagMango to %s', (operation) => {
  const write = WRITES.find((each) => each.at === 'tagMango' && each.operation === operation);
  const id = operation === 'createBadge' ? 'b'.repeat(24) : HALL_OF_FAME;

  test.each([
    { success: false },
    { success: 'False', message: 'No' },
    { error: 'Forbidden' },
    { statusCode: 403 },
    { errors: [{ message: 'No' }] },
  ])('that holds %j between the fields of the badge is none to rely on', async (sign) => {
    const body = { ...tagMangoStored(), _id: id, name: 'New', ...sign };
    service.sandbox.tagMango.faults.set(operation, { kind: 'answer', body });
    const payload = await service.mutate(write?.call ?? { kind: 'create', input: {} });
    expect(codesOf(payload)).toEqual(['OUTCOME_UNKNOWN']);
  });

  test('that holds other fields of such names is the badge', async () => {
    const own = { status: 'failed', code: 404, type: 'error', state: 'rejected', success: true };
    const body = { ...tagMangoStored(), _id: id, name: 'New', ...own, error: null, errors: [] };
    service.sandbox.tagMango.faults.set(operation, { kind: 'answer', body });
    const payload = await service.mutate(write?.call ?? { kind: 'create', input: {} });
    expect(codesOf(payload)).toEqual([]);
    expect(payload.badge).toMatchObject({ name: 'New' });
  });
});

test('an award whose badge is shown in a form that cannot be read was given all the same', async () => {
  service.sandbox.returningAI.faults.set('awardBadge', {
    kind: 'answer',
    body: { meta: { success: true }, body: [{ id: MAJOR, title: 'Major', quantity: 'many' }] },
  });
  const award = WRITES.find(({ operation }) => operation === 'awardBadge');
  const payload = await service.mutate(award?.call ?? { kind: 'award', input: {} });
  expect(codesOf(payload)).toEqual([]);
  expect(payload).toMatchObject({
    outcome: 'APPLIED',
    awardedBadges: [{ id: MAJOR, name: 'Major' }],
    memberBadges: null,
  });
});

describe('what a provider says about a write that it refuses', () => {
  test.each(WRITES)('is in the log: $what', async ({ at, operation, call }) => {
    const message = 'pointsThreshold must be at least 500 for your plan';
    service.sandbox[at].faults.set(operation, { kind: 'answer', status: 400, body: { message } });
    await service.mutate(call);
    expect(service.log).toMatchObject([{ providerMessage: message }]);
  });

  test.each(WRITES.flatMap((write) => [401, 403, 200].map((status) => ({ ...write, status }))))(
    'because of our credentials is nowhere: $what, with $status',
    async ({ at, operation, call, status }) => {
      const body = { message: 'Invalid token', success: false, code: 401 };
      service.sandbox[at].faults.set(operation, { kind: 'answer', status, body });
      const payload = await service.mutate(call);
      expect(codesOf(payload)).toEqual(['PROVIDER_AUTH_FAILED']);
      expect(JSON.stringify([payload, service.log])).not.toContain('Invalid token');
      expect(service.log).toMatchObject([{ level: 50, kind: 'auth-failed' }]);
    },
  );
});
