import { z } from 'zod';
import { providers } from '../../providers/index.ts';
import { StateError, type StateStore } from '../../state/state-store.ts';
import { ownerOfOpenAudit } from '../writing/audit.ts';
import { type KeyRecord, readKeyRecord, rememberErasedKey } from '../writing/idempotency.ts';
import { toStateKey } from '../writing/stored-record.ts';

/** What to erase: all data of a tenant, of one of its badges, or of one of its members. */
export interface Selection {
  tenant: string;
  badge: { provider: string; id: string } | undefined;
  member: string | undefined;
}

/** The minimum that must be readable, so that records of other versions are erased too. */
const recordSchema = z.looseObject({
  tenant: z.string(),
  provider: z.string(),
  badgeIds: z.array(z.string()).catch([]),
  memberId: z.unknown().optional(),
  changes: z.array(z.looseObject({})).catch([]),
});
type LooseRecord = z.output<typeof recordSchema>;

/** The ID of a member as given, and in the spellings under which providers store it. */
function spellingsOf(member: string): string[] {
  return [...new Set([member, ...providers.map((provider) => provider.canonicalId(member))])];
}

/** What to do with a record. `text` replaces it. */
export type Verdict = 'kept' | 'erased' | 'unreadable' | { text: string };

/** Judges an audit record of any log. */
export function judgeRecord(text: string, selection: Selection): Verdict {
  const record = parseLoosely(text);
  if (!record) return 'unreadable';
  const { tenant, badge, member } = selection;
  if (record.tenant !== tenant) return 'kept';
  if (badge) return withoutBadge(record, badge);
  if (member === undefined) return 'erased';
  const { memberId, changes } = record;
  const isErased = spellingsOf(member).some(
    (id) => memberId === id || changes.some((one) => mentions(one, id)),
  );
  return isErased ? 'erased' : 'kept';
}

function parseLoosely(text: string): LooseRecord | undefined {
  try {
    return recordSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** In the record of an award of several badges, the other badges are kept. */
function withoutBadge(
  record: LooseRecord,
  { provider, id }: NonNullable<Selection['badge']>,
): Verdict {
  if (record.provider !== provider || !record.badgeIds.includes(id)) return 'kept';
  const badgeIds = record.badgeIds.filter((badgeId) => badgeId !== id);
  if (badgeIds.length === 0) return 'erased';
  const changes = record.changes.filter((change) => !mentions(change, id));
  return { text: JSON.stringify({ ...record, badgeIds, changes }) };
}

/** The maximum nesting of JSON texts within JSON. The values of a change are such texts. */
const MAX_LAYERS = 8;

/** Whether the text occurs as a value at any depth, including in nested JSON texts. */
function mentions(value: unknown, text: string, layers = MAX_LAYERS): boolean {
  if (value === text) return true;
  if (layers === 0) return false;
  if (typeof value === 'string') {
    return value.includes(text) && mentions(fromJson(value), text, layers - 1);
  }
  return typeof value === 'object' && value !== null
    ? Object.values(value).some((inner) => mentions(inner, text, layers - 1))
    : false;
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type KeyVerdict = 'kept' | 'erased' | 'under way';

interface KeyErasure {
  /** Erases the record of a mutation that has not ended. */
  eraseOpenAudit(key: string): Promise<KeyVerdict>;
  /** Erases an idempotency key. An anonymous mark of its use is kept until the key would have expired. */
  eraseKey(key: string): Promise<KeyVerdict>;
}

export function createKeyErasure(
  store: StateStore,
  selection: Selection,
  { isDryRun }: { isDryRun: boolean },
): KeyErasure {
  return {
    async eraseOpenAudit(key) {
      const text = await store.get(key);
      if (text === null) return 'kept';
      const verdict = judgeRecord(text, selection);
      if (verdict === 'kept' || verdict === 'unreadable') return 'kept';
      const owner = ownerOfOpenAudit(key);
      if (owner !== undefined && (await store.isAlive(owner))) return 'under way';
      const value = typeof verdict === 'object' ? verdict.text : null;
      if (!isDryRun) await store.compareAndSet(key, { expected: text, value });
      return 'erased';
    },

    async eraseKey(key) {
      const text = await store.get(key);
      if (text === null) return 'kept';
      const reading = readKeyRecord(text);
      const record = 'record' in reading ? reading.record : null;
      if (!isMeant(text, record, selection)) return 'kept';
      if (record && !record.outcome && (await store.isAlive(record.owner))) return 'under way';
      if (isDryRun) return 'erased';
      // If the process died before it sent anything, the key is unused.
      const isUsed = !record || record.attempt !== null || record.outcome !== null;
      if (isUsed) await rememberErasedKey(store, key);
      // A concurrent change means that its mutation is in progress.
      const isErased = await store.compareAndSet(key, { expected: text, value: null });
      return isErased ? 'erased' : 'under way';
    },
  };
}

function isMeant(text: string, record: KeyRecord | null, { badge, member }: Selection): boolean {
  const wanted = badge ? [badge.id] : member === undefined ? [] : spellingsOf(member);
  if (wanted.length === 0) return true;
  const isOfOther = badge !== undefined && record?.attempt?.provider !== undefined;
  if (isOfOther && record.attempt?.provider !== badge.provider) return false;
  return wanted.some((id) => mentions(record ?? text, id));
}

/** Prefixes of keys that continue with the ID of the tenant. */
const KINDS = ['hidden', 'held', 'created', 'recent-writes', 'hidden-revisions'];
const MAX_TRIES = 20;

/** Returns the number of values that were erased or, in a dry run, would be, completely or in part. */
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
    const ids = spellingsOf(member);
    const keys = names.flatMap((name) => ids.map((id) => toStateKey('held', tenant, name, id)));
    for (const key of keys) yield { key, edit: toNothing };
    return;
  }
  if (badge) {
    const { provider, id } = badge;
    for (const kind of ['hidden', 'created']) {
      yield { key: toStateKey(kind, tenant, provider, id), edit: toNothing };
    }
    for (const kind of ['recent-writes', 'hidden-revisions']) {
      yield {
        key: toStateKey(kind, tenant, provider),
        edit: (text) => valueWithoutBadge(text, id),
      };
    }
    for await (const key of store.keys(`${toStateKey('held', tenant, provider)}/`)) {
      yield { key, edit: (text) => valueWithoutBadge(text, id) };
    }
    return;
  }
  for (const kind of KINDS) {
    for await (const key of store.keys(`${toStateKey(kind, tenant)}/`))
      yield { key, edit: toNothing };
  }
  // These keys contain the ID without encoding.
  for (const name of names) yield { key: `bucket/${tenant}/${name}`, edit: toNothing };
}

async function wouldEdit(store: StateStore, key: string, edit: Edit): Promise<boolean> {
  const text = await store.get(key);
  return text !== null && edit(text) !== text;
}

/** Returns whether there was anything to erase. */
async function editValue(store: StateStore, key: string, edit: Edit): Promise<boolean> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const text = await store.get(key);
    if (text === null) return false;
    const value = edit(text);
    if (value === text) return false;
    if (await store.compareAndSet(key, { expected: text, value })) return true;
  }
  throw new StateError('busy', `The value ${key} is being changed by others. Try again.`);
}

const listsSchema = z.looseObject({
  badgeIds: z.array(z.string()).optional(),
  writes: z.array(z.looseObject({ id: z.string() })).optional(),
  revisions: z.array(z.tuple([z.string()], z.unknown())).optional(),
});

/** Removes one badge from a value that lists badges. Null for an unreadable value, which the next change would replace anyway. */
function valueWithoutBadge(text: string, badgeId: string): string | null {
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
