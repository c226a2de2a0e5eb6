import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pino } from 'pino';
import { AUDIT_LOG, badgeLog } from '../../src/badges/writing/audit.ts';
import { toStateKey } from '../../src/badges/writing/stored-record.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import { createUnreadableLog } from '../../src/telemetry/logger.ts';
import { eventually } from '../state/eventually.ts';
import { HALL_OF_FAME, MAJOR, STORED, resetStandIns } from '../support/operation-cases.ts';
import { runCommand } from '../support/command.ts';
import { HIDDEN_VALUES, tagMangoStored } from '../support/records.ts';
import {
  type TestService,
  type TestServiceOptions,
  execute,
  startTestService,
} from '../support/service.ts';
import {
  type MutationCall,
  codesOf,
  fieldsUnknownIn,
  mutate,
  warningsOf,
  writesOf,
} from '../support/writing.ts';
import { TIMEOUT_MS, damageRuns } from './runs.ts';
import { type OpenedStore, describeStores } from './stores.ts';

const rename: MutationCall = {
  kind: 'update',
  input: { tagMango: { id: HALL_OF_FAME, name: 'New' } },
  key: 'once',
};
const replace: MutationCall = {
  kind: 'update',
  input: { returningAI: { id: MAJOR, ...HIDDEN_VALUES, title: 'New' } },
};
const retitle: MutationCall = { ...replace, input: { returningAI: { id: MAJOR, title: 'Newer' } } };
const MEMORY = toStateKey('hidden', 'default', 'RETURNING_AI', MAJOR);

/** As version 0.1 wrote it, before records had a format, and memory the badge that a write left. */
const withoutFormat = (text: string): string => {
  const fields = Object.entries(JSON.parse(text) as object);
  return JSON.stringify(
    Object.fromEntries(fields.filter(([name]) => name !== 'format' && name !== 'stage')),
    (name, value: unknown) => (name === 'left' ? undefined : value),
  );
};
const edited = (text: string, edit: (record: Record<string, unknown>) => object): string =>
  JSON.stringify(edit(JSON.parse(text) as Record<string, unknown>));

const openRecord = (id: string) => ({
  id,
  at: '2026-01-02T03:04:05.678Z',
  tenant: 'default',
  caller: 'ada',
  provider: 'TAG_MANGO',
  badgeIds: [HALL_OF_FAME],
  operation: 'update',
  outcome: 'UNKNOWN',
  changes: [],
  idempotencyKey: null,
});

const IN_DOUBT = {
  __typename: 'BadgeProviderError',
  code: 'OUTCOME_UNKNOWN',
  fields: [],
  message: expect.stringMatching(
    /cannot be read.*Nothing was sent now\. Check the badge, and use a new key/,
  ) as unknown,
  provider: 'TAG_MANGO',
  retryable: true,
  retryAfterMs: null,
};

describeStores((open) => {
  let opened: OpenedStore;
  let store: StateStore;
  let service: TestService;
  let url: string;

  beforeEach(async () => {
    opened = await open();
    ({ store } = opened);
    await start();
  });
  afterEach(async () => {
    await service.close();
    await opened.close();
  });

  async function start(options: TestServiceOptions = {}): Promise<void> {
    service = await startTestService({
      store,
      sandbox: STORED,
      attemptTimeoutMs: 1_000,
      ...options,
    });
    url = `${service.url}/graphql`;
  }
  const told = () =>
    service.log.filter(({ msg }) => String(msg).startsWith('A stored record cannot be read'));

  async function keyOf(idempotencyKey: string): Promise<{ key: string; text: string }> {
    for await (const key of store.keys('key/')) {
      if (key.endsWith(`/${idempotencyKey}`)) return { key, text: (await store.get(key)) ?? '' };
    }
    throw new Error(`nothing is kept under ${idempotencyKey}`);
  }

  async function historyOf(id: string, paging: { first?: number; after?: string | null } = {}) {
    const { data, errors } = await execute<HistoryData, object>(url, HISTORY, { id, ...paging });
    expect(errors).toBeUndefined();
    return data.badgeHistory;
  }

  test('open records that cannot be read stop no start, are told of once each, and stay', async () => {
    await service.close();
    const unreadable: Record<string, string> = {
      'audit-open/dead/cut': JSON.stringify(openRecord('cut')).slice(0, 40),
      'audit-open/dead/no-json': 'BEGIN',
      'audit-open/dead/older': '{"id":"older","outcome":"UNKNOWN"}',
      'audit-open/dead/newer': JSON.stringify({ ...openRecord('newer'), format: 2 }),
      'audit-open/dead/outcome': JSON.stringify({ ...openRecord('outcome'), outcome: 'HALVED' }),
      'audit-open/dead/types': JSON.stringify({ ...openRecord('types'), changes: 7 }),
      'audit-open/%E0%A4%A/key': JSON.stringify(openRecord('key')),
    };
    for (const [key, text] of Object.entries(unreadable)) await store.set(key, text);
    await store.set('audit-open/dead/good', JSON.stringify(openRecord('good')));

    await start({ recoverEveryMs: 5 });
    // Open records that die later are still closed, with the unreadable ones in the way.
    await store.set('audit-open/dead/late', JSON.stringify(openRecord('late')));
    await eventually(async () => (await store.get('audit-open/dead/late')) === null);

    const { nodes } = await historyOf(HALL_OF_FAME);
    expect(nodes.map(({ id }) => id)).toEqual(['late', 'good']);
    for (const [key, text] of Object.entries(unreadable)) expect(await store.get(key)).toBe(text);
    expect(
      told()
        .map(({ key }) => key)
        .sort(),
    ).toEqual(Object.keys(unreadable).sort());
    expect(told().map(({ unreadableRecords }) => unreadableRecords)).toEqual(
      Object.keys(unreadable).map((_key, index) => index + 1),
    );
  });

  test('an open record that becomes unreadable while its mutation runs costs neither it nor the process', async () => {
    service.sandbox.tagMango.faults.set('updateBadge', { kind: 'hang', isApplied: true });
    const running = mutate(url, { ...rename, key: null });
    await eventually(() => writesOf(service.sandbox).length === 1);
    for await (const key of store.keys('audit-open/')) await store.set(key, '{"cut":');
    expect(codesOf(await running)).toEqual(['OUTCOME_UNKNOWN']);
    expect((await historyOf(HALL_OF_FAME)).nodes).toMatchObject([{ outcome: 'UNKNOWN' }]);
  });

  test('a key that becomes unreadable while its mutation runs is left as it is, and its caller is warned', async () => {
    service.sandbox.tagMango.faults.set('updateBadge', { kind: 'delay', ms: 300 });
    const running = mutate(url, rename);
    await eventually(() => writesOf(service.sandbox).length === 1);
    const { key } = await keyOf('once');
    await store.set(key, 'odd');

    const answer = await running;
    expect([codesOf(answer), warningsOf(answer)]).toEqual([[], ['NOT_RECORDED']]);
    expect(codesOf(await mutate(url, rename))).toEqual(['OUTCOME_UNKNOWN']);
    expect(await store.get(key)).toBe('odd');
    expect(writesOf(service.sandbox)).toHaveLength(1);
  });

  test('a key under which something unreadable stands is in doubt: nothing is sent, it says what to do, and stays', async () => {
    const texts = ['odd', '', '{"cut":', '{}', '{"format":2}', '[]', 'null'];
    for (const [index, text] of texts.entries()) {
      const input = { tagMango: { id: HALL_OF_FAME, name: `New ${index}` } };
      const call = { ...rename, input, key: `once-${index}` };
      await mutate(url, call);
      const { key } = await keyOf(call.key);
      await store.set(key, text);
      const before = writesOf(service.sandbox).length;

      const [first, second] = [await mutate(url, call), await mutate(url, call)];

      expect([text, first.userErrors]).toEqual([text, [IN_DOUBT]]);
      expect(second).toEqual(first);
      expect(writesOf(service.sandbox)).toHaveLength(before);
      expect(await store.get(key)).toBe(text);
      expect(told().slice(index)).toMatchObject([{ kind: 'idempotency key', key }]);
    }
  });

  test('a key whose attempt was lost from its record is in doubt, and not free', async () => {
    await mutate(url, rename);
    const { key, text } = await keyOf('once');
    await store.set(
      key,
      edited(text, (record) => ({ ...record, owner: 'dead', attempt: null, outcome: null })),
    );
    expect(codesOf(await mutate(url, rename))).toEqual(['OUTCOME_UNKNOWN']);
    expect(writesOf(service.sandbox)).toHaveLength(1);
  });

  test('what the version before formats kept is read: keys, memory and history', async () => {
    const first = await mutate(url, rename);
    await mutate(url, replace);
    const { key, text } = await keyOf('once');
    await store.set(key, withoutFormat(text));
    await store.set(MEMORY, withoutFormat((await store.get(MEMORY)) ?? ''));
    const old = JSON.stringify(openRecord('old'));
    await store.append([AUDIT_LOG, badgeLog('default', 'TAG_MANGO', HALL_OF_FAME)], old);

    expect(await mutate(url, rename)).toEqual(first);
    // Nothing tells whether the badge has been edited elsewhere since that version wrote it.
    const refused = await mutate(url, retitle);
    expect(fieldsUnknownIn(refused)).toEqual(Object.keys(HIDDEN_VALUES));
    expect(refused.userErrors[0]?.message).toMatch(/This service wrote .*awardXpQuantity 70/);
    const reuse = { returningAI: { id: MAJOR, title: 'Newer', hiddenFields: 'REUSE' } };
    expect(warningsOf(await mutate(url, { ...retitle, input: reuse }))).toEqual([
      'HIDDEN_FIELDS_REUSED',
    ]);
    expect((await historyOf(HALL_OF_FAME)).nodes.map(({ id }) => id)).toContain('old');
    expect(told()).toEqual([]);
  });

  test('what a newer version adds is read past, and is still there after this one adds an outcome', async () => {
    const first = await mutate(url, rename);
    const { key, text } = await keyOf('once');
    const newer = edited(text, (record) => ({
      ...record,
      more: { a: 1 },
      attempt: { ...(record.attempt as object), provider: 'ACME', more: 1 },
    }));
    await store.set(key, newer);
    expect(await mutate(url, rename)).toEqual(first);
    expect(await store.get(key)).toBe(newer);

    await store.set(
      key,
      edited(newer, (record) => ({ ...record, owner: 'dead', stage: 'SENDING', outcome: null })),
    );
    resetStandIns(service.sandbox);
    // As neither it nor what came before it left the badge.
    const other = tagMangoStored({ name: 'Edited elsewhere' });
    service.sandbox.tagMango.badges.set(HALL_OF_FAME, other);
    const lost = await mutate(url, rename);
    expect(codesOf(lost)).toEqual(['OUTCOME_UNKNOWN']);
    expect(JSON.parse((await store.get(key)) ?? '')).toMatchObject({
      more: { a: 1 },
      attempt: { provider: 'ACME', more: 1 },
      outcome: { status: 'UNKNOWN' },
    });
    expect(writesOf(service.sandbox)).toEqual([]);
  });

  test('values of enums that a newer version has are taken for what is safe, and kept', async () => {
    await mutate(url, rename);
    const { key, text } = await keyOf('once');
    const newer = edited(text, (record) => ({
      ...record,
      outcome: {
        status: 'HALVED',
        badges: [{ provider: 'ACME', record: {} }],
        deletedBadgeId: null,
        changes: [],
        warnings: [{ code: 'NEWER', message: 'Half of it.', fields: ['name'] }],
        userErrors: [
          { message: 'Half.', code: 'HALVED', field: null, retryable: false, retryAfterMs: null },
        ],
      },
    }));
    await store.set(key, newer);

    const answer = await mutate(url, rename);

    expect([answer.badge, codesOf(answer), warningsOf(answer)]).toEqual([
      null,
      ['OUTCOME_UNKNOWN'],
      ['OTHER'],
    ]);
    expect(await store.get(key)).toBe(newer);
    expect(writesOf(service.sandbox)).toHaveLength(1);

    const halved = JSON.stringify({ ...openRecord('halved'), outcome: 'HALVED' });
    await store.append([AUDIT_LOG, badgeLog('default', 'TAG_MANGO', HALL_OF_FAME)], halved);
    expect((await historyOf(HALL_OF_FAME)).nodes[0]).toMatchObject({
      id: 'halved',
      outcome: 'UNKNOWN',
    });
  });

  test('memory that cannot be read is unknown, comes back after a write that was refused, and is replaced by one that was made', async () => {
    const newer = '{"format":2,"of":"a newer version"}';
    await store.set(MEMORY, newer);
    expect(codesOf(await mutate(url, retitle))).toContain('HIDDEN_FIELDS_UNKNOWN');
    expect(await store.get(MEMORY)).toBe(newer);

    service.sandbox.returningAI.faults.set('updateBadge', { kind: 'answer', status: 400 });
    expect(codesOf(await mutate(url, replace))).toEqual(['INVALID_INPUT']);
    expect(await store.get(MEMORY)).toBe(newer);

    service.sandbox.returningAI.faults.clear();
    expect(codesOf(await mutate(url, replace))).toEqual([]);
    expect(warningsOf(await mutate(url, retitle))).toEqual(['HIDDEN_FIELDS_REUSED']);
    expect(told()).toMatchObject([{ kind: 'remembered fields', key: MEMORY }]);
  });

  test(
    'a history with unreadable entries anywhere has every readable one once, counts the others once, and ends',
    async () => {
      let number = 0;
      const readable = fc.array(fc.boolean(), { maxLength: 40 });
      const size = fc.integer({ min: 1, max: 12 });
      await fc.assert(
        fc.asyncProperty(readable, size, async (marks, first) => {
          const id = (number++).toString(16).padStart(24, '0');
          const log = badgeLog('default', 'TAG_MANGO', id);
          for (const [index, isReadable] of marks.entries()) {
            const text = JSON.stringify(openRecord(String(index)));
            await store.append([log], isReadable ? text : text.slice(1));
          }
          const ids: string[] = [];
          let dropped = 0;
          let after: string | null = null;
          for (let page = 0; page <= marks.length; page += 1) {
            const history: HistoryData['badgeHistory'] = await historyOf(id, { first, after });
            const { nodes, droppedEntries, pageInfo } = history;
            ids.push(...nodes.map((node) => node.id));
            dropped += droppedEntries;
            after = pageInfo.endCursor;
            if (!pageInfo.hasNextPage) break;
            // A page that says that there is more is full, and the next is not empty.
            expect(nodes).toHaveLength(first);
            expect(page).toBeLessThan(marks.length);
          }
          const all = marks.flatMap((isReadable, index) => (isReadable ? [String(index)] : []));
          expect(ids).toEqual(all.reverse());
          expect(dropped).toBe(marks.length - ids.length);
        }),
        { numRuns: damageRuns },
      );
    },
    TIMEOUT_MS,
  );

  test('more unreadable entries in a row than one page reads make an empty page that leads on', async () => {
    const log = badgeLog('default', 'TAG_MANGO', HALL_OF_FAME);
    await store.append([log], JSON.stringify(openRecord('first')));
    for (let index = 0; index < 1_005; index += 1) await store.append([log], 'odd');

    const first = await historyOf(HALL_OF_FAME, { first: 5 });
    const second = await historyOf(HALL_OF_FAME, { first: 5, after: first.pageInfo.endCursor });

    expect([first.nodes, first.droppedEntries, first.pageInfo.hasNextPage]).toEqual([
      [],
      1_000,
      true,
    ]);
    expect([second.nodes.map(({ id }) => id), second.droppedEntries]).toEqual([['first'], 5]);
    expect(second.pageInfo.hasNextPage).toBe(false);
    // Of 1,005 lines the log has as many as it tells of one by one, and one more.
    const more = service.log.filter(({ msg }) => String(msg).startsWith('Too many stored records'));
    expect([told().length, more.length]).toEqual([1_000, 1]);
  });

  test('the export has every readable record as a line of JSON, and says what it left out', async () => {
    await store.append([AUDIT_LOG], JSON.stringify(openRecord('first')));
    await store.append([AUDIT_LOG], 'odd');
    await store.append([AUDIT_LOG], JSON.stringify({ ...openRecord('newer'), format: 2 }));
    await store.append([AUDIT_LOG], JSON.stringify(openRecord('last'), null, 2));

    const env = { ...service.sandbox.variables, ...opened.env };
    const { code, stdout, stderr } = await runCommand('--export-audit', { env });
    expect(code).toBe(0);

    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      openRecord('first'),
      openRecord('last'),
    ]);
    expect(stderr).toMatch(
      /2 audit records cannot be read .* are missing from the export, at the positions \S+, \S+ of/,
    );
  });

  test('a key of another type in Redis stops no start, and costs only itself', async () => {
    // What cannot be there at all.
    if (!opened.redis) return;
    await service.close();
    await opened.redis.hSet('badges:value:audit-open/dead/hash', 'field', 'x');
    await opened.redis.set('badges:log:audit/default/TAG_MANGO/other', 'x');
    await store.set('audit-open/dead/good', JSON.stringify(openRecord('good')));
    await store.set(
      'audit-open/dead/other',
      JSON.stringify({ ...openRecord('other'), badgeIds: ['other', HALL_OF_FAME] }),
    );

    await start();

    const ids = (await historyOf(HALL_OF_FAME)).nodes.map(({ id }) => id);
    expect(ids.sort()).toEqual(['good', 'other']);
    expect(await opened.redis.type('badges:value:audit-open/dead/hash')).toBe('hash');
  });
});

test('what is told of unreadable records has a bound, and every key once', () => {
  const lines: { unreadableRecords: number; key?: string }[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]);
  const onUnreadable = createUnreadableLog(pino({ level: 'info' }, { write }), 3);
  for (const key of ['a', 'a', 'b', `c${'😀'.repeat(400)}`, 'a', 'd', 'e']) {
    onUnreadable({ kind: 'idempotency key', key, reason: 'not JSON' });
  }
  expect(lines.map(({ unreadableRecords, key }) => [unreadableRecords, key])).toEqual([
    [1, 'a'],
    [2, 'b'],
    [3, `c${'😀'.repeat(249)}`],
    [3, undefined],
  ]);
});

interface HistoryData {
  badgeHistory: {
    nodes: { id: string; outcome: string }[];
    droppedEntries: number;
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
  };
}

const HISTORY = `
  query ($id: ID!, $first: Int, $after: String) {
    badgeHistory(provider: TAG_MANGO, id: $id, first: $first, after: $after) {
      nodes { id at caller operation outcome idempotencyKey changes { field before after } }
      droppedEntries
      pageInfo { hasNextPage endCursor }
    }
  }`;
