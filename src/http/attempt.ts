import type { Dispatcher } from 'undici';
import { readBody, toJson } from './body.ts';
import { statusError, transportError } from './classify.ts';
import type { CallStage } from './classify.ts';
import { ProviderError, badResponse } from './provider-error.ts';
import { toWholeJson } from './whole-text.ts';

export interface HttpCall {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute, without the base URL's own prefix. One of the client's routes, or it is not sent. */
  path: string;
  /** Sent as JSON. */
  body?: object;
}

export type AttemptResult<T> =
  | { value: T }
  | {
      error: ProviderError;
      /** What the provider said, as far as it was heard. */
      answered: Buffer | undefined;
    };

/** Sends one request and reads its whole answer, all within `timeoutMs`. Never throws. */
export async function attempt<T>(
  dispatcher: Dispatcher,
  { headers, body, ...call }: HttpCall & { headers: Readonly<Record<string, string>> },
  { timeoutMs, read }: { timeoutMs: number; read: (json: unknown) => T },
): Promise<AttemptResult<T>> {
  const progress: Progress = { stage: 'connecting' };
  let answered: Buffer | undefined;
  try {
    const answer = await dispatcher.compose(noteSending(progress)).request({
      ...call,
      headers: {
        ...headers,
        accept: 'application/json',
        'accept-encoding': 'gzip',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      // Values that were remembered by an earlier version may hold half characters.
      body: body === undefined ? null : toWholeJson(JSON.stringify(body)),
      signal: AbortSignal.timeout(timeoutMs),
    });
    progress.stage = 'answering';
    const refusal = statusError(answer.statusCode, answer.headers);
    if (refusal) {
      // The status has said all that counts; the text is for the log.
      answered = await readBody(answer).catch(() => undefined);
      return { error: refusal, answered };
    }
    answered = await readBody(answer);
    const isEmpty = answered.length === 0;
    return { value: read(isEmpty ? undefined : toJson(answered, answer.headers['content-type'])) };
  } catch (cause) {
    return { error: answered ? readError(cause) : transportError(cause, progress.stage), answered };
  }
}

/** The whole answer came, and cannot be used. */
function readError(cause: unknown): ProviderError {
  if (cause instanceof ProviderError) return cause;
  return badResponse('answered something that cannot be read', 'unknown', cause);
}

interface Progress {
  stage: CallStage;
}

/** Undici starts a request on a connected socket just before its first byte is written. */
function noteSending(progress: Progress): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const start = handler.onRequestStart?.bind(handler);
    handler.onRequestStart = (...args) => {
      progress.stage = 'sent';
      start?.(...args);
    };
    return dispatch(options, handler);
  };
}
