import type { CallBounds } from '../http/call-options.ts';
import { createSlices, isObject } from '../http/json.ts';
import { ProviderError, UnclearAnswer, badResponse } from '../http/provider-error.ts';
import type { ProviderHttp } from '../http/provider-http.ts';
import type { AnswerHead } from '../http/response.ts';
import {
  type BadgeFields,
  type BadgeList,
  MAX_RECORDS,
  type RecordReading,
  STEPS_OF_RECORD,
  toBadgeList,
} from './badge-list.ts';
import { signOfMore } from './envelope.ts';
import type { ProviderClient } from './provider.ts';
import { type Verdict, readVerdict, refusalIn } from './verdict.ts';

/** How a provider wraps what it answers with. */
export interface Wire<B extends BadgeFields> {
  /** What is inside the envelope, if there is one. */
  toPayload: (json: unknown) => unknown;
  /** Whether the provider documents badges, and lists of them, without anything around. */
  hasBareAnswers: boolean;
  /** Whether something is a badge by the fields that it has, readable or not. */
  isRecord: (value: unknown) => boolean;
  toBadge: (record: unknown) => RecordReading<B>;
}

/** Reads the answers of one provider. What speaks against a request in its answer is thrown, wherever it stands. */
export interface AnswerReader<B extends BadgeFields> {
  /** The whole list, or none. */
  list: (json: unknown, head: AnswerHead) => Promise<BadgeList<B>>;
  /** The one badge that a write promises to answer with; `id` is that of the badge that is changed. Null: there was no body. */
  written: (id?: string) => (json: unknown, head: AnswerHead) => B[] | null;
  /** The badges that a write of the badge `id` promises to answer with. Null: there was no body. */
  holding: (id: string) => (json: unknown, head: AnswerHead) => Promise<B[] | null>;
  /** A write that promises no badges. Null: there was no body. */
  done: (json: unknown, head: AnswerHead) => B[] | null;
}

export function createAnswerReader<B extends BadgeFields>(wire: Wire<B>): AnswerReader<B> {
  const { toPayload, isRecord, toBadge } = wire;

  /** `promised` is the payload that the operation promises, as far as it is there. */
  function judge(json: unknown, { status }: AnswerHead, promised?: unknown): Verdict {
    const isPromised = (value: unknown): boolean => promised !== undefined && value === promised;
    const isBareSuccess = wire.hasBareAnswers && isPromised(json);
    const isData = (value: unknown): boolean => isRecord(value) || isPromised(value);
    return readVerdict(json, { status, isRecord: isData, isBareSuccess });
  }

  /** Throws unless the answer says clearly that the write was carried out. */
  function checkWritten(verdict: Verdict): void {
    const refusal = refusalIn(verdict);
    if (refusal) throw refusal;
    if (verdict.says !== 'yes') throw new UnclearAnswer('responded without confirming the write');
  }

  return {
    async list(json, head) {
      if (json === undefined) throw badResponse('responded without a body');
      const records = findRecords(toPayload(json));
      const verdict = judge(json, head, records);
      const refusal = refusalIn(verdict);
      if (refusal) throw refusal;
      if (!records) throw badResponse('responded without a list of badges');
      checkWhole({ json, head, records }, verdict);
      return toBadgeList(records, toBadge);
    },
    written: (id) => (json, head) => {
      if (json === undefined) return null;
      const payload = toPayload(json);
      const hasRecord = isRecord(payload);
      const verdict = judge(json, head, hasRecord ? payload : undefined);
      const reading = hasRecord ? toBadge(payload) : undefined;
      // A refusal beside the badge that was asked for is none to rely on.
      const isShown = verdict.says === 'no' && reading && 'badge' in reading;
      checkWritten(isShown ? { ...verdict, says: 'both' } : verdict);
      if (!reading) throw new UnclearAnswer('responded without the expected badge');
      if ('badge' in reading) return [reading.badge];
      const { id: answeredId, field, isForeign } = reading.malformed;
      const isOther = id !== undefined && answeredId !== null && answeredId !== id;
      if (isOther) throw badResponse('returned a different badge');
      const message = `returned a badge with an unreadable ${field}`;
      throw isForeign ? badResponse(message) : new UnclearAnswer(message);
    },
    holding: (id) => async (json, head) => {
      if (json === undefined) return null;
      const payload = toPayload(json);
      const records = isRecord(payload) ? [payload] : findRecords(payload);
      checkWritten(judge(json, head, records));
      if (!records) throw new UnclearAnswer('responded without the expected badges');
      if (records.length > MAX_RECORDS) {
        throw new UnclearAnswer(`returned more than ${MAX_RECORDS} badges`);
      }
      const { badges, ids } = await readEach(records, toBadge);
      if (!ids.has(id)) throw missing(ids.size === 0 || ids.has(null));
      return badges;
    },
    done(json, head) {
      if (json === undefined) return null;
      checkWritten(judge(json, head));
      return [];
    },
  };
}

export interface BadgeCallsOptions<B extends BadgeFields> {
  http: ProviderHttp;
  answer: AnswerReader<B>;
  /** The path of all badges, and of one. The latter throws for an impossible id. */
  badges: string;
  badgePath: (id: string) => string;
  updateMethod: 'PUT' | 'PATCH';
}

/** Every write resolves with the badges that its answer shows. Null: the answer leaves open whether it was carried out. */
export type Written<B> = Promise<readonly B[] | null>;

/** The calls that every provider has. */
export interface BadgeCalls<B extends BadgeFields> extends ProviderClient {
  createBadge(body: object, bounds: CallBounds): Written<B>;
  updateBadge(id: string, body: object, bounds: CallBounds): Written<B>;
}

export function createBadgeCalls<B extends BadgeFields>({
  http,
  answer,
  badges,
  badgePath,
  updateMethod,
}: BadgeCallsOptions<B>): BadgeCalls<B> {
  return {
    listBadges: (bounds) => http.call({ method: 'GET', path: badges }, bounds, answer.list),
    createBadge: (body, bounds) =>
      orUnclear(http.call({ method: 'POST', path: badges, body }, bounds, answer.written())),
    updateBadge: async (id, body, bounds) => {
      const call = { method: updateMethod, path: badgePath(id), body };
      return orUnclear(http.call(call, bounds, answer.written(id)));
    },
    close: http.close,
  };
}

/** What a write resolves with: null where its answer leaves open whether it was carried out. */
export async function orUnclear<T>(write: Promise<T>): Promise<T | null> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof UnclearAnswer) return null;
    throw error;
  }
}

/** The first readable record of each id, and all ids; null is that of a record without one that can be read. */
async function readEach<B extends BadgeFields>(
  records: readonly unknown[],
  toBadge: (record: unknown) => RecordReading<B>,
): Promise<{ badges: B[]; ids: ReadonlySet<string | null> }> {
  const slices = createSlices();
  const badges = new Map<string, B>();
  const ids = new Set<string | null>();
  for (const record of records) {
    await slices.spend(STEPS_OF_RECORD);
    const reading = toBadge(record);
    ids.add('badge' in reading ? reading.badge.id : reading.malformed.id);
    if ('badge' in reading && !badges.has(reading.badge.id)) {
      badges.set(reading.badge.id, reading.badge);
    }
  }
  return { badges: [...badges.values()], ids };
}

function missing(isPerhapsUnreadable: boolean): ProviderError {
  return isPerhapsUnreadable
    ? new UnclearAnswer('responded without the expected badge')
    : badResponse('returned a different badge');
}

/** A part of a list, or an empty one that nobody vouches for, would show badges as gone that are there. */
function checkWhole(answer: Parameters<typeof signOfMore>[0], { says }: Verdict): void {
  const sign = signOfMore(answer);
  if (sign !== undefined)
    throw incomplete(`returned only part of its badges, according to ${sign}`);
  const { status } = answer.head;
  if (status !== 200 && says !== 'yes') throw incomplete(`returned a list with status ${status}`);
  if (answer.records.length === 0 && says !== 'yes') {
    throw incomplete('returned no badges without confirming that there are none');
  }
}

/** It answers well enough: only this list cannot be used. */
export function incomplete(message: string): ProviderError {
  return new ProviderError(message, {
    kind: 'bad-response',
    effect: 'unknown',
    isBreakdown: false,
  });
}

/** Beside them, a list inside an object is no list of badges. */
const NO_RECORDS = /error|warning|fail|link/i;

/** An array by such a name is the list, also if it is empty. */
const RECORDS = /^(badges?|items|data|list|results?|records|docs|documents|rows|content|entries)$/i;

/** The list inside a payload: itself an array, or the one array of objects inside an object (inferred). */
function findRecords(payload: unknown): readonly unknown[] | undefined {
  if (Array.isArray(payload)) return payload as unknown[];
  if (!isObject(payload)) return undefined;
  const arrays = Object.entries(payload).flatMap(([key, value]) =>
    Array.isArray(value) && !NO_RECORDS.test(key) ? [{ key, records: value as unknown[] }] : [],
  );
  const [{ key, records } = { key: '', records: [] }] = arrays;
  const isList = records.every(isObject) && (records.length > 0 || RECORDS.test(key));
  return arrays.length === 1 && isList ? records : undefined;
}

/** How a provider answers a look-up of one thing. */
export interface LookupWire {
  /** What is inside the envelope, if there is one. */
  toPayload: (json: unknown) => unknown;
  /** Whether a payload is what was looked for, by its id. */
  isFound: (payload: unknown) => boolean;
}

/**
 * What a look-up found; null when the answer says that there is nothing. An answer that says neither that it found
 * something nor that it succeeded is none.
 */
export function readLookup(
  json: unknown,
  { status }: AnswerHead,
  { toPayload, isFound }: LookupWire,
): unknown {
  if (json === undefined) throw badResponse('responded without a body');
  const payload = toPayload(json);
  const isHere = isFound(payload);
  const verdict = readVerdict(json, {
    status,
    isRecord: (value) => isHere && value === payload,
    isBareSuccess: isHere && payload === json,
  });
  const refusal = refusalIn(verdict);
  if (refusal) throw refusal;
  if (payload === null || (Array.isArray(payload) && payload.length === 0)) return null;
  if (verdict.says !== 'yes') throw badResponse('responded without confirming success');
  return payload;
}

/** Whether a refusal says that there is no such thing, in any of its codes. */
export function saysNotFound(refusal: unknown): boolean {
  return readVerdict(refusal, { status: 200, isRecord: () => false }).codes.includes(404);
}
