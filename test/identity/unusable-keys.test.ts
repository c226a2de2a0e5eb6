import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TIMEOUT_MS, numRuns } from '../properties/runs.ts';
import { type TestService, startTestService } from '../support/service.ts';
import { type SigningKey, createSigner, createSigningKey, startIssuer } from '../support/tokens.ts';
import { ANSWERED, ask, toTokenRefusal } from './ask.ts';

const FRESH_MS = 30_000;

const good = await createSigningKey('good');
const other = await createSigningKey('other');
const rsa = await createSigningKey('rsa', 'RS256');
const issuer = await startIssuer([good]);
let now = 1_800_000_000_000;
const sign = createSigner(issuer, () => now);
let service: TestService;
beforeEach(async () => {
  await service?.close();
  service = await startTestService({ now: () => now, tokens: issuer.settings, freshSeconds: 1e9 });
});
afterAll(async () => {
  await service.close();
  await issuer.close();
});

const askBy = async (key: SigningKey) => ask(`${service.url}/graphql`, { token: await sign(key) });
const publish = (entries: readonly unknown[]) => {
  issuer.published = (response) => response.end(JSON.stringify({ keys: entries }));
};
const { kid: _kid, ...nameless } = other.publicJwk;
const shortRsa = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey.export({
  format: 'jwk',
});

const REFUSED = toTokenRefusal('is not signed with a key of the issuer');

const unusable: readonly (readonly [string, unknown, string])[] = [
  [
    'of a curve that is none',
    { ...other.publicJwk, crv: 'P-1' },
    'has an unsupported type or curve',
  ],
  [
    'of a curve that is not accepted',
    { ...other.publicJwk, crv: 'secp256k1', alg: 'ES256K' },
    'has an unsupported type or curve',
  ],
  [
    'with a point that is not on its curve',
    { ...other.publicJwk, x: other.publicJwk.y },
    'is malformed',
  ],
  ['with a coordinate that is too short', { ...other.publicJwk, x: 'AAAA' }, 'is malformed'],
  ['without a coordinate', { ...other.publicJwk, y: undefined }, 'is malformed'],
  ['with a number as a coordinate', { ...other.publicJwk, y: 7 }, 'is malformed'],
  [
    'of 1,024 bits',
    { ...shortRsa, kid: 'other', alg: 'RS256' },
    'is an RSA key that does not have 2048 to 16384 bits',
  ],
  ['for encryption', { ...other.publicJwk, use: 'enc' }, 'is not a signature key'],
  ['for a use that is no text', { ...other.publicJwk, use: {} }, 'is not a signature key'],
  [
    'for signing only',
    { ...other.publicJwk, key_ops: ['sign'] },
    'is not allowed to verify signatures',
  ],
  [
    'for what is no list',
    { ...other.publicJwk, key_ops: 'verify' },
    'is not allowed to verify signatures',
  ],
  [
    'for an algorithm of another curve',
    { ...other.publicJwk, alg: 'ES384' },
    'has an algorithm that is unsupported or does not match its type',
  ],
  [
    'for an algorithm of shared secrets',
    { ...other.publicJwk, alg: 'HS256' },
    'has an algorithm that is unsupported or does not match its type',
  ],
  [
    'for an algorithm that is no text',
    { ...other.publicJwk, alg: 5 },
    'has an algorithm that is unsupported or does not match its type',
  ],
  ['that is shared', { kty: 'oct', k: 'c2VjcmV0', kid: 'other' }, 'is not a public key'],
  ['that is private', { ...other.publicJwk, d: 'AAAA' }, 'is not a public key'],
  ['of no type', { kid: 'other' }, 'has an unsupported type or curve'],
  ['that is a number', 1, 'is not a key'],
  ['that is null', null, 'is not a key'],
  ['that is a list', [other.publicJwk], 'is not a key'],
];

describe('a key of the issuer costs only its own tokens, and is told once,', () => {
  test.each(unusable)('%s', async (_what, entry, reason) => {
    publish([good.publicJwk, entry, rsa.publicJwk]);
    for (let renewal = 0; renewal < 3; renewal += 1) {
      const answers = [await askBy(good), await askBy(other), await askBy(rsa)];
      expect(answers).toEqual([ANSWERED, REFUSED, ANSWERED]);
      now += FRESH_MS;
    }
    expect(service.log).toMatchObject([
      { level: 40, unusableKeys: 1, keys: [{ position: 2, reason }] },
    ]);
  });

  test('also where it is the only one', async () => {
    publish([{ ...other.publicJwk, x: 'AAAA' }]);
    expect([await askBy(other), await askBy(other)]).toEqual([REFUSED, REFUSED]);
    expect(service.log).toHaveLength(1);
  });
});

describe('of two keys with one kid', () => {
  test('neither is known by it, and others are', async () => {
    publish([
      good.publicJwk,
      other.publicJwk,
      { ...nameless, ...(await createSigningKey('other')).publicJwk },
    ]);
    expect(await askBy(good)).toEqual(ANSWERED);
    expect(await askBy(other)).toEqual(toTokenRefusal('does not state which key signed it'));
    expect(service.log).toMatchObject([{ unusableKeys: 1, keys: [{ position: 3 }] }]);
  });

  test('one that cannot be used does not stand in the way of the other', async () => {
    publish([
      { ...other.publicJwk, x: 'AAAA' },
      other.publicJwk,
      { ...other.publicJwk, use: 'enc' },
    ]);
    expect(await askBy(other)).toEqual(ANSWERED);
  });

  test('that are the same there is one', async () => {
    publish([other.publicJwk, { ...other.publicJwk, use: 'sig', x5t: 'AAAA' }]);
    expect(await askBy(other)).toEqual(ANSWERED);
    expect(service.log).toEqual([]);
  });

  test('that are of two types each is known by its algorithm', async () => {
    publish([other.publicJwk, { ...rsa.publicJwk, kid: 'other' }]);
    expect([await askBy(other), await askBy({ ...rsa, kid: 'other' })]).toEqual([
      ANSWERED,
      ANSWERED,
    ]);
    expect(service.log).toEqual([]);
  });
});

test('of more than 100 keys the first are taken, and that there are more is told in one short line', async () => {
  const many = Array.from({ length: 20_000 }, (_, at) => ({ kid: `k${at}` }));
  publish([good.publicJwk, ...many, other.publicJwk]);
  expect([await askBy(good), await askBy(other)]).toEqual([ANSWERED, REFUSED]);
  expect(service.log).toMatchObject([{ unusableKeys: 100 }]);
  expect(JSON.stringify(service.log).length).toBeLessThan(2_000);
});

test('an issuer whose wrong keys are others each time is told of 20 times at most', async () => {
  for (let renewal = 0; renewal < 30; renewal += 1) {
    publish([good.publicJwk, ...Array.from({ length: renewal + 1 }, () => 1)]);
    expect(await askBy(good)).toEqual(ANSWERED);
    // A key that is not held is waited for.
    expect(await askBy(other)).toEqual(REFUSED);
    now += FRESH_MS;
  }
  expect(service.log).toHaveLength(20);
});

/** Any JSON, and members of a key with any value in them. */
const anyEntry = fc.oneof(
  fc.jsonValue(),
  fc
    .tuple(
      fc.constantFrom<Record<string, unknown>>(other.publicJwk, rsa.publicJwk, shortRsa),
      fc.dictionary(
        fc.constantFrom(
          'kty',
          'kid',
          'alg',
          'use',
          'key_ops',
          'crv',
          'x',
          'y',
          'n',
          'e',
          'ext',
          'd',
          'x5c',
        ),
        fc.oneof(
          fc.jsonValue(),
          fc.constantFrom(
            'RSA',
            'EC',
            'OKP',
            'oct',
            'AKP',
            'P-256',
            'Ed25519',
            'X25519',
            'ML-DSA-44',
          ),
          fc.base64String(),
        ),
      ),
    )
    .map(([key, changed]): unknown => ({ ...key, ...changed })),
);

test(
  'whatever else an issuer publishes, its good keys count and tokens of others are refused',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyEntry, { maxLength: 5 }), async (entries) => {
        publish([good.publicJwk, ...entries.filter((entry) => !isNamed(entry, 'good'))]);
        now += FRESH_MS;
        // A key that is not held is waited for, so that these entries are in use.
        expect((await askBy({ ...good, kid: 'none' })).status).toBe(401);
        expect(await askBy(good)).toEqual(ANSWERED);
        expect([200, 401]).toContain((await askBy(other)).status);
        expect([200, 401]).toContain((await askBy(rsa)).status);
      }),
      { numRuns },
    );
    expect(service.log.every(({ level }) => level === 40)).toBe(true);
  },
  TIMEOUT_MS,
);

function isNamed(entry: unknown, kid: string): boolean {
  return typeof entry === 'object' && entry !== null && 'kid' in entry && entry.kid === kid;
}
