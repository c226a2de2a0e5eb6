import { createHash, hash } from 'node:crypto';
import type { CallBounds } from '../http/admission.ts';
import { createSlices, isObject } from '../http/json.ts';
import { ProviderError, UnclearAnswer, badResponse } from '../http/provider-error.ts';
import type { Answered } from '../http/attempt.ts';
import type { ProviderHttp } from '../http/provider-http.ts';
import { type AnswerHead, headerValues } from '../http/response.ts';
import {
  type BadgeFields,
  type BadgeList,
  MAX_RECORDS,
  type RecordReading,
  STEPS_OF_RECORD,
  reuseBadges,
  toBadgeList,
} from './badge-list.ts';
import { signInHeaders, signOfMore } from './envelope.ts';
import type { ProviderClient } from './provider.ts';
import { type Verdict, readVerdict, refusalIn } from './verdict.ts';

/** How a provider wraps its responses. */
export interface Wire<B extends BadgeFields> {
  /** Returns what is inside the envelope, or the whole JSON if there is no envelope. */
  toPayload: (json: unknown) => unknown;
  /** Whether the provider documents badges and lists of badges without an envelope. */
  hasBareAnswers: boolean;
  /** Whether a value is a badge, judged by the names of its fields. It may be unreadable. */
  isRecord: (value: unknown) => boolean;
  toBadge: (record: unknown) => RecordReading<B>;
}

/** Reads the responses of one provider. Throws a `ProviderError` if a response reports a failure anywhere. */
export interface AnswerReader<B extends BadgeFields> {
  /** The complete list. Rejects if the list is only a part. */
  list: (json: unknown, head: AnswerHead) => Promise<BadgeList<B>>;
  /** The badge that a write promises to return. `id` is that of the changed badge. Null: there was no body. */
  written: (id?: string) => (json: unknown, head: AnswerHead) => B[] | null;
  /** The badges that a write of the badge `id` promises to return. Null: there was no body. */
  holding: (id: string) => (json: unknown, head: AnswerHead) => Promise<B[] | null>;
  /** For a write that promises to return no badges. Null: there was no body. */
  done: (json: unknown, head: AnswerHead) => B[] | null;
}

export function createAnswerReader<B extends BadgeFields>(wire: Wire<B>): AnswerReader<B> {
  const { toPayload, isRecord, toBadge } = wire;

  /** `promised` is the payload that the operation promises. Undefined if it is missing. */
  function judge(json: unknown, { status }: AnswerHead, promised?: unknown): Verdict {
    const isPromised = (value: unknown): boolean => promised !== undefined && value === promised;
    const isBareSuccess = wire.hasBareAnswers && isPromised(json);
    const isData = (value: unknown): boolean => isRecord(value) || isPromised(value);
    return readVerdict(json, { status, isRecord: isData, isBareSuccess });
  }

  /** Throws unless the response clearly confirms the write. */
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
      // A refusal next to the requested badge is not reliable.
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

/** An ID as a part of a path. Throws if the text cannot be an ID, because it could lead to another resource. */
export function toSegment(id: string, isId: (id: string) => boolean): string {
  if (isId(id)) return encodeURIComponent(id);
  throw badResponse('was not called, because it cannot have such an ID', 'not-sent');
}

interface BadgeCallsOptions<B extends BadgeFields> {
  http: ProviderHttp;
  answer: AnswerReader<B>;
  /** The paths of all badges and of one badge. The latter throws for an ID that the provider cannot have. */
  badges: string;
  badgePath: (id: string) => string;
  updateMethod: 'PUT' | 'PATCH';
}

/**
 * Every write resolves with the badges in its response. Null: the response leaves open whether the write was carried
 * out.
 */
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
  const fingerprints = new WeakMap<BadgeList, string>();

  async function listBadges(bounds: CallBounds, last?: BadgeList): Promise<BadgeList> {
    let fingerprint = '';
    const recall = async (answered: Answered): Promise<BadgeList | undefined> => {
      fingerprint = await fingerprintOf(answered);
      const isKnown = last?.recordCount !== undefined && fingerprints.get(last) === fingerprint;
      const isWhole = isKnown && signInHeaders(answered.head, last.recordCount) === undefined;
      return isWhole ? last : undefined;
    };
    const call = { operation: 'listBadges', method: 'GET', path: badges, recall } as const;
    const read = await http.call<BadgeList>(call, bounds, answer.list);
    const list = await reuseBadges(read, last);
    fingerprints.set(list, fingerprint);
    return list;
  }

  return {
    listBadges,
    createBadge: (body, bounds) =>
      orUnclear(
        http.call(
          { operation: 'createBadge', method: 'POST', path: badges, body },
          bounds,
          answer.written(),
        ),
      ),
    updateBadge: async (id, body, bounds) => {
      const call = {
        operation: 'updateBadge',
        method: updateMethod,
        path: badgePath(id),
        body,
      };
      return orUnclear(http.call(call, bounds, answer.written(id)));
    },
    close: http.close,
  };
}

/** As many bytes are hashed in one piece. */
const HASHED_BYTES = 1024 * 1024;
/** Hashing a byte takes less time than a step. */
const BYTES_OF_STEP = 10;

/** Tells answers apart by all that is read of them, except for the headers that say whether a list is whole. */
async function fingerprintOf({ head, body }: Answered): Promise<string> {
  const about = JSON.stringify([head.status, headerValues(head, 'content-type')]);
  return about + (await digestOf(body));
}

async function digestOf(body: Buffer): Promise<string> {
  if (body.length <= HASHED_BYTES) return hash('sha256', body, 'base64');
  const slices = createSlices();
  const digest = createHash('sha256');
  for (let at = 0; at < body.length; at += HASHED_BYTES) {
    digest.update(body.subarray(at, at + HASHED_BYTES));
    await slices.spend(HASHED_BYTES / BYTES_OF_STEP);
  }
  return digest.digest('base64');
}

/** Resolves with null if the response leaves open whether the write was carried out. */
export async function orUnclear<T>(write: Promise<T>): Promise<T | null> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof UnclearAnswer) return null;
    throw error;
  }
}

/** The first readable record of each ID, and all IDs. A record without a readable ID counts as null. */
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

/** A part of a list, or an empty list without a confirmation, would make existing badges look deleted. */
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

/** The provider works, and only this list is unusable. So the circuit breaker does not count it. */
export function incomplete(message: string): ProviderError {
  return new ProviderError(message, {
    kind: 'bad-response',
    effect: 'unknown',
    isBreakdown: false,
  });
}

/** Arrays by these names are not lists of badges. */
const NO_RECORDS = /error|warning|fail|link/i;

/** An array by one of these names is the list, even if it is empty. */
const RECORDS = /^(badges?|items|data|list|results?|records|docs|documents|rows|content|entries)$/i;

/** The list in a payload: the payload itself, or the only array of objects in it (inferred). */
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

/** How a provider answers a look-up of one object. */
interface LookupWire {
  /** Returns what is inside the envelope, or the whole JSON if there is no envelope. */
  toPayload: (json: unknown) => unknown;
  /** Whether a payload is the requested object, judged by its ID. */
  isFound: (payload: unknown) => boolean;
}

/**
 * What a look-up found. Null if the response says that there is no such object. Throws if the response confirms
 * neither.
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

/** Whether any code of a refusal is 404. */
export function saysNotFound(refusal: unknown): boolean {
  return readVerdict(refusal, { status: 200, isRecord: () => false }).codes.includes(404);
}
