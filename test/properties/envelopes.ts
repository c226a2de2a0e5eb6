import fc from 'fast-check';
import { isObject } from '../../src/http/json.ts';
import type { AnswerReader } from '../../src/providers/answers.ts';
import type { BadgeFields } from '../../src/providers/badge-list.ts';
import { isHttpsUrl } from '../../src/providers/graph-types.ts';
import { createReturningAIAnswers } from '../../src/providers/returning-ai/badge.ts';
import { createBadgeReading, createTagMangoAnswers } from '../../src/providers/tag-mango/badge.ts';

/** One provider's envelope around a payload, and how its client reads it. */
export interface EnvelopeOf {
  key: string;
  reader: AnswerReader<BadgeFields>;
  id: string;
  /** A badge of that id. */
  record: Json;
  /** As documented. `flag` left out: the envelope does not say whether it succeeded. */
  wrap: (payload: unknown, flag?: unknown) => Json;
  /** Where the payload stands. */
  payloadKey: string;
}

export type Json = Record<string, unknown>;

export const ENVELOPES: readonly EnvelopeOf[] = [
  {
    key: 'Returning.AI',
    reader: createReturningAIAnswers({ isImageUrl: isHttpsUrl, values: undefined }),
    id: 'major',
    record: { id: 'major', title: 'Major', quantity: '3', awarded: 'false' },
    wrap: (body, flag) => ({
      meta: { ...(flag !== undefined && { success: flag }), message: 'Done', devMessage: 'Done' },
      body,
    }),
    payloadKey: 'body',
  },
  {
    key: 'TagMango',
    reader: createTagMangoAnswers(
      createBadgeReading({ isImageUrl: isHttpsUrl, values: undefined }),
    ),
    id: '6657092c8142bfe0656481bf',
    record: { _id: '6657092c8142bfe0656481bf', name: 'Hall of Fame', enableAutomation: false },
    wrap: (result, flag) => ({
      ...(flag !== undefined && { success: flag }),
      message: 'Done',
      result,
    }),
    payloadKey: 'result',
  },
];

/** The same word as servers of all kinds write it. */
function spelled(...words: string[]): fc.Arbitrary<string> {
  const spell = (word: string) =>
    fc.constantFrom(
      word,
      word.toUpperCase(),
      word.charAt(0).toUpperCase() + word.slice(1),
      ` ${word} `,
    );
  return fc.constantFrom(...words).chain(spell);
}

export const yes = fc.oneof(
  fc.constantFrom(true, 1, '1'),
  spelled('true', 'yes', 'ok', 'success', 'succeeded'),
);
export const no = fc.oneof(
  fc.constantFrom(false, 0, '0'),
  spelled('false', 'no', 'fail', 'failed', 'error', 'failure'),
);

const errorStatus = fc.constantFrom(400, 401, 403, 404, 409, 422, 429, 500, 503);
const numberOrText = (number: fc.Arbitrary<number>) =>
  number.chain((value) => fc.constantFrom<number | string>(value, String(value)));

const one = <T>(keys: readonly string[], value: fc.Arbitrary<T>): fc.Arbitrary<Json> =>
  fc.tuple(fc.constantFrom(...keys), value).map(([key, given]) => ({ [key]: given }));

const errorWord = fc.constantFrom('Forbidden', 'x', 'Badge not found', 'エラー', 'E1001', '500');

/** Each says by itself that the request failed, wholly or in part. */
export const refusalSign: fc.Arbitrary<Json> = fc.oneof(
  one(['success', 'ok', 'isSuccess', 'succeeded'], no),
  one(['status', 'state'], spelled('error', 'failed', 'failure', 'fail', 'rejected')),
  one(['code', 'statusCode', 'status', 'status_code', 'httpStatus'], numberOrText(errorStatus)),
  one(['statusMessage', 'code', 'status'], fc.constantFrom('NOT_FOUND', 'BAD_REQUEST', 'CONFLICT')),
  one(['code', 'statusCode', 'status'], numberOrText(fc.constantFrom(-1, -100))),
  one(['error', 'errorMessage', 'error_description', 'exception'], errorWord),
  one(['errorCode', 'error_code', 'errno'], fc.constantFrom(1001, 'E42', '403', -1)),
  one(['errors', 'validationErrors'], fc.constantFrom(['x'], [{ message: 'x' }], { name: ['x'] })),
  one(['error'], fc.constantFrom({ message: 'x' }, { code: 403 }, true)),
  one(['failed', 'failures', 'failedIds'], fc.constantFrom(['a'], [{ id: 'a' }], 1, '2', true)),
  one(['results', 'items'], fc.constantFrom([{ id: 'a', success: false }], [{ status: 'failed' }])),
  one(['hasErrors', 'isError'], fc.constantFrom(true, 'true', 1)),
);

/** None of them says anything against the request. */
export const harmlessSign: fc.Arbitrary<Json> = fc.oneof(
  one(['error', 'errors', 'errorCode', 'errorMessage'], fc.constantFrom(null, '', 0, '0', false)),
  one(['errors', 'failed', 'failures'], fc.constantFrom([], {}, 0, null, [null], 'none')),
  one(['errorCode', 'error'], fc.constantFrom(200, 204)),
  one(['skipped', 'rejected', 'notFoundCount'], fc.constantFrom([], 0, '0', null)),
  one(['code'], fc.constantFrom(0, 200, '200', 'OK', 201)),
  one(['statusCode', 'httpStatus'], fc.constantFrom(200, '200', 201)),
  one(['statusMessage', 'statusText'], fc.constantFrom('OK', 'Success', 'Badge saved', 'Created')),
  one(['status'], fc.constantFrom('success', 'ok', true, 200, 'active')),
  one(['type'], fc.constantFrom('OK', 'badge', 'success')),
  one(
    ['message', 'devMessage', 'title', 'description'],
    fc.constantFrom('Not found', 'error', 'failed', '404', 'no'),
  ),
  one(['warnings', 'request'], fc.constantFrom([{ code: 404 }], { error: 'x' })),
  one(['requestId', 'took', 'version'], fc.constantFrom('404', 500, '1.0')),
  one(['hasErrors', 'isError'], fc.constantFrom(false, 'false', 0)),
);

/** A field of a badge that is called like a sign, and is none. */
export const recordField: fc.Arbitrary<Json> = fc.oneof(refusalSign, harmlessSign);

/** Something that stands somewhere in an envelope: never in a record. */
export interface Placed {
  at: 'root' | 'meta' | 'status' | 'response' | 'deep';
  sign: Json;
}

export function placed(sign: fc.Arbitrary<Json>): fc.Arbitrary<Placed> {
  const at = fc.constantFrom<Placed['at'][]>('root', 'meta', 'status', 'response', 'deep');
  return fc.record({ at, sign });
}

/** The answer with it, in the place of what was there under the same names. */
export function withSigns(answer: Json, ...all: readonly Placed[]): Json {
  return all.reduce(withSign, answer);
}

function withSign(answer: Json, { at, sign }: Placed): Json {
  if (at === 'root') return { ...sign, ...without(answer, sign) };
  if (at === 'deep') return { ...answer, details: { inner: { list: [sign] } } };
  const inner = answer[at];
  return { ...answer, [at]: { ...sign, ...(isObject(inner) && without(inner, sign)) } };
}

function without(answer: Json, sign: Json): Json {
  return Object.fromEntries(Object.entries(answer).filter(([key]) => !(key in sign)));
}
