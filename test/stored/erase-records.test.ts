import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { runErase } from '../../src/badges/erasing/erase.ts';
import { type Selection, judgeRecord } from '../../src/badges/erasing/records.ts';
import { toStateKey } from '../../src/badges/writing/stored-record.ts';
import { type OpenedStore, describeStores } from './stores.ts';

const BADGE = 'f'.repeat(24);
const OTHER = 'e'.repeat(24);
const MEMBER = 'd'.repeat(24);
/** Names that begin or look alike. */
const TENANTS = ['acme', 'acme2', 'acme-x', 'ACME', 'ac', 'acme.', 'default'];

/** As the first versions wrote it: later ones only add to it. */
const toRecord = (tenant: string, more: object = {}): string =>
  JSON.stringify({
    id: 'mutation',
    at: '2026-01-01T00:00:00.000Z',
    tenant,
    caller: 'somebody',
    provider: 'TAG_MANGO',
    badgeIds: [BADGE, OTHER],
    operation: 'award',
    outcome: 'APPLIED',
    changes: [BADGE, OTHER].map((badgeId) => ({
      field: 'holders',
      before: null,
      after: JSON.stringify({ badgeId, userId: MEMBER }),
    })),
    idempotencyKey: null,
    ...more,
  });
const ofTenant = (tenant: string): Selection => ({ tenant, badge: undefined, member: undefined });

describeStores((open) => {
  const withStore = async (work: (opened: OpenedStore) => Promise<void>): Promise<void> => {
    const opened = await open();
    try {
      await work(opened);
    } finally {
      await opened.close();
    }
  };
  async function erase({ store, keeper }: OpenedStore, selection: Selection): Promise<string> {
    const said: string[] = [];
    const tell = (text: string): void => void said.push(text);
    const options = { isDryRun: false, isConfigured: false, now: () => performance.now() };
    await runErase(selection, { store, keeper, tell, ...options });
    return said.join('\n');
  }
  async function all(log: AsyncIterable<{ entry: string }>): Promise<string[]> {
    const entries: string[] = [];
    for await (const { entry } of log) entries.push(entry);
    return entries;
  }

  test('records of every version are erased, of this tenant and of none with a name like it', () =>
    withStore(async (opened) => {
      const { store } = opened;
      for (const tenant of TENANTS) {
        const log = toStateKey('audit', tenant, 'TAG_MANGO', BADGE);
        for (const more of [{}, { format: 1, memberId: null }, { format: 99, changes: 'new' }]) {
          await store.append(['audit', log], toRecord(tenant, more));
        }
        await store.append([log], 'damaged');
        for (const kind of ['hidden', 'held', 'key']) {
          await store.set(toStateKey(kind, tenant, 'TAG_MANGO', 'x', 'y'), '{}');
        }
      }
      await store.append(['audit'], 'damaged');
      for (const [index, tenant] of TENANTS.entries()) {
        expect(await erase(opened, ofTenant(tenant))).toMatch(
          /3 audit records, 4 history entries, 2 remembered values, 1 idempotency key\.(.|\n)*^1 audit record cannot be read/m,
        );
        const left = TENANTS.slice(index + 1).flatMap((name) => [name, name, name]);
        const records = (await all(store.readForward('audit'))).slice(0, -1);
        expect(records.map((text) => (JSON.parse(text) as { tenant: string }).tenant)).toEqual(
          left,
        );
      }
    }));

  test('of an award of two badges the other stays as it was, at its place', () =>
    withStore(async (opened) => {
      const { store } = opened;
      await store.append(['audit'], toRecord('acme', { note: 'of a newer version' }));
      await store.append(['audit'], toRecord('bolt'));
      const [before] = await store.readBackward('audit', { limit: 1 });
      const badge = { provider: 'TAG_MANGO', id: BADGE };
      await erase(opened, { tenant: 'acme', badge, member: undefined });
      const [after, first] = await store.readBackward('audit', { limit: 2 });
      expect(after).toEqual(before);
      const [, change] = (JSON.parse(toRecord('acme')) as { changes: object[] }).changes;
      expect(JSON.parse(first?.entry ?? '')).toEqual({
        ...(JSON.parse(toRecord('acme')) as object),
        note: 'of a newer version',
        badgeIds: [OTHER],
        changes: [change],
      });
    }));
});

test('whatever a record holds, it is kept unless it is the one that is meant', () => {
  const badge = { provider: 'TAG_MANGO', id: BADGE };
  const meant = [ofTenant('acme'), { ...ofTenant('acme'), badge }];
  const other = fc.record({
    tenant: fc.string().filter((text) => text !== 'acme'),
    provider: fc.string(),
    changes: fc.anything(),
    badgeIds: fc.anything(),
  });
  fc.assert(
    fc.property(fc.constantFrom(...meant), other, (selection, record) => {
      expect(['kept', 'unreadable']).toContain(judgeRecord(JSON.stringify(record), selection));
    }),
  );
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (changes, memberId) => {
      const record = toRecord('acme', { changes, memberId });
      expect(judgeRecord(record, ofTenant('acme'))).toBe('erased');
      expect(judgeRecord(record, { ...ofTenant('acme'), badge })).toMatchObject({
        text: expect.not.stringContaining(`["${BADGE}"`),
      });
    }),
  );
});
