import { z } from 'zod';
import type { BadgeFields, BadgeList, BadgeSurroundings } from '../providers/badge-list.ts';
import type { Provider } from '../providers/provider.ts';
import { StateError, type StateStore } from '../state/state-store.ts';
import { type OnUnreadable, type SharedValue, createSharedValue } from './writing/stored-record.ts';

/**
 * The latest writes of this service to a provider's badges, shared by all replicas. A provider's list may show a write
 * late. Until it does, the badge is shown and updated in its state after the write.
 */
export interface RecentWrites {
  /** Adds to a list the writes that it does not show yet. The same list if there are none. Never rejects. */
  complete(list: BadgeList): Promise<BadgeList>;
  /** Does the same for badges of another answer. Deleted badges are left out. Never rejects. */
  completeSome(badges: readonly BadgeFields[]): Promise<readonly BadgeFields[]>;
  /** The earlier states and unconfirmed writes of a badge that a list has just shown. Never rejects. */
  openAt(badge: BadgeFields): Promise<OpenWrites>;
  /** Resolves once every later list read is completed with this write. Never rejects. */
  note(write: NotedWrite): Promise<void>;
}

export interface OpenWrites {
  /** Readable versions that the badge had before. A read that shows one of these may be late. */
  olderVersions: ReadonlySet<string>;
  /** The badge as it was sent last, if only older states were shown since. Undefined if nothing is in doubt. */
  sent: BadgeFields | undefined;
}

export interface NotedWrite {
  id: string;
  /** Null for a creation. Undefined if the badge could not be read, so that no list can be recognized as older. */
  before: BadgeFields | null | undefined;
  /** The badge after the write. Null if it was deleted. Undefined if the outcome is unknown: earlier notes then stay valid. */
  after: BadgeFields | null | undefined;
  /**
   * The badge as it was sent, if the provider accepted the write but shows only older states: it may ignore the write or
   * show it late. The badge is shown as `after`, and the next write starts from `sent`. Undefined if nothing is in doubt.
   */
  sent?: BadgeFields | undefined;
  /** A mark for the written values that the provider does not show. Undefined if there are none. */
  hiddenRevision: string | undefined;
}

/** How late a list may show a write, in milliseconds. After that, the list is always trusted. */
const LIST_LAG_MS = 60_000;
/** The maximum number of tracked badges, and of states per badge. The oldest are dropped. */
const MAX_WRITES = 200;
const MAX_STATES = 20;
/** The maximum size of their records as JSON, so that lists are completed quickly. */
const MAX_CHARACTERS = 500_000;
/** The maximum number of badges with a mark for hidden values. A badge that is dropped changes its version. */
const MAX_REVISIONS = 2_000;
/** The state of a badge that is not in the list. */
const ABSENT = '';

const sentSchema = z.object({
  /** Readable versions of earlier unconfirmed writes. */
  earlier: z.array(z.string()),
  version: z.string(),
  record: z.unknown(),
});

const writesSchema = z.object({
  writes: z.array(
    z.object({
      id: z.string(),
      /** Readable versions from before this write that a list may still show. */
      earlier: z.array(z.string()),
      /** The readable version after it. */
      version: z.string(),
      /** Null if the badge was deleted. */
      record: z.unknown(),
      sent: sentSchema.optional(),
      /** Epoch milliseconds. */
      until: z.number(),
    }),
  ),
});
type Writes = z.output<typeof writesSchema>;
type RecentWrite = Writes['writes'][number];

const revisionsSchema = z.object({ revisions: z.array(z.tuple([z.string(), z.string()])) });
type Revisions = z.output<typeof revisionsSchema>;

interface RecentWritesOptions extends BadgeSurroundings {
  store: Pick<StateStore, 'get' | 'compareAndSet'>;
  key: string;
  provider: Provider;
  /** Epoch milliseconds by the machine's clock, as replicas compare them. */
  wallTime: () => number;
  onUnreadable: OnUnreadable;
}

export function createRecentWrites(options: RecentWritesOptions): RecentWrites {
  const { store, key, provider, wallTime, onUnreadable } = options;
  const kind = 'recent writes';
  const writes = createReachable({
    value: createSharedValue({
      store,
      key: `recent-writes/${key}`,
      kind,
      onUnreadable,
      schema: writesSchema,
      empty: { writes: [] },
    }),
    empty: { writes: [] },
    edit: (known: Writes, noted) => withWrites(known, noted, wallTime()),
    without: withoutWrites,
  });
  const revisions = createReachable({
    value: createSharedValue({
      store,
      key: `hidden-revisions/${key}`,
      kind,
      onUnreadable,
      schema: revisionsSchema,
      empty: { revisions: [] },
    }),
    empty: { revisions: [] },
    edit: withRevisions,
    without: (known: Revisions) => known,
  });

  function lay(badges: Map<string, BadgeFields>, write: RecentWrite): void {
    // The record may be of another version, and unreadable for this one.
    const standing = write.record === null ? null : provider.restoreBadge(write.record, options);
    if (standing) badges.set(write.id, standing);
    else if (write.record === null) badges.delete(write.id);
  }

  /**
   * Lays the known writes over badges that were just read; the same ones if there is nothing to add. `settled` has the
   * writes that the badges show or contradict by now.
   */
  async function overlay(shown: readonly BadgeFields[], isWaitedFor: (id: string) => boolean) {
    const [known, { revisions: hidden }] = await Promise.all([writes.read(), revisions.read()]);
    const open = known.writes.filter((write) => isOpen(write, wallTime()) && isWaitedFor(write.id));
    const settled: RecentWrite[] = [];
    if (open.length === 0 && hidden.length === 0) return { badges: shown, settled };
    const badges = new Map(shown.map((badge) => [badge.id, badge]));
    for (const write of open) {
      const state = badges.get(write.id)?.readableVersion ?? ABSENT;
      if (write.earlier.includes(state)) lay(badges, write);
      else if (!isInDoubt(write, state)) settled.push(write);
    }
    for (const [id, revision] of hidden) {
      const badge = badges.get(id);
      const revised = badge && provider.withHiddenRevision?.(badge, revision);
      if (revised) badges.set(id, revised);
    }
    return { badges: [...badges.values()], settled };
  }

  return {
    async complete(list) {
      const isReadable = (id: string) => !list.malformedIds.has(id);
      const { badges, settled } = await overlay(list.badges, isReadable);
      if (settled.length > 0) void writes.forget(settled);
      return badges === list.badges ? list : { ...list, badges };
    },

    async completeSome(shown) {
      const ids = new Set(shown.map(({ id }) => id));
      const { badges } = await overlay(shown, (id) => ids.has(id));
      return badges;
    },

    async openAt(badge) {
      const { writes: all } = await writes.read();
      const open = all.find((write) => write.id === badge.id && isOpen(write, wallTime()));
      const olderVersions = new Set(open ? statesOf(open) : []);
      const isUnconfirmed = open?.sent && isInDoubt(open, badge.readableVersion);
      const sent = isUnconfirmed ? provider.restoreBadge(open.sent?.record, options) : null;
      return { olderVersions, sent: sent ?? undefined };
    },

    async note(write) {
      await Promise.all([writes.note(write), revisions.note(write)]);
    },
  };
}

/** A shared value that keeps notes in this process while the store is unavailable. */
function createReachable<T>({
  value,
  empty,
  edit,
  without,
}: {
  value: SharedValue<T>;
  empty: T;
  edit: (known: T, noted: readonly NotedWrite[]) => T;
  without: (known: T, settled: readonly RecentWrite[]) => T;
}) {
  let known = empty;
  /** Oldest first, with those that the store is just being told of. */
  let unsaved: NotedWrite[] = [];
  const inFlight = new Set<NotedWrite>();
  /** What the store is just being told to forget. */
  let forgotten: readonly RecentWrite[] = [];

  async function read(): Promise<T> {
    try {
      known = await value.read();
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
    }
    const open = forgotten.length > 0 ? without(known, forgotten) : known;
    return unsaved.length > 0 ? edit(open, unsaved) : open;
  }

  async function change(editAll: (held: T) => T): Promise<boolean> {
    try {
      known = await value.change(editAll);
      return true;
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      return false;
    }
  }

  /** Also drops older notes of the same badges. */
  function drop(isDone: (write: NotedWrite) => boolean): void {
    const done = new Set<string>();
    const left = unsaved.toReversed().filter((write) => {
      if (isDone(write)) done.add(write.id);
      return !done.has(write.id);
    });
    unsaved = left.toReversed();
  }

  return {
    read,
    async note(write: NotedWrite): Promise<void> {
      unsaved = [...unsaved, write].slice(-MAX_WRITES);
      const sent = new Set(unsaved.filter((each) => !inFlight.has(each)));
      sent.forEach((each) => inFlight.add(each));
      try {
        if (await change((held) => edit(held, [...sent]))) drop((each) => sent.has(each));
      } finally {
        sent.forEach((each) => inFlight.delete(each));
      }
    },
    /**
     * Drops writes that a list shows or contradicts by now: for this process at once, and later, for all, in the store.
     * A newer write of the same badge stays. If the store fails, they expire.
     */
    async forget(settled: readonly RecentWrite[]): Promise<void> {
      drop((write) => settled.some((each) => isNoteOf(write, each)));
      forgotten = [...forgotten, ...settled];
      await change((held) => without(held, settled));
      forgotten = forgotten.filter((write) => !settled.includes(write));
    },
  };
}

function withRevisions({ revisions }: Revisions, noted: readonly NotedWrite[]): Revisions {
  const known = new Map(revisions);
  for (const { id, hiddenRevision } of noted) {
    if (known.get(id) === hiddenRevision) continue;
    known.delete(id);
    if (hiddenRevision !== undefined) known.set(id, hiddenRevision);
  }
  return { revisions: [...known].slice(-MAX_REVISIONS) };
}

function withWrites({ writes }: Writes, noted: readonly NotedWrite[], now: number): Writes {
  const open = new Map(
    writes.filter((write) => isOpen(write, now)).map((write) => [write.id, write]),
  );
  for (const write of noted) {
    const last = open.get(write.id);
    const entry = write.after === undefined ? last : toRecentWrite(write, last, now);
    open.delete(write.id);
    if (entry) open.set(write.id, entry);
  }
  return { writes: newest([...open.values()]) };
}

/** Not if it ends too late for this clock: then a clock was set back after the write, by more than replicas differ. */
function isOpen({ until }: RecentWrite, now: number): boolean {
  return until > now && until <= now + 2 * LIST_LAG_MS;
}

function isNoteOf({ id, after }: NotedWrite, write: RecentWrite): boolean {
  return id === write.id && after !== undefined && stateOf(after) === write.version;
}

function withoutWrites({ writes }: Writes, settled: readonly RecentWrite[]): Writes {
  const isSettled = (write: RecentWrite): boolean =>
    settled.some(
      ({ id, version, until }) =>
        id === write.id && version === write.version && until === write.until,
    );
  return { writes: writes.filter((write) => !isSettled(write)) };
}

/** The newest writes within the limits. */
function newest(writes: readonly RecentWrite[]): RecentWrite[] {
  let characters = 0;
  const kept = writes.slice(-MAX_WRITES).toReversed();
  const end = kept.findIndex(({ record, sent }) => {
    characters += JSON.stringify([record, sent?.record]).length;
    return characters > MAX_CHARACTERS;
  });
  return (end === -1 ? kept : kept.slice(0, end)).toReversed();
}

/** Undefined if no later list can be recognized as older than this write. */
function toRecentWrite(
  { id, before, after, sent }: NotedWrite,
  last: RecentWrite | undefined,
  now: number,
): RecentWrite | undefined {
  if (after === undefined || (before === undefined && !sent && !last)) return undefined;
  const version = stateOf(after);
  const entry = { id, version, record: after && after.record, until: now + LIST_LAG_MS };
  const states = before === undefined ? [] : [stateOf(before)];
  if (sent) {
    const sure = last ? [...last.earlier, last.version] : [];
    const { record, readableVersion } = sent;
    const doubtful = {
      earlier: newestStates(sentStatesOf(last)),
      version: readableVersion,
      record,
    };
    return { ...entry, earlier: newestStates([...sure, ...states]), sent: doubtful };
  }
  const earlier = newestStates([...(last ? statesOf(last) : []), ...states]);
  return earlier.every((state) => state === version) ? undefined : { ...entry, earlier };
}

function newestStates(states: readonly string[]): string[] {
  return [...new Set(states)].slice(-MAX_STATES);
}

/** All known states, oldest first. */
function statesOf(write: RecentWrite): string[] {
  return [...write.earlier, write.version, ...sentStatesOf(write)];
}

function sentStatesOf(write: RecentWrite | undefined): string[] {
  return write?.sent ? [...write.sent.earlier, write.sent.version] : [];
}

/** Whether a list that shows this state leaves it open if the last write took effect. */
function isInDoubt({ earlier, version, sent }: RecentWrite, state: string): boolean {
  return sent !== undefined && [...earlier, version, ...sent.earlier].includes(state);
}

function stateOf(badge: BadgeFields | null): string {
  return badge?.readableVersion ?? ABSENT;
}
