import { errors } from 'undici';

/** The kinds of faults of a call to a provider. */
export type FaultKind =
  | 'timeout'
  | 'unavailable'
  | 'bad-response'
  | 'rate-limited'
  | 'auth-failed'
  | 'not-configured'
  /** The provider rejected the input as invalid (400, 422). */
  | 'rejected'
  | 'not-found'
  | 'conflict';

/**
 * What the call may have changed at the provider. `not-sent`: nothing was sent. `refused`: the provider answered that
 * it applied nothing. `unknown`: something was sent, and no clear answer came.
 */
type Effect = 'not-sent' | 'refused' | 'unknown';

/** Whether a read may be repeated within its deadline. */
export type Repeat = 'never' | 'once' | 'again';

/** The name of a provider in the graph, and in a sentence. */
export interface ProviderName {
  readonly enumValue: string;
  readonly title: string;
}

/** The consequences of a failed call. */
interface Consequences {
  repeat: Repeat;
  /** Whether a stale list may be shown instead. */
  allowsStale: boolean;
  /** Whether it counts as a failure of the provider for the circuit breaker. Never true for a clear answer. */
  isBreakdown: boolean;
}

const NONE: Consequences = { repeat: 'never', allowsStale: false, isBreakdown: false };

/** A timeout is repeated once only, because both waits must fit into the deadline. */
const BY_KIND: Readonly<Record<FaultKind, Consequences>> = {
  timeout: { repeat: 'once', allowsStale: true, isBreakdown: true },
  unavailable: { repeat: 'again', allowsStale: true, isBreakdown: true },
  'rate-limited': { repeat: 'never', allowsStale: true, isBreakdown: false },
  'bad-response': { repeat: 'never', allowsStale: false, isBreakdown: true },
  'auth-failed': NONE,
  'not-configured': NONE,
  rejected: NONE,
  'not-found': NONE,
  conflict: NONE,
};

/** Consequences default to those of the kind. */
interface ProviderErrorOptions extends Partial<Consequences> {
  kind: FaultKind;
  effect: Effect;
  /** Milliseconds after which a repeat can succeed, if the provider said so. */
  retryAfterMs?: number;
  provider?: ProviderName;
  cause?: unknown;
}

/**
 * The error of every failed call to a provider. Its message continues the provider's name in a sentence. Apart from
 * `providerMessage`, it contains no text, URL, header or body of the provider.
 */
export class ProviderError extends Error {
  readonly kind: FaultKind;
  readonly effect: Effect;
  readonly consequences: Readonly<Consequences>;
  /** Filled in by the http layer if the mapping of an answer found that the rate limit is reached. */
  retryAfterMs: number | undefined;
  /** Filled in by the http layer, so that mappings need not know the provider. */
  provider: ProviderName | undefined;
  /**
   * The provider's message about a write that failed or was rejected, filled in by the http layer. Untrusted text of
   * at most 300 characters, well formed, without control characters and secrets.
   */
  providerMessage: string | undefined;
  /** Input fields that a refusal names by the provider's own codes, filled in by the http layer. The first one counts most. */
  fieldsAtFault: readonly string[] = [];

  constructor(message: string, options: ProviderErrorOptions) {
    super(message, { cause: options.cause });
    this.name = 'ProviderError';
    this.kind = options.kind;
    this.effect = options.effect;
    this.retryAfterMs = options.retryAfterMs;
    const { repeat, allowsStale, isBreakdown } = { ...BY_KIND[options.kind], ...options };
    const isClear = options.effect === 'refused';
    this.consequences = { repeat, allowsStale, isBreakdown: isBreakdown && !isClear };
    this.provider = options.provider;
  }
}

/**
 * A successful answer that neither confirms nor denies the request. The client of a provider returns null for such a
 * write, and a read has to decide.
 */
export class UnclearAnswer extends ProviderError {
  constructor(message: string) {
    super(message, { kind: 'bad-response', effect: 'unknown', isBreakdown: false });
  }
}

/** The error for an answer, or a request, that does not match the contract. */
export function badResponse(
  message: string,
  effect: Effect = 'unknown',
  cause?: unknown,
): ProviderError {
  return new ProviderError(message, { kind: 'bad-response', effect, cause });
}

/**
 * What an answer asks for by its `Retry-After`. `nothing`: it has none that can be understood. `wait`: a repeat is
 * welcome after `retryAfterMs`. `quiet`: a wait that is longer than the bounds, or of unknown length.
 */
export interface RetryAfter {
  asks: 'nothing' | 'wait' | 'quiet';
  /** How long to wait before the next request, milliseconds. Within the bounds. */
  retryAfterMs: number;
}

/** The error for an answer whose status is not 2xx, and for what its `Retry-After` asks. */
export function statusError(status: number, asked?: RetryAfter): ProviderError {
  if (status >= 300 && status < 400) {
    // Some services apply a write before they redirect.
    return new ProviderError(`returned the redirect status ${status}`, {
      kind: 'bad-response',
      effect: 'unknown',
      isBreakdown: false,
    });
  }
  if (status >= 500) {
    return new ProviderError(`returned the error status ${status}`, {
      kind: 'unavailable',
      effect: 'unknown',
      ...toPatience(asked),
    });
  }
  switch (status) {
    case 400:
    case 422:
      return new ProviderError('rejected the request as invalid', {
        kind: 'rejected',
        effect: 'refused',
      });
    case 401:
    case 403:
      return new ProviderError('rejected the credentials of this service', {
        kind: 'auth-failed',
        effect: 'refused',
      });
    case 404:
    case 410:
      return new ProviderError('has no such resource', { kind: 'not-found', effect: 'refused' });
    case 408:
      return new ProviderError('reported a request timeout', {
        kind: 'timeout',
        effect: 'unknown',
        ...toPatience(asked),
      });
    case 409:
      return new ProviderError('reported a conflict', {
        kind: 'conflict',
        effect: 'refused',
      });
    case 429:
      return new ProviderError('rejected the request: rate limit reached', {
        kind: 'rate-limited',
        effect: 'refused',
        ...(asked && { retryAfterMs: asked.retryAfterMs }),
        repeat: asked?.asks === 'wait' ? 'again' : 'never',
      });
    default:
      return badResponse(`returned the unexpected status ${status}`, 'refused');
  }
}

/** Unlike after a 429, there is no wait if none is asked for. */
function toPatience(
  asked: RetryAfter | undefined,
): Pick<ProviderErrorOptions, 'retryAfterMs' | 'repeat'> {
  if (asked === undefined || asked.asks === 'nothing') return {};
  const { asks, retryAfterMs } = asked;
  return asks === 'wait' ? { retryAfterMs } : { retryAfterMs, repeat: 'never' };
}

/** The error for an error envelope under a successful status, by the code in it if there is one. */
export function envelopeError(code: number | undefined): ProviderError {
  const isErrorStatus = code !== undefined && code >= 400 && code < 600;
  const byCode = isErrorStatus ? statusError(code) : undefined;
  return new ProviderError(byCode?.message ?? 'returned an error in a successful response', {
    kind: byCode?.kind ?? 'bad-response',
    effect: byCode?.effect ?? 'refused',
    repeat: 'never',
    allowsStale: false,
    isBreakdown: false,
  });
}

/** How far a call had come when it ended. From `sent` on, the provider may have received the request. */
export type CallStage = 'connecting' | 'sent' | 'answering';

/** The error for a call that ended without a whole answer. */
export function transportError(thrown: unknown, stage: CallStage): ProviderError {
  if (thrown instanceof ProviderError) return thrown;
  const cause = withoutAnswer(thrown);
  const effect = stage === 'connecting' ? 'not-sent' : 'unknown';
  if (isTimeout(cause)) {
    return new ProviderError('did not respond in time', { kind: 'timeout', effect, cause });
  }
  switch (stage) {
    case 'connecting':
      return new ProviderError('could not be reached', {
        kind: 'unavailable',
        effect,
        cause,
        ...(isTlsFailure(cause) && { repeat: 'never' }),
      });
    case 'sent':
      return new ProviderError('dropped the connection before it responded', {
        kind: 'unavailable',
        effect,
        cause,
      });
    case 'answering':
      return new ProviderError('dropped the connection in the middle of its response', {
        kind: 'bad-response',
        effect,
        cause,
        repeat: 'again',
        allowsStale: true,
      });
  }
}

/** Undici keeps the bytes of an invalid answer in its error, which could end up in a log. */
function withoutAnswer(thrown: unknown): unknown {
  if (!(thrown instanceof errors.HTTPParserError)) return thrown;
  const { name, code, message } = thrown;
  return Object.assign(new Error(message), { name, code });
}

function isTimeout(cause: unknown): boolean {
  return cause instanceof DOMException && cause.name === 'TimeoutError';
}

/** A wrong certificate or protocol does not pass by itself. */
function isTlsFailure(cause: unknown): boolean {
  const isCoded = typeof cause === 'object' && cause !== null && 'code' in cause;
  const code = isCoded ? String(cause.code) : '';
  return /^(ERR_SSL|ERR_TLS|EPROTO|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)|_CERT/.test(code);
}
