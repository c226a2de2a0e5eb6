import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { BadgeIndex } from '../../src/badges/reading/badge-index.ts';
import {
  createBadgeFragments,
  createEntityFragments,
} from '../../src/server/fast-path/fragments.ts';
import { createSnapshotView } from '../../src/server/fast-path/snapshot-view.ts';
import { createKeep } from '../../src/server/keep.ts';
import { toRename } from '../support/load-operations.ts';
import { execute } from '../support/service.ts';
import { type World, startWorld, toEntitiesPlan } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const tenant = () => {
  const found = world.tenants.byId.get('default');
  if (!found) throw new Error('There is no default tenant');
  return found;
};

/** After the fresh time of the last list. */
async function refresh(key: string) {
  world.pass(31_000);
  const of = tenant().providers.find(({ provider }) => provider.key === key);
  const bounds = { purpose: 'query', deadlineAt: world.now() + 5_000 } as const;
  const reading = await of?.access?.snapshots.read(bounds);
  if (reading?.state !== 'FRESH') throw new Error('The list was not read');
  return reading.snapshot;
}

const SIDES = [
  {
    key: 'returningAI',
    provider: 'RETURNING_AI',
    nameField: 'title',
    typeName: 'ReturningAIBadge',
  },
  { key: 'tagMango', provider: 'TAG_MANGO', nameField: 'name', typeName: 'TagMangoBadge' },
] as const;

const changedIds = (before: BadgeIndex, after: BadgeIndex) => {
  const former = new Map(before.list.badges.map((badge) => [badge.id, badge]));
  return after.list.badges.filter((badge) => former.get(badge.id) !== badge).map(({ id }) => id);
};

describe.each(SIDES)('a refresh of $key', ({ key, provider, nameField, typeName }) => {
  const badges = (): Map<string, object> =>
    world.sandbox.standIns.get(key)?.badges ?? new Map<string, object>();

  /** Where one badge is written anew, the plan counts. */
  function createCountedAnswers() {
    const written: string[] = [];
    const plan = toEntitiesPlan((value) => {
      const { id, name } = value as { id: string; name: string };
      written.push(id);
      return JSON.stringify(name);
    });
    const keep = createKeep(1_000_000);
    const fragments = createEntityFragments(keep);
    const ids = [...badges().keys()];
    const body = ids.map((id) => `{"__typename":"${typeName}","id":"${id}"}`).join();
    return {
      ids,
      answer: () => {
        written.length = 0;
        const view = createSnapshotView(tenant(), { freshMs: 30_000, now: () => world.now() });
        const split = { body, start: 0, end: body.length, key: ['', ''] as const };
        return { text: fragments.answer(plan, split, view), written: [...written] };
      },
      usage: () => keep.usage(),
      forget: () => fragments.forget(plan),
    };
  }

  /** The same for the badges of a list, each written as a text of this length. */
  function createCountedLists(length: number) {
    const written: string[] = [];
    const keep = createKeep();
    const fragments = createBadgeFragments(keep);
    const render = fragments.remember(
      (badge) => {
        written.push((badge as { id: string }).id);
        return 'x'.repeat(length);
      },
      { fields: 1, bytes: 0 },
    );
    return {
      write: () => {
        written.length = 0;
        const view = createSnapshotView(tenant(), { freshMs: 30_000, now: () => world.now() });
        const at = view.tenant.providers.findIndex((of) => of.provider.key === key);
        const writing = fragments.begin(view);
        for (const badge of view.see(at)?.reading.snapshot.value.list.badges ?? [])
          writing.write(render, badge);
        writing.end();
        return [...written];
      },
      usage: () => keep.usage(),
      forget: () => fragments.forget(),
    };
  }
  const rename = (ids: Iterable<string>, name: string): void => {
    for (const id of ids) Object.assign(badges().get(id) ?? {}, { [nameField]: name });
  };

  test('without a change keeps the index and all fragments, with a new time', async () => {
    const before = await refresh(key);
    const { answer, ids } = createCountedAnswers();
    const { text, written } = answer();
    expect(written).toEqual(ids);

    const after = await refresh(key);
    expect(after.asOf).toBe(before.asOf + 31_000);
    expect(after.value).toBe(before.value);
    expect(answer()).toEqual({ text, written: [] });
  });

  test('with one changed badge keeps all others and their fragments', async () => {
    const before = await refresh(key);
    const { answer, ids } = createCountedAnswers();
    const [first = ''] = ids;
    answer();
    Object.assign(badges().get(first) ?? {}, { [nameField]: 'Another name' });

    const after = await refresh(key);
    expect(changedIds(before.value, after.value)).toEqual([first]);
    const { text, written } = answer();
    expect(written).toEqual([first]);
    expect(text).toMatch(/^\["Another name",/);
  });

  test('with a longer and then a shorter badge counts the bytes of the present one', async () => {
    await refresh(key);
    const { answer, ids, usage, forget } = createCountedAnswers();
    const bytesWith = async (name: string): Promise<number> => {
      rename(ids.slice(0, 1), name);
      await refresh(key);
      answer();
      return usage().bytes;
    };
    const first = await bytesWith('x'.repeat(10));
    expect(await bytesWith('y'.repeat(5_010))).toBe(first + 5_000);
    expect(await bytesWith('z'.repeat(10))).toBe(first);
    forget();
    expect(usage()).toMatchObject({ fragments: 0, bytes: 0 });
  });

  test('with one changed badge writes only this one anew in lists', async () => {
    await refresh(key);
    const { write, usage, forget } = createCountedLists(10);
    const ids = [...badges().keys()];
    expect(write()).toEqual(ids);
    expect(write()).toEqual([]);
    rename(ids.slice(0, 1), 'Another name');
    await refresh(key);
    expect(write()).toEqual(ids.slice(0, 1));
    expect(usage().fragments).toBe(1);
    forget();
    expect(usage()).toMatchObject({ fragments: 0, bytes: 0 });
  });

  test('in which all badges change, again and again, keeps at most about three times what is needed', async () => {
    const LENGTH = 20_000;
    await refresh(key);
    const { write, usage } = createCountedLists(LENGTH);
    const ids = [...badges().keys()];
    write();
    const { bytes } = usage();
    expect(bytes).toBeGreaterThan(LENGTH * ids.length);
    const counted: number[] = [];
    for (let times = 0; times < 12; times += 1) {
      rename(ids, `Name ${times}`);
      await refresh(key);
      expect(write()).toEqual(ids);
      counted.push(usage().bytes);
    }
    expect(Math.max(...counted)).toBeLessThan(4 * bytes);
    expect(Math.min(...counted)).toBe(bytes);
    expect(usage().fragments).toBe(1);
  });

  test('with a missing and a moved badge keeps all that are the same', async () => {
    const before = await refresh(key);
    const [[first, badge] = ['', {}], [second] = ['']] = [...badges()];
    badges().delete(first);
    badges().delete(second);
    badges().set(first, badge);

    const after = await refresh(key);
    expect(after.value).not.toBe(before.value);
    expect(changedIds(before.value, after.value)).toEqual([]);
    expect(after.value.list.badges.map(({ id }) => id)).toEqual([...badges().keys()]);
  });

  test('after an update of this service keeps all other badges, and then the index', async () => {
    const before = await refresh(key);
    const [id = ''] = badges().keys();
    const { query, variables } = toRename({ provider, id }, 'Written');
    const { data } = await execute<unknown, unknown>(`${world.fast}/graphql`, query, variables);
    expect(data).toMatchObject({ result: { userErrors: [] } });

    const after = await refresh(key);
    expect(changedIds(before.value, after.value)).toEqual([id]);
    expect((await refresh(key)).value).toBe(after.value);
  });
});
