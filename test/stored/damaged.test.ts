import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { badgeLog, closeLostAudits } from '../../src/badges/writing/audit.ts';
import { toStateKey } from '../../src/badges/writing/stored-record.ts';
import type { StoredBadge as ReturningAIStored } from '../../src/sandbox/returning-ai.ts';
import { resetStandIns } from '../support/operation-cases.ts';
import { returningAIStored } from '../support/records.ts';
import { type TestService, execute, startTestService } from '../support/service.ts';
import { codesOf, mutate, writesOf } from '../support/writing.ts';
import { damage, inflict } from './damage.ts';
import { TIMEOUT_MS, damageRuns } from './runs.ts';
import { type OpenedStore, describeStores } from './stores.ts';
import { type Templates, calls, recording, takeTemplates } from './templates.ts';

describeStores((open) => {
  let opened: OpenedStore;
  let service: TestService;
  let templates: Templates;
  let url: string;
  let number = 0;

  beforeAll(async () => {
    opened = await open();
    const { store, kept } = recording(opened.store);
    service = await startTestService({ store, attemptTimeoutMs: 1_000 });
    url = `${service.url}/graphql`;
    templates = await takeTemplates(url, service.sandbox, kept);
  });
  afterAll(async () => {
    await service.close();
    await opened.close();
  });
  beforeEach(() => resetStandIns(service.sandbox));

  /** As a process that has died leaves it. */
  const ownedByDead = (text: string): string =>
    JSON.stringify({ ...(JSON.parse(text) as object), owner: 'dead' });
  const writes = () => writesOf(service.sandbox).length;

  test(
    'a damaged idempotency key is never free once bytes may have left, and never written over if it cannot be read',
    async () => {
      let unreadable = 0;
      let known = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.nat(calls.length - 1),
          fc.boolean(),
          damage,
          async (at, isEnded, how) => {
            const { call, prefix, texts } = elementOf(templates.keys, at);
            const damaged = inflict(ownedByDead(elementOf(texts, isEnded ? 2 : 1)), how);
            const idempotencyKey = `damaged-${number++}`;
            const key = `${prefix}${idempotencyKey}`;
            await opened.store.set(key, damaged);
            const before = writes();

            const repeats = [];
            for (let turn = 0; turn < 2; turn += 1) {
              repeats.push(await mutate(url, { ...call, key: idempotencyKey }));
            }

            expect(writes()).toBe(before);
            expect(repeats[1]).toEqual(repeats[0]);
            const isUnread = repeats[0]?.userErrors.some(({ message }) =>
              String(message).includes('cannot be read'),
            );
            if (isUnread) {
              expect(repeats.map(codesOf)).toEqual([['OUTCOME_UNKNOWN'], ['OUTCOME_UNKNOWN']]);
              expect(await opened.store.get(key)).toBe(damaged);
              unreadable += 1;
            } else known += 1;
          },
        ),
        { numRuns: damageRuns },
      );
      // A search that never meets both is of no use.
      expect([unreadable > damageRuns / 20, known > damageRuns / 20]).toEqual([true, true]);
    },
    TIMEOUT_MS,
  );

  test(
    'damaged memory is unknown: no update fails over it, and what is remembered is of the right type',
    async () => {
      let reused = 0;
      let refused = 0;
      await fc.assert(
        fc.asyncProperty(fc.nat(100), damage, async (at, how) => {
          const id = `badge-${number++}`;
          const key = toStateKey('hidden', 'default', 'RETURNING_AI', id);
          const text = elementOf(templates.memories, at);
          // What is remembered is used only while the badge stands as the write left it.
          const badge = { ...returningAIStored(), ...leftBy(text), id };
          service.sandbox.returningAI.badges.set(id, badge);
          const damaged = inflict(text, how);
          await opened.store.set(key, damaged);
          const before = writes();

          const answer = await mutate(url, {
            kind: 'update',
            input: { returningAI: { id, title: 'Renamed' } },
          });

          const isSent = writes() > before;
          if (isSent) reused += 1;
          else refused += 1;
          expect(codesOf(answer).every((code) => code === 'HIDDEN_FIELDS_UNKNOWN')).toBe(true);
          expect(codesOf(answer).length > 0).toBe(!isSent);
          service.sandbox.returningAI.badges.delete(id);
        }),
        { numRuns: damageRuns },
      );
      expect([reused > 0, refused > 0]).toEqual([true, true]);
    },
    TIMEOUT_MS,
  );

  test(
    'a damaged entry of a history costs the others nothing',
    async () => {
      let dropped = 0;
      await fc.assert(
        fc.asyncProperty(fc.nat(100), damage, async (at, how) => {
          const id = `badge-${number++}`;
          const log = badgeLog('default', 'RETURNING_AI', id);
          const text = elementOf(templates.entries, at);
          const good = (mark: string) =>
            JSON.stringify({ ...(JSON.parse(text) as object), id: mark, tenant: 'default' });
          await opened.store.append(['audit', log], good('first'));
          await opened.store.append(['audit', log], inflict(text, how));
          await opened.store.append(['audit', log], good('last'));

          const { data, errors } = await execute<HistoryData, object>(url, HISTORY, { id });

          expect(errors).toBeUndefined();
          const { nodes, droppedEntries, pageInfo } = data.badgeHistory;
          expect(nodes.length + droppedEntries).toBe(3);
          expect([nodes[0]?.id, nodes.at(-1)?.id]).toEqual(['last', 'first']);
          expect(pageInfo.hasNextPage).toBe(false);
          dropped += droppedEntries;
        }),
        { numRuns: damageRuns },
      );
      expect(dropped).toBeGreaterThan(damageRuns / 20);
    },
    TIMEOUT_MS,
  );

  test(
    'a damaged open record stops neither a start nor the record of another process that died',
    async () => {
      let left = 0;
      await fc.assert(
        fc.asyncProperty(fc.nat(100), damage, fc.boolean(), async (at, how, isKeyOdd) => {
          const text = elementOf(templates.open, at);
          const name = `open-${number++}`;
          const odd = `audit-open/dead/${isKeyOdd ? '%E0%A4%A/' : ''}${name}`;
          const good = `audit-open/dead/${name}-good`;
          await opened.store.set(odd, inflict(text, how));
          await opened.store.set(good, text);
          const told: string[] = [];

          await closeLostAudits(opened.store, {
            onUnreadable: ({ key }) => void told.push(key),
          });

          expect(await opened.store.get(good)).toBeNull();
          const isLeft = (await opened.store.get(odd)) !== null;
          expect(told).toEqual(isLeft ? [odd] : []);
          left += isLeft ? 1 : 0;
          await opened.store.set(odd, null);
        }),
        { numRuns: damageRuns },
      );
      expect(left).toBeGreaterThan(damageRuns / 20);
    },
    TIMEOUT_MS,
  );

  test('no answer was an internal error, and none is in the log', () => {
    expect(service.log.filter(({ msg }) => String(msg).includes('unexpected error'))).toEqual([]);
  });
});

/** The shown fields of the badge after the write that a memory is of. */
function leftBy(memory: string): Partial<ReturningAIStored> {
  const { settled, pending } = JSON.parse(memory) as Record<
    string,
    { left: Partial<ReturningAIStored>[] } | null
  >;
  return (settled ?? pending)?.left[0] ?? {};
}

function elementOf<T>(elements: readonly T[], index: number): T {
  const element = elements[index % elements.length];
  if (element === undefined) throw new Error('the service has kept none of them');
  return element;
}

interface HistoryData {
  badgeHistory: {
    nodes: { id: string }[];
    droppedEntries: number;
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
  };
}

const HISTORY = `
  query ($id: ID!, $first: Int, $after: String) {
    badgeHistory(provider: RETURNING_AI, id: $id, first: $first, after: $after) {
      nodes { id at caller operation outcome idempotencyKey changes { field before after } }
      droppedEntries
      pageInfo { hasNextPage endCursor }
    }
  }`;
