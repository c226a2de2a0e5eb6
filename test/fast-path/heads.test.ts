import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { START, type World, startWorld } from './world.ts';
import { checkTokensOf } from './token-check.ts';
import { createAsker, toBody, toRequest } from './ask.ts';
import { createRawCaller } from './wire.ts';
import { type Issuer, createSigner, createSigningKey, startIssuer } from '../support/tokens.ts';

const SECRET = 'secret-of-the-router';
const ROUTER = { 'Router-Authorization': SECRET, 'X-Request-Id': 'r-1' };

let issuer: Issuer;
let token: string;
let worlds: Readonly<Record<'named' | 'tokens', World>>;
beforeAll(async () => {
  const key = await createSigningKey('a');
  issuer = await startIssuer([key]);
  token = await createSigner(issuer, () => START)(key, {});
  const routerSecrets = [SECRET];
  worlds = {
    named: await startWorld({ routerSecrets }),
    tokens: await startWorld({ routerSecrets, tokens: checkTokensOf(issuer) }),
  };
});
afterAll(async () => {
  await Promise.all(Object.values(worlds).map((world) => world.close()));
  await issuer.close();
});

const toWhole = (headers: Readonly<Record<string, string>>): string =>
  toRequest(toBody([{ __typename: 'TagMangoBadge', id: 'f'.repeat(24) }]), {
    ...ROUTER,
    ...headers,
  }).toString('latin1');
/** Of a request whose body never comes. */
const toHead = (whole: string): Buffer =>
  Buffer.from(whole.slice(0, whole.indexOf('\r\n\r\n') + 4), 'latin1');

/** Over a connection of its own, on which the rest of the request never comes. */
async function askOnce(url: string, head: Buffer): Promise<string> {
  const caller = createRawCaller(url);
  try {
    return await caller.ask(head);
  } finally {
    caller.close();
  }
}

async function expectRejected(
  { fast, full }: World,
  { head, status }: { head: Buffer; status: number },
): Promise<void> {
  const answer = await askOnce(fast, head);
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer).toBe(await askOnce(full, head));
}

describe('a request is rejected before its body arrives', () => {
  test.each<[string, number, Record<string, string>]>([
    ['of text', 415, { 'Content-Type': 'text/plain' }],
    ['of an empty content type', 415, { 'Content-Type': '' }],
    ['of something like JSON', 415, { 'Content-Type': 'application/jsonx' }],
    ['of JSON for something else', 415, { 'Content-Type': 'application/graphql+json' }],
    ['of a type that is none', 415, { 'Content-Type': 'application/json/x; charset=utf-8' }],
    ['of another charset', 415, { 'Content-Type': 'application/json; charset=latin1' }],
    [
      'of a charset in half a pair of quotes',
      415,
      { 'Content-Type': 'application/json; charset="utf-8' },
    ],
    ['of two charsets', 415, { 'Content-Type': 'application/json; charset=utf-8; charset=x' }],
    ['of a compressed body', 415, { 'Content-Encoding': 'gzip' }],
    ['of a body that is too large', 413, { 'Content-Length': '1048577' }],
    ['to a host that is none', 400, { Host: '[' }],
    ['to an empty host', 400, { Host: '' }],
    ['to a host behind a name', 400, { Host: ':x@localhost' }],
    ['to an address that is none', 400, { Host: '1.2.3.4.5' }],
    ['of an unknown tenant', 403, { 'X-Badges-Tenant': 'nobody' }],
    ['of a wrong secret', 401, { 'Router-Authorization': 'secret-of-the-routes' }],
  ])('%s', async (_what, status, headers) => {
    await expectRejected(worlds.named, { head: toHead(toWhole(headers)), status });
  });

  test('of no content type', async () => {
    const head = toHead(toWhole({}).replace(/Content-Type: .*\r\n/, ''));
    await expectRejected(worlds.named, { head, status: 415 });
  });

  test.each([
    ['of two callers', 400, 'POST /graphql HTTP/1.1\r\nx-badges-actor: ada\r\nx-badges-actor: bob'],
    ['of another method', 405, 'PUT /graphql HTTP/1.1'],
    ['to another path', 404, 'POST /graph HTTP/1.1'],
    ['to a path that is none', 400, 'POST /graphql?a=%ff HTTP/1.1'],
  ])('%s', async (_what, status, lines) => {
    const head = toHead(toWhole({}).replace('POST /graphql HTTP/1.1', lines));
    await expectRejected(worlds.named, { head, status });
  });

  test.each<[string, number, () => Record<string, string>]>([
    ['of a token that is none', 401, () => ({ Authorization: 'Bearer none' })],
    ['of no bearer', 401, () => ({ Authorization: 'Basic none' })],
    [
      'of a second token',
      400,
      () => ({ Authorization: `Bearer ${token}`, authorization: `Bearer ${token}` }),
    ],
    [
      'of a known token with another charset',
      415,
      () => ({ Authorization: `Bearer ${token}`, 'Content-Type': 'application/json; charset=x' }),
    ],
  ])('%s, where callers have tokens', async (_what, status, toHeaders) => {
    const known = Buffer.from(toWhole({ Authorization: `Bearer ${token}` }), 'latin1');
    for (const url of [worlds.tokens.fast, worlds.tokens.full])
      expect(await askOnce(url, known)).toMatch(/^HTTP\/1.1 200 /);
    await expectRejected(worlds.tokens, { head: toHead(toWhole(toHeaders())), status });
  });
});

test.each([
  'application/json',
  'application/json; charset=utf-8',
  'application/json;charset=UTF-8',
  'application/json; charset="utf-8"',
])('a request of the content type %s is answered fast', async (type) => {
  const asker = createAsker(worlds.named);
  await worlds.named.warm();
  const request = Buffer.from(toWhole({ 'Content-Type': type }), 'latin1');
  await asker.ask(request);
  const { isFast, ...answer } = await asker.ask(request);
  expect({ isFast, status: answer.status }).toEqual({ isFast: true, status: 200 });
  expect(answer).toEqual(await asker.askFull(request));
  asker.close();
});
