import { afterEach, describe, expect, test } from '@jest/globals';
import { toBody, toRequest } from '../fast-path/ask.ts';
import { createRequestPool } from '../fast-path/requests.ts';
import { type RawCaller, createRawCaller } from '../fast-path/wire.ts';
import { type World, type WorldOptions, startWorld } from '../fast-path/world.ts';
import { createRandom, pick } from '../support/random.ts';

// An operation that was admitted before is executed without Apollo Server, unless a request says what it accepts in
// any other than the usual words. Both ways must give the same bytes.

const RUNS = Number(process.env.PROPERTY_RUNS ?? 150);
const MOST_MS_OF_RUN = 200;
const DOWN = { kind: 'answer', status: 503 } as const;

let world: World;
let caller: RawCaller;

async function begin(options: WorldOptions = {}): Promise<void> {
  world = await startWorld(options);
  await world.warm();
  caller = createRawCaller(world.full);
}
afterEach(async () => {
  caller.close();
  await world.close();
});

/** The same request in the words that Apollo Server itself has to read. Undefined if it has words of its own. */
function forApollo(request: Buffer): Buffer | undefined {
  const text = request.toString('latin1');
  const head = text.slice(0, text.indexOf('\r\n\r\n'));
  if (/\r\naccept:/i.test(head)) return undefined;
  return Buffer.from(text.replace('\r\n', '\r\nAccept: application/json;q=0.9\r\n'), 'latin1');
}

/** The second answer to the request, and Apollo Server's. */
async function askBothWays(request: Buffer): Promise<[again: string, apollo: string]> {
  const other = forApollo(request);
  if (!other) throw new Error('The request says what it accepts');
  await caller.ask(request);
  return [await caller.ask(request), await caller.ask(other)];
}

const ID = { 'X-Request-Id': 'r-1' };

function ask(query: string, variables?: object): Buffer {
  return toRequest(JSON.stringify({ query, ...(variables && { variables }) }), ID);
}

describe('what is asked again is answered as Apollo Server answers it:', () => {
  const LIST = '{ badges(first: 3) { nodes { ... on BadgeFields { id name imageUrl } } } }';
  const BADGE =
    'query($id: ID!) { badge(provider: TAG_MANGO, id: $id) { ... on BadgeFields { name } } }';
  const UPDATE =
    'mutation($i: UpdateBadgeInput!) { updateBadge(input: $i) { badge { __typename } userErrors { code message field } } }';
  const keyOf = (id: string) => [{ __typename: 'TagMangoBadge', id }];

  test.each([
    ['a list', () => ask(LIST)],
    ['a badge that does not exist', () => ask(BADGE, { id: 'f'.repeat(24) })],
    ['an ID that cannot be one', () => ask(BADGE, { id: 'x' })],
    ['a variable of a wrong type', () => ask(BADGE, { id: ['x'] })],
    ['a variable that is missing', () => ask(BADGE)],
    ['a page that is too large', () => ask('{ badges(first: 101) { totalCount } }')],
    ['entities, of which one is invalid', () => toRequest(toBody([{}, ...keyOf('x')]), ID)],
    ['a write that is refused', () => ask(UPDATE, { i: { tagMango: { id: 'x', name: '' } } })],
    ['the schema', () => ask('{ _service { sdl } __schema { types { name } } }')],
    ['a subscription', () => ask('subscription { badges }')],
    ['a document that is invalid', () => ask('{ nothing }')],
  ])('%s', async (_what, toOne) => {
    await begin();
    const [again, apollo] = await askBothWays(toOne());
    expect(again).toBe(apollo);
  });

  test('an answer that is encoded as one piece of bytes, with letters of several bytes', async () => {
    await begin();
    const [badge] = world.sandbox.tagMango.badges.values();
    if (!badge) throw new Error('There is no badge');
    world.sandbox.tagMango.badges.set(badge._id, { ...badge, name: 'Zoë 🏅' });
    world.pass(31_000);
    const names = Array.from({ length: 49 }, (_, at) => `a${at}: name`).join(' ');
    const query = `{ badges { nodes { ... on BadgeFields { ${names} } } } }`;
    const [again, apollo] = await askBothWays(ask(query));
    expect(again).toBe(apollo);
    const [head = '', body = ''] = again.split('\r\n\r\n');
    expect(body.length).toBeGreaterThan(16 * 1024);
    expect(head).toContain(`content-length: ${body.length}`);
    const text = Buffer.from(body, 'latin1').toString();
    expect(text.endsWith('}\n')).toBe(true);
    expect(text).toContain('"a48":"Zoë 🏅"');
    expect(JSON.stringify(JSON.parse(text)).length + 1).toBe(text.length);
  });

  test('one operation of several, by its name', async () => {
    await begin();
    const query = 'query A { badges { totalCount } } query B { __typename }';
    for (const operationName of ['A', 'B', 'C', '', null, undefined, 7]) {
      const body = JSON.stringify({ query, operationName });
      const [again, apollo] = await askBothWays(toRequest(body, ID));
      expect(again).toBe(apollo);
    }
  });

  test('a list whose provider is down, beside an error', async () => {
    await begin();
    world.sandbox.tagMango.faults.set('listBadges', DOWN);
    world.pass(400_000);
    const [again, apollo] = await askBothWays(ask(LIST));
    expect(again).toBe(apollo);
    expect(again).toContain('"errors":[');
  });

  test.each([
    ['an answer that is too large', { answerMaxBytes: 400 }, 'LIMIT_EXCEEDED'],
    ['one without room in the budget', { answersBudgetBytes: 300 }, 'OVERLOADED'],
  ])('%s', async (_what, options, code) => {
    await begin(options);
    const [again, apollo] = await askBothWays(ask(LIST));
    expect(again).toBe(apollo);
    expect(again).toContain(code);
  });

  test('a variable that is invalid where a valid one of the same size was admitted', async () => {
    await begin();
    const query =
      'query($p: BadgeProvider!) { badge(provider: $p, id: "x") { __typename } __typename }';
    await caller.ask(ask(query, { p: 'TAG_MANGO' }));
    const [again, apollo] = await askBothWays(ask(query, { p: 'NONE' }));
    expect(again).toBe(apollo);
    expect(again).toContain('BAD_USER_INPUT');
  });

  test('more of the same than may be asked for at once', async () => {
    await begin();
    const of = (count: number) =>
      toRequest(toBody(Array.from({ length: count }, () => keyOf('f'.repeat(24))[0] ?? {})), ID);
    await caller.ask(of(2));
    const [again, apollo] = await askBothWays(of(3_001));
    expect(again).toBe(apollo);
    expect(again).toContain('LIMIT_EXCEEDED');
  });

  test(
    `${RUNS} requests as routers send them and as nobody should, with tags`,
    async () => {
      await begin({ hasCacheTags: true });
      const random = createRandom(Number(process.env.SEED ?? RUNS));
      const { tagMango, returningAI } = world.sandbox;
      const ids = {
        TagMangoBadge: [...tagMango.badges.keys()],
        ReturningAIBadge: [...returningAI.badges.keys()],
      };
      const pool = createRequestPool({ random, ids, cursors: ['nowhere'] });
      for (let run = 0; run < RUNS; run += 1) {
        if (random() < 0.03) pick([tagMango, returningAI], random).faults.set('listBadges', DOWN);
        if (random() < 0.1) [tagMango, returningAI].forEach(({ faults }) => faults.clear());
        world.pass(pick([0, 150, 31_000, 400_000], random));
        await world.warm();
        const request = pool.next();
        const other = forApollo(request);
        if (!other) continue;
        await caller.ask(request);
        expect([request.toString(), await caller.ask(request)]).toEqual([
          request.toString(),
          await caller.ask(other),
        ]);
      }
    },
    RUNS * MOST_MS_OF_RUN,
  );
});
