import { hash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { VARIABLE_CAPS } from '../../src/server/limits/limits.ts';
import { TIMEOUT_MS, numRuns } from '../properties/runs.ts';
import { createAsker, toBody, toRequest } from './ask.ts';
import { type World, type WorldOptions, startWorld } from './world.ts';

let world: World;
let asker: ReturnType<typeof createAsker>;

async function begin(options: WorldOptions = {}): Promise<void> {
  world = await startWorld(options);
  await world.warm();
  asker = createAsker(world);
}
beforeEach(() => begin());
afterEach(async () => {
  asker.close();
  await world.close();
});

async function restart(options: WorldOptions): Promise<void> {
  asker.close();
  await world.close();
  await begin(options);
}

const one = () => ({
  __typename: 'TagMangoBadge',
  id: [...world.sandbox.tagMango.badges.keys()][0] ?? '',
});
const two = () => ({
  __typename: 'ReturningAIBadge',
  id: [...world.sandbox.returningAI.badges.keys()][0] ?? '',
});
const LIST = JSON.stringify({
  query:
    '{ badges(first: 2) { totalCount nodes { ... on BadgeFields { name } } sources { state } } }',
});
const toBadge = (id: string) =>
  JSON.stringify({
    query: `{ badge(provider: TAG_MANGO, id: "${id}") { ... on BadgeFields { name } } }`,
  });

/** The second one of the same, which is as the full path would answer. */
async function askTwice(body: string, headers: Record<string, string> = {}) {
  const request = toRequest(body, { 'X-Request-Id': 'r-1', ...headers });
  await asker.ask(request);
  // What was answered is looked at once more before it is kept.
  await new Promise((resolve) => setTimeout(resolve, 20));
  const answer = await asker.ask(request);
  const { isFast, ...rest } = answer;
  expect(rest).toEqual(await asker.askFull(request));
  return answer;
}

/** Once, as the full path would answer. */
async function askOnce(body: string) {
  const request = toRequest(body, { 'X-Request-Id': 'r-1' });
  const answer = await asker.ask(request);
  const { isFast: _, ...rest } = answer;
  expect(rest).toEqual(await asker.askFull(request));
  return answer;
}

describe('what is asked a second time is answered fast:', () => {
  test.each([
    ['entities of both providers', () => toBody([one(), two(), one()])],
    [
      'entities among which one is missing',
      () => toBody([one(), { ...one(), id: 'f'.repeat(24) }]),
    ],
    ['a list', () => LIST],
    ['a badge', () => toBadge(one().id)],
    ['a badge that there is not', () => toBadge('f'.repeat(24))],
  ])('%s', async (_what, toOne) => {
    expect(await askTwice(toOne())).toMatchObject({ status: 200, isFast: true });
    expect(world.log).toEqual([]);
  });

  test('entities of other ids with the same document, which were never asked for', async () => {
    await askTwice(toBody([one()]));
    const ids = [...world.sandbox.tagMango.badges.keys()].slice(1);
    const all = ids.map((id) => ({ ...one(), id }));
    const request = toRequest(toBody(all), { 'X-Request-Id': 'r-1' });
    const { isFast, ...answer } = await asker.ask(request);
    expect(isFast).toBe(true);
    expect(answer).toEqual(await asker.askFull(request));
  });
});

test(
  'entities in any order, some repeated and some missing, are answered as on the full path',
  async () => {
    const known = [
      ...[...world.sandbox.tagMango.badges.keys()].map((id) => ({ ...one(), id })),
      ...[...world.sandbox.returningAI.badges.keys()].map((id) => ({ ...two(), id })),
    ];
    const missing = ['e', 'f'].map((sign) => ({ ...one(), id: sign.repeat(24) }));
    await askTwice(toBody([one(), two()]));
    const someOf = fc.array(fc.constantFrom(...known.slice(0, 12), ...missing), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(someOf, async (representations) => {
        const request = toRequest(toBody(representations), { 'X-Request-Id': 'r-1' });
        const expected = { ...(await asker.askFull(request)), isFast: true };
        // The second time, the order is known.
        for (let times = 0; times < 2; times += 1) {
          expect(await asker.ask(request)).toEqual(expected);
        }
      }),
      { numRuns: Math.ceil(numRuns / 3) },
    );
  },
  TIMEOUT_MS,
);

describe('once a document is known, its answer is that of the full path for', () => {
  const toPair = (between: string): string => toBody([one(), one()]).replace('},{', `}${between}{`);
  test.each([
    ['an id that is none', () => toBody([one(), { ...one(), id: 'none' }]), 200],
    ['an id in capital letters', () => toBody([{ ...one(), id: one().id.toUpperCase() }]), 200],
    ['a type that is none', () => toBody([{ ...one(), __typename: 'Badge' }]), 200],
    ['another sign than a comma', () => toPair(';'), 400],
    ['no comma', () => toPair(''), 400],
    ['two commas', () => toPair(',,'), 400],
    ['a comma at the end', () => toBody([one()]).replace('}]', '},]'), 400],
    ['a representation that does not end', () => toBody([one()]).replace('}]', ']'), 400],
  ])('%s', async (_what, toOne, status) => {
    await askTwice(toBody([one()]));
    expect((await askOnce(toOne())).status).toBe(status);
  });

  /** Asks for the same badge more and more often, which has these values. */
  async function askMore(fields: string, counts: readonly number[], values: object) {
    Object.assign(world.sandbox.tagMango.badges.get(one().id) ?? {}, values);
    world.pass(31_000);
    await world.warm();
    const query = `query($representations:[_Any!]!){_entities(representations:$representations){...on TagMangoBadge{${fields}}}}`;
    await askTwice(toBody([one()], query));
    const answers: { status: number; isFast: boolean }[] = [];
    for (const count of counts) {
      const { status, isFast } = await askOnce(toBody(Array.from({ length: count }, one), query));
      answers.push({ status, isFast });
    }
    return answers;
  }

  test('lists whose items count as fields, up to the limit and beyond', async () => {
    const letters = [...'abcdefghijklmnopqrstuvwxy'];
    const names = letters.flatMap((letter) => [letter, letter.toUpperCase()]);
    const toField = (name: string, at: number): string =>
      `${name}:${at < 3 ? 'automationEnabledMangoes' : 'pointsThreshold'}`;
    const answers = await askMore(
      names.map(toField).join(' '),
      [200, 300, 340, 350, 360, 380, 398],
      {
        pointsThreshold: 1,
        automationEnabledMangoes: names.slice(0, 20),
      },
    );
    expect(answers.at(0)).toEqual({ status: 200, isFast: true });
    expect(answers.at(-1)).toEqual({ status: 400, isFast: false });
  });

  test('long texts, up to the limit and beyond', async () => {
    await restart({ answerMaxBytes: 100_000 });
    const answers = await askMore('description', [5, 10, 20, 50, 90, 100], {
      description: 'x'.repeat(1_000),
    });
    expect(answers.at(0)).toEqual({ status: 200, isFast: true });
    expect(answers.at(-1)).toEqual({ status: 400, isFast: false });
  });
});

describe('the full path answers', () => {
  test.each([
    ['a mutation', () => JSON.stringify({ query: 'mutation { __typename }' })],
    ['what has an error', () => toBody([one(), { ...one(), id: 'none' }])],
    [
      'two root fields',
      () =>
        toBody(
          [one()],
          'query($representations:[_Any!]!){a:_entities(representations:$representations){__typename} b:_entities(representations:$representations){__typename}}',
        ),
    ],
    ['the schema', () => JSON.stringify({ query: '{ _service { sdl } }' })],
    ['a representation with more than its key', () => toBody([{ ...one(), name: 'x' }])],
    ['no representation', () => toBody([])],
  ])('%s', async (_what, toOne) => {
    expect(await askTwice(toOne())).toMatchObject({ isFast: false });
  });

  test.each([
    ['another host that is none', { Host: 'localhost:x' }],
    ['an expectation', { Expect: '100-continue' }],
    ['a coding of the body', { 'Content-Encoding': 'identity' }],
    ['several names of a caller', { 'x-badges-actor': 'ada, bob' }],
    ['an unknown tenant', { 'x-badges-tenant': 'nobody' }],
  ])('a request with %s', async (_what, headers) => {
    const request = toRequest(toBody([one()]), headers);
    await asker.ask(request);
    expect(await asker.ask(request)).toMatchObject({ isFast: false });
  });

  test('a body in chunks', async () => {
    await askTwice(toBody([one()]));
    const body = toBody([one()]);
    const chunked = `POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    expect(await asker.ask(Buffer.from(chunked))).toMatchObject({ status: 200, isFast: false });
  });

  test('everything when it is off', async () => {
    await restart({ fastPath: undefined });
    const request = toRequest(toBody([one()]), { 'X-Request-Id': 'r-1' });
    expect(await asker.askFull(request)).toMatchObject({ status: 200 });
    await asker.ask(request);
    expect(await asker.ask(request)).toMatchObject({ status: 200, isFast: false });
    expect(world.usage().requests).toBe(0);
  });
});

test('as many representations as the limits allow are answered fast, and one more is rejected', async () => {
  const query =
    'query($representations:[_Any!]!){_entities(representations:$representations){__typename}}';
  await askTwice(toBody([one()], query));
  const most = Array.from({ length: 3_000 }, one);
  expect(await asker.ask(toRequest(toBody(most, query)))).toMatchObject({
    status: 200,
    isFast: true,
  });
  const more = await asker.ask(toRequest(toBody([...most, one()], query)));
  expect(more).toMatchObject({ status: 400, isFast: false });
});

const INEXACT = ['12345678901234567890', '1e400', '0.1000000000000000000001'];

test(
  'variables may have as many values as on the full path, whatever stands beside the representations',
  async () => {
    const scalar = fc.constantFrom('1', '-0.5', '1e2', 'null', 'true', '"text"');
    const inexact = fc.constantFrom(...INEXACT);
    const beside = fc.array(fc.oneof({ weight: 9, arbitrary: scalar }, inexact), {
      minLength: 1_010,
      maxLength: 1_200,
    });
    const toEntities = (values: readonly string[], representations: number): string => {
      const others = values.map((value, at) => `,"v${at}":${value}`).join('');
      const list = Array.from({ length: representations }, () => JSON.stringify(one())).join();
      const query = `query($representations: [_Any!]!) { _entities(representations: $representations) { __typename } } # ${hash('sha256', others)}`;
      return `{"query":${JSON.stringify(query)},"variables":{"representations":[${list}]${others}}}`;
    };
    await fc.assert(
      fc.asyncProperty(beside, fc.integer({ min: -2, max: 1 }), async (values, more) => {
        // Each number that is not exact counts twice.
        const most = VARIABLE_CAPS.values - 1 - values.length;
        const counts = [most, most - values.filter((value) => INEXACT.includes(value)).length];
        await askTwice(toEntities(values, 1));
        for (const count of counts)
          await askTwice(toEntities(values, Math.floor(count / 3) + more));
      }),
      // To shrink so many values takes minutes.
      { numRuns: Math.ceil(numRuns / 50), endOnFailure: true },
    );
  },
  TIMEOUT_MS,
);

test('the fields of all entities together are limited as on the full path', async () => {
  const fields = Array.from({ length: 40 }, (_, at) => `a${at}:id`).join(' ');
  const query = `query($representations:[_Any!]!){_entities(representations:$representations){...on TagMangoBadge{${fields}}}}`;
  await askTwice(toBody([one()], query));
  for (const count of [480, 487, 488, 500]) {
    const request = toRequest(toBody(Array.from({ length: count }, one), query), {
      'X-Request-Id': 'r-1',
    });
    const { isFast: _, ...answer } = await asker.ask(request);
    expect(answer).toEqual(await asker.askFull(request));
  }
});

test('nothing from before a write, or from a list that has grown old, is shown', async () => {
  expect(await askTwice(toBody([one()]))).toMatchObject({ isFast: true });
  const { id } = one();
  const badge = world.sandbox.tagMango.badges.get(id);
  const rename = {
    query: 'mutation($i:UpdateBadgeInput!){updateBadge(input:$i){userErrors{message}}}',
    variables: { i: { tagMango: { id, name: 'Renamed' } } },
  };
  await asker.askFull(toRequest(JSON.stringify(rename)));
  expect(await asker.ask(toRequest(toBody([one()])))).toMatchObject({
    isFast: false,
    body: expect.stringContaining('"Renamed"') as unknown,
  });
  expect(await asker.ask(toRequest(toBody([one()])))).toMatchObject({ isFast: true });
  if (badge) world.sandbox.tagMango.badges.set(id, { ...badge, name: 'Changed elsewhere' });
  world.pass(31_000);
  expect(await asker.ask(toRequest(toBody([one()])))).toMatchObject({
    isFast: false,
    body: expect.stringContaining('"Changed elsewhere"') as unknown,
  });
});

test('the age of a list is counted for each answer', async () => {
  await askTwice(LIST);
  for (const [ms, left] of [
    [10_500, 19],
    [8_000, 11],
    [9_000, 2],
  ] as const) {
    world.pass(ms);
    const { head, isFast } = await asker.ask(toRequest(LIST));
    expect({ isFast, cacheControl: /cache-control: (.*)/.exec(head)?.[1] }).toEqual({
      isFast: true,
      cacheControl: `private, max-age=${left}`,
    });
  }
});

test('while a provider is down, entities of its old list are answered fast, and must not be stored', async () => {
  await askTwice(toBody([one()]));
  world.sandbox.tagMango.faults.set('listBadges', { kind: 'answer', status: 503 });
  world.pass(31_000);
  await asker.ask(toRequest(toBody([one()])));
  const { isFast, head } = await asker.ask(toRequest(toBody([one()])));
  expect(isFast).toBe(true);
  expect(head).toContain('cache-control: no-store');
});

test('a request without the secret of the router never has a fast answer', async () => {
  await restart({ routerSecrets: ['secret-of-the-router'] });
  const headers = { 'Router-Authorization': 'secret-of-the-router' };
  expect(await askTwice(toBody([one()]), headers)).toMatchObject({ isFast: true });
  for (const wrong of [{}, { 'Router-Authorization': 'secret-of-the-routes' }]) {
    expect(await asker.ask(toRequest(toBody([one()]), wrong))).toMatchObject({
      status: 401,
      isFast: false,
    });
  }
  expect(await askTwice(toBody([one()]), headers)).toMatchObject({ isFast: true });
});

test('tenants share documents, and nothing else', async () => {
  const body = toBody([two()]);
  await askTwice(body);
  expect(await asker.ask(toRequest(body, { 'x-badges-tenant': 'second' }))).toMatchObject({
    isFast: false,
    body: expect.stringContaining('PROVIDER_NOT_CONFIGURED') as unknown,
  });
  await askTwice(LIST);
  const toOther = toRequest(LIST, { 'x-badges-tenant': 'second', 'X-Request-Id': 'r-1' });
  const { isFast, ...other } = await asker.ask(toOther);
  expect(isFast).toBe(true);
  expect(other).toEqual(await asker.askFull(toOther));
  expect(other.body).toContain('"SKIPPED"');
});

test('what is kept stays within its bytes, and what was used longest ago is dropped', async () => {
  await restart({ keptBytes: 1_000_000 });
  for (let at = 0; at < 60; at += 1) {
    const query = `query Q${at}($representations:[_Any!]!){_entities(representations:$representations){...on TagMangoBadge{id name a${at}:name}}}`;
    await asker.ask(toRequest(toBody([one()], query)));
    await asker.ask(toRequest(LIST.replace('first: 2', `first: ${at}`)));
    expect(world.usage().bytes).toBeLessThanOrEqual(1_000_000);
  }
  expect(world.usage().plans).toBeLessThan(60);
  expect(world.usage().plans).toBeGreaterThan(5);
});

describe('a connection', () => {
  async function sendParts(parts: readonly string[]): Promise<string> {
    const socket = connect(Number(new URL(world.fast).port), '127.0.0.1');
    await once(socket, 'connect');
    for (const part of parts) {
      socket.write(part);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return text(socket);
  }
  const plain = () => toRequest(toBody([one()])).toString();
  const last = () => toRequest(toBody([one()]), { Connection: 'close' }).toString();

  test('has its answers in the order of its requests, though they come together', async () => {
    await askTwice(toBody([one()]));
    const slow = toRequest(JSON.stringify({ query: '{ _service { sdl } }' })).toString();
    const raw = await sendParts([plain() + slow + plain() + last()]);
    const bodies = raw.split('HTTP/1.1 200 OK').slice(1);
    expect(bodies.map((each) => each.includes('_entities":[{'))).toEqual([true, false, true, true]);
  });

  test('may bring a body byte by byte', async () => {
    await askTwice(toBody([one()]));
    const request = last();
    const cut = request.indexOf('\r\n\r\n') + 4;
    const body = request.slice(cut);
    const parts = [request.slice(0, cut), body.slice(0, 40), body.slice(40, 41), body.slice(41)];
    const before = world.usage().fast;
    expect(await sendParts(parts)).toContain('_entities":[{');
    expect(world.usage().fast).toBe(before + 1);
  });

  test('that ends in the middle of a body costs the others nothing', async () => {
    await askTwice(toBody([one()]));
    const socket = connect(Number(new URL(world.fast).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(plain().slice(0, -10));
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.destroy();
    expect(await askTwice(toBody([one()]))).toMatchObject({ isFast: true });
  });

  test('serves many requests at once, each with its answer', async () => {
    await askTwice(toBody([one()]));
    const body = toBody(Array.from({ length: 400 }, one));
    const request = toRequest(body, { Connection: 'close' }).toString();
    const answers = await Promise.all(Array.from({ length: 60 }, () => sendParts([request])));
    expect(new Set(answers.map((raw) => raw.slice(raw.indexOf('\r\n\r\n')))).size).toBe(1);
  });
});
