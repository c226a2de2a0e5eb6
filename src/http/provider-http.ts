import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import { statusError, transportError } from './classify.ts';
import type { CallStage } from './classify.ts';
import { badResponse } from './provider-error.ts';
import type { ProviderError, ProviderName } from './provider-error.ts';

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
/** Bounds what one answer can cost in memory. Identity encoding only, so these are also the decoded bytes. */
const MAX_BODY_BYTES = 5 * 1024 * 1024;
/** More than single flight ever needs for reads; the rest is for writes. */
const CONNECTIONS = 16;
/** How much of a provider's error text may reach our log. */
const MAX_LOGGED_CHARACTERS = 300;

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

  async function call<T>({ method, path, body }: HttpCall, read: (json: unknown) => T): Promise<T> {
    const progress: Progress = { stage: 'connecting' };
    let text: string | undefined;
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
      text = await readBody(answer.body);
      const refusal = statusError(answer.statusCode, answer.headers);
      if (refusal) throw refusal;
      return read(text === '' ? undefined : toJson(text, answer.headers['content-type']));
    } catch (cause) {
      const error = transportError(cause, progress.stage);
      error.provider = options.provider;
      options.onFault({
        method,
        path,
        error,
        ...(text === undefined ? {} : { text: loggable(text, options.headers) }),
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

async function readBody(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES)
      throw badResponse(`answered with more than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function toJson(text: string, contentType: string | string[] | undefined): unknown {
  if (!/^application\/([\w.+-]+\+)?json\b/i.test(String(contentType ?? ''))) {
    throw badResponse('answered with something other than JSON');
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw badResponse('answered with malformed JSON', 'unknown', cause);
  }
}

function loggable(text: string, headers: Readonly<Record<string, string>>): string {
  const withoutSecrets = Object.values(headers)
    .flatMap((value) => [value, value.replace(/^Bearer /, '')])
    .reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
  return withoutSecrets.slice(0, MAX_LOGGED_CHARACTERS);
}
