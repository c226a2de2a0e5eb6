import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import { readBody, toJson } from './body.ts';
import { statusError, transportError } from './classify.ts';
import type { CallStage } from './classify.ts';
import type { ProviderError, ProviderName } from './provider-error.ts';
import { redact } from './redact.ts';

export interface HttpCall {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute, without the base URL's own prefix. Every id in it has passed its provider's alphabet. */
  path: string;
  /** Sent as JSON. */
  body?: object;
}

export interface ProviderHttp {
  /** `read` gets the JSON of a 2xx answer, or `undefined` when it had no body, and may throw a `ProviderError`. */
  call<T>(call: HttpCall, read: (json: unknown) => T): Promise<T>;
  close: () => Promise<void>;
}

/** Told of every failed call, for the log. `text` is the provider's own, cut and without our secrets. */
export type OnFault = (fault: {
  method: string;
  path: string;
  error: ProviderError;
  text?: string;
}) => void;

export interface ProviderHttpOptions {
  provider: ProviderName;
  /** Includes any path prefix. */
  baseUrl: string;
  /** Sent with every call. */
  headers: Readonly<Record<string, string>>;
  /** Bounds one attempt: connecting, headers and the whole body. Milliseconds. */
  attemptTimeoutMs: number;
  onFault: OnFault;
}

const CONNECT_TIMEOUT_MS = 1_000;
/** More than single flight ever needs for reads; the rest is for writes. */
const CONNECTIONS = 16;

/** The one way to a provider. Never repeats a call, never follows a redirect. */
export function createProviderHttp(options: ProviderHttpOptions): ProviderHttp {
  const base = new URL(options.baseUrl);
  const prefix = base.pathname.replace(/\/+$/, '');
  const pool = new Pool(base.origin, {
    connections: CONNECTIONS,
    pipelining: 1,
    allowH2: false,
    connect: { timeout: CONNECT_TIMEOUT_MS },
  });

  const secrets = Object.values(options.headers).map((value) => value.replace(/^Bearer /, ''));

  async function call<T>({ method, path, body }: HttpCall, read: (json: unknown) => T): Promise<T> {
    const progress: Progress = { stage: 'connecting' };
    let answered: Buffer | undefined;
    try {
      const answer = await pool.compose(noteSending(progress)).request({
        method,
        path: prefix + path,
        headers: {
          ...options.headers,
          accept: 'application/json',
          'accept-encoding': 'identity',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(options.attemptTimeoutMs),
      });
      progress.stage = 'answering';
      answered = await readBody(answer.body);
      const refusal = statusError(answer.statusCode, answer.headers);
      if (refusal) throw refusal;
      const isEmpty = answered.length === 0;
      return read(isEmpty ? undefined : toJson(answered, answer.headers['content-type']));
    } catch (cause) {
      const error = transportError(cause, progress.stage);
      error.provider = options.provider;
      options.onFault({
        method,
        // A query may name a person.
        path: path.replace(/\?.*/, ''),
        error,
        ...(answered && { text: redact(answered.toString('utf8'), secrets) }),
      });
      throw error;
    }
  }

  return { call, close: () => pool.close() };
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
