import { errors } from 'undici';
import { ProviderError, badResponse } from './provider-error.ts';
import type { Repeat } from './provider-error.ts';

/** The error for an answer whose status is not 2xx, or undefined for 2xx. `wait` is what the answer asks for. */
export function statusError(
  status: number,
  wait: { retryAfterMs?: number; repeat?: Repeat } = {},
): ProviderError | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status >= 300 && status < 400) {
    // Some services carry a write out before they point elsewhere.
    return new ProviderError(`answered with the redirect ${status}`, {
      kind: 'bad-response',
      effect: 'unknown',
      isBreakdown: false,
    });
  }
  if (status >= 500) {
    const { repeat, retryAfterMs } = wait;
    return new ProviderError(`answered with status ${status}`, {
      kind: 'unavailable',
      effect: 'unknown',
      // Unlike a 429, it asks for no wait where it says none.
      ...(repeat === 'again' && retryAfterMs !== undefined && { retryAfterMs }),
    });
  }
  switch (status) {
    case 400:
    case 422:
      return new ProviderError('refused the request as invalid', {
        kind: 'rejected',
        effect: 'refused',
      });
    case 401:
    case 403:
      return new ProviderError('refused our credentials', {
        kind: 'auth-failed',
        effect: 'refused',
      });
    case 404:
    case 410:
      return new ProviderError('knows no such resource', { kind: 'not-found', effect: 'refused' });
    case 408:
      return new ProviderError('did not hear the request out in time', {
        kind: 'timeout',
        effect: 'unknown',
      });
    case 409:
      return new ProviderError('reports a conflicting state', {
        kind: 'conflict',
        effect: 'refused',
      });
    case 429:
      return new ProviderError('refused the request as one too many', {
        kind: 'rate-limited',
        effect: 'refused',
        ...wait,
      });
    default:
      return badResponse(`answered with the unexpected status ${status}`, 'refused');
  }
}

/**
 * The error for a refusal under a status of success: by the code inside it, where there is one. An answer all the same.
 */
export function envelopeError(code: number | undefined): ProviderError {
  const isErrorStatus = code !== undefined && code >= 400 && code < 600;
  const byCode = isErrorStatus ? statusError(code) : undefined;
  return new ProviderError(byCode?.message ?? 'refused the request inside its answer', {
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
    return new ProviderError('did not answer in time', { kind: 'timeout', effect, cause });
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
      return new ProviderError('broke off before its answer', {
        kind: 'unavailable',
        effect,
        cause,
      });
    case 'answering':
      return new ProviderError('broke off within its answer', {
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
