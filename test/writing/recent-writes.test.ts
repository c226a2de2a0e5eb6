import { beforeEach, describe, expect, test } from '@jest/globals';
import { type RecentWrites, createRecentWrites } from '../../src/badges/recent-writes.ts';
import { type BadgeFields, toBadgeList } from '../../src/providers/badge-list.ts';
import { isHttpsUrl } from '../../src/providers/graph-types.ts';
import { providers } from '../../src/providers/index.ts';
import { StateError, type StateStore } from '../../src/state/state-store.ts';

const ID = '6657092c8142bfe0656481bf';
const KEY = 'recent-writes/default';
const REVISIONS = 'hidden-revisions/default';

/** A store whose changes are held back while `heldBack` is set, and end once it resolves. */
class SlowStore implements Pick<StateStore, 'get' | 'compareAndSet'> {
  readonly values = new Map<string, string>();
  heldBack: Promise<void> | undefined;
  changes = 0;
  isDown = false;
  /** Whether only the next change fails. */
  failsNext = false;
  /** Until it resolves, marks for hidden values are not read. */
  revisionsRead: Promise<void> | undefined;

  async get(key: string) {
    if (key === REVISIONS) await this.revisionsRead;
    if (this.isDown) throw new StateError('unavailable', 'switched off');
    return this.values.get(key) ?? null;
  }

  async compareAndSet(
    key: string,
    { expected, value }: { expected: string | null; value: string | null },
  ) {
    await this.heldBack;
    const fails = this.isDown || this.failsNext;
    this.failsNext = false;
    if (fails) throw new StateError('unavailable', 'switched off');
    if ((this.values.get(key) ?? null) !== expected) return false;
    if (value === null) this.values.delete(key);
    else this.values.set(key, value);
    this.changes += 1;
    return true;
  }
}

describe.each(providers)('writes to $name.title', (provider) => {
  const toBadge = (name: string, id = ID): BadgeFields => {
    const surroundings = { isImageUrl: isHttpsUrl, values: undefined };
    const badge = provider.restoreBadge({ id, name, title: name }, surroundings);
    if (!badge) throw new Error('a badge of an id and a name is not restored');
    return badge;
  };
  const [before, after, later] = ['Before', 'After', 'Later'].map((name) => toBadge(name)) as [
    BadgeFields,
    BadgeFields,
    BadgeFields,
  ];
  let store: SlowStore;
  /** Epoch milliseconds. */
  let time: number;
  const openReplica = (): RecentWrites =>
    createRecentWrites({
      store,
      key: 'default',
      provider,
      wallTime: () => time,
      isImageUrl: isHttpsUrl,
      values: undefined,
      onUnreadable: ({ reason }) => {
        throw new Error(reason);
      },
    });
  let replica: RecentWrites;
  beforeEach(async () => {
    store = new SlowStore();
    time = Date.parse('2026-03-01T12:00:00Z');
    replica = openReplica();
    await replica.note({ id: ID, before, after, hiddenRevision: undefined });
  });

  /** The name that is shown for a list with this badge. */
  async function nameShown(listed: BadgeFields, by = replica): Promise<string | undefined> {
    const list = await toBadgeList([listed], () => ({ badge: listed }));
    const { badges } = await by.complete(list);
    return badges[0]?.name;
  }

  /** Holds changes back until the returned function is called. */
  function holdBack(): () => Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    store.heldBack = promise;
    return async () => {
      store.heldBack = undefined;
      resolve();
      await untilChanged();
    };
  }

  const notes = () => store.values.get(KEY) ?? '';
  const untilChanged = () => new Promise((resolve) => setImmediate(resolve));

  test('are added to a list that does not show them yet', async () => {
    expect(await nameShown(before)).toBe('After');
    expect(await nameShown(before, openReplica())).toBe('After');
  });

  test('are removed from the store once a list shows them, for which that list does not wait', async () => {
    const proceed = holdBack();
    expect(await nameShown(after)).toBe('After');
    expect(notes()).toContain('After');
    // Somebody has restored the badge at the provider.
    expect(await nameShown(before)).toBe('Before');
    await proceed();
    expect(notes()).not.toContain('After');
    expect(await nameShown(before)).toBe('Before');
    expect(await nameShown(before, openReplica())).toBe('Before');
  });

  test('are removed once, however many lists show them at the same time', async () => {
    const noted = store.changes;
    await Promise.all([nameShown(after), nameShown(after), nameShown(after)]);
    await untilChanged();
    expect(store.changes).toBe(noted + 1);
  });

  test('stay if they are newer than the one that a list has shown', async () => {
    const proceed = holdBack();
    expect(await nameShown(after)).toBe('After');
    store.heldBack = undefined;
    await openReplica().note({ id: ID, before: after, after: later, hiddenRevision: undefined });
    await proceed();
    expect(notes()).toContain('Later');
    expect(await nameShown(after)).toBe('Later');
    expect(await nameShown(after, openReplica())).toBe('Later');
  });

  test('stay if they were noted while an older one was being removed', async () => {
    const proceed = holdBack();
    expect(await nameShown(after)).toBe('After');
    const noted = replica.note({ id: ID, before: after, after: later, hiddenRevision: undefined });
    await proceed();
    await noted;
    expect(await nameShown(after)).toBe('Later');
    expect(await nameShown(after, openReplica())).toBe('Later');
  });

  test('stay if the store could not take them while a list with an older one was completed', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    store.revisionsRead = promise;
    const shown = nameShown(after);
    await untilChanged();
    store.isDown = true;
    const noted = replica.note({ id: ID, before: after, after: later, hiddenRevision: undefined });
    await untilChanged();
    resolve();
    await Promise.all([shown, noted]);
    await untilChanged();
    expect(await nameShown(after)).toBe('Later');
  });

  test('are dropped when a list shows them although the store could not take them', async () => {
    store.isDown = true;
    await replica.note({ id: ID, before: after, after: later, hiddenRevision: undefined });
    expect(await nameShown(after)).toBe('Later');
    expect(await nameShown(later)).toBe('Later');
    // Somebody has restored the badge at the provider.
    expect(await nameShown(after)).toBe('After');
  });

  describe('of several badges at the same time', () => {
    const OTHER = '6657092c8142bfe0656481c0';
    const noteLater = () =>
      replica.note({ id: ID, before: after, after: later, hiddenRevision: undefined });
    const noteOther = () =>
      replica.note({
        id: OTHER,
        before: toBadge('Before', OTHER),
        after: toBadge('After', OTHER),
        hiddenRevision: undefined,
      });

    /** The names that are shown for a list with both badges as they were. */
    async function namesShown(by = replica) {
      const listed = [after, toBadge('Before', OTHER)];
      const list = await toBadgeList(listed, (badge) => ({ badge: badge as BadgeFields }));
      return (await by.complete(list)).badges.map(({ name }) => name);
    }

    test('are all kept while the store is down', async () => {
      store.isDown = true;
      await Promise.all([noteLater(), noteOther()]);
      expect(await namesShown()).toEqual(['Later', 'After']);
      store.isDown = false;
      await noteOther();
      expect(await namesShown(openReplica())).toEqual(['Later', 'After']);
    });

    test('are kept if the store takes only the later one', async () => {
      const proceed = holdBack();
      store.failsNext = true;
      const first = noteLater();
      await untilChanged();
      const second = noteOther();
      await proceed();
      await Promise.all([first, second]);
      expect(await namesShown()).toEqual(['Later', 'After']);
      expect(await namesShown(openReplica())).toEqual(['After', 'After']);
    });
  });

  test('are kept while the store is down, also if the outcome of the next write is unknown', async () => {
    store.isDown = true;
    await replica.note({ id: ID, before: after, after: later, hiddenRevision: undefined });
    await replica.note({ id: ID, before: later, after: undefined, hiddenRevision: undefined });
    expect(await nameShown(after)).toBe('Later');
    expect(await nameShown(before)).toBe('Later');
  });

  test('stay if they were noted while an older one of the same badge was saved', async () => {
    const proceed = holdBack();
    const latest = toBadge('Latest');
    const first = replica.note({ id: ID, before: after, after: later, hiddenRevision: undefined });
    await untilChanged();
    const second = replica.note({
      id: ID,
      before: later,
      after: latest,
      hiddenRevision: undefined,
    });
    const whole = store.compareAndSet.bind(store);
    store.compareAndSet = async (...args) => {
      store.isDown = true;
      return whole(...args);
    };
    await proceed();
    await Promise.all([first, second]);
    expect(await nameShown(after)).toBe('Latest');
  });

  test('stay if a list shows the badge in an unreadable form', async () => {
    const malformed = { malformed: { id: ID, field: 'name' } };
    const other = toBadge('Other', 'e'.repeat(24));
    const readings = [{ badge: other }, malformed];
    const list = await toBadgeList(readings, (each) => each as (typeof readings)[0]);
    const { badges } = await replica.complete(list);
    expect(badges.map(({ name }) => name)).toEqual(['Other']);
    expect(await nameShown(before)).toBe('After');
  });

  test('stay if the same state was written again while an older note of it was being removed', async () => {
    const proceed = holdBack();
    expect(await nameShown(after)).toBe('After');
    store.heldBack = undefined;
    time += 1;
    const other = openReplica();
    await other.note({ id: ID, before: after, after: later, hiddenRevision: undefined });
    await other.note({ id: ID, before: later, after, hiddenRevision: undefined });
    await proceed();
    expect(await nameShown(later)).toBe('After');
    expect(await nameShown(later, openReplica())).toBe('After');
  });

  test('that are in doubt stay until a list shows the last one, or a state that nobody wrote', async () => {
    const latest = toBadge('Latest');
    const at = { id: ID, hiddenRevision: undefined };
    const sentAt = async (badge: BadgeFields) => (await openReplica().openAt(badge)).sent?.name;
    // The provider took both, and still shows the badge as it was.
    await replica.note({ ...at, before: after, after, sent: later });
    await replica.note({ ...at, before: after, after, sent: latest });
    expect(await nameShown(before)).toBe('After');
    expect(await sentAt(after)).toBe('Latest');
    // It shows the first one now.
    expect(await nameShown(later)).toBe('Later');
    expect(await sentAt(later)).toBe('Latest');
    expect(await nameShown(toBadge('Elsewhere'))).toBe('Elsewhere');
    await untilChanged();
    expect(await sentAt(later)).toBeUndefined();
  });

  test('complete some badges by no others, and without those that were deleted', async () => {
    const [created, deleted] = [
      toBadge('Created', 'c'.repeat(24)),
      toBadge('Gone', 'd'.repeat(24)),
    ];
    const at = { hiddenRevision: undefined };
    await replica.note({ id: created.id, before: null, after: created, ...at });
    await replica.note({ id: deleted.id, before: deleted, after: null, ...at });
    const names = async (shown: readonly BadgeFields[]) =>
      (await openReplica().completeSome(shown)).map(({ name }) => name);
    expect(await names([before, deleted])).toEqual(['After']);
    expect(await names([])).toEqual([]);
    const { badges } = await replica.complete(
      await toBadgeList([before, deleted], (badge) => ({ badge: badge as BadgeFields })),
    );
    expect(badges.map(({ name }) => name)).toEqual(['After', 'Created']);
  });

  test('that are in doubt are known though the badge could not be read before', async () => {
    const id = 'f'.repeat(24);
    const [shown, sent] = [toBadge('Shown', id), toBadge('Sent', id)];
    await replica.note({ id, before: undefined, after: shown, sent, hiddenRevision: undefined });
    expect((await openReplica().openAt(shown)).sent?.name).toBe('Sent');
    // It was confirmed, and is not in doubt any more.
    expect((await openReplica().openAt(sent)).sent).toBeUndefined();
    expect([...(await openReplica().openAt(shown)).olderVersions]).toEqual([
      shown.readableVersion,
      sent.readableVersion,
    ]);
    time += 61_000;
    const { olderVersions, sent: late } = await openReplica().openAt(shown);
    expect([olderVersions.size, late]).toEqual([0, undefined]);
  });

  test('replace every earlier state: of the write before, and as that was sent', async () => {
    const [sent, latest] = [toBadge('Sent'), toBadge('Latest')];
    const at = { id: ID, hiddenRevision: undefined };
    // The list could not be read before this one.
    await replica.note({ ...at, before: undefined, after: later });
    for (const late of [before, after]) expect(await nameShown(late)).toBe('Later');
    await replica.note({ ...at, before: later, after: later, sent });
    await replica.note({ ...at, before: later, after: latest });
    for (const late of [before, after, later, sent]) expect(await nameShown(late)).toBe('Latest');
  });

  test('are the latest ones that fit, if their records are long', async () => {
    const toLong = (index: number, name: string): BadgeFields => {
      const record = { id: index.toString(16).padStart(24, '0'), name, title: name };
      const surroundings = { isImageUrl: isHttpsUrl, values: undefined };
      const description = 'x'.repeat(9_000);
      const badge = provider.restoreBadge({ ...record, description }, surroundings);
      if (!badge) throw new Error('a badge with a description is not restored');
      return badge;
    };
    const noteAll = (indexes: readonly number[]) =>
      Promise.all(
        indexes.map((index) => {
          const [old, now] = [toLong(index, 'Old'), toLong(index, 'New')];
          return replica.note({ id: old.id, before: old, after: now, hiddenRevision: undefined });
        }),
      );
    const places = Array.from({ length: 60 }, (_, index) => index);
    await noteAll(places.slice(0, 40));
    // Written again.
    await noteAll([0]);
    await noteAll(places.slice(40));
    const shown = await replica.completeSome(places.map((index) => toLong(index, 'Old')));
    const names = shown.map(({ name }) => name);
    const dropped = names.filter((name) => name === 'Old').length;
    expect(names).toEqual(places.map((index) => (index >= 1 && index <= dropped ? 'Old' : 'New')));
    expect(dropped).toBeGreaterThan(0);
    expect(dropped).toBeLessThan(10);
  });

  test('mark hidden values until a write has none, and the latest marks are kept', async () => {
    if (!provider.withHiddenRevision) return;
    const mark = (id: string, hiddenRevision: string | undefined) =>
      replica.note({ id, before: undefined, after: undefined, hiddenRevision });
    const isMarked = async () => {
      const [badge] = await openReplica().completeSome([after]);
      return badge?.version !== after.version;
    };
    await mark(ID, 'first');
    expect(await isMarked()).toBe(true);
    await mark(ID, undefined);
    expect(await isMarked()).toBe(false);

    const others = Array.from({ length: 1_998 }, (_, index) => [`b${index}`, 'first']);
    const revisions = [[ID, 'first'], ['oldest', 'first'], ...others];
    store.values.set(REVISIONS, JSON.stringify({ format: 1, revisions }));
    await mark(ID, 'second');
    await mark('one more', 'first');
    expect(store.values.get(REVISIONS)).not.toContain('"oldest"');
    expect(await isMarked()).toBe(true);
  });

  test('are trusted for no longer after the clock is set back, unless clocks differ by a little', async () => {
    time -= 59_000;
    expect(await nameShown(before)).toBe('After');
    time -= 2_000;
    expect(await nameShown(before)).toBe('Before');
    await replica.note({ id: ID, before, after: later, hiddenRevision: undefined });
    expect(await nameShown(before)).toBe('Later');
    expect(await nameShown(after)).toBe('After');
  });
});
