import { type CryptoKey, type JWK, importJWK } from 'jose';
import { isObject } from '../../http/json.ts';

/** Those with a pair of keys: with a shared secret, anybody who checks a token could also sign one. */
export const ALGORITHMS = [
  ...['RS', 'PS', 'ES'].flatMap((family) => ['256', '384', '512'].map((bits) => family + bits)),
  'EdDSA',
  'Ed25519',
];

/** A key that its issuer publishes, and that no token can be checked with. */
export interface UnusableKey {
  /** Of the key among those of the issuer, from 1. What the issuer says of it stays untold. */
  position: number;
  reason: string;
}

export interface UsableKeys {
  keys: JWK[];
  unusable: UnusableKey[];
}

/** Of those that an issuer publishes at one time; the largest have some ten. */
const MAX_KEYS = 100;
const RSA_BITS = { least: 2_048, most: 16_384 };
/** One is enough to find out whether a key can be used: those of one type differ in the digest only. */
const ALGORITHM_OF: Readonly<Record<string, string>> = {
  RSA: 'RS256',
  'EC P-256': 'ES256',
  'EC P-384': 'ES384',
  'EC P-521': 'ES512',
  'OKP Ed25519': 'EdDSA',
};

/** Parts the keys that tokens can be checked with from the others, which cost only the tokens that they signed. */
export async function pickUsableKeys(entries: readonly unknown[]): Promise<UsableKeys> {
  const looked = await Promise.all(entries.slice(0, MAX_KEYS).map(lookAt));
  const keys: JWK[] = [];
  const unusable: UnusableKey[] = [];
  const told = new Set<string>();
  looked.forEach((found, index) => {
    const position = index + 1;
    if (typeof found === 'string') return void unusable.push({ position, reason: found });
    // Published twice, it is one key all the same.
    if (told.has(JSON.stringify(found))) return;
    told.add(JSON.stringify(found));
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

/** Tokens that name them by kid and algorithm could mean either. */
function isNamedAlike(a: JWK, b: JWK): boolean {
  const isSameAlgorithm = a.alg === undefined || b.alg === undefined || a.alg === b.alg;
  return a.kid !== undefined && a.kid === b.kid && typeOf(a) === typeOf(b) && isSameAlgorithm;
}

/** The key as far as it is needed, or why it cannot be used. */
async function lookAt(entry: unknown): Promise<JWK | string> {
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

/** Members that are no texts are as good as absent; others are not read. */
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

/** What keeps a key from being made of it; undefined if nothing does. */
async function findFlaw(key: JWK, algorithm: string): Promise<string | undefined> {
  try {
    const made = await importJWK({ ...key, alg: algorithm }, algorithm);
    if (made instanceof Uint8Array) return 'is not a public key';
    return hasAcceptedSize(made)
      ? undefined
      : `is an RSA key that does not have ${RSA_BITS.least} to ${RSA_BITS.most} bits`;
  } catch {
    // What the library finds wrong may quote it.
    return 'is malformed';
  }
}

function hasAcceptedSize({ algorithm }: CryptoKey): boolean {
  if (!('modulusLength' in algorithm)) return true;
  const bits = Number(algorithm.modulusLength);
  return bits >= RSA_BITS.least && bits <= RSA_BITS.most;
}
