import { types } from 'node:util';
import type { Dispatcher } from 'undici';
import type { AnswerHead } from './answer.ts';
import { readBody, readJson } from './body.ts';
import { statusError, transportError } from './classify.ts';
import type { CallStage } from './classify.ts';
import { ProviderError } from './provider-error.ts';
import { toRetryAfter } from './retry-after.ts';
import type { RetryAfterBounds } from './retry-after.ts';
import { toWholeJson } from './whole-text.ts';

export interface HttpCall {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute, without the base URL's own prefix. One of the client's routes, or it is not sent. */
  path: string;
  /** Sent as JSON. */
  body?: object;
  /** Whom a write is for: the log leaves this id out. */
  memberId?: string;
  /**
   * Only for a look-up, which may find nothing: then a 404 is an answer and no fault, and so is any other refusal
   * whose JSON this finds to say the same.
   */
  isNotFound?: (refusal: unknown) => boolean;
}

/** Makes of the JSON of a 2xx answer what is asked for; undefined when it had no body. May throw a `ProviderError`. */
export type ReadAnswer<T> = (json: unknown, head: AnswerHead) => T | Promise<T>;

export type AttemptResult<T> =
  | { value: T; head: AnswerHead }
  | Failed
  /** Thrown by code of ours: it says nothing about the provider. */
  | { bug: unknown };

export interface Failed {
  error: ProviderError;
  /** What the provider said, as far as it was heard. */
  answered: Answered | undefined;
}

export interface Answered {
  head: AnswerHead;
  /** Decoded. */
  body: Buffer;
}

export interface AttemptOptions<T> {
  timeoutMs: number;
  retryAfter: RetryAfterBounds;
  /** Of its body, once decoded; as many as of any answer if left out. */
  maxBytes?: number;
  read: ReadAnswer<T>;
}

type Request = HttpCall & { headers: Readonly<Record<string, string>> };

/** Sends one request and reads its whole answer, all within `timeoutMs`. Never throws. */
export async function attempt<T>(
  dispatcher: Dispatcher,
  request: Request,
  { timeoutMs, retryAfter, maxBytes, read }: AttemptOptions<T>,
): Promise<AttemptResult<T>> {
  const received = await receive(dispatcher, request, { timeoutMs, maxBytes });
  if (!('head' in received)) return received;
  const { head, body } = received;
  const wait = toRetryAfter(head, retryAfter);
  const refusal = statusError(head.status, wait);
  if (refusal) {
    // The status has said all that counts; the text is for people.
    return { error: refusal, answered: Buffer.isBuffer(body) ? { head, body } : undefined };
  }
  if (!Buffer.isBuffer(body)) return { error: body, answered: undefined };
  try {
    const json = body.length === 0 ? undefined : await readJson(body, head);
    return { value: await read(json, head), head };
  } catch (error) {
    if (!(error instanceof ProviderError)) return { bug: error };
    if (error.kind === 'rate-limited') error.retryAfterMs ??= wait.retryAfterMs;
    return { error, answered: { head, body } };
  }
}

/** An answer with its body, or with why that could not be read. */
type Received = { head: AnswerHead; body: Buffer | ProviderError };

async function receive(
  dispatcher: Dispatcher,
  { method, path, headers, body }: Request,
  { timeoutMs, maxBytes }: { timeoutMs: number; maxBytes: number | undefined },
): Promise<Received | Failed | { bug: unknown }> {
  const progress: Progress = { stage: 'connecting' };
  const toFailure = (cause: unknown): Failed | { bug: unknown } =>
    isBug(cause)
      ? { bug: cause }
      : { error: transportError(cause, progress.stage), answered: undefined };
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const asking = dispatcher.compose(noteSending(progress)).request({
      method,
      path,
      headers: {
        accept: 'application/json',
        ...headers,
        'accept-encoding': 'gzip',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      // Values that were remembered by an earlier version may hold half characters.
      body: body === undefined ? null : toWholeJson(JSON.stringify(body)),
      signal,
    });
    const answer = await Promise.race([asking, untilTooLate(signal, progress)]);
    progress.stage = 'answering';
    const head = { status: answer.statusCode, headers: answer.headers };
    const read = await readBody(answer, maxBytes).catch(toFailure);
    if (Buffer.isBuffer(read)) return { head, body: read };
    return 'error' in read ? { head, body: read.error } : read;
  } catch (cause) {
    return toFailure(cause);
  }
}

const ERRORS_OF_THE_LANGUAGE = ['TypeError', 'RangeError', 'ReferenceError'];

/** Errors of the language, and of a request that no client can send. What a network does has other names. */
function isBug(cause: unknown): boolean {
  if (!types.isNativeError(cause)) return false;
  const isInvalid = 'code' in cause && cause.code === 'UND_ERR_INVALID_ARG';
  return isInvalid || ERRORS_OF_THE_LANGUAGE.includes(cause.name);
}

interface Progress {
  stage: CallStage;
}

/**
 * Rejects when the time is over before a connection stands: undici tells then only once it stands, or never will.
 * The request is not sent any more.
 */
function untilTooLate(signal: AbortSignal, progress: Progress): Promise<never> {
  return new Promise((_resolve, reject) => {
    const onAbort = (): void => {
      if (progress.stage === 'connecting') reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** Undici starts a request on a connected socket just before its first byte is written, unless it was aborted. */
function noteSending(progress: Progress): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const start = handler.onRequestStart?.bind(handler);
    handler.onRequestStart = (controller, context) => {
      start?.(controller, context);
      if (!controller.aborted) progress.stage = 'sent';
    };
    return dispatch(options, handler);
  };
}
