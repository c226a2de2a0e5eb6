import { z } from 'zod';
import { providers } from '../../providers/index.ts';
import { StateError } from '../../state/state-store.ts';
import type { StateStore } from '../../state/state-store.ts';
import { toStateKey } from '../writing/state-keys.ts';
import type { Selection } from './selection.ts';

/** What is stored of a tenant under keys that begin so, and its id. */
const KINDS = ['hidden', 'held', 'recent-writes', 'hidden-revisions'];
const MAX_TRIES = 20;

/** Gives how many values are erased, or would be, whole or in part. */
export async function eraseValues(
  store: StateStore,
  selection: Selection,
  { isDryRun }: { isDryRun: boolean },
): Promise<number> {
  let erased = 0;
  for await (const { key, edit } of edits(store, selection)) {
    const isEdited = isDryRun
      ? await wouldEdit(store, key, edit)
      : await editValue(store, key, edit);
    erased += isEdited ? 1 : 0;
  }
  return erased;
}

type Edit = (text: string) => string | null;
const toNothing: Edit = () => null;

async function* edits(
  store: StateStore,
  { tenant, badge, member }: Selection,
): AsyncGenerator<{ key: string; edit: Edit }> {
  const names = badge ? [badge.provider] : providers.map(({ name }) => name.enumValue);
  if (member !== undefined) {
    for (const name of names)
      yield { key: toStateKey('held', tenant, name, member), edit: toNothing };
    return;
  }
  if (badge) {
    const { provider, id } = badge;
    yield { key: toStateKey('hidden', tenant, provider, id), edit: toNothing };
    for (const kind of ['recent-writes', 'hidden-revisions']) {
      yield { key: toStateKey(kind, tenant, provider), edit: (text) => withoutBadge(text, id) };
    }
    for await (const key of store.keys(`${toStateKey('held', tenant, provider)}/`)) {
      yield { key, edit: (text) => withoutBadge(text, id) };
    }
    return;
  }
  for (const kind of KINDS) {
    for await (const key of store.keys(`${toStateKey(kind, tenant)}/`))
      yield { key, edit: toNothing };
  }
  // These are named by the id as it is.
  for (const name of names) yield { key: `bucket/${tenant}/${name}`, edit: toNothing };
}

async function wouldEdit(store: StateStore, key: string, edit: Edit): Promise<boolean> {
  const text = await store.get(key);
  return text !== null && edit(text) !== text;
}

/** Tells whether there was anything to erase. */
async function editValue(store: StateStore, key: string, edit: Edit): Promise<boolean> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const text = await store.get(key);
    if (text === null) return false;
    const value = edit(text);
    if (value === text) return false;
    if (await store.compareAndSet(key, { expected: text, value })) return true;
  }
  throw new StateError('busy', `The value ${key} is changed all the time. Try again.`);
}

const listsSchema = z.looseObject({
  badgeIds: z.array(z.string()).optional(),
  writes: z.array(z.looseObject({ id: z.string() })).optional(),
  revisions: z.array(z.tuple([z.string()], z.unknown())).optional(),
});

/** A value that lists badges, without this one. What cannot be read goes whole: it would be replaced by the next change. */
function withoutBadge(text: string, badgeId: string): string | null {
  if (!text.includes(JSON.stringify(badgeId).slice(1, -1))) return text;
  const value = parse(text);
  if (!value) return null;
  const { badgeIds, writes, revisions } = value;
  return JSON.stringify({
    ...value,
    ...(badgeIds && { badgeIds: badgeIds.filter((id) => id !== badgeId) }),
    ...(writes && { writes: writes.filter(({ id }) => id !== badgeId) }),
    ...(revisions && { revisions: revisions.filter(([id]) => id !== badgeId) }),
  });
}

function parse(text: string): z.output<typeof listsSchema> | undefined {
  try {
    return listsSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
