import { createLocalJWKSet, errors } from 'jose';
import type { JSONWebKeySet, JWTVerifyGetKey, LocalJWKSet } from 'jose';
import { fetch } from 'undici';
import { createPool } from '../../http/pool.ts';
import type { Proxies } from '../../http/pool.ts';

export interface IssuerKeysOptions {
  jwksUrl: string;
  /** Through which the issuer is reached; none if left out. */
  proxies?: Proxies;
  /** Milliseconds that never go back. */
  now: () => number;
  /** The keys could not be had. Told once, until they can be had again. */
  onOutage: (error: unknown) => void;
}

/** The keys cannot be had, so that nothing can be said of a token. */
export class KeysOutage extends Error {}

/** A key that its issuer has withdrawn counts for so long at most. */
const KEPT_MS = 600_000;
/** Whoever names keys that there are none of makes us ask for them no more often. */
const COOLDOWN_MS = 30_000;
/** How long after an attempt that failed there is no other. */
const PAUSE_MS = 1_000;
/** How long an answer may take. */
const ANSWER_MS = 3_000;

/**
 * Finds the key that a token names. jose's own remote set reads its own clock, and while the issuer is down asks it
 * again for each token.
 */
export function createIssuerKeys({
  jwksUrl,
  proxies,
  now,
  onOutage,
}: IssuerKeysOptions): JWTVerifyGetKey {
  let held: { keys: LocalJWKSet; at: number } | undefined;
  let failure: { outage: KeysOutage; at: number } | undefined;
  let pending: Promise<LocalJWKSet> | undefined;

  async function load(): Promise<LocalJWKSet> {
    // The age of keys counts from the question: they may have been withdrawn while the answer was under way.
    const at = now();
    try {
      const keys = createLocalJWKSet(await fetchKeys(jwksUrl, proxies));
      held = { keys, at };
      failure = undefined;
      return keys;
    } catch (cause) {
      const outage = new KeysOutage('the keys of the issuer cannot be had', { cause });
      if (!failure) onOutage(cause);
      failure = { outage, at: now() };
      throw outage;
    }
  }

  async function loadOnce(): Promise<LocalJWKSet> {
    if (failure && now() < failure.at + PAUSE_MS) throw failure.outage;
    pending ??= load().finally(() => (pending = undefined));
    return pending;
  }

  return async (header, token) => {
    const known = held && now() < held.at + KEPT_MS ? held : undefined;
    if (!known) return (await loadOnce())(header, token);
    try {
      return await known.keys(header, token);
    } catch (error) {
      const isNew = error instanceof errors.JWKSNoMatchingKey && now() >= known.at + COOLDOWN_MS;
      if (!isNew) throw error;
      return (await loadOnce())(header, token);
    }
  };
}

/** Over a connection of its own: it is asked too seldom for one that is kept. */
async function fetchKeys(url: string, proxies: Proxies | undefined): Promise<JSONWebKeySet> {
  const dispatcher = createPool(new URL(url).origin, proxies);
  try {
    const response = await fetch(url, {
      dispatcher,
      redirect: 'error',
      headers: { accept: 'application/json, application/jwk-set+json' },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (response.status !== 200) throw new Error(`the issuer answered with ${response.status}`);
    // jose checks the shape.
    return (await response.json()) as JSONWebKeySet;
  } finally {
    await dispatcher.destroy();
  }
}
