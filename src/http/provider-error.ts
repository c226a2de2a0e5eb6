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
