import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AUDIT_LOG, badgeLog, readAuditRecord } from '../../src/badges/writing/audit.ts';
import type { AppendOptions, StateStore } from '../../src/state/state-store.ts';
import { tagMangoStored } from '../support/records.ts';
import { type WritingService, codesOf, startWritingService } from '../support/writing.ts';

/** PROPERTY_RUNS asks for a longer search. */
const numRuns = Number(process.env.PROPERTY_RUNS ?? '30');
const TIMEOUT_MS = 30_000 + numRuns * 100;

/** What a write may cost in the store: something for itself, and something for each badge that it names. */
const BYTES_OF_WRITE = 8_000;
const BYTES_OF_BADGE = 3_000;
const MAX_BADGES = 50;

const ADA = '6650aa11bb22cc33dd44ee55';
const HELD = Array.from({ length: 60 }, (_, number) => number.toString(16).padStart(24, '0'));

interface Line {
  log: string;
  text: string;
}

let service: WritingService;
let lines: Line[] = [];
let storedBytes = 0;

beforeAll(async () => {
  service = await startWritingService({
    wrapStore: counting,
    sandbox: { tagMango: { requestLimit: 100_000 } },
  });
});
afterAll(() => service.close());
beforeEach(() => {
  forget();
  for (const id of HELD) {
    service.sandbox.tagMango.badges.set(id, tagMangoStored({ _id: id }));
  }
});

function forget(): void {
  lines = [];
  storedBytes = 0;
  service.sandbox.tagMango.requests.length = 0;
}

/** Counts every byte that is given to the store, under each name of a log by itself. */
function counting(store: StateStore): StateStore {
  const count = (text: string | null): void => void (storedBytes += text?.length ?? 0);
  return {
    ...store,
    set(key, value, options) {
      count(value);
      return store.set(key, value, options);
    },
    compareAndSet(key, change) {
      count(change.value);
      return store.compareAndSet(key, change);
    },
    append(logs, entry, options: AppendOptions = {}) {
      const added = logs.map((log) => ({ log, text: options.ownEntries?.get(log) ?? entry }));
      added.forEach(({ text }) => count(text));
      lines.push(...added);
      return store.append(logs, entry, options);
    },
  };
}

const award = (badgeIds: string[], key: string | null = null) =>
  service.mutate({ kind: 'award', input: { tagMango: { userId: ADA, badgeIds } }, key });

const logOf = (id: string) => badgeLog('default', 'TAG_MANGO', id);

function recordIn({ text }: Line) {
  const reading = readAuditRecord(text);
  if ('unreadable' in reading) throw new Error(reading.unreadable);
  return reading.record;
}

const unknownId = fc
  .uint8Array({ minLength: 11, maxLength: 11 })
  .map((bytes) => `f0${Buffer.from(bytes).toString('hex')}`);
/** A key is another one at every run, also when a failure is shrunk. */
const toKey = (hasKey: boolean): string | null => (hasKey ? randomBytes(12).toString('hex') : null);

test(
  'an award of up to 50 badges stores as much as it has badges, and a line about each in its own history',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.subarray(HELD, { minLength: 1, maxLength: 50 }),
        fc.boolean(),
        async (ids, hasKey) => {
          forget();
          expect(codesOf(await award(ids, toKey(hasKey)))).toEqual([]);

          const [whole, ...own] = lines;
          expect(whole?.log).toBe(AUDIT_LOG);
          expect(whole && recordIn(whole).badgeIds).toEqual(ids);
          expect(whole && recordIn(whole).changes).toHaveLength(ids.length);
          expect(own.map(({ log }) => log)).toEqual(ids.map(logOf));
          for (const [index, line] of own.entries()) {
            const { badgeIds, changes } = recordIn(line);
            expect(badgeIds).toEqual([ids[index]]);
            expect(changes.map(({ after }) => JSON.parse(after) as unknown)).toEqual([
              { badgeId: ids[index], userId: ADA },
            ]);
          }
          expect(storedBytes).toBeLessThan(BYTES_OF_WRITE + ids.length * BYTES_OF_BADGE);
        },
      ),
      { numRuns },
    );
  },
  TIMEOUT_MS,
);

test(
  'an award of badges that are not there leaves one record, and no history of them',
  async () => {
    const someIds = fc.tuple(
      fc.uniqueArray(unknownId, { minLength: 1, maxLength: 25 }),
      fc.subarray(HELD, { maxLength: 25 }),
    );
    await fc.assert(
      fc.asyncProperty(someIds, fc.boolean(), async ([unknown, known], hasKey) => {
        forget();
        const ids = [...unknown, ...known];
        expect(codesOf(await award(ids, toKey(hasKey)))).toEqual(['NOT_FOUND']);

        expect(service.writes()).toEqual([]);
        expect(lines.map(({ log }) => log)).toEqual([AUDIT_LOG, ...known.map(logOf)]);
        expect(storedBytes).toBeLessThan(BYTES_OF_WRITE + ids.length * BYTES_OF_BADGE);
      }),
      { numRuns },
    );
  },
  TIMEOUT_MS,
);

test(
  'more than 50 badges are refused at their field, and nothing is stored or sent',
  async () => {
    const many = fc
      .integer({ min: MAX_BADGES + 1, max: 3_000 })
      .map((count) => Array.from({ length: count }, () => randomBytes(12).toString('hex')));
    await fc.assert(
      fc.asyncProperty(many, async (ids) => {
        forget();
        const payload = await award(ids);

        expect(payload.userErrors).toEqual([
          {
            __typename: 'BadgeInputError',
            code: 'INVALID_INPUT',
            message: 'Field "badgeIds" must have at most 50 entries.',
            fields: [['input', 'tagMango', 'badgeIds']],
          },
        ]);
        expect({ lines, storedBytes, writes: service.writes() }).toEqual({
          lines: [],
          storedBytes: 0,
          writes: [],
        });
      }),
      { numRuns },
    );
  },
  TIMEOUT_MS,
);

test.each(['create', 'update'] as const)(
  'more than 1,000 mangoes of a %s are refused at their field, and nothing is stored or sent',
  async (kind) => {
    const automationEnabledMangoes = Array.from({ length: 1_001 }, () => ADA);
    const of = kind === 'create' ? { name: 'New' } : { id: HELD[0] };
    const payload = await service.mutate({
      kind,
      input: { tagMango: { ...of, automationEnabledMangoes } },
    });

    expect(payload.userErrors).toEqual([
      {
        __typename: 'BadgeInputError',
        code: 'INVALID_INPUT',
        message: 'Field "automationEnabledMangoes" must have at most 1000 entries.',
        fields: [['input', 'tagMango', 'automationEnabledMangoes']],
      },
    ]);
    expect({ storedBytes, writes: service.writes() }).toEqual({ storedBytes: 0, writes: [] });
  },
);

test.each([
  ['an update', { kind: 'update', input: { tagMango: { id: 'f'.repeat(24), name: 'New' } } }],
  ['a deletion', { kind: 'delete', input: { returningAI: { id: 'gone-1' } } }],
  [
    'a revocation',
    { kind: 'revoke', input: { returningAI: { badgeId: 'gone-2', user: { id: '1' } } } },
  ],
] as const)('%s of a badge that is not there leaves no history of it', async (_what, call) => {
  expect(codesOf(await service.mutate(call))).toEqual(['NOT_FOUND']);
  expect(lines.map(({ log }) => log)).toEqual([AUDIT_LOG]);
});

const UNREADABLE = { kind: 'answer', status: 401, body: '{}' } as const;
const NOBODY = { email: 'nobody@example.com' };

test.each([
  ['an update', { kind: 'update', input: { returningAI: { id: 'any-1', title: 'New' } } }],
  [
    'an award for a member that there is not',
    { kind: 'award', input: { returningAI: { badgeId: 'any-2', user: NOBODY } } },
  ],
] as const)(
  '%s that is refused before any badge is looked up leaves no history of those that it names',
  async (_what, call) => {
    const { faults } = service.sandbox.returningAI;
    faults.set('listBadges', UNREADABLE);
    expect(codesOf(await service.mutate(call))).toHaveLength(1);
    faults.clear();
    expect(lines.map(({ log }) => log)).toEqual([AUDIT_LOG]);
  },
);

test('what is refused before a badge is looked up is in the history of a badge that has one', async () => {
  const { badges, faults } = service.sandbox.returningAI;
  const [id = ''] = badges.keys();
  const rename = () =>
    service.mutate({ kind: 'update', input: { returningAI: { id, title: 'New' } } });
  expect(codesOf(await rename())).toEqual(['HIDDEN_FIELDS_UNKNOWN']);
  faults.set('listBadges', UNREADABLE);
  expect(codesOf(await rename())).toEqual(['PROVIDER_AUTH_FAILED']);
  faults.clear();
  const own = badgeLog('default', 'RETURNING_AI', id);
  expect(lines.map(({ log }) => log)).toEqual([AUDIT_LOG, own, AUDIT_LOG, own]);
});
