import { errors } from 'undici';

/** What went wrong with a call to a provider. Closed. */
export type FaultKind =
  | 'timeout'
  | 'unavailable'
  | 'bad-response'
  | 'rate-limited'
  | 'auth-failed'
  | 'not-configured'
  /** The provider calls our input wrong (400, 422). */
  | 'rejected'
  | 'not-found'
  | 'conflict';

/**
 * What the call can have changed at the provider.
 * `not-sent`: no byte left, safe to repeat. `refused`: a clear answer, nothing applied.
 * `unknown`: bytes left and no clear answer came.
 */
export type Effect = 'not-sent' | 'refused' | 'unknown';

/** Whether a read that failed so may be tried again within its deadline. */
export type Repeat = 'never' | 'once' | 'again';

/** How a provider is called in the graph, and in a sentence. */
export interface ProviderName {
  readonly enumValue: string;
  readonly title: string;
}

/** What follows from a failed call. */
export interface Consequences {
  repeat: Repeat;
  /** Whether an old list may stand in for the one that could not be read. */
  allowsStale: boolean;
  /** Whether it speaks against the provider as a whole; never for a clear answer. */
  isBreakdown: boolean;
}

const NONE: Consequences = { repeat: 'never', allowsStale: false, isBreakdown: false };

/** What hangs is waited for twice at most: both waits must fit into the deadline. */
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

/** Consequences that are left out are those of the kind. */
interface ProviderErrorOptions extends Partial<Consequences> {
  kind: FaultKind;
  effect: Effect;
  /** Milliseconds after which a repeat can succeed, where the provider said so. */
  retryAfterMs?: number;
  provider?: ProviderName;
  cause?: unknown;
}

/** The one error of every provider call. Its message is ours and continues the provider's name; no provider text, URL, header or body is in it, `providerMessage` aside. */
export class ProviderError extends Error {
  readonly kind: FaultKind;
  readonly effect: Effect;
  readonly consequences: Readonly<Consequences>;
  /** Filled in by the http layer where a mapping found out that the request was one too many. */
  retryAfterMs: number | undefined;
  /** Filled in by the http layer, so that mappings need not know whose answer they read. */
  provider: ProviderName | undefined;
  /**
   * Of a write that failed or was refused: the provider's own words about it, filled in by the http layer.
   * Untrusted text of 300 characters at most, well formed, without control characters and secrets.
   */
  providerMessage: string | undefined;

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
 * An answer of success that neither promises nor denies what was asked for. A client of a provider answers a write
 * with null then: a read has to decide.
 */
export class UnclearAnswer extends ProviderError {
  constructor(message: string) {
    super(message, { kind: 'bad-response', effect: 'unknown', isBreakdown: false });
  }
}

/** What came, or was about to be asked, is not what was agreed. */
export function badResponse(
  message: string,
  effect: Effect = 'unknown',
  cause?: unknown,
): ProviderError {
  return new ProviderError(message, { kind: 'bad-response', effect, cause });
}

/** The error for an answer whose status is not 2xx. `wait` is what the answer asks for. */
export function statusError(
  status: number,
  wait: { retryAfterMs?: number; repeat?: Repeat } = {},
): ProviderError {
  if (status >= 300 && status < 400) {
    // Some services carry a write out before they point elsewhere.
    return new ProviderError(`returned the redirect status ${status}`, {
      kind: 'bad-response',
      effect: 'unknown',
      isBreakdown: false,
    });
  }
  if (status >= 500) {
    const { repeat, retryAfterMs } = wait;
    return new ProviderError(`returned the error status ${status}`, {
      kind: 'unavailable',
      effect: 'unknown',
      // Unlike a 429, it asks for no wait where it says none.
      ...(repeat === 'again' && retryAfterMs !== undefined && { retryAfterMs }),
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
        ...wait,
      });
    default:
      return badResponse(`returned the unexpected status ${status}`, 'refused');
  }
}

/**
 * The error for a refusal under a status of success: by the code inside it, where there is one. An answer all the same.
 */
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

/** How far a call had come when it ended. Bytes may have left from `sent` on. */
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

/** What is no HTTP is kept by undici as it came, and would stand in the output of a crash. */
function withoutAnswer(thrown: unknown): unknown {
  if (!(thrown instanceof errors.HTTPParserError)) return thrown;
  const { name, code, message } = thrown;
  return Object.assign(new Error(message), { name, code });
}

function isTimeout(cause: unknown): boolean {
  return cause instanceof DOMException && cause.name === 'TimeoutError';
}

/** A certificate or a protocol that is wrong now is wrong in a moment too. */
function isTlsFailure(cause: unknown): boolean {
  const isCoded = typeof cause === 'object' && cause !== null && 'code' in cause;
  const code = isCoded ? String(cause.code) : '';
  return /^(ERR_SSL|ERR_TLS|EPROTO|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)|_CERT/.test(code);
}
