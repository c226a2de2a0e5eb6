import type { AnswerHead } from '../http/answer.ts';
import { badResponse } from '../http/provider-error.ts';
import { readVerdict, refusalIn } from './verdict.ts';

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
  if (json === undefined) throw badResponse('answered without a body');
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
  if (verdict.says !== 'yes') throw badResponse('answered without saying that it succeeded');
  return payload;
}

/** Whether a refusal says that there is no such thing, in any of its codes. */
export function saysNotFound(refusal: unknown): boolean {
  return readVerdict(refusal, { status: 200, isRecord: () => false }).codes.includes(404);
}
