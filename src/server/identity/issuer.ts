import { type JWTVerifyGetKey, type LocalJWKSet, createLocalJWKSet, errors } from 'jose';
import { type Proxies, attempt, createPool } from '../../http/attempt.ts';
import { isObject } from '../../http/json.ts';
import { ProviderError, badResponse } from '../../http/provider-error.ts';
import { toRetryAfterBounds } from '../../http/retry.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { toName } from '../../telemetry/provider-log.ts';
import { type UnusableKey, pickUsableKeys } from './usable-keys.ts';

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
  if (status !== 200) throw badResponse(`returned the unexpected status ${status}`);
  const entries: unknown = isObject(json) ? json.keys : undefined;
  // An issuer without a key has withdrawn them all; one whose keys are no objects has sent something else.
  if (Array.isArray(entries) && (entries.length === 0 || entries.some(isObject))) return entries;
  throw badResponse('returned something other than a key set');
}

/** More would be the same news: the issuer has to look at them all. */
const MAX_KEYS = 10;
/** Beyond this many different answers it is the issuer that changes, and told often enough. */
const MAX_ANSWERS = 20;

/** Lines about the issuer of tokens, without a word of what it wrote. */
export function createIssuerLog(logger: Logger): IssuerReport {
  const told = new Set<string>();
  return {
    outage(error) {
      logger.error(
        toDetails(error),
        "Tokens cannot be verified, because the issuer's keys are unavailable",
      );
    },
    delay(error, leftMs) {
      logger.warn(
        { ...toDetails(error), leftMs },
        'The keys of the token issuer cannot be refreshed. The cached keys remain valid until they are ten minutes old',
      );
    },
    unusable(keys) {
      if (keys.length === 0 || told.size === MAX_ANSWERS) return;
      const details = { unusableKeys: keys.length, keys: keys.slice(0, MAX_KEYS) };
      const text = JSON.stringify(details);
      if (told.has(text)) return;
      told.add(text);
      logger.warn(
        details,
        'The token issuer publishes unusable keys. Tokens signed with them are rejected',
      );
    },
  };
}

/** What the error wraps may quote the issuer. */
function toDetails(error: unknown): object {
  const isOurs = error instanceof ProviderError;
  return {
    reason: isOurs ? `The issuer ${error.message}` : undefined,
    cause: toName(isOurs ? error.cause : error),
  };
}

export interface IssuerKeysOptions extends IssuerAddress {
  /** Milliseconds that never go back. */
  now: () => number;
  report: IssuerReport;
}

/** What is told of the issuer. */
export interface IssuerReport {
  /** No keys are left. Told once, until they can be had again. */
  outage(error: unknown): void;
  /** The keys cannot be asked for, while those that are held count for so many more milliseconds. Told once, as above. */
  delay(error: unknown, leftMs: number): void;
  /** Of each answer of the issuer. */
  unusable(keys: readonly UnusableKey[]): void;
}

export interface IssuerKeys {
  /** The key that a token names. */
  find: JWTVerifyGetKey;
  close: () => void;
}

/** The keys cannot be had, so that nothing can be said of a token. */
export class KeysOutage extends Error {}

/** A key that its issuer has withdrawn counts for so long at most. */
const KEPT_MS = 600_000;
/**
 * From this age on the keys are asked for again: in the background, so that no token waits and an outage of the issuer
 * is met with young keys; and, no sooner, for a token that names a key which is not held. Anybody can name one, and so
 * makes us ask no more often than we do by ourselves, and delays nobody's new key.
 */
const FRESH_MS = 30_000;
/** How long after an attempt that failed there is no other: for a token that waits, and in the background. */
const PAUSE_MS = 1_000;
const BACKGROUND_PAUSE_MS = 5_000;
const TICK_MS = 5_000;

interface Held {
  find: LocalJWKSet;
  at: number;
}

/**
 * Keeps the keys of the issuer. jose's own remote set reads its own clock, renews keys only once they are too old, and
 * while the issuer is down asks it again for each token.
 */
export function createIssuerKeys({ now, report, ...address }: IssuerKeysOptions): IssuerKeys {
  let held: Held | undefined;
  let failure: { outage: KeysOutage; at: number } | undefined;
  let pending: Promise<Held | KeysOutage> | undefined;
  let told: 'nothing' | 'delay' | 'outage' = 'nothing';

  async function load(): Promise<Held | KeysOutage> {
    // The age of keys counts from the question: they may have been withdrawn while the answer was under way.
    const at = now();
    try {
      const { keys, unusable } = await pickUsableKeys(await fetchIssuerKeys(address));
      report.unusable(unusable);
      held = { find: createLocalJWKSet({ keys }), at };
      failure = undefined;
      told = 'nothing';
      return held;
    } catch (cause) {
      const outage = new KeysOutage("The issuer's keys are unavailable", { cause });
      failure = { outage, at: now() };
      tell(cause);
      return outage;
    }
  }

  function tell(cause: unknown): void {
    const leftMs = held ? held.at + KEPT_MS - now() : 0;
    if (leftMs <= 0 && told !== 'outage') {
      told = 'outage';
      report.outage(cause);
    } else if (leftMs > 0 && told === 'nothing') {
      told = 'delay';
      report.delay(cause, leftMs);
    }
  }

  async function loadOnce(): Promise<Held | KeysOutage> {
    pending ??= load().finally(() => (pending = undefined));
    return pending;
  }

  async function loadNow(): Promise<LocalJWKSet> {
    if (failure && now() < failure.at + PAUSE_MS) throw failure.outage;
    const loaded = await loadOnce();
    if (loaded instanceof KeysOutage) throw loaded;
    return loaded.find;
  }

  function refresh(): void {
    const isDue = held ? now() >= held.at + FRESH_MS : failure !== undefined;
    const isPaused = failure !== undefined && now() < failure.at + BACKGROUND_PAUSE_MS;
    if (isDue && !isPaused) void loadOnce();
  }

  // Also while no token comes: the next one may come during an outage.
  const timer = setInterval(refresh, TICK_MS).unref();
  return {
    async find(header, token) {
      const known = held && now() < held.at + KEPT_MS ? held : undefined;
      if (!known) return (await loadNow())(header, token);
      refresh();
      try {
        return await known.find(header, token);
      } catch (error) {
        const isNew = error instanceof errors.JWKSNoMatchingKey && now() >= known.at + FRESH_MS;
        if (!isNew) throw error;
        return (await loadNow())(header, token);
      }
    },
    close: () => clearInterval(timer),
  };
}
