import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CompactSign, exportSPKI, importJWK } from 'jose';
import { numRuns } from '../properties/runs.ts';
import { type TestService, startTestService } from '../support/service.ts';
import {
  type Issuer,
  type SignToken,
  type SigningKey,
  type TokenDifference,
  createSigner,
  createSigningKey,
  startIssuer,
  toTokenPart,
} from '../support/tokens.ts';
import {
  ANSWERED,
  READ,
  ask,
  callsTo,
  forgetCalls,
  toAnswer,
  toErrorBody,
  toTokenRefusal,
} from './ask.ts';
import { readAnswer, sendRaw, toRequest } from './raw-request.ts';

/** Epoch milliseconds; the service's clock stands still. */
const NOW = 1_800_000_000_000;
const SECONDS = NOW / 1_000;
const ALGORITHMS = ['RS256', 'RS384', 'PS256', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

let keys: Record<string, SigningKey>;
let issuer: Issuer;
/** Asked by whoever believes a token's header. */
let attacker: Issuer;
let sign: SignToken;
let service: TestService;
let url: string;

const keyOf = (alg: string): SigningKey => {
  const key = keys[alg];
  if (!key) throw new Error(`no key for ${alg}`);
  return key;
};

beforeAll(async () => {
  const made = await Promise.all(ALGORITHMS.map((alg) => createSigningKey(`key-${alg}`, alg)));
  keys = Object.fromEntries(made.map((key) => [key.alg, key]));
  keys.stranger = await createSigningKey('key-ES256');
  issuer = await startIssuer(made);
  attacker = await startIssuer([keys.stranger]);
  sign = createSigner(issuer, () => NOW);
  service = await startTestService({
    now: () => NOW,
    freshSeconds: 0,
    tokens: issuer.settings,
    hasIntrospection: false,
  });
  url = `${service.url}/graphql`;
});
afterAll(async () => {
  await service.close();
  await attacker.close();
  await issuer.close();
});
afterEach(() => {
  // Neither is a token worth a line, nor does any stand in one.
  expect(service.log).toEqual([]);
  expect(attacker.fetches).toBe(0);
  forgetCalls(service);
});

const signed = (difference: TokenDifference = {}) => sign(keyOf('ES256'), difference);

describe('a token counts', () => {
  test.each(ALGORITHMS)('that is signed by %s', async (alg) => {
    expect(await ask(url, { token: await sign(keyOf(alg)) })).toEqual(ANSWERED);
  });

  test.each<readonly [string, TokenDifference]>([
    ['that expired 29 s ago', { claims: { exp: SECONDS - 29 } }],
    ['that is valid in 30 s', { claims: { nbf: SECONDS + 30 } }],
    ['that was issued tomorrow, which says nothing', { claims: { iat: SECONDS + 86_400 } }],
    ['without the time of its issue', { claims: { iat: undefined } }],
    ['for several audiences', { claims: { aud: ['others', 'badges'] } }],
    ['that names no key, while only one fits', { header: { kid: undefined } }],
    ...['at+jwt', 'AT+JWT', 'JWT', 'jwt', 'application/at+jwt', 'application/jwt'].map(
      (typ) => [`of the type ${typ}`, { header: { typ } }] as const,
    ),
    ['whose claims hold colons and quotes', { claims: { note: '"a":"b",{"c":1}\\":', x: [{}] } }],
    ['that ends with the year 9999', { claims: { exp: 253_402_300_799 } }],
    ['with a claim that nobody knows', { claims: { roles: ['admin'], email: 'ada@example.com' } }],
  ])('%s', async (_what, difference) => {
    expect(await ask(url, { token: await signed(difference) })).toEqual(ANSWERED);
  });

  test.each(['bearer', 'BEARER', 'Bearer  '])('after the word %j', async (word) => {
    const authorization = `${word} ${await signed()}`;
    expect(await ask(url, { headers: { authorization } })).toEqual(ANSWERED);
  });
});

const [wrongKey, notAccepted, noToken, wrongShape] = [
  'is not signed with a key of the issuer',
  'is not signed with an accepted algorithm',
  'is malformed',
  'has malformed claims',
];

/** Signed with what everybody can read. */
async function hmacSigned(secret: (key: SigningKey) => Promise<string> | string): Promise<string> {
  const key = keyOf('RS256');
  const [, payload = ''] = (await sign(key)).split('.');
  const content = `${toTokenPart({ alg: 'HS256', kid: key.kid })}.${payload}`;
  const signature = createHmac('sha256', await secret(key)).update(content);
  return `${content}.${signature.digest('base64url')}`;
}

async function toPem({ publicJwk, alg }: SigningKey): Promise<string> {
  const key = await importJWK(publicJwk, alg, { extractable: true });
  if (key instanceof Uint8Array) throw new Error('no public key');
  return exportSPKI(key);
}

async function unsigned(alg: string): Promise<string> {
  const [, payload] = (await signed()).split('.');
  return `${toTokenPart({ alg, kid: 'key-ES256' })}.${payload}.`;
}

async function withParts(change: (parts: string[]) => string[]): Promise<string> {
  return change((await signed()).split('.')).join('.');
}

const byStranger = (header: Readonly<Record<string, unknown>> = {}) =>
  sign(keyOf('stranger'), { header });

type Refused = [string, string, () => Promise<string>];
const refused: Refused[] = [
  [
    'with the signature of another token',
    wrongKey,
    async () => {
      const [, , signature = ''] = (await signed({ claims: { sub: 'grace' } })).split('.');
      return withParts(([header = '', payload = '']) => [header, payload, signature]);
    },
  ],
  [
    'with claims that were changed',
    wrongKey,
    () =>
      withParts(([header = '', , signature = '']) => [
        header,
        toTokenPart({
          iss: issuer.settings.issuer,
          aud: 'badges',
          sub: 'root',
          exp: SECONDS + 300,
        }),
        signature,
      ]),
  ],
  [
    'with a header that was changed',
    wrongKey,
    () =>
      withParts(([, payload = '', signature = '']) => [
        toTokenPart({ alg: 'ES256', kid: 'key-ES256', typ: 'x' }),
        payload,
        signature,
      ]),
  ],
  [
    'without a signature',
    wrongKey,
    () => withParts(([header = '', payload = '']) => [header, payload, '']),
  ],
  [
    'with a signature of zeros',
    wrongKey,
    () => withParts(([header = '', payload = '']) => [header, payload, 'A'.repeat(86)]),
  ],
  ['signed with a key of another by the same name', wrongKey, () => byStranger()],
  ['that names a key that there is none of', wrongKey, () => signed({ header: { kid: 'key-0' } })],
  [
    'that names another key of the issuer',
    wrongKey,
    () => signed({ header: { kid: 'key-RS256' } }),
  ],
  ['that brings its key', wrongKey, () => byStranger({ jwk: keyOf('stranger').publicJwk })],
  ['that says where its key is', wrongKey, () => byStranger({ jku: attacker.settings.jwksUrl })],
  [
    'that says where its certificate is',
    wrongKey,
    () => byStranger({ x5u: attacker.settings.jwksUrl }),
  ],
  ['that brings a certificate', wrongKey, () => byStranger({ x5c: ['MIIB'], x5t: 'x' })],
  ['that names a file as its key', wrongKey, () => byStranger({ kid: '../../../../dev/null' })],
  ['by the algorithm none', notAccepted, () => unsigned('none')],
  ['by the algorithm nOnE', notAccepted, () => unsigned('nOnE')],
  ['by no algorithm', noToken, () => unsigned('')],
  ['by HS256 with the public key as PEM', notAccepted, () => hmacSigned(toPem)],
  [
    'by HS256 with the public key as JWK',
    notAccepted,
    () => hmacSigned(({ publicJwk }) => JSON.stringify(publicJwk)),
  ],
  [
    'by HS256 with the modulus of the public key',
    notAccepted,
    () => hmacSigned(({ publicJwk }) => String(publicJwk.n)),
  ],
  ['by HS256 with an empty key', notAccepted, () => hmacSigned(() => '')],
  [
    'with an extension that must be understood',
    notAccepted,
    () =>
      withParts(([, payload = '', signature = '']) => [
        toTokenPart({ alg: 'ES256', kid: 'key-ES256', crit: ['exp'], exp: 1 }),
        payload,
        signature,
      ]),
  ],
  ['that expired 30 s ago', 'has expired', () => signed({ claims: { exp: SECONDS - 30 } })],
  ['that expired long ago', 'has expired', () => signed({ claims: { exp: 1 } })],
  ['that is valid in 31 s', 'is not valid yet', () => signed({ claims: { nbf: SECONDS + 31 } })],
  [
    'without a time of its end',
    'lacks the exp claim',
    () => signed({ claims: { exp: undefined } }),
  ],
  [
    'with a time of its end in words',
    'has an invalid exp claim',
    () => withPayload({ exp: '2100-01-01T00:00:00Z' }),
  ],
  ...['1e999', '1e300', '253402300800', 'null', 'true', '[2000000000]', '"2000000000"'].map(
    (exp): Refused => [
      `that ends at ${exp}`,
      'has an invalid exp claim',
      () => withText(toText(['exp', exp])),
    ],
  ),
  ...['-1e999', '-1', '"0"', 'null'].map((nbf): Refused => [
    `that begins at ${nbf}`,
    'has an invalid nbf claim',
    () => withText(toText(['exp', '2000000000'], ['nbf', nbf])),
  ]),
  [
    'that was issued at no time',
    'has an invalid iat claim',
    () => withText(toText(['exp', '2000000000'], ['iat', '1e999'])),
  ],
  ...[
    'dpop+jwt',
    'logout+jwt',
    'secevent+jwt',
    'token-introspection+jwt',
    'id+jwt',
    'JOSE',
    'x',
    '',
    'application/json',
    'jwt ',
    'at+jwt+x',
    7,
    null,
    ['JWT'],
    { JWT: 1 },
  ].map((typ): Refused => [
    `of the type ${JSON.stringify(typ)}`,
    'is not an access token',
    () => signed({ header: { typ } }),
  ]),
  ...(
    [
      [
        'its subject',
        [
          ['sub', '"ada"'],
          ['sub', '"root"'],
        ],
      ],
      [
        'its subject, once in escapes',
        [
          ['sub', '"ada"'],
          ['s\\u0075b', '"root"'],
        ],
      ],
      [
        'its tenant, with the same value',
        [
          ['tenant', '"default"'],
          ['tenant', '"default"'],
        ],
      ],
      ['a claim within another', [['act', '{"sub":"a","sub":"b"}']]],
      ['a claim within a list', [['list', '[{"a":1},{"a":1,"a":{}}]']]],
      [
        'a claim that nobody reads',
        [
          ['x', '":"'],
          ['x', '{}'],
        ],
      ],
    ] as const
  ).map(([what, claims]): Refused => [
    `that names ${what} twice`,
    'contains a claim twice',
    () => withText(toText(['exp', '2000000000'], ...claims)),
  ]),
  [
    'with a beginning that is no time',
    'has an invalid nbf claim',
    () => withPayload({ nbf: 'now' }),
  ],
  [
    'of another issuer',
    'is from a different issuer',
    () => signed({ claims: { iss: 'https://elsewhere.example' } }),
  ],
  [
    'of an issuer with a slash more',
    'is from a different issuer',
    () => signed({ claims: { iss: `${issuer.settings.issuer}/` } }),
  ],
  ['without an issuer', 'lacks the iss claim', () => signed({ claims: { iss: undefined } })],
  [
    'for another audience',
    'is for a different audience',
    () => signed({ claims: { aud: 'others' } }),
  ],
  [
    'for several other audiences',
    'is for a different audience',
    () => signed({ claims: { aud: ['others', 'badges2'] } }),
  ],
  ['for no audience', 'is for a different audience', () => signed({ claims: { aud: [] } })],
  ['without an audience', 'lacks the aud claim', () => signed({ claims: { aud: undefined } })],
  ['without a subject', 'lacks the sub claim', () => signed({ claims: { sub: undefined } })],
  ['with an empty subject', wrongShape, () => signed({ claims: { sub: '' } })],
  ['with a line break in its subject', wrongShape, () => signed({ claims: { sub: 'a\nb' } })],
  [
    'with a subject too long for records',
    wrongShape,
    () => signed({ claims: { sub: 'a'.repeat(256) } }),
  ],
  ['with a subject that is a number', wrongShape, () => withPayload({ sub: 7 })],
  ['with a scope that is a list', wrongShape, () => signed({ claims: { scope: ['badges:read'] } })],
  ['with an scp that is an object', wrongShape, () => signed({ claims: { scp: { read: true } } })],
  ['with several tenants', wrongShape, () => signed({ claims: { tenant: ['a', 'b'] } })],
  ['with a tenant that is null', wrongShape, () => signed({ claims: { tenant: null } })],
  ['whose claims are no object', noToken, () => withText('"ada"')],
  ['whose claims are no JSON', noToken, () => withText('{')],
  ['of one part', noToken, () => withParts(([header = '']) => [header])],
  ['of four parts', noToken, () => withParts((parts) => [...parts, 'x'])],
  ['that is encrypted', noToken, () => withParts((parts) => [...parts, 'x', 'y'])],
  ['of empty parts', noToken, async () => '..'],
  ['that is a word', noToken, async () => 'token'],
];

/** Well signed, with whatever the signer would not write. */
async function withText(claims: string): Promise<string> {
  const { privateKey, alg, kid } = keyOf('ES256');
  return new CompactSign(new TextEncoder().encode(claims))
    .setProtectedHeader({ alg, kid })
    .sign(privateKey);
}

/** As a text, since no object contains a claim twice, or a number without an end. */
function toText(...claims: (readonly [string, string])[]): string {
  const own = [
    ['iss', JSON.stringify(issuer.settings.issuer)],
    ['aud', '"badges"'],
  ] as const;
  const given = claims.some(([name]) => name === 'sub') ? [] : ([['sub', '"ada"']] as const);
  return `{${[...own, ...given, ...claims].map(([name, value]) => `"${name}":${value}`).join()}}`;
}

const withPayload = (claims: object) =>
  withText(
    JSON.stringify({
      iss: issuer.settings.issuer,
      aud: 'badges',
      sub: 'ada',
      exp: SECONDS + 300,
      ...claims,
    }),
  );

describe('a token is refused with a reason of its own, and nobody is asked for it:', () => {
  test.each(refused)('one %s', async (_what, reason, make) => {
    expect(await ask(url, { token: await make() })).toEqual(toTokenRefusal(reason));
    expect(callsTo(service)).toEqual([]);
  });

  test('for a name that stands twice, wherever it is, and for no other claim', async () => {
    const query = '{ __typename }';
    // No " or \\ alone: V8 then and now reads the one for the other.
    const names = ['a', '__proto__', 'x:y', 'say "x":', 'toString', '0'];
    const value = fc.oneof(fc.json(), fc.constantFrom('{}', '[{}]', '":"', '"{\\"a\\":1}"'));
    const claim = fc.tuple(fc.constantFrom(...names), value, fc.nat({ max: 1 }));
    const tokens = fc.uniqueArray(claim, { maxLength: 5, selector: ([name]) => name });
    await fc.assert(
      fc.asyncProperty(tokens, async (claims) => {
        const written = claims.flatMap(([name, json, more]) =>
          Array.from({ length: 1 + more }, () => `${JSON.stringify(name)}:${json}`),
        );
        const token = await withText(toText(['exp', '2000000000'], ['in', `{${written.join()}}`]));
        const isTwice = claims.some(([, , more]) => more > 0);
        expect(await ask(url, { token, query })).toEqual(
          isTwice
            ? toTokenRefusal('contains a claim twice')
            : toAnswer({ data: { __typename: 'Query' } }),
        );
      }),
      { numRuns },
    );
  });

  test('the same for any text in the place of any part, in any length', async () => {
    const reasons: unknown[] = [wrongKey, notAccepted, noToken].map((one) => toTokenRefusal(one));
    const [header = '', payload = '', signature = ''] = (await signed()).split('.');
    const part = fc.oneof(
      fc.constantFrom(header, payload, ''),
      fc.string({ unit: fc.constantFrom(...'AZaz09-_=+/.~'), maxLength: 100 }),
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
    );
    await fc.assert(
      fc.asyncProperty(part, part, part, async (a, b, c) => {
        fc.pre(c !== signature);
        expect(reasons).toContainEqual(await ask(url, { token: `${a}.${b}.${c}` }));
      }),
      { numRuns: 300 },
    );
    expect(callsTo(service)).toEqual([]);
  });
});

describe('several headers of one name', () => {
  const toLines = (name: string, values: readonly string[]) =>
    values.map((value) => [name, value] as const);

  async function send(lines: readonly (readonly [string, string])[], to = service) {
    const body = JSON.stringify({ query: READ });
    const request = toRequest(
      'POST /graphql HTTP/1.1',
      [
        ['host', 'localhost'],
        ['connection', 'close'],
        ['content-type', 'application/json'],
        ['content-length', String(body.length)],
        ...lines,
      ],
      body,
    );
    const answer = readAnswer(await sendRaw(to.url, request));
    return { status: answer.status, told: /"message":"([^"]*)"/.exec(answer.body)?.[1] };
  }

  test('two tokens are refused, in whatever order and letters, and be they the same', async () => {
    const [good, other] = [
      `Bearer ${await signed()}`,
      `Bearer ${await signed({ claims: { sub: 'b' } })}`,
    ];
    const refusal = {
      status: 400,
      told: 'The request has several authorization headers. Send only one.',
    };
    for (const values of [
      [good, other],
      [good, good],
      ['', good],
      [good, 'Basic x'],
      [good, good, good],
    ]) {
      expect(await send(toLines('authorization', values))).toEqual(refusal);
    }
    expect(
      await send([
        ['authorization', good],
        ['AUTHORIZATION', good],
      ]),
    ).toEqual(refusal);
    expect(await send([['authorization', good]])).toEqual({ status: 200, told: undefined });
    expect(callsTo(service)).not.toEqual([]);
  });

  test('two actors are refused where the router speaks for callers', async () => {
    const trusting = await startTestService();
    const name = 'x-badges-actor';
    expect(await send(toLines(name, ['ada', 'grace']), trusting)).toEqual({
      status: 400,
      told: 'The request has several x-badges-actor headers. Send only one.',
    });
    expect((await send(toLines(name, ['ada']), trusting)).status).toBe(200);
    await trusting.close();
  });
});

describe('what is no bearer token is refused as if none had been tried:', () => {
  test.each([
    ['another scheme', () => 'Basic YWRhOnNlY3JldA=='],
    ['no token after the word', () => 'Bearer'],
    ['two tokens', () => 'Bearer one two'],
    ['a token alone', () => 'one.two.three'],
    ['an empty header', () => ''],
    ['signs that no token has', () => 'Bearer "one"'],
  ])('%s', async (_what, toHeader) => {
    expect(await ask(url, { headers: { authorization: toHeader() } })).toEqual({
      status: 401,
      challenge: 'Bearer realm="badges"',
      body: toErrorBody('Header "authorization" must contain a bearer token.', 'UNAUTHENTICATED'),
    });
    expect(callsTo(service)).toEqual([]);
  });
});

test('a wrong token is refused before the body is read, on whatever it asks for', async () => {
  const token = await signed({ claims: { exp: 1 } });
  for (const query of ['{ _service { sdl } }', '{ __typename }', '{ broken', '{ noSuchField }']) {
    expect(await ask(url, { token, query })).toEqual(toTokenRefusal('has expired'));
  }
});

test('a refusal tells nothing of the token', async () => {
  const token = await signed({ claims: { sub: 'grace', aud: 'of-others' }, header: { kid: 'k9' } });
  const { body, challenge } = await ask(url, { token });
  const told = JSON.stringify([body, challenge]);
  for (const secret of ['grace', 'of-others', 'k9', ...token.split('.')]) {
    expect(told).not.toContain(secret);
  }
});

describe('without a token', () => {
  test('the schema and __typename are answered', async () => {
    const { body } = await ask(url, { query: '{ __typename _service { sdl } }' });
    expect(body).toEqual({
      data: {
        __typename: 'Query',
        _service: { sdl: expect.stringContaining('union Badge') as unknown },
      },
    });
  });

  test('nothing else is, whatever the router says of the caller', async () => {
    const headers = { 'x-badges-actor': 'ada', 'x-badges-tenant': 'default' };
    expect(await ask(url, { headers, query: `{ _service { sdl } ...on Query ${READ} }` })).toEqual({
      status: 200,
      challenge: null,
      body: {
        data: { _service: { sdl: expect.any(String) as unknown }, badges: null },
        errors: [
          {
            message: 'A bearer token is required. Send it in the authorization header.',
            locations: [{ line: 1, column: 34 }],
            path: ['badges'],
            extensions: { code: 'UNAUTHENTICATED', requestId: 'asked-1' },
          },
        ],
      },
    });
    expect(callsTo(service)).toEqual([]);
  });
});

test('a token is no secret of the router', async () => {
  const gated = await startTestService({
    now: () => NOW,
    tokens: issuer.settings,
    routerSecrets: ['of-the-router'],
  });
  try {
    const token = await signed();
    const { status, challenge } = await ask(`${gated.url}/graphql`, { token });
    expect([status, challenge]).toEqual([401, null]);
    const headers = { 'router-authorization': 'of-the-router' };
    expect(await ask(`${gated.url}/graphql`, { token, headers })).toEqual(ANSWERED);
  } finally {
    await gated.close();
  }
});
