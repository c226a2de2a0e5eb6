import { types } from 'node:util';
import { type Dispatcher, EnvHttpProxyAgent, Pool, errors } from 'undici';
import { PLACES } from './admission.ts';
import { isLoopbackHost } from './hosts.ts';
import { toWholeJson } from './json.ts';
import {
  type CallStage,
  ProviderError,
  badResponse,
  statusError,
  transportError,
} from './provider-error.ts';
import {
  type AnswerHead,
  Chunks,
  MAX_BODY_BYTES,
  type RetryAfterBounds,
  decodeBody,
  encodingOf,
  readJson,
  toRetryAfter,
  tooLarge,
} from './response.ts';

/** Proxies for connections to other machines. */
export interface Proxies {
  /** For https. Undefined: none. */
  https: string | undefined;
  /** For plain http. Undefined: none. */
  http: string | undefined;
  /** Hosts that are reached without a proxy, in the syntax of `NO_PROXY`. */
  except: string;
}

const CONNECT_TIMEOUT_MS = 1_000;
/** How long a proxy may take to open a tunnel, which includes its DNS lookup and connection. */
const TUNNEL_TIMEOUT_MS = 2_000;
/** Shorter than the usual keep-alive of servers, so that a request rarely meets a connection that is being closed. */
const KEEP_ALIVE_MS = 4_000;

/** HTTP/1.1 only: undici retries HTTP/2 requests by itself. */
const OPTIONS = {
  connections: PLACES,
  pipelining: 1,
  allowH2: false,
  keepAliveTimeout: KEEP_ALIVE_MS,
  // A server may announce a longer time and still close the connection earlier.
  keepAliveMaxTimeout: KEEP_ALIVE_MS,
} as const;
const CONNECT = { timeout: CONNECT_TIMEOUT_MS, allowH2: false } as const;

/** The connections to one origin, through its proxy if one is set. This machine is always reached directly. */
export function createPool(origin: string, proxies?: Proxies): Dispatcher {
  const { protocol, hostname } = new URL(origin);
  const proxy = protocol === 'https:' ? proxies?.https : proxies?.http;
  if (proxy === undefined || isLoopbackHost(hostname)) {
    return new Pool(origin, { ...OPTIONS, connect: CONNECT });
  }
  const agent = new EnvHttpProxyAgent({
    ...OPTIONS,
    connect: CONNECT,
    httpProxy: proxy,
    httpsProxy: proxy,
    // Undici reads the environment if this is undefined.
    noProxy: proxies?.except ?? '',
    proxyTls: CONNECT,
    requestTls: CONNECT,
    clientFactory: (url, options) =>
      new Pool(url, { ...options, allowH2: false, headersTimeout: TUNNEL_TIMEOUT_MS }),
    // Used for plain http through a proxy.
    factory: (url, options) => new Pool(url, { ...options, ...OPTIONS }),
  });
  return agent.compose((dispatch) => (options, handler) => {
    const fail = handler.onResponseError?.bind(handler);
    handler.onResponseError = (controller, error) => fail?.(controller, toProxyError(error));
    return dispatch({ ...options, origin }, handler);
  });
}

/** Undici reports a 407 of the proxy as an invalid request. */
function toProxyError(error: Error): Error {
  return error instanceof errors.InvalidArgumentError && error.message.includes('407')
    ? new errors.SocketError('The proxy wants other credentials (407)')
    : error;
}

export interface HttpCall {
  /** What it does, such as `listBadges`: a constant, for logs and metrics. */
  operation: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute, without the prefix of the base URL. Must match one of the client's routes. */
  path: string;
  /** Sent as JSON. */
  body?: object;
  /** The member that a write is for. This id is kept out of the log. */
  memberId?: string;
  /**
   * Only for lookups. A 404 is then a normal answer, and so is any other rejection whose JSON this function
   * recognizes as "not found".
   */
  isNotFound?: (refusal: unknown) => boolean;
}

/** Converts the JSON of a 2xx answer, undefined if it had no body, to the result. May throw a `ProviderError`. */
export type ReadAnswer<T> = (json: unknown, head: AnswerHead) => T | Promise<T>;

/**
 * Recognizes a 2xx answer by its bytes, and returns what was read from an equal one: it is not parsed then. Undefined:
 * it is read.
 */
export type RecallAnswer<T> = (answered: Answered) => Promise<T | undefined>;

type AttemptResult<T> =
  | { value: T; head: AnswerHead }
  | Failed
  /** Thrown by our own code: it says nothing about the provider. */
  | { bug: unknown };

export interface Failed {
  error: ProviderError;
  /** The answer of the provider, if one arrived whole. */
  answered: Answered | undefined;
}

export interface Answered {
  head: AnswerHead;
  /** Decoded. */
  body: Buffer;
}

interface AttemptOptions<T> {
  timeoutMs: number;
  retryAfter: RetryAfterBounds;
  /** Limit of the decoded body; the general limit if left out. */
  maxBytes?: number;
  recall?: RecallAnswer<T> | undefined;
  read: ReadAnswer<T>;
}

type Request = Omit<HttpCall, 'operation'> & { headers: Readonly<Record<string, string>> };

/** Sends one request and reads its whole answer, all within `timeoutMs`. Never throws. */
export async function attempt<T>(
  dispatcher: Dispatcher,
  request: Request,
  { timeoutMs, retryAfter, maxBytes, recall, read }: AttemptOptions<T>,
): Promise<AttemptResult<T>> {
  const received = await receive(dispatcher, request, { timeoutMs, maxBytes });
  if (!('head' in received)) return received;
  const { head, body } = received;
  if (head.status < 200 || head.status >= 300) {
    const error = statusError(head.status, toRetryAfter(head, retryAfter));
    // The status decides; the body is only read for a message.
    return { error, answered: Buffer.isBuffer(body) ? { head, body } : undefined };
  }
  if (!Buffer.isBuffer(body)) return { error: body, answered: undefined };
  try {
    const known = await recall?.({ head, body });
    if (known !== undefined) return { value: known, head };
    const json = body.length === 0 ? undefined : await readJson(body, head);
    return { value: await read(json, head), head };
  } catch (error) {
    if (!(error instanceof ProviderError)) return { bug: error };
    if (error.kind === 'rate-limited') {
      error.retryAfterMs ??= toRetryAfter(head, retryAfter).retryAfterMs;
    }
    return { error, answered: { head, body } };
  }
}

/** An answer with its body, or with the error that reading the body ended in. */
type Received = { head: AnswerHead; body: Buffer | ProviderError };

interface ReceiveOptions {
  timeoutMs: number;
  maxBytes: number | undefined;
}

async function receive(
  dispatcher: Dispatcher,
  request: Request,
  { timeoutMs, maxBytes = MAX_BODY_BYTES }: ReceiveOptions,
): Promise<Received | Failed | { bug: unknown }> {
  const arrived = await ask(dispatcher, request, { timeoutMs, maxBytes });
  if ('cause' in arrived) return toFailure(arrived);
  const { head, encoded } = arrived;
  try {
    return { head, body: await decodeBody(encoded, head, maxBytes) };
  } catch (cause) {
    return toFailure({ cause, stage: 'answering', head });
  }
}

/** An answer as it came. */
interface Arrived {
  head: AnswerHead;
  encoded: Buffer;
}

/** Why no whole answer came. */
interface Broken {
  cause: unknown;
  stage: CallStage;
  /** Of the answer that began. */
  head: AnswerHead | undefined;
}

function toFailure({ cause, stage, head }: Broken): Received | Failed | { bug: unknown } {
  if (isBug(cause)) return { bug: cause };
  const error = transportError(cause, stage);
  return head ? { head, body: error } : { error, answered: undefined };
}

/** Collects the answer as undici hands it on: a stream for each answer would take longer than to read most of them. */
function ask(
  dispatcher: Dispatcher,
  request: Request,
  { timeoutMs, maxBytes }: { timeoutMs: number; maxBytes: number },
): Promise<Arrived | Broken> {
  return new Promise((resolve) => {
    let stage: CallStage = 'connecting';
    let controller: Dispatcher.DispatchController | undefined;
    let head: AnswerHead | undefined;
    const chunks = new Chunks();
    let bytes = 0;
    let isOver = false;

    function end(result: Arrived | Broken): void {
      isOver = true;
      clearTimeout(timer);
      resolve(result);
    }
    const fail = (cause: unknown): void => end({ cause, stage, head });
    /** Closes the connection. Without one, undici would only report this once it has connected or failed. */
    function stop(cause: Error): void {
      fail(cause);
      controller?.abort(cause);
    }
    // `AbortSignal.timeout` would keep everything of a call, also after its answer, and create an error when it fires.
    const timer = setTimeout(
      () => stop(new DOMException('The call took too long', 'TimeoutError')),
      Math.ceil(timeoutMs),
    );
    const handler: Dispatcher.DispatchHandler = {
      /** On a connected socket, just before the first byte is written: after this, it may have been sent. */
      onRequestStart(started) {
        if (isOver) return started.abort(new Error('The call is over'));
        controller = started;
        stage = 'sent';
      },
      onResponseStart(_controller, status, answerHeaders) {
        // Others come before the answer itself.
        if (status < 200) return;
        stage = 'answering';
        head = { status, headers: answerHeaders };
        if (encodingOf(head) === 'other')
          stop(badResponse('used a content encoding that was not requested'));
      },
      onResponseData(_controller, chunk) {
        bytes += chunk.length;
        if (bytes > maxBytes) return stop(tooLarge(maxBytes));
        chunks.add(chunk);
      },
      onResponseEnd() {
        if (head) end({ head, encoded: chunks.whole() });
      },
      // After the 407 of a proxy, undici would still read its body, however long that goes on.
      onResponseError: (_controller, cause) => stop(cause),
    };
    try {
      dispatcher.dispatch(toOptions(request), handler);
    } catch (cause) {
      fail(cause);
    }
  });
}

function toOptions({ method, path, headers, body }: Request): Dispatcher.DispatchOptions {
  return {
    method,
    path,
    headers: {
      accept: 'application/json',
      ...headers,
      'accept-encoding': 'gzip',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    // Values that an earlier version stored may contain lone surrogates.
    body: body === undefined ? null : toWholeJson(JSON.stringify(body)),
  };
}

const ERRORS_OF_THE_LANGUAGE = ['TypeError', 'RangeError', 'ReferenceError'];

/** Errors of the language, and of invalid requests. Network errors have other names. */
function isBug(cause: unknown): boolean {
  if (!types.isNativeError(cause)) return false;
  const isInvalid = 'code' in cause && cause.code === 'UND_ERR_INVALID_ARG';
  return isInvalid || ERRORS_OF_THE_LANGUAGE.includes(cause.name);
}
