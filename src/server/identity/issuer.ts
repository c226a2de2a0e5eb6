import {
  type CryptoKey,
  type JWK,
  type JWTVerifyGetKey,
  type LocalJWKSet,
  createLocalJWKSet,
  errors,
  importJWK,
} from 'jose';
import { type Proxies, attempt, createPool } from '../../http/attempt.ts';
import { isObject } from '../../http/json.ts';
import { badResponse } from '../../http/provider-error.ts';
import { toRetryAfterBounds } from '../../http/response.ts';

export interface IssuerKeysOptions extends IssuerAddress {
  /** Monotonic milliseconds. */
  now: () => number;
  report: IssuerReport;
}

/** Receives events about the issuer, for the log. */
interface IssuerReport {
  /** No usable keys are left. Called once, until keys are available again. */
  outage(error: unknown): void;
  /** Refreshing failed, and the cached keys stay valid for `leftMs` milliseconds. Called once, as above. */
  delay(error: unknown, leftMs: number): void;
  /** Called for each response of the issuer. */
  unusable(keys: readonly UnusableKey[]): void;
}

interface IssuerKeys {
  /** Finds the key that signed a token. */
  find: JWTVerifyGetKey;
  /**
   * Stands for the keys that `find` would look in now. The same object as long as a refresh finds the same keys.
   * Undefined: there are none. Starts a refresh that is due, as `find` does.
   */
  current: () => object | undefined;
  close: () => void;
}

/** No keys are available, so tokens can be neither accepted nor rejected. */
export class KeysOutage extends Error {}

/** A withdrawn key stays valid at most this long. */
const KEPT_MS = 600_000;
/**
 * Keys older than this are refreshed: in the background, so that no token waits and an outage begins with recent keys;
 * and for a token that names an unknown key, but not earlier. Anyone can name an unknown key, and must neither cause
 * more requests than the background does, nor delay a new key of another caller.
 */
const FRESH_MS = 30_000;
/** Pause after a failed refresh, for a token that waits and in the background. */
const PAUSE_MS = 1_000;
const BACKGROUND_PAUSE_MS = 5_000;
const TICK_MS = 5_000;

interface Held {
  find: LocalJWKSet;
  /** The keys as JSON. */
  text: string;
  at: number;
}

/**
 * Caches the keys of the issuer. jose's own remote set cannot do this: it reads the system clock, refreshes keys only
 * after they have expired, and sends a request for each token while the issuer is down.
 */
export function createIssuerKeys({ now, report, ...address }: IssuerKeysOptions): IssuerKeys {
  let held: Held | undefined;
  let failure: { outage: KeysOutage; at: number } | undefined;
  let pending: Promise<Held | KeysOutage> | undefined;
  let reported: 'nothing' | 'delay' | 'outage' = 'nothing';

  async function load(): Promise<Held | KeysOutage> {
    // The age counts from the request: keys may have been withdrawn while the response was in flight.
    const at = now();
    try {
      const { keys, unusable } = await pickUsableKeys(await fetchIssuerKeys(address));
      report.unusable(unusable);
      const text = JSON.stringify(keys);
      held = { find: held?.text === text ? held.find : createLocalJWKSet({ keys }), text, at };
      failure = undefined;
      reported = 'nothing';
      return held;
    } catch (cause) {
      const outage = new KeysOutage("The issuer's keys are unavailable", { cause });
      failure = { outage, at: now() };
      reportFailure(cause);
      return outage;
    }
  }

  function reportFailure(cause: unknown): void {
    const leftMs = held ? held.at + KEPT_MS - now() : 0;
    if (leftMs <= 0 && reported !== 'outage') {
      reported = 'outage';
      report.outage(cause);
    } else if (leftMs > 0 && reported === 'nothing') {
      reported = 'delay';
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

  function findKnown(): Held | undefined {
    const known = held && now() < held.at + KEPT_MS ? held : undefined;
    if (known) refresh();
    return known;
  }

  // Also without tokens: the next one may arrive during an outage.
  const timer = setInterval(refresh, TICK_MS).unref();
  return {
    async find(header, token) {
      const known = findKnown();
      if (!known) return (await loadNow())(header, token);
      try {
        return await known.find(header, token);
      } catch (error) {
        const isNew = error instanceof errors.JWKSNoMatchingKey && now() >= known.at + FRESH_MS;
        if (!isNew) throw error;
        return (await loadNow())(header, token);
      }
    },
    current: () => findKnown()?.find,
    close: () => clearInterval(timer),
  };
}

interface IssuerAddress {
  jwksUrl: string;
  /** Proxies for reaching the issuer. None if omitted. */
  proxies?: Proxies;
}

/** How long a response may take, from connecting to its last byte. */
const ANSWER_MS = 3_000;
/** A key with a certificate chain has about 10 KB. */
const MAX_ANSWER_BYTES = 1024 * 1024;
const ACCEPTED = 'application/json, application/jwk-set+json';

/**
 * Returns the entries of the issuer's key set as published. The message of a rejection contains no text of the issuer,
 * but its cause may. Each request uses a new connection, because requests are rare.
 */
async function fetchIssuerKeys({ jwksUrl, proxies }: IssuerAddress): Promise<unknown[]> {
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
  // An empty list means that all keys were withdrawn. A list without any object is not a key set.
  if (Array.isArray(entries) && (entries.length === 0 || entries.some(isObject))) return entries;
  throw badResponse('returned something other than a key set');
}

/** Algorithms with key pairs. With a shared secret, every verifier of tokens could also sign them. */
export const ALGORITHMS = [
  ...['RS', 'PS', 'ES'].flatMap((family) => ['256', '384', '512'].map((bits) => family + bits)),
  'EdDSA',
  'Ed25519',
];

/** A published key that cannot verify tokens. */
interface UnusableKey {
  /** Position in the issuer's key set, from 1. Text of the issuer, such as the key's ID, is not reported. */
  position: number;
  reason: string;
}

interface UsableKeys {
  keys: JWK[];
  unusable: UnusableKey[];
}

/** Maximum number of keys in a key set. The largest issuers publish about ten. */
const MAX_KEYS = 100;
const RSA_BITS = { min: 2_048, max: 16_384 };
/** One algorithm for each type is enough to check whether a key is usable: the others differ only in the digest. */
const ALGORITHM_OF: Readonly<Record<string, string>> = {
  RSA: 'RS256',
  'EC P-256': 'ES256',
  'EC P-384': 'ES384',
  'EC P-521': 'ES512',
  'OKP Ed25519': 'EdDSA',
};

/** Separates usable keys from the others. Only tokens signed with an unusable key are affected by it. */
async function pickUsableKeys(entries: readonly unknown[]): Promise<UsableKeys> {
  const checked = await Promise.all(entries.slice(0, MAX_KEYS).map(checkKey));
  const keys: JWK[] = [];
  const unusable: UnusableKey[] = [];
  const known = new Set<string>();
  checked.forEach((found, index) => {
    const position = index + 1;
    if (typeof found === 'string') return void unusable.push({ position, reason: found });
    // A key may be published twice.
    if (known.has(JSON.stringify(found))) return;
    known.add(JSON.stringify(found));
    if (keys.some((key) => isNamedAlike(key, found))) {
      unusable.push({
        position,
        reason: 'has the same kid as another key, so neither can be found by it',
      });
    }
    keys.push(found);
  });
  if (entries.length > MAX_KEYS) {
    const reason = `is after the first ${MAX_KEYS} keys and is therefore ignored`;
    unusable.push({ position: MAX_KEYS + 1, reason });
  }
  return { keys, unusable };
}

/** Whether a token that names its key by `kid` and `alg` could mean either. */
function isNamedAlike(a: JWK, b: JWK): boolean {
  const isSameAlgorithm = a.alg === undefined || b.alg === undefined || a.alg === b.alg;
  return a.kid !== undefined && a.kid === b.kid && typeOf(a) === typeOf(b) && isSameAlgorithm;
}

/** The relevant members of a usable key, or why it is unusable. */
async function checkKey(entry: unknown): Promise<JWK | string> {
  if (!isObject(entry)) return 'is not a key';
  const { use, key_ops: operations } = entry;
  if ('d' in entry || 'k' in entry || 'priv' in entry) return 'is not a public key';
  if (use !== undefined && use !== 'sig') return 'is not a signature key';
  const mayVerify = Array.isArray(operations) && operations.includes('verify');
  if (operations !== undefined && !mayVerify) return 'is not allowed to verify signatures';
  const key = toPlainKey(entry);
  const algorithm = ALGORITHM_OF[typeOf(key)];
  if (algorithm === undefined) return 'has an unsupported type or curve';
  if (entry.alg !== undefined && !fits(entry.alg, algorithm)) {
    return 'has an algorithm that is unsupported or does not match its type';
  }
  return (await findFlaw(key, algorithm)) ?? key;
}

/** Members that are not strings count as missing. Other members are ignored. */
function toPlainKey(entry: Readonly<Record<string, unknown>>): JWK {
  const names = ['kty', 'kid', 'alg', 'crv', 'x', 'y', 'n', 'e'] as const;
  const members = names.map((name) => [name, entry[name]] as const);
  return Object.fromEntries(members.filter(([, value]) => typeof value === 'string'));
}

function typeOf({ kty, crv }: JWK): string {
  return crv === undefined || kty === 'RSA' ? `${kty}` : `${kty} ${crv}`;
}

function fits(alg: unknown, algorithm: string): boolean {
  if (typeof alg !== 'string' || !ALGORITHMS.includes(alg)) return false;
  if (algorithm === 'RS256') return /^[RP]S/.test(alg);
  return alg === algorithm || (algorithm === 'EdDSA' && alg === 'Ed25519');
}

/** Why the key cannot be imported. Undefined if it can. */
async function findFlaw(key: JWK, algorithm: string): Promise<string | undefined> {
  try {
    const made = await importJWK({ ...key, alg: algorithm }, algorithm);
    if (made instanceof Uint8Array) return 'is not a public key';
    return hasAcceptedSize(made)
      ? undefined
      : `is an RSA key that does not have ${RSA_BITS.min} to ${RSA_BITS.max} bits`;
  } catch {
    // The library's message may quote the key.
    return 'is malformed';
  }
}

function hasAcceptedSize({ algorithm }: CryptoKey): boolean {
  if (!('modulusLength' in algorithm)) return true;
  const bits = Number(algorithm.modulusLength);
  return bits >= RSA_BITS.min && bits <= RSA_BITS.max;
}
