import type { Dispatcher } from 'undici';
import {
  type CallBounds,
  type CallPurpose,
  type CircuitBreaker,
  type Clock,
  type RequestBudget,
  type Verdict,
  createAdmission,
  createBulkhead,
  createRateLimiter,
} from './admission.ts';
import {
  type Answered,
  type Failed,
  type HttpCall,
  type ReadAnswer,
  type RecallAnswer,
  attempt,
} from './attempt.ts';
import { type FaultKind, ProviderError, type ProviderName } from './provider-error.ts';
import { type Redact, createRedact, findProviderMessage, textsIn } from './provider-text.ts';
import { ageOf, readJson, toRetryAfterBounds } from './response.ts';

/** Every request that a client may make, as `METHOD /path` without the prefix of the base URL, with the alphabet of each id. */
export type Routes = readonly RegExp[];

/** Logged in place of a path that matches no route, which may contain anything. */
const NO_ROUTE = '(none of the routes)';

/**
 * The last check of a request; undefined if it may be sent. An id that passed every earlier check by mistake would
 * reach another resource of the provider, with the tenant's credentials.
 */
function routeError(
  routes: Routes,
  { prefix, method, path }: { prefix: string; method: string; path: string },
): ProviderError | undefined {
  const line = `${method} ${path.slice(prefix.length)}`;
  if (path.startsWith(prefix) && routes.some((route) => route.test(line))) return undefined;
  return new ProviderError('was not called, because the path is not one of its routes', {
    kind: 'bad-response',
    effect: 'not-sent',
    isBreakdown: false,
  });
}

export interface ProviderHttp {
  /**
   * Rejects with a `ProviderError`, or with the error that our own code threw. A read is repeated if that can help, a
   * write never.
   */
  call<T>(call: RecallingCall<T>, bounds: CallBounds, read: ReadAnswer<T>): Promise<T>;
  close: () => Promise<void>;
}

/** A call whose answer may be known. */
export interface RecallingCall<T> extends HttpCall {
  recall?: RecallAnswer<T>;
}

/**
 * Called for each failed attempt, for the log. `providerMessage` is the message of the provider about a write. Messages
 * about reads are never passed on, because they may repeat the person that was looked up, nor are those about rejected
 * credentials, because they may describe these.
 */
export type OnFault = (fault: {
  method: string;
  path: string;
  error: ProviderError;
  providerMessage?: string;
  /** Absent: the call was not attempted. */
  attempt?: AttemptEnded;
}) => void;

/** An attempt of a call, from the wait for its turn to the end of its answer. */
export interface AttemptEnded {
  provider: ProviderName;
  operation: string;
  method: HttpCall['method'];
  /** Without its query, and without the ID of a member. Empty if the attempt has not started. */
  url: string;
  purpose: CallPurpose;
  /** 1 for the first, 2 for the first repeat. */
  attempt: number;
  /** Whether it had its turn. If not, the circuit breaker or the wait for a place or the rate limit has stopped it. */
  isStarted: boolean;
  /** Undefined: no whole answer arrived. */
  status: number | undefined;
  waitedMs: number;
  /** Without the wait. */
  durationMs: number;
  /** `internal` is an error of our own code. */
  outcome: 'ok' | FaultKind | 'internal';
}

/** Called once for each attempt. */
export type OnAttempt = (attempt: AttemptEnded) => void;

/** Called for each call that waited noticeably for its turn. */
export type OnWait = (wait: { purpose: CallPurpose; waitedMs: number }) => void;

/** What the calls to one provider need from the process. */
export interface HttpDeps {
  /** Limit of one attempt, from connecting to the end of the body, milliseconds. */
  attemptTimeoutMs: number;
  clock: Clock;
  /** Within 0 and 1. */
  random: () => number;
  /** The connections to an origin. */
  connect: (origin: string) => Dispatcher;
  /** Undefined: the provider states no rate limit. */
  budget: RequestBudget | undefined;
  /** Reads and writes have a breaker each, so that failing reads do not stop writes. */
  createBreaker: (calls: 'reads' | 'writes') => CircuitBreaker;
  onFault: OnFault;
  onWait: OnWait;
  /** Absent: attempts are not reported. */
  onAttempt?: OnAttempt | undefined;
  /** Called with the JSON of every successful answer that is not recalled, before it is converted. */
  onJson?: (json: unknown) => void;
  /** The window of the provider's rate limit, milliseconds. Absent: it states none. */
  windowMs?: number | undefined;
  /** Removes the secrets of other tenants from a provider's text. Absent: only the client's own are removed. */
  redactOthers?: Redact;
}

interface ProviderHttpOptions extends HttpDeps {
  provider: ProviderName;
  /** Includes any path prefix. */
  baseUrl: string;
  /** Headers that are sent with every call, beside the credentials. Absent: none. */
  headers?: Readonly<Record<string, string>>;
  /** Headers that are sent with every call, and whose values are secrets. */
  credentials: Readonly<Record<string, string>>;
  /** The input fields that the JSON of a refused write names by codes of the provider, never by its text. Absent: none. */
  toFieldsAtFault?: (refusal: unknown) => readonly string[];
  /** No other request is sent. */
  routes: Routes;
}

/** An answer that takes longer than this part of the attempt's timeout is slow. */
const SLOW_PART = 0.5;
/** A shorter wait is not reported. Milliseconds. */
const MIN_WAIT_MS = 100;

/** Makes every call to a provider: admission, attempt, verdict, and retries of reads. Never follows a redirect. */
export function createProviderHttp(options: ProviderHttpOptions): ProviderHttp {
  const { clock, random, attemptTimeoutMs, credentials, provider, onFault } = options;
  const headers = { ...options.headers, ...credentials };
  const base = new URL(options.baseUrl);
  const prefix = base.pathname.replace(/\/+$/, '');
  const dispatcher = options.connect(base.origin);
  const shared = {
    bulkhead: createBulkhead(clock),
    limiter: createRateLimiter(clock, options.budget),
  };
  const reads = createAdmission({ ...shared, breaker: options.createBreaker('reads') });
  const writes = createAdmission({ ...shared, breaker: options.createBreaker('writes') });
  const redact = createRedact(secretsIn(credentials), options.redactOthers);
  const retryAfter = toRetryAfterBounds(options.windowMs);

  /** Nothing is added to the path after this check. */
  function toRequest(call: HttpCall) {
    const { method } = call;
    const path = prefix + call.path;
    const error = routeError(options.routes, { prefix, method, path });
    if (!error) return { ...call, path, headers };
    onFault({ method, path: NO_ROUTE, error });
    throw error;
  }

  /** Makes one attempt, and reports how it ended. */
  async function callOnce<T>(
    call: RecallingCall<T>,
    bounds: CallBounds,
    { read, number }: { read: ReadAnswer<T>; number: number },
  ): Promise<T> {
    const ended: AttemptEnded = {
      provider,
      operation: call.operation,
      method: call.method,
      url: '',
      purpose: bounds.purpose,
      attempt: number,
      isStarted: false,
      status: undefined,
      waitedMs: 0,
      durationMs: 0,
      outcome: 'ok',
    };
    const asked = clock.now();
    try {
      return await callInTurn(call, bounds, { read, ended });
    } catch (error) {
      ended.outcome = error instanceof ProviderError ? error.kind : 'internal';
      if (!ended.isStarted) ended.waitedMs = clock.now() - asked;
      throw error;
    } finally {
      options.onAttempt?.(ended);
    }
  }

  /** Waits for its turn and makes the attempt. Notes in `ended` how it went. */
  async function callInTurn<T>(
    { recall, ...call }: RecallingCall<T>,
    bounds: CallBounds,
    { read, ended }: { read: ReadAnswer<T>; ended: AttemptEnded },
  ): Promise<T> {
    const request = toRequest(call);
    // An admitted write has the time of a whole attempt.
    const needsMs = bounds.purpose === 'write' ? attemptTimeoutMs : MIN_ATTEMPT_MS;
    const asked = clock.now();
    const admission = bounds.purpose === 'write' ? writes : reads;
    const { leave } = await admission.enter(bounds, bounds.deadlineAt - needsMs);
    const begun = clock.now();
    const waitedMs = begun - asked;
    const url = base.origin + prefix + toShownPath(call);
    Object.assign(ended, { isStarted: true, url, waitedMs });
    if (waitedMs >= MIN_WAIT_MS) options.onWait({ purpose: bounds.purpose, waitedMs });
    const timeoutMs = Math.min(attemptTimeoutMs, Math.max(1, bounds.deadlineAt - begun));
    // A bug of ours says nothing about the provider.
    let verdict: Verdict = 'nothing';
    try {
      bounds.onSend?.();
      const result = await attempt(dispatcher, request, {
        timeoutMs,
        retryAfter,
        recall,
        read(json, head) {
          options.onJson?.(json);
          return read(json, head);
        },
      });
      ended.durationMs = clock.now() - begun;
      if ('bug' in result) throw result.bug;
      if ('error' in result) {
        verdict = toVerdict(result, timeoutMs < attemptTimeoutMs);
        ended.status = result.answered?.head.status;
        throw await fail(call, result, ended);
      }
      ended.status = result.head.status;
      verdict = ended.durationMs > attemptTimeoutMs * SLOW_PART ? 'slow' : 'good';
      const ageMs = ageOf(result.head);
      if (ageMs > 0) bounds.onAge?.(ageMs);
      return result.value;
    } finally {
      leave(verdict);
    }
  }

  /** Reports a failed attempt, and returns the error to throw. */
  async function fail(call: HttpCall, failed: Failed, ended: AttemptEnded): Promise<ProviderError> {
    const { purpose } = ended;
    if (call.isNotFound && (await saysNotFound(call.isNotFound, failed))) return notFound(provider);
    const { error, answered } = failed;
    error.provider = provider;
    // Reads and writes share the rate limit.
    if (error.kind === 'rate-limited') reads.coolDown(error.retryAfterMs ?? 0);
    const isPassedOn = purpose === 'write' && error.kind !== 'auth-failed';
    const found = isPassedOn && answered ? await findProviderMessage(answered) : undefined;
    const sent = (): string => textsIn([call.path, call.body ?? '']);
    const providerMessage = (found && redact(found, sent)) || undefined;
    error.providerMessage = providerMessage;
    if (purpose === 'write' && answered && error.effect === 'refused') {
      error.fieldsAtFault = options.toFieldsAtFault?.(await tryToJson(answered)) ?? [];
    }
    onFault({
      method: call.method,
      path: toShownPath(call),
      error,
      ...(providerMessage && { providerMessage: withoutMember(call, providerMessage) }),
      attempt: { ...ended, outcome: error.kind },
    });
    return error;
  }

  return {
    async call(call, bounds, read) {
      try {
        return await withRetries((number) => callOnce(call, bounds, { read, number }), bounds, {
          clock,
          random,
        });
      } catch (error) {
        if (error instanceof ProviderError) error.provider ??= provider;
        throw error;
      }
    },
    close: () => dispatcher.close(),
  };
}

/** `isCut`: the attempt had less time than usual. A successful answer without a body is good. */
function toVerdict({ error, answered }: Failed, isCut: boolean): Verdict {
  if (error.kind === 'rate-limited' || (isCut && error.kind === 'timeout')) return 'nothing';
  const isEmpty = error.kind === 'bad-response' && answered?.body.length === 0;
  return error.consequences.isBreakdown && !isEmpty ? 'failed' : 'good';
}

async function saysNotFound(
  isNotFound: NonNullable<HttpCall['isNotFound']>,
  { error, answered }: Failed,
): Promise<boolean> {
  if (error.kind === 'not-found') return true;
  if (error.effect !== 'refused' || !answered) return false;
  const json = await tryToJson(answered);
  return json !== undefined && isNotFound(json);
}

/** Undefined: the body is not JSON. */
async function tryToJson({ body, head }: Answered): Promise<unknown> {
  try {
    return await readJson(body, head);
  } catch (error) {
    if (error instanceof ProviderError) return undefined;
    throw error;
  }
}

function notFound(provider: ProviderName): ProviderError {
  const kind = 'not-found';
  return new ProviderError('has no such resource', { kind, effect: 'refused', provider });
}

function secretsIn(credentials: ProviderHttpOptions['credentials']): string[] {
  return Object.values(credentials).map((value) => value.replace(/^Bearer /, ''));
}

/** A query may name a person, too. */
function toShownPath(call: HttpCall): string {
  return withoutMember(call, call.path.replace(/\?.*/, ''));
}

function withoutMember({ memberId }: HttpCall, text: string): string {
  return memberId ? text.replaceAll(memberId, '[member]') : text;
}

const MAX_ATTEMPTS = 3;
const BASE_MS = 100;
const BASE_AFTER_429_MS = 500;
/** An attempt with less time than this cannot succeed. */
const MIN_ATTEMPT_MS = 100;

interface RetryOptions {
  clock: Clock;
  /** Within 0 and 1. */
  random: () => number;
}

/** Repeats a read while its fault may pass, with full jitter, within its deadline. A write is tried once. */
export async function withRetries<T>(
  attempt: (number: number) => Promise<T>,
  { purpose, deadlineAt }: CallBounds,
  { clock, random }: RetryOptions,
): Promise<T> {
  let last: ProviderError | undefined;
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt(attempts);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      // An attempt that was not sent says less than the one before it.
      if (last && error.effect === 'not-sent' && error.consequences.repeat === 'never') throw last;
      last = error;
      if (purpose === 'write' || !mayRepeat(error, attempts)) throw error;
      const pauseMs = toPause(error, attempts, random);
      if (clock.now() + pauseMs + MIN_ATTEMPT_MS > deadlineAt) throw error;
      await clock.pause(pauseMs);
    }
  }
}

function mayRepeat({ consequences }: ProviderError, attempts: number): boolean {
  switch (consequences.repeat) {
    case 'never':
      return false;
    case 'once':
      return attempts < 2;
    case 'again':
      return attempts < MAX_ATTEMPTS;
  }
}

function toPause(error: ProviderError, attempts: number, random: () => number): number {
  const base = error.kind === 'rate-limited' ? BASE_AFTER_429_MS : BASE_MS;
  const jitter = random() * base * 2 ** (attempts - 1);
  return (error.retryAfterMs ?? 0) + jitter;
}
