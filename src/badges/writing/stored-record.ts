import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { isObject, parseWholeJson, toWholeJson } from '../../http/json.ts';
import type { FieldChange } from '../../providers/provider.ts';
import { StateError, type StateStore } from '../../state/state-store.ts';

/**
 * The format of the records that this version writes, and the newest that it reads. It is raised only if earlier versions
 * could not read the records: they ignore unknown fields, and treat unknown enum values as the safe one. Records without
 * a format are of format 1.
 */
export const FORMAT = 1;

export const changeSchema: z.ZodType<FieldChange> = z.looseObject({
  field: z.string(),
  before: z.string().transform(toWholeJson).nullable(),
  after: z.string().transform(toWholeJson),
});

/** A stored text as read. It is not trusted: another version, an operator or a broken disk may have written it. */
export type StoredReading<T> = { record: T } | { unreadable: string };

/** The reason never quotes the text. */
export function readStored<T>(text: string, schema: z.ZodType<T>): StoredReading<T> {
  let json: unknown;
  try {
    // Earlier versions stored halves of surrogate pairs.
    json = parseWholeJson(text);
    // Too deeply nested JSON can be parsed, but not written again.
    JSON.stringify(json);
  } catch {
    return { unreadable: 'not JSON' };
  }
  return readStoredJson(json, schema);
}

/** Reads a text that is already parsed. */
export function readStoredJson<T>(json: unknown, schema: z.ZodType<T>): StoredReading<T> {
  const format = isObject(json) && Object.hasOwn(json, 'format') ? json.format : FORMAT;
  if (format !== FORMAT) return { unreadable: toFormatReason(format) };
  const read = schema.safeParse(json);
  if (read.success) return { record: read.data };
  const [issue] = read.error.issues;
  return { unreadable: `${issue?.path.join('.') || 'record'}: ${issue?.code ?? 'invalid'}` };
}

/** Whether a newer version wrote the text, which must then not be overwritten. */
function isOfNewerFormat(text: string): boolean {
  try {
    const json: unknown = JSON.parse(text);
    return isObject(json) && typeof json.format === 'number' && json.format > FORMAT;
  } catch {
    return false;
  }
}

function toFormatReason(format: unknown): string {
  return typeof format === 'number' && format > FORMAT
    ? `format ${format}, written by a newer version`
    : 'an unknown format';
}

/** A record that this version cannot read, and therefore leaves unchanged. */
export interface UnreadableRecord {
  kind:
    | 'audit record'
    | 'open audit record'
    | 'idempotency key'
    | 'remembered fields'
    | 'recent writes'
    | 'badges of a member';
  /** The key under which it is stored. */
  key: string;
  reason: string;
}

export type OnUnreadable = (record: UnreadableRecord) => void;

/** A small value under one key of the store, read and changed by all replicas. */
export interface SharedValue<T> {
  /** `empty` if there is no value or it cannot be read. Rejects with a `StateError`. */
  read(): Promise<T>;
  /** Applies the edit to the current value, and writes nothing if it changes nothing. Rejects with a `StateError`. */
  change(edit: (value: T) => T): Promise<T>;
}

/** More concurrent changes than this and the change is given up. */
const MAX_TRIES = 20;

interface SharedValueOptions<T> {
  store: Pick<StateStore, 'get' | 'compareAndSet'>;
  key: string;
  kind: UnreadableRecord['kind'];
  schema: z.ZodType<T>;
  empty: T;
  onUnreadable: OnUnreadable;
}

interface WaitingEdit<T> {
  edit: (value: T) => T;
  resolve: (after: T) => void;
  reject: (error: unknown) => void;
}

/** More at once would keep the process busy. */
const MAX_EDITS = 50;

/** A damaged value is reported and replaced by the next change. A value of a newer version is left as it is. */
export function createSharedValue<T extends object>(
  options: SharedValueOptions<T>,
): SharedValue<T> {
  const { store, key, kind, schema, empty, onUnreadable } = options;
  /** Most texts are read several times. Weak, so that they take no memory for long. */
  let last: WeakRef<ParsedText<T>> | undefined;

  function parse(text: string | null): T {
    if (text === null) return empty;
    const known = last?.deref();
    if (known?.text === text) return known.value;
    const reading = readStored(text, schema);
    if ('record' in reading) {
      last = new WeakRef({ text, value: reading.record });
      return reading.record;
    }
    onUnreadable({ kind, key, reason: reading.unreadable });
    return empty;
  }

  const toText = (value: T): string => JSON.stringify({ format: FORMAT, ...value });

  /** Edits that wait for the change before them, and are then made in one. */
  let waiting: WaitingEdit<T>[] = [];
  let isChanging = false;

  return {
    read: async () => parse(await store.get(key)),
    change: (edit) =>
      new Promise((resolve, reject) => {
        waiting.push({ edit, resolve, reject });
        if (!isChanging) void changeAll();
      }),
  };

  /** One change of this process at a time: those at the same moment would make each other try again. */
  async function changeAll(): Promise<void> {
    isChanging = true;
    while (waiting.length > 0) {
      const edits = waiting.slice(0, MAX_EDITS);
      waiting = waiting.slice(MAX_EDITS);
      try {
        const after = await change((value) => edits.reduce((last, { edit }) => edit(last), value));
        edits.forEach(({ resolve }) => resolve(after));
      } catch (error) {
        edits.forEach(({ reject }) => reject(error));
      }
    }
    isChanging = false;
  }

  async function change(edit: (value: T) => T): Promise<T> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const expected = await store.get(key);
      const isKnown = expected !== null && last?.deref()?.text === expected;
      if (expected !== null && !isKnown && isOfNewerFormat(expected)) {
        throw new StateError(
          'unavailable',
          'This value was written by a newer version of this service',
        );
      }
      const before = parse(expected);
      const after = edit(before);
      const value = toText(after);
      const isSame = after === before || value === expected || value === toText(before);
      if (isSame || (await store.compareAndSet(key, { expected, value }))) return after;
    }
    throw new StateError('busy', 'A shared value was changed concurrently too often');
  }
}

interface ParsedText<T> {
  text: string;
  value: T;
}

const EVERY_MS = 1_000;
/** Idempotency keys are not kept longer either. */
const MAX_RETRY_MS = 24 * 60 * 60 * 1_000;
/** After so many failures in a row, the store is left alone until the next round. */
const MAX_FAILURES = 10;
/** Further ones are not retried: another process finishes them, or what they change stays open, which is safe. */
const MAX_RETRIES = 100_000;

interface Retry {
  work: () => Promise<unknown>;
  until: number;
}

/** By store. Those that failed last are tried last. */
const retriesOf = new WeakMap<object, Set<Retry>>();

/**
 * Retries a change that the store could not take, or took without confirming it. No caller waits for it. If this process
 * ends before, another one finds and finishes the change. `work` may run several times.
 */
export function retryInBackground(store: StateStore, work: () => Promise<unknown>): void {
  const waiting = retriesOf.get(store);
  const retries = waiting ?? new Set();
  if (retries.size >= MAX_RETRIES) return;
  retries.add({ work, until: performance.now() + MAX_RETRY_MS });
  if (!waiting) void retryAll(store, retries);
}

/** However many changes wait, a store that fails is asked only a few times in each round. */
async function retryAll(store: StateStore, retries: Set<Retry>): Promise<void> {
  retriesOf.set(store, retries);
  while (retries.size > 0) {
    await pause(EVERY_MS, undefined, { ref: false });
    let failures = 0;
    for (const retry of [...retries]) {
      retries.delete(retry);
      if (performance.now() > retry.until) continue;
      if (await isTaken(retry)) failures = 0;
      else {
        retries.add(retry);
        failures += 1;
      }
      if (failures >= MAX_FAILURES) break;
    }
  }
  retriesOf.delete(store);
}

async function isTaken({ work }: Retry): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return false;
  }
}

/** Builds a key of the state store from parts with any characters. */
export function toStateKey(...parts: readonly string[]): string {
  return parts.map(encode).join('/');
}

/** URI encoding, extended to halves of surrogate pairs. */
function encode(part: string): string {
  if (part.isWellFormed()) return encodeURIComponent(part);
  const characters = Array.from(part, (character) =>
    character.isWellFormed()
      ? encodeURIComponent(character)
      : `%u${character.charCodeAt(0).toString(16)}`,
  );
  return characters.join('');
}

/** Equal for equal inputs in any order of fields. Absent and null fields differ. */
export function hashInput(input: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(input)))
    .digest('base64url');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
