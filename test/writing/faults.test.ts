import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { FaultInput } from '../../src/sandbox/faults.ts';
import { alwaysClosed, createSkippingClock } from '../support/clock.ts';
import { type Front, type Misbehaviour, startFront } from '../support/front.ts';
import { HIDDEN_VALUES, returningAIStored, tagMangoStored } from '../support/records.ts';
import {
  type MutationCall,
  type WritingService,
  codesOf,
  mutate,
  startWritingService,
  warningsOf,
} from '../support/writing.ts';

/** Every row of the fault table that a write can meet: its code, and how often the write arrived. */

const RETURNING_AI = '84845081-98fd-46f3-96aa-1032174e58a5';
const TAG_MANGO = '6657092c8142bfe0656481bf';
const SECRET = 'words of the provider';

interface Case {
  name: string;
  provider: 'returningAI' | 'tagMango';
  baseUrl: string;
  operation: 'updateBadge' | 'createBadge';
  call: MutationCall;
  /** An answer for another badge than the one that was meant. */
  another: object;
  /** The provider's way to refuse inside an answer with status 200. */
  refusal: object;
}

const returningAI = {
  provider: 'returningAI',
  baseUrl: 'RETURNING_AI_BASE_URL',
  another: { meta: { success: true }, body: { id: 'another', title: 'New' } },
  refusal: { meta: { success: false, message: SECRET } },
} as const;
const tagMango = {
  provider: 'tagMango',
  baseUrl: 'TAG_MANGO_BASE_URL',
  another: { success: true, result: tagMangoStored({ _id: 'a'.repeat(24), name: 'New' }) },
  refusal: { success: false, message: SECRET },
} as const;

const cases: Case[] = [
  {
    ...returningAI,
    name: 'an update at Returning.AI',
    operation: 'updateBadge',
    call: {
      kind: 'update',
      input: { returningAI: { id: RETURNING_AI, ...HIDDEN_VALUES, title: 'New' } },
    },
  },
  {
    ...tagMango,
    name: 'an update at TagMango',
    operation: 'updateBadge',
    call: { kind: 'update', input: { tagMango: { id: TAG_MANGO, name: 'New' } } },
  },
  {
    ...returningAI,
    name: 'a creation at Returning.AI',
    operation: 'createBadge',
    call: { kind: 'create', input: { returningAI: { title: 'New' } } },
  },
  {
    ...tagMango,
    name: 'a creation at TagMango',
    operation: 'createBadge',
    call: { kind: 'create', input: { tagMango: { name: 'New' } } },
  },
];

type OwnFault = Extract<FaultInput, { kind: 'answer' | 'hang' | 'reset' }>;
type Row = [row: number, what: string, fault: OwnFault];
const answer = (rest: Partial<Extract<FaultInput, { kind: 'answer' }>>): OwnFault => ({
  kind: 'answer',
  ...rest,
});
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toUTCString();

/** The same write, of a badge that must not have changed. */
const withVersion = (call: MutationCall): MutationCall => ({
  ...call,
  expectedVersion: 'not compared',
});

const WITHOUT_CLEAR_ANSWER: Row[] = [
  [2, 'hangs', { kind: 'hang' }],
  [4, 'is reset before the answer', { kind: 'reset' }],
  [7, 'is returned malformed JSON', answer({ body: '{"success": true, "res' })],
  [8, 'is answered with a page', answer({ contentType: 'text/html', body: '<html>ok</html>' })],
  [
    8,
    'is answered with JSON that is called text',
    answer({ contentType: 'text/plain', body: '{}' }),
  ],
  [13, 'is answered with 500', answer({ status: 500, body: { message: SECRET } })],
  [13, 'is answered with 502', answer({ status: 502, contentType: 'text/html', body: SECRET })],
  [13, 'is answered with 503', answer({ status: 503, headers: { 'retry-after': '1' } })],
  [13, 'is answered with 504', answer({ status: 504 })],
  ...[301, 302, 303, 304, 307, 308].map((status): Row => [
    18,
    `is answered with ${status}`,
    answer({ status, headers: { location: '/badges' } }),
  ]),
  [19, 'is answered with 6 MiB', answer({ body: { pad: 'x'.repeat(6 * 1024 * 1024) } })],
  [19, 'is answered with very deep JSON', answer({ body: `${'['.repeat(1e6)}${']'.repeat(1e6)}` })],
  [
    19,
    'is answered in an encoding that nobody asked for',
    answer({ headers: { 'content-encoding': 'gzip' }, body: '\u001f' }),
  ],
];

/** A success without what was promised, and without a word against it. */
const UNCLEAR: [what: string, fault: OwnFault][] = [
  ['something else than a badge', answer({ body: { success: true } })],
  ['a badge that cannot be read', answer({ body: { id: 7, _id: 7 } })],
  ['a part of its envelope', answer({ body: { meta: {}, message: 'Hello' } })],
  ['no JSON object', answer({ body: [] })],
];

const REFUSED: [...Row, code: string][] = [
  [14, 'is answered with 400', answer({ status: 400, body: { message: SECRET } }), 'INVALID_INPUT'],
  [14, 'is answered with 422', answer({ status: 422 }), 'INVALID_INPUT'],
  [15, 'is answered with 401', answer({ status: 401 }), 'PROVIDER_AUTH_FAILED'],
  [15, 'is answered with 403', answer({ status: 403 }), 'PROVIDER_AUTH_FAILED'],
  [17, 'is answered with 409', answer({ status: 409 }), 'CONFLICT'],
];

const TOO_MANY: [retryAfter: string | undefined, least: number, most: number][] = [
  ['0', 0, 0],
  ['2', 2_000, 2_000],
  ['3600', 10_000, 10_000],
  ['-5', 10_000, 10_000],
  ['1.5', 0, 10_000],
  ['soon', 10_000, 10_000],
  ['', 10_000, 10_000],
  [undefined, 10_000, 10_000],
  [inSeconds(3), 0, 10_000],
  [inSeconds(3_600), 10_000, 10_000],
  [inSeconds(-60), 0, 10_000],
];

const READ_FAULTS: [...Row, code: string][] = [
  [2, 'hangs', { kind: 'hang' }, 'PROVIDER_TIMEOUT'],
  [4, 'is reset', { kind: 'reset' }, 'PROVIDER_UNAVAILABLE'],
  [7, 'is malformed', answer({ body: '[{' }), 'PROVIDER_BAD_RESPONSE'],
  [8, 'is a page', answer({ contentType: 'text/html', body: '<p>' }), 'PROVIDER_BAD_RESPONSE'],
  [10, 'is empty', answer({ status: 204 }), 'PROVIDER_BAD_RESPONSE'],
  [11, 'is refused with 429', answer({ status: 429 }), 'PROVIDER_RATE_LIMITED'],
  [13, 'fails with 503', answer({ status: 503 }), 'PROVIDER_UNAVAILABLE'],
  [14, 'is refused with 400', answer({ status: 400 }), 'PROVIDER_BAD_RESPONSE'],
  [15, 'is refused with 401', answer({ status: 401 }), 'PROVIDER_AUTH_FAILED'],
  [16, 'is answered with 404', answer({ status: 404 }), 'PROVIDER_BAD_RESPONSE'],
  [18, 'is answered with 302', answer({ status: 302 }), 'PROVIDER_BAD_RESPONSE'],
  [22, 'has no readable record', answer({ body: [{ x: 1 }] }), 'PROVIDER_BAD_RESPONSE'],
];

/** A service for the tests around it: TagMango's window takes no more than 120 requests of all of them. */
function useService({ provider }: Case) {
  let service: WritingService;
  const clock = createSkippingClock();
  const standIn = () => service.sandbox[provider];
  beforeAll(async () => {
    service = await startWritingService({
      attemptTimeoutMs: 1_000,
      now: clock.now,
      http: { clock, budget: undefined, createBreaker: () => alwaysClosed },
    });
  });
  afterAll(() => service.close());
  beforeEach(() => {
    const { returningAI: first, tagMango: second } = service.sandbox;
    first.badges.clear();
    first.badges.set(RETURNING_AI, returningAIStored());
    second.badges.clear();
    second.badges.set(TAG_MANGO, tagMangoStored());
    standIn().requests.length = 0;
  });
  afterEach(() => {
    standIn().faults.clear();
    // Past every cool-down.
    clock.skip(60_000);
  });

  return {
    standIn,
    sandbox: () => service.sandbox,
    mutate: (call: MutationCall) => service.mutate(call),
    writes: () => service.writes(),
    startTwin: (options: Parameters<WritingService['startTwin']>[0]) => service.startTwin(options),
    /** Whether a badge has the new name at the provider. */
    isApplied: () =>
      [
        ...[...service.sandbox.returningAI.badges.values()].map(({ title }) => title),
        ...[...service.sandbox.tagMango.badges.values()].map(({ name }) => name),
      ].includes('New'),
  };
}

describe.each(cases)('$name that', (each) => {
  const { provider, baseUrl, operation, call, another, refusal } = each;
  const isUpdate = operation === 'updateBadge';
  /** Returning.AI replaces the whole badge, of which these updates give a part. */
  const needsRead = isUpdate && provider === 'returningAI';

  describe('gets no clear answer:', () => {
    const service = useService(each);
    test.each(WITHOUT_CLEAR_ANSWER)(
      '(row %i) %s is sent once and OUTCOME_UNKNOWN',
      async (_row, _what, fault) => {
        for (const isApplied of [false, true]) {
          service.standIn().requests.length = 0;
          service.standIn().faults.set(operation, { ...fault, isApplied });
          const payload = await service.mutate(call);

          expect(payload.userErrors).toEqual([
            {
              __typename: 'BadgeProviderError',
              code: 'OUTCOME_UNKNOWN',
              fields: [],
              message: expect.stringMatching(/may have been applied/),
              provider: provider === 'tagMango' ? 'TAG_MANGO' : 'RETURNING_AI',
              retryable: false,
              retryAfterMs: null,
            },
          ]);
          expect(JSON.stringify(payload)).not.toContain(SECRET);
          expect(service.writes()).toHaveLength(1);
          expect(service.isApplied()).toBe(isApplied);
          // A read shows how an update stands, and which badge a creation made.
          const unchanged = { returningAI: 'Major', tagMango: 'Hall of Fame' }[provider];
          const shown = isUpdate ? unchanged : undefined;
          expect(payload.badge?.name).toBe(isApplied ? 'New' : shown);
        }
      },
    );
  });

  describe('is refused or read in vain:', () => {
    const service = useService(each);
    test.each(REFUSED)(
      '(row %i) %s is sent once and not applied',
      async (_row, _what, fault, code) => {
        service.standIn().faults.set(operation, fault);
        const payload = await service.mutate(call);

        expect(codesOf(payload)).toEqual([code]);
        expect(JSON.stringify(payload)).not.toContain(SECRET);
        expect(service.writes()).toHaveLength(1);
        expect(service.standIn().requests.filter(({ method }) => method !== 'GET')).toHaveLength(1);
      },
    );

    if (isUpdate) {
      test('(row 16) answered with 404 is sent once and NOT_FOUND', async () => {
        service.standIn().faults.set(operation, { kind: 'answer', status: 404 });
        expect(codesOf(await service.mutate(call))).toEqual(['NOT_FOUND']);
        expect(service.writes()).toHaveLength(1);
      });

      test('(row 31) is returned a different badge is sent once and unknown, with what a read shows', async () => {
        service.standIn().faults.set(operation, { kind: 'answer', body: another });
        const payload = await service.mutate(call);
        expect(codesOf(payload)).toEqual(['OUTCOME_UNKNOWN']);
        expect([RETURNING_AI, TAG_MANGO]).toContain(payload.badge?.id);
        expect(payload.badge?.name).not.toBe('New');
        expect(service.writes()).toHaveLength(1);
      });

      test.each([400, 404, 409, 422])(
        'needs a read for its expectedVersion which is rejected with %i does not look rejected itself',
        async (status) => {
          service.standIn().faults.set('listBadges', { kind: 'answer', status });
          const { userErrors } = await service.mutate(withVersion(call));
          expect(userErrors).toMatchObject([
            {
              code: 'PROVIDER_BAD_RESPONSE',
              message: expect.stringMatching(
                /\. This was its answer to a read before the write\. Nothing was sent\.$/,
              ),
            },
          ]);
          expect(service.writes()).toEqual([]);
        },
      );

      test.each(READ_FAULTS)(
        'needs a read for its expectedVersion which (row 30, %i) %s is never sent',
        async (_row, _what, fault, code) => {
          service.standIn().faults.set('listBadges', fault);
          const { userErrors } = await service.mutate(withVersion(call));
          expect(userErrors).toMatchObject([
            { code, message: expect.stringMatching(/Nothing was sent\.$/) },
          ]);
          expect(service.writes()).toEqual([]);
        },
      );
    }

    test.each(READ_FAULTS)(
      `${needsRead ? 'needs a read for the fields that it does not give' : 'can do without a read'} which (row 30, %i) %s is ${needsRead ? 'never sent' : 'sent all the same, unless it is told to wait'}`,
      async (_row, _what, fault, code) => {
        service.standIn().faults.set('listBadges', fault);
        const payload = await service.mutate(call);
        // A provider that takes no more requests is not sent the write either.
        if (needsRead || code === 'PROVIDER_RATE_LIMITED') {
          expect(payload.userErrors).toMatchObject([
            { code, message: expect.stringMatching(/Nothing was sent/) },
          ]);
          expect(service.writes()).toEqual([]);
        } else {
          expect(payload).toMatchObject({ badge: { name: 'New' }, userErrors: [] });
          expect(warningsOf(payload)).toEqual(isUpdate ? ['PREVIOUS_VALUES_UNKNOWN'] : []);
          expect(payload.changes.map(({ before }) => before)).toEqual(
            payload.changes.map(() => null),
          );
          expect(service.writes()).toHaveLength(1);
          expect(service.isApplied()).toBe(true);
        }
      },
    );

    test('(row 9) is refused inside a 200 is sent once, and nothing was applied', async () => {
      service.standIn().faults.set(operation, { kind: 'answer', body: refusal });
      const payload = await service.mutate(call);
      expect(codesOf(payload)).toEqual(['PROVIDER_BAD_RESPONSE']);
      expect(payload.userErrors[0]?.message).toMatch(/Nothing was changed/);
      expect(JSON.stringify(payload)).not.toContain(SECRET);
      expect(service.writes()).toHaveLength(1);
    });

    /** First in vain, and then applied. */
    async function expectSettledByRead(fault: OwnFault): Promise<void> {
      service.standIn().faults.set(operation, fault);
      expect(codesOf(await service.mutate(call))).toEqual(['OUTCOME_UNKNOWN']);
      service.standIn().faults.set(operation, { ...fault, isApplied: true });
      expect(await service.mutate(call)).toMatchObject({ badge: { name: 'New' }, userErrors: [] });
      expect(service.writes()).toHaveLength(2);
    }

    test.each([200, 201, 202, 204])(
      '(row 10) is answered with %i and no body is sent once, and settled by a read',
      async (status) => expectSettledByRead(answer({ status, body: '' })),
    );

    test.each(UNCLEAR)('is answered with %s is sent once, and settled by a read', (_what, fault) =>
      expectSettledByRead(fault),
    );

    test.each(TOO_MANY)(
      '(rows 11, 12) is one too many, Retry-After: %s, is sent once and tells when to come back',
      async (retryAfter, least, most) => {
        const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
        service.standIn().faults.set(operation, { kind: 'answer', status: 429, headers, body: {} });
        const { userErrors } = await service.mutate(call);
        expect(userErrors).toMatchObject([{ code: 'PROVIDER_RATE_LIMITED', retryable: true }]);
        expect(userErrors[0]?.retryAfterMs).toBeGreaterThanOrEqual(least);
        expect(userErrors[0]?.retryAfterMs).toBeLessThanOrEqual(most);
        expect(service.writes()).toHaveLength(1);
      },
    );
  });

  describe('is refused for as long as another window than TagMango’s lasts', () => {
    const service = useService(each);
    const isBelieved = provider !== 'tagMango';

    test(`${isBelieved ? 'and waits' : 'and waits no longer than for the window'}`, async () => {
      const headers = { 'retry-after': '55' };
      service.standIn().faults.set(operation, { kind: 'answer', status: 429, headers, body: {} });
      const { userErrors } = await service.mutate(call);
      expect(userErrors).toMatchObject([{ retryAfterMs: isBelieved ? 55_000 : 10_000 }]);
    });
  });

  describe('on its way', () => {
    const service = useService(each);
    let front: Front;
    let twin: Awaited<ReturnType<WritingService['startTwin']>>;
    beforeEach(async () => {
      front = await startFront(service.standIn().origin);
      const { providerValues } = service.sandbox();
      twin = await service.startTwin({
        providerValues: { [provider]: { ...providerValues[provider], [baseUrl]: front.origin } },
      });
    });
    afterEach(async () => {
      await front.close();
      await twin.close();
    });

    const spoilt: [number, string, Misbehaviour][] = [
      [
        3,
        'drips slower than anybody waits',
        (response) => {
          response.writeHead(200, { 'content-type': 'application/json' }).write(' ');
          const drip = setInterval(() => response.write(' '), 40);
          response.once('close', () => clearInterval(drip));
        },
      ],
      [
        5,
        'is reset within the answer',
        (response) => {
          response.writeHead(200, { 'content-type': 'application/json' }).write('{"success":true,');
          setImmediate(() => response.socket?.resetAndDestroy());
        },
      ],
      [
        5,
        'is cut off',
        (response) => {
          const headers = { 'content-type': 'application/json', 'content-length': '500' };
          response.writeHead(200, headers).write('{"success":true,"result":{}}');
          setImmediate(() => response.destroy());
        },
      ],
      [4, 'is closed without a word', (response) => response.socket?.end()],
      [
        4,
        'is answered with no HTTP',
        (response) => response.socket?.end('SSH-2.0-OpenSSH_9.7\r\n\r\n'),
      ],
    ];
    test.each(spoilt)(
      '(row %i) %s is sent once and OUTCOME_UNKNOWN',
      async (_row, _what, spoil) => {
        for (const isApplied of [false, true]) {
          front.writes.length = 0;
          front.misbehave = async (response, passOn) => {
            if (isApplied) await passOn();
            spoil(response, passOn);
          };
          const payload = await mutate(`${twin.url}/graphql`, call);
          expect(codesOf(payload)).toEqual(['OUTCOME_UNKNOWN']);
          expect(front.writes).toHaveLength(1);
          expect(service.isApplied()).toBe(isApplied);
        }
      },
    );

    test('(row 6) finds nobody listening is not sent and safe to repeat', async () => {
      if (isUpdate) front.vanishAfterRead();
      else await front.close();
      const { userErrors } = await mutate(`${twin.url}/graphql`, call);
      expect(userErrors).toMatchObject([
        {
          code: 'PROVIDER_UNAVAILABLE',
          retryable: true,
          message: expect.stringMatching(/Nothing was sent/),
        },
      ]);
      expect(front.writes).toEqual([]);
    });
  });
});
