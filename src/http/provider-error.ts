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

/** How a provider is called in the graph, and in a sentence. */
export interface ProviderName {
  readonly enumValue: string;
  readonly title: string;
}

interface ProviderErrorOptions {
  kind: FaultKind;
  effect: Effect;
  /** Milliseconds after which a repeat can succeed, where the provider said so. */
  retryAfterMs?: number;
  provider?: ProviderName;
  cause?: unknown;
}

/** The one error of every provider call. Its message is ours and continues the provider's name; no provider text, URL, header or body is in it. */
export class ProviderError extends Error {
  readonly kind: FaultKind;
  readonly effect: Effect;
  readonly retryAfterMs: number | undefined;
  /** Filled in by the http layer, so that mappings need not know whose answer they read. */
  provider: ProviderName | undefined;

  constructor(message: string, options: ProviderErrorOptions) {
    super(message, { cause: options.cause });
    this.name = 'ProviderError';
    this.kind = options.kind;
    this.effect = options.effect;
    this.retryAfterMs = options.retryAfterMs;
    this.provider = options.provider;
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
