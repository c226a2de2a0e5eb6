import type { Dispatcher } from 'undici';
import {
  type CircuitBreaker,
  type RequestBudget,
  type Verdict,
  createAdmission,
  createBulkhead,
  createRateLimiter,
} from './admission.ts';
import { type Answered, type Failed, type HttpCall, type ReadAnswer, attempt } from './attempt.ts';
import type { CallBounds, CallPurpose, Clock } from './call-options.ts';
import { ProviderError, type ProviderName } from './provider-error.ts';
import { type Redact, createRedact, findProviderMessage } from './provider-text.ts';
import { ageOf, readJson, toRetryAfterBounds } from './response.ts';

/** All that a client may ask of an API, as `METHOD /path` without the base URL's prefix: every id in it by its alphabet. */
export type Routes = readonly RegExp[];

/** How a path that is none of them stands in the log: what it holds instead is nobody's business. */
export const NO_ROUTE = '(none of the routes)';

/**
 * The last look at a request before it leaves; undefined when it may. An id that slipped through every check before
 * would reach another resource of the provider, with our credentials.
 */
export function routeError(
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
   * Rejects with a `ProviderError`, unless code of ours fails: that error comes as it was thrown. A read is repeated
   * where that helps; a write never.
   */
  call<T>(call: HttpCall, bounds: CallBounds, read: ReadAnswer<T>): Promise<T>;
  close: () => Promise<void>;
}

/**
 * Called for each failed attempt, for the log. `providerMessage` is the message of the provider about a write. Its
 * message about a read may repeat the person that it was asked for, so it is never passed on.
 */
export type OnFault = (fault: {
  method: string;
  path: string;
  error: ProviderError;
  providerMessage?: string;
}) => void;

/** Told of every call that waited longer than a moment for its turn. */
export type OnWait = (wait: { purpose: CallPurpose; waitedMs: number }) => void;

/** What every way to a provider needs of its surroundings. */
export interface HttpDeps {
  /** Bounds one attempt: connecting, headers and the whole body. Milliseconds. */
  attemptTimeoutMs: number;
  clock: Clock;
  /** Within 0 and 1. */
  random: () => number;
  /** The connections to an origin. */
  connect: (origin: string) => Dispatcher;
  /** Undefined: as many as one likes. */
  allowance: RequestBudget | undefined;
  /** Two for each API of the provider: a documented write does not stop with the reads of an inferred list. */
  createBreaker: (calls: 'reads' | 'writes') => CircuitBreaker;
  onFault: OnFault;
  onWait: OnWait;
  /** Told of the JSON of every answer of success, before it is read. */
  onJson?: (json: unknown) => void;
  /** The window of the provider's own limit, milliseconds. Absent: it states none. */
  windowMs?: number | undefined;
  /** Takes the secrets of others out of a provider's text. Absent: only the client's own are taken out. */
  redactOthers?: Redact;
}

export interface ProviderHttpOptions extends HttpDeps {
  provider: ProviderName;
  /** Includes any path prefix. */
  baseUrl: string;
  /** Sent with every call. What those named for a credential hold is a secret. */
  headers: Readonly<Record<string, string>>;
  /** Anything else is never sent. */
  routes: Routes;
}

/** An answer that takes longer than this part of the attempt's timeout is slow. */
const SLOW_PART = 0.5;
/** A shorter wait for a place, or for the limit, is none to tell of. Milliseconds. */
const MIN_WAIT_MS = 100;

/** The one way to a provider: admission, attempt, verdict, and for reads another attempt. Never follows a redirect. */
export function createProviderHttp(options: ProviderHttpOptions): ProviderHttp {
  const { clock, random, attemptTimeoutMs, headers, provider, onFault } = options;
  const base = new URL(options.baseUrl);
  const prefix = base.pathname.replace(/\/+$/, '');
  const dispatcher = options.connect(base.origin);
  const shared = {
    bulkhead: createBulkhead(clock),
    limiter: createRateLimiter(clock, options.allowance),
  };
  const reads = createAdmission({ ...shared, breaker: options.createBreaker('reads') });
  const writes = createAdmission({ ...shared, breaker: options.createBreaker('writes') });
  const redact = createRedact(secretsIn(headers), options.redactOthers);
  const retryAfter = toRetryAfterBounds(options.windowMs);

  /** As it is sent, byte for byte in its first line: nothing is put to the path after this. */
  function toRequest(call: HttpCall) {
    const { method } = call;
    const path = prefix + call.path;
    const error = routeError(options.routes, { prefix, method, path });
    if (!error) return { ...call, path, headers };
    onFault({ method, path: NO_ROUTE, error });
    throw error;
  }

  async function callOnce<T>(call: HttpCall, bounds: CallBounds, read: ReadAnswer<T>): Promise<T> {
    const request = toRequest(call);
    // A write that is let through has the time of a whole attempt.
    const needsMs = bounds.purpose === 'write' ? attemptTimeoutMs : MIN_ATTEMPT_MS;
    const asked = clock.now();
    const admission = bounds.purpose === 'write' ? writes : reads;
    const { leave } = await admission.enter(bounds, bounds.deadlineAt - needsMs);
    const begun = clock.now();
    const waitedMs = begun - asked;
    if (waitedMs >= MIN_WAIT_MS) options.onWait({ purpose: bounds.purpose, waitedMs });
    const timeoutMs = Math.min(attemptTimeoutMs, Math.max(1, bounds.deadlineAt - begun));
    // What code of ours does wrong says nothing about the provider.
    let verdict: Verdict = 'nothing';
    try {
      bounds.onSend?.();
      const result = await attempt(dispatcher, request, {
        timeoutMs,
        retryAfter,
        read(json, head) {
          options.onJson?.(json);
          return read(json, head);
        },
      });
      if ('bug' in result) throw result.bug;
      if ('error' in result) {
        verdict = toVerdict(result, timeoutMs < attemptTimeoutMs);
        throw await fail(call, bounds, result);
      }
      verdict = clock.now() - begun > attemptTimeoutMs * SLOW_PART ? 'slow' : 'good';
      const ageMs = ageOf(result.head);
      if (ageMs > 0) bounds.onAge?.(ageMs);
      return result.value;
    } finally {
      leave(verdict);
    }
  }

  /** Tells of a failed attempt, and gives the error to throw. */
  async function fail(
    call: HttpCall,
    { purpose }: CallBounds,
    failed: Failed,
  ): Promise<ProviderError> {
    if (call.isNotFound && (await saysNotFound(call.isNotFound, failed))) return notFound(provider);
    const { error, answered } = failed;
    error.provider = provider;
    // Both wait for the same limit.
    if (error.kind === 'rate-limited') reads.coolDown(error.retryAfterMs ?? 0);
    const found = purpose === 'write' && answered ? await findProviderMessage(answered) : undefined;
    const providerMessage = (found && redact(found)) || undefined;
    error.providerMessage = providerMessage;
    onFault({
      method: call.method,
      // A query may name a person.
      path: withoutMember(call, call.path.replace(/\?.*/, '')),
      error,
      ...(providerMessage && { providerMessage: withoutMember(call, providerMessage) }),
    });
    return error;
  }

  return {
    async call(call, bounds, read) {
      try {
        return await withRetries(() => callOnce(call, bounds, read), bounds, { clock, random });
      } catch (error) {
        if (error instanceof ProviderError) error.provider ??= provider;
        throw error;
      }
    },
    close: () => dispatcher.close(),
  };
}

/** A success without a body is an answer. `isCut`: it had less time than others. */
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

/** Undefined: it is none, and says nothing more than its status. */
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

const NAMED_FOR_A_CREDENTIAL = /auth|key|token|secret|cookie/i;

function secretsIn(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers)
    .filter(([name]) => NAMED_FOR_A_CREDENTIAL.test(name))
    .map(([, value]) => value.replace(/^Bearer /, ''));
}

function withoutMember({ memberId }: HttpCall, text: string): string {
  return memberId ? text.replaceAll(memberId, '[member]') : text;
}

const MAX_ATTEMPTS = 3;
const BASE_MS = 100;
const BASE_AFTER_429_MS = 500;
const LONGEST_PAUSE_MS = 2_000;
/** An attempt that has less time than this would only cost the provider. */
export const MIN_ATTEMPT_MS = 100;

export interface RetryOptions {
  clock: Clock;
  /** Within 0 and 1. */
  random: () => number;
}

/** Tries a read again while its fault may pass, with full jitter, within its deadline. A write is tried once. */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  { purpose, deadlineAt }: CallBounds,
  { clock, random }: RetryOptions,
): Promise<T> {
  let last: ProviderError | undefined;
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      // An attempt that was never made says less than the one before it.
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
  const jitter = random() * Math.min(LONGEST_PAUSE_MS, base * 2 ** (attempts - 1));
  return (error.retryAfterMs ?? 0) + jitter;
}
