import { attempt } from '../../http/attempt.ts';
import { badResponse } from '../../http/provider-error.ts';
import { createPool } from '../../http/pool.ts';
import type { Proxies } from '../../http/pool.ts';
import { toRetryAfterBounds } from '../../http/retry-after.ts';
import { isObject } from '../../providers/json.ts';

export interface IssuerAddress {
  jwksUrl: string;
  /** Through which the issuer is reached; none if left out. */
  proxies?: Proxies;
}

/** How long an answer may take, from the connection to its last byte. */
const ANSWER_MS = 3_000;
/** A key with a chain of certificates has 10 KB. */
const MAX_ANSWER_BYTES = 1024 * 1024;
const ACCEPTED = 'application/json, application/jwk-set+json';

/**
 * The entries of the issuer's set of keys, as it published them. Rejects with an error in words of ours, in which no
 * text of the issuer stands, as what it wraps may hold.
 *
 * Over a connection of its own: it is asked too seldom for one that is kept.
 */
export async function fetchIssuerKeys({ jwksUrl, proxies }: IssuerAddress): Promise<unknown[]> {
  const { origin, pathname, search } = new URL(jwksUrl);
  const dispatcher = createPool(origin, proxies);
  try {
    const result = await attempt(
      dispatcher,
      { method: 'GET', path: pathname + search, headers: { accept: ACCEPTED } },
      {
        timeoutMs: ANSWER_MS,
        retryAfter: toRetryAfterBounds(undefined),
        maxBytes: MAX_ANSWER_BYTES,
        read: (json, { status }) => readEntries(json, status),
      },
    );
    if ('bug' in result) throw result.bug;
    if ('error' in result) throw result.error;
    return result.value;
  } finally {
    await dispatcher.destroy();
  }
}

function readEntries(json: unknown, status: number): unknown[] {
  if (status !== 200) throw badResponse(`answered with the unexpected status ${status}`);
  const entries: unknown = isObject(json) ? json.keys : undefined;
  // An issuer without a key has withdrawn them all; one whose keys are no objects has sent something else.
  if (Array.isArray(entries) && (entries.length === 0 || entries.some(isObject))) return entries;
  throw badResponse('answered with something other than a set of keys');
}
