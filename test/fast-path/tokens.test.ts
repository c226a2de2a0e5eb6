import { setTimeout as pause } from 'node:timers/promises';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  jest,
  test,
} from '@jest/globals';
import { eventually } from '../state/eventually.ts';
import {
  type Issuer,
  type SigningKey,
  type TokenDifference,
  createSigner,
  createSigningKey,
  startIssuer,
} from '../support/tokens.ts';
import { type Asked, createAsker, toBody, toRequest } from './ask.ts';
import { checkTokensOf } from './token-check.ts';
import { type World, startWorld } from './world.ts';

let key: SigningKey;
let other: SigningKey;
let namesake: SigningKey;
let issuer: Issuer;
let world: World;
let asker: ReturnType<typeof createAsker>;

beforeAll(async () => {
  [key, other, namesake] = (await Promise.all(
    ['first', 'second', 'first'].map((name) => createSigningKey(name)),
  )) as [SigningKey, SigningKey, SigningKey];
  issuer = await startIssuer([key]);
});
afterAll(() => issuer.close());
beforeEach(async () => {
  issuer.published = [key];
  world = await startWorld({ tokens: checkTokensOf(issuer) });
  await world.warm();
  asker = createAsker(world);
});
afterEach(async () => {
  asker.close();
  await world.close();
});

const sign = (difference: TokenDifference = {}, by = key) =>
  createSigner(issuer, () => world.now())(by, difference);

async function ask(token: string, headers: Record<string, string> = {}): Promise<Asked> {
  const [id = ''] = world.sandbox.tagMango.badges.keys();
  const body = toBody([{ __typename: 'TagMangoBadge', id }]);
  return asker.ask(toRequest(body, { Authorization: `Bearer ${token}`, ...headers }));
}

/** Until it is answered fast. */
async function warmUp(token: string): Promise<void> {
  for (let times = 0; times < 4; times += 1) await ask(token);
  expect(await ask(token)).toMatchObject({ status: 200, isFast: true });
}

test('a caller whose token was verified a moment ago is answered fast', async () => {
  await warmUp(await sign());
  // Another caller's token is verified first.
  const second = await sign({ claims: { sub: 'bob' } });
  expect(await ask(second)).toMatchObject({ status: 200, isFast: false });
  expect(await ask(second)).toMatchObject({ status: 200, isFast: true });
});

test('a token that has expired is rejected, though it was verified before', async () => {
  const seconds = Math.floor(world.now() / 1_000);
  const token = await sign({ claims: { exp: seconds + 5 } });
  await warmUp(token);
  // With the tolerance it is 35 s; the keys are refreshed after 30.
  world.pass(27_000);
  expect(await ask(token)).toMatchObject({ status: 200, isFast: true });
  world.pass(8_000);
  expect(await ask(token)).toMatchObject({ status: 401, isFast: false });
});

test('a token that was valid under a corrected clock is rejected', async () => {
  const seconds = Math.floor(world.now() / 1_000);
  const token = await sign({ claims: { exp: seconds - 20 } });
  await warmUp(token);
  world.pass(10_000);
  expect(await ask(token)).toMatchObject({ status: 401, isFast: false });
});

/** Passes time until the keys are refreshed, which a request with this token starts. */
async function refreshKeys(token: string): Promise<void> {
  const { fetches } = issuer;
  world.pass(31_000);
  await world.warm();
  await ask(token);
  for (let times = 0; times < 200 && issuer.fetches === fetches; times += 1) await pause(5);
  expect(issuer.fetches).toBe(fetches + 1);
  // The keys are checked before they are used.
  await pause(50);
}

test('a refresh that finds the same keys costs no caller anything', async () => {
  const token = await sign({ claims: { exp: Math.floor(world.now() / 1_000) + 3_600 } });
  await warmUp(token);
  await refreshKeys(token);
  expect(await ask(token)).toMatchObject({ status: 200, isFast: true });
});

test('while the issuer is down, verified tokens are accepted as long as its keys', async () => {
  const token = await sign({ claims: { exp: Math.floor(world.now() / 1_000) + 3_600 } });
  await warmUp(token);
  issuer.published = (response) => response.writeHead(503).end();
  world.pass(599_000);
  await world.warm();
  expect(await ask(token)).toMatchObject({ status: 200, isFast: true });
  world.pass(1_000);
  await world.warm();
  expect(await ask(token)).toMatchObject({ status: 503, isFast: false });
});

describe('a token is verified again when', () => {
  test.each([
    ['its key is gone', () => [other], 401],
    ['there is no key', () => [], 401],
    ['another key has the same name', () => [key, namesake], 401],
    [
      'its key has another name',
      () => [{ ...key, publicJwk: { ...key.publicJwk, kid: 'third' } }],
      401,
    ],
    ['there is one more key', () => [key, other], 200],
  ])('%s', async (_what, toPublished, status) => {
    const token = await sign({ claims: { exp: Math.floor(world.now() / 1_000) + 3_600 } });
    await warmUp(token);
    issuer.published = toPublished();
    await refreshKeys(token);
    expect(await ask(token)).toMatchObject({ status, isFast: false });
    expect(await ask(token)).toMatchObject({ status, isFast: status === 200 });
  });
});

test('a token is not remembered if the keys were replaced while it was verified', async () => {
  const claims = { exp: Math.floor(world.now() / 1_000) + 3_600 };
  const [earlier, token] = [
    await sign({ claims: { ...claims, sub: 'bob' } }),
    await sign({ claims }),
  ];
  const { check, peek, close } = checkTokensOf(issuer)(world);
  // The first one fetches the keys.
  for (let times = 0; times < 2; times += 1) await check(earlier);
  expect(peek(earlier)).toMatchObject({ actor: 'bob' });

  issuer.published = [other];
  world.pass(31_000);
  const { subtle } = crypto;
  const verify = subtle.verify.bind(subtle);
  const slow = jest.spyOn(subtle, 'verify').mockImplementation(async (...given) => {
    await eventually(() => peek(earlier) === undefined);
    return verify(...given);
  });
  try {
    expect(await check(token)).toMatchObject({ actor: 'ada' });
  } finally {
    slow.mockRestore();
  }
  expect(peek(token)).toBeUndefined();
  await expect(check(token)).rejects.toMatchObject({ status: 401 });
  close();
});

describe('a thousand tokens are remembered, and of more than that', () => {
  const claims = () => ({ exp: Math.floor(world.now() / 1_000) + 3_600 });
  const signMany = (tokens: number) =>
    Promise.all(
      Array.from({ length: tokens }, (_, jti) => sign({ claims: { ...claims(), jti: `${jti}` } })),
    );

  test('a tenant loses those that it used longest ago, and no other tenant any', async () => {
    const { check, peek, close } = checkTokensOf(issuer)(world);
    const others = await sign({ claims: { ...claims(), tenant: 'second' } });
    const [first = '', second = '', ...tokens] = await signMany(1_000);
    // The first one fetches the keys.
    for (const token of [first, others, first, second]) await check(token);
    for (const token of tokens.slice(0, -1)) await check(token);
    expect(peek(first)).toBeDefined();

    await check(tokens.at(-1) ?? '');
    expect(peek(second)).toBeUndefined();
    expect(peek(first)).toBeDefined();
    expect(peek(others)).toMatchObject({ tenant: 'second' });
    close();
  }, 60_000);

  test('fewer if they are long: all together have four million characters', async () => {
    const { check, peek, close } = checkTokensOf(issuer)(world);
    const long = (jti: number) =>
      sign({ claims: { ...claims(), jti: `${jti}`.padEnd(300_000, '-') } });
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, jti) => long(jti)));
    for (const token of [tokens[0] ?? '', ...tokens]) await check(token);
    const known = tokens.filter((token) => peek(token) !== undefined);
    const characters = known.reduce((sum, { length }) => sum + length, 0);
    expect(characters).toBeGreaterThan(3_000_000);
    expect(characters).toBeLessThanOrEqual(4_000_000);
    expect(known).toEqual(tokens.slice(-known.length));
    close();
  });
});

describe('no fast answer is given', () => {
  test.each([
    ['without the scope to read', { claims: { scope: 'badges:write' } }, 200],
    ['of a tenant that there is not', { claims: { tenant: 'nobody' } }, 403],
    ['that is not valid yet', { claims: { nbf: 1_800_000_100 } }, 401],
    ['for another audience', { claims: { aud: 'others' } }, 401],
  ])('to a token %s', async (_what, difference, status) => {
    await warmUp(await sign());
    const token = await sign(difference);
    for (let times = 0; times < 3; times += 1) {
      expect(await ask(token)).toMatchObject({ status, isFast: false });
    }
  });

  test('to a token that another key has signed', async () => {
    await warmUp(await sign());
    const forged = await sign({ header: { kid: 'first' } }, other);
    for (let times = 0; times < 3; times += 1) {
      expect(await ask(forged)).toMatchObject({ status: 401, isFast: false });
    }
  });

  test('to a caller without a token, or with two', async () => {
    const token = await sign();
    await warmUp(token);
    const [id = ''] = world.sandbox.tagMango.badges.keys();
    const body = toBody([{ __typename: 'TagMangoBadge', id }]);
    expect(await asker.ask(toRequest(body))).toMatchObject({
      isFast: false,
      body: expect.stringContaining('UNAUTHENTICATED') as unknown,
    });
    expect(await ask(token, { authorization: `Bearer ${token}` })).toMatchObject({
      status: 400,
      isFast: false,
    });
  });

  test('to a token of another tenant from what the first one has', async () => {
    await warmUp(await sign());
    const token = await sign({ claims: { tenant: 'second' } });
    await ask(token);
    await ask(token);
    expect(await ask(token)).toMatchObject({ status: 200, isFast: true });
    expect(world.usage().fragments).toBe(2);
  });
});
