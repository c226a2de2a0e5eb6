import { afterEach, describe, expect, test } from '@jest/globals';
import { createAsker, toRequest } from './ask.ts';
import { START, type World, type WorldOptions, startWorld } from './world.ts';

let world: World;
let asker: ReturnType<typeof createAsker>;

async function begin(options: WorldOptions = {}): Promise<void> {
  world = await startWorld(options);
  await world.warm();
  asker = createAsker(world);
}
afterEach(async () => {
  asker.close();
  await world.close();
});

const LIST = `query List($first: Int, $after: String, $last: Int, $before: String, $filter: BadgeFilter, $orderBy: BadgeOrder) {
  badges(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    sources { provider state asOf droppedRecords }
    edges { cursor node { __typename ...Shared } }
    nodes { ...Shared ... on TagMangoBadge { creator } ... on ReturningAIBadge { title } }
  }
} fragment Shared on BadgeFields { id name version }`;

type Variables = Readonly<Record<string, unknown>>;
const toBody = (variables: Variables, query = LIST): string => JSON.stringify({ query, variables });

/** The answer of both ways, which must be the same, and whether it was fast. */
async function ask(variables: Variables, query = LIST) {
  const request = toRequest(toBody(variables, query), { 'X-Request-Id': 'r-1' });
  const { isFast, ...answer } = await asker.ask(request);
  expect(answer).toEqual(await asker.askFull(request));
  return { ...answer, isFast };
}

/** The first answer, from which the plan is made. */
async function learn(variables: Variables = {}, query = LIST): Promise<string> {
  const { body } = await ask(variables, query);
  await turn();
  return body;
}
const turn = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
const cursorsOf = (body: string): string[] =>
  [...body.matchAll(/"cursor":"([^"]+)"/g)].map(([, cursor = '']) => cursor);

/** The same for the text of a body. */
async function askText(text: string) {
  const request = toRequest(text, { 'X-Request-Id': 'r-1' });
  const { isFast, ...answer } = await asker.ask(request);
  expect(answer).toEqual(await asker.askFull(request));
  await turn();
  return { isFast, ...answer };
}

test('a root field that fails later than another one throws leaves no rejection unhandled', async () => {
  await begin();
  const query = `query Both($keys: [BadgeKey!]!, $filter: BadgeFilter) {
    badgesByKeys(keys: $keys) { ... on BadgeFields { id } }
    badges(filter: $filter) { totalCount }
  }`;
  const key = { provider: 'TAG_MANGO', id: 'f'.repeat(24) };
  await learn({ keys: [key] }, query);
  expect(await ask({ keys: [key, key] }, query)).toMatchObject({ isFast: true });

  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  // Too many keys reject, and a search is not for the fast path.
  const keys = Array.from({ length: 101 }, () => key);
  const { isFast, body } = await ask({ keys, filter: { textContains: 'a' } }, query);
  await turn();
  process.off('unhandledRejection', note);
  expect([isFast, unhandled]).toEqual([false, []]);
  expect(body).toContain('at most 100 entries');
});

test('every page of a list is answered fast once its document has been answered', async () => {
  await begin();
  const cursors = cursorsOf(await learn({ first: 100 }));
  for (const [at, cursor] of cursors.entries()) {
    const pages = [
      { first: 3, after: cursor },
      { last: 2, before: cursor },
      { last: 4, after: cursor },
      { after: cursor, before: cursors[at + 4] },
    ];
    for (const page of pages) expect(await ask(page)).toMatchObject({ isFast: true });
  }
  expect(world.usage()).toMatchObject({ plans: 1, answers: 0 });
});

test('all orders and filters are answered fast, and searches once they are repeated', async () => {
  await begin();
  await learn();
  for (const field of ['NAME', 'ID', 'CREATED_AT', 'UPDATED_AT']) {
    for (const direction of ['ASC', 'DESC']) {
      const orderBy = { field, direction };
      expect(await ask({ orderBy })).toMatchObject({ isFast: true });
      const [cursor] = cursorsOf((await ask({ orderBy, first: 4 })).body);
      expect(await ask({ orderBy, after: cursor })).toMatchObject({ isFast: true });
    }
  }
  for (const filter of [
    { providers: ['TAG_MANGO'] },
    { tagMango: { enableAutomation: true } },
    { textContains: '' },
    {},
  ])
    expect(await ask({ filter })).toMatchObject({ isFast: true });
  const search = { filter: { textContains: 'e' } };
  expect(await ask(search)).toMatchObject({ isFast: false });
  expect(await ask(search)).toMatchObject({ isFast: false });
  await turn();
  expect(await ask(search)).toMatchObject({ isFast: true });
});

test('badges by id and by keys that were never asked for are answered fast', async () => {
  await begin();
  const [first = '', ...ids] = world.sandbox.tagMango.badges.keys();
  const query =
    'query($id: ID!, $keys: [BadgeKey!]!) { badge(provider: TAG_MANGO, id: $id) { ... on BadgeFields { name } } badgesByKeys(keys: $keys) { __typename ... on BadgeFields { id } } }';
  const toVariables = (...all: string[]) => ({
    id: all[0],
    keys: all.map((id) => ({ provider: 'TAG_MANGO', id })),
  });
  await learn(toVariables(first), query);
  for (const id of ids)
    expect(await ask(toVariables(id, first, id), query)).toMatchObject({ isFast: true });
  const missing = 'f'.repeat(24);
  expect(await ask(toVariables(missing, first), query)).toMatchObject({ isFast: true });
});

test('the full path answers what it rejects, and the document stays fast', async () => {
  await begin();
  await learn();
  const [, other = ''] = cursorsOf((await ask({ orderBy: { field: 'ID' } })).body);
  for (const wrong of [
    { first: -1 },
    { first: 101 },
    { first: 1, last: 1 },
    { first: 2.5 },
    { after: 'nowhere' },
    { after: other },
    { filter: { textContains: 'x'.repeat(201) } },
    { filter: { textContains: 'half \ud83d' } },
    { filter: { providers: ['NOBODY'] } },
    { orderBy: { field: 'SIZE' } },
  ]) {
    const { isFast, body } = await ask(wrong);
    expect({ wrong, isFast, isError: body.includes('"errors":[') }).toEqual({
      wrong,
      isFast: false,
      isError: true,
    });
  }
  expect(await ask({ first: 1 })).toMatchObject({ isFast: true });
});

describe('variables are found in a body', () => {
  const query =
    'query List($first: Int) { badges(first: $first) { totalCount nodes { __typename ... on BadgeFields { id } } } }';
  const quoted = JSON.stringify(query);

  test.each([
    ['first', (first: number) => `{"variables":{"first":${first}},"query":${quoted}}`],
    ['last', (first: number) => `{"query":${quoted},"variables":{"first":${first}}}`],
    [
      'between others',
      (first: number) =>
        `{"operationName":"List","variables":{"first":${first}},"query":${quoted}}`,
    ],
    [
      'with spaces',
      (first: number) => `{ "query": ${quoted}, "variables" : { "first" : ${first} } }\n`,
    ],
    [
      'beside others',
      (first: number) => `{"query":${quoted},"variables":{"first":${first},"other":{"}":"\\"}{"}}}`,
    ],
    ['escaped', (first: number) => `{"query":${quoted},"variables":{"f\\u0069rst":${first}}}`],
    [
      'beside extensions',
      (first: number) =>
        `{"query":${quoted},"variables":{"first":${first}},"extensions":{"a":[1]}}`,
    ],
  ])('that stand %s', async (_where, toText) => {
    await begin();
    await askText(toText(1));
    for (const first of [2, 12]) {
      const { isFast, body } = await askText(toText(first));
      expect([isFast, body.match(/"id"/g)?.length]).toEqual([true, first]);
    }
  });

  test.each([
    [
      'twice',
      (first: number) =>
        `{"query":${quoted},"variables":{"first":${first}},"variables":{"first":1}}`,
    ],
    [
      'twice, the last of them fixed',
      (first: number) =>
        `{"query":${quoted},"variables":{"first":${first}},"variables":{"probe":1}}`,
    ],
    [
      'in extensions before fixed ones',
      (first: number) =>
        `{"extensions":{"variables":{"first":${first}}},"query":${quoted},"variables":{"probe":2}}`,
    ],
    [
      'in a name with escapes',
      (first: number) =>
        `{"query":${quoted},"variables":{"first":${first}},"v\\u0061riables":{"first":1}}`,
    ],
    [
      'in such a name only',
      (first: number) => `{"query":${quoted},"v\\u0061riables":{"first":${first}}}`,
    ],
    [
      'in extensions',
      (first: number) => `{"query":${quoted},"extensions":{"variables":{"first":${first}}}}`,
    ],
    [
      'in extensions before',
      (first: number) =>
        `{"extensions":{"variables":{"first":${first}}},"query":${quoted},"variables":{"first":1}}`,
    ],
    [
      'at the end of a longer name',
      (first: number) => `{"query":${quoted},"a\\"variables":{"first":${first}}}`,
    ],
    [
      'before a bracket too many',
      (first: number) => `{"query":${quoted},"variables":{"first":${first}}}}`,
    ],
    ['without an end', (first: number) => `{"query":${quoted},"variables":{"first":${first}`],
    [
      'with a list that does not end',
      (first: number) => `{"query":${quoted},"variables":{"first":${first},"a":[}}`,
    ],
    [
      'with a forbidden name',
      (first: number) => `{"query":${quoted},"variables":{"first":${first},"__proto__":{}}}`,
    ],
    ['as a list', (first: number) => `{"query":${quoted},"variables":[{"first":${first}}]}`],
    ['as a text', (first: number) => `{"query":${quoted},"variables":"{\\"first\\":${first}}"}`],
  ])('and where they stand %s, both ways answer the same', async (_where, toText) => {
    await begin();
    const good = (first: number): string => `{"query":${quoted},"variables":{"first":${first}}}`;
    await askText(good(1));
    // One badge and all of them are answers that another page may have, too.
    for (const first of [1, 20, 1, 2, 20, 3]) await askText(toText(first));
    expect(await askText(good(5))).toMatchObject({ isFast: true });
  });

  test('bytes that are no text are rejected in them', async () => {
    await begin();
    const text = `{"query":${quoted},"variables":{"first":2,"name":"?"}}`;
    for (let times = 0; times < 3; times += 1) await askText(text);
    const [before = '', after = ''] = toRequest(text, { 'X-Request-Id': 'r-1' })
      .toString('latin1')
      .split('?');
    const request = Buffer.from(`${before}\xff${after}`, 'latin1');
    const { isFast, ...answer } = await asker.ask(request);
    expect(answer).toEqual(await asker.askFull(request));
    expect([isFast, answer.body]).toEqual([false, expect.stringContaining('valid UTF-8')]);
  });
});

describe('variables that are no arguments', () => {
  const query =
    'query List($first: Int, $auto: Boolean, $flag: Boolean = false) { badges(first: $first, filter: { tagMango: { enableAutomation: $auto } }) { nodes { __typename ... on BadgeFields { id name @include(if: $flag) } } } }';

  test.each(['other', 'auto', 'flag', '\u0166lag', '": [["flag",true]]', '\ud83d'])(
    'a body that is no JSON is not taken for one with the flag %j',
    async (name) => {
      await begin();
      const good = (first: number): string => toBody({ first, [name]: true }, query);
      for (const first of [1, 2, 3]) await askText(good(first));
      const flags = JSON.stringify([[name, true]]);
      const plain = toBody({ first: 2 }, query);
      for (const text of [
        plain + flags,
        plain.replace('{"first":2}', `{"first":2}${flags}`),
        plain.replace('{"first":2}', `${flags}{"first":2}`),
        plain.replace('{"first":2}', flags),
      ])
        expect(await askText(text)).toMatchObject({ isFast: false });
      expect(await askText(good(4))).toMatchObject({ isFast: true });
    },
  );

  test.each([
    ['a flag that is spelled alike', '"\u0166lag":true'],
    ['a number that is inexact', '"other":12345678901234567890'],
    ['a flag that is none', '"other":[true]'],
  ])('%s ends nobody’s plan', async (_what, more) => {
    await begin();
    const asText = (first: number, ...others: string[]): string =>
      toBody({ first, flag: true }, query).replace(
        '"flag":true',
        ['"flag":true', ...others].join(),
      );
    for (const first of [1, 2]) await askText(asText(first));
    for (let times = 0; times < 5; times += 1) {
      await askText(asText(1, more));
      await askText(asText(1, more).replace('"flag":true,', ''));
    }
    expect(await askText(asText(3))).toMatchObject({ isFast: true });
  });
});

test('flags choose the fields, each with a plan of its own', async () => {
  await begin();
  const query =
    'query($first: Int, $more: Boolean = false) { badges(first: $first) { nodes { __typename ... on BadgeFields @include(if: $more) { name } } } }';
  for (const flags of [{}, { more: true }, { more: false }]) {
    await learn({ ...flags, first: 2 }, query);
    expect(await ask({ ...flags, first: 3 }, query)).toMatchObject({ isFast: true });
  }
  expect(await ask({ more: null, first: 3 }, query)).toMatchObject({ isFast: false });
  expect(await ask({ more: 'true', first: 3 }, query)).toMatchObject({ isFast: false });
});

test('an answer is kept from the second time on, and pages of which no two are alike are not', async () => {
  await begin();
  await learn({ first: 1 });
  for (let first = 2; first < 100; first += 1) await ask({ first });
  expect(world.usage()).toMatchObject({ plans: 1, answers: 0 });
  const before = world.usage().bytes;
  await ask({ first: 7 });
  expect(world.usage()).toMatchObject({ plans: 1, answers: 1 });
  expect(world.usage().bytes).toBeGreaterThan(before);
});

test('nothing is kept of documents that cannot be compiled', async () => {
  await begin();
  const query = 'query($first: Int) { badges(first: $first) { totalCount } __typename }';
  for (let first = 1; first < 20; first += 1) await learn({ first }, query);
  expect(world.usage()).toMatchObject({ plans: 0, fragments: 0, answers: 0, fast: 0 });
});

describe('variables that no plan is for, which come first, do not keep a document from being learned:', () => {
  const entities =
    'query($representations: [_Any!]!) { _entities(representations: $representations) { ... on TagMangoBadge { name } } }';
  const sureIds = (): string[] => [...world.sandbox.tagMango.badges.keys()].slice(0, 3);
  const toRepresentations = (more: object) => ({
    representations: sureIds().map((id) => ({ __typename: 'TagMangoBadge', id, ...more })),
  });

  test.each([
    ['a field beside the key', { name: 'x' }],
    ['a null beside the key', { name: null }],
  ])('representations with %s', async (_what, more) => {
    await begin();
    for (let times = 0; times < 4; times += 1) await ask(toRepresentations(more), entities);
    await learn(toRepresentations({}), entities);
    expect(await ask(toRepresentations({}), entities)).toMatchObject({ isFast: true });
  });

  test('an inexact number that the document does not use', async () => {
    await begin();
    const toBytes = (first: number) =>
      toRequest(
        `{"query":"query($first: Int) { badges(first: $first) { totalCount } }","variables":{"first":${first},"x":12345678901234567890}}`,
      );
    const query = 'query($first: Int) { badges(first: $first) { totalCount } }';
    for (let first = 1; first < 5; first += 1)
      expect(await asker.ask(toBytes(first))).toMatchObject({ status: 200, isFast: false });
    await learn({ first: 1 }, query);
    expect(await ask({ first: 2 }, query)).toMatchObject({ isFast: true });
  });
});

test('lists that are replaced take their badges with them', async () => {
  await begin();
  await learn({ first: 100 });
  await ask({ first: 90 });
  const { bytes } = world.usage();
  for (let times = 0; times < 20; times += 1) {
    world.pass(31_000);
    await world.warm();
    expect(await ask({ first: 60 + times })).toMatchObject({ isFast: true });
  }
  expect(world.usage().bytes).toBeLessThan(1.2 * bytes);
});

test('changes of badges, and of the state of a list, are shown at once', async () => {
  await begin();
  await learn();
  const [id = ''] = world.sandbox.tagMango.badges.keys();
  const rename = {
    query: 'mutation($i: UpdateBadgeInput!) { updateBadge(input: $i) { userErrors { message } } }',
    variables: { i: { tagMango: { id, name: 'Renamed' } } },
  };
  await asker.askFull(toRequest(JSON.stringify(rename)));
  await world.warm();
  const renamed = await ask({ first: 99 });
  expect(renamed).toMatchObject({ isFast: true });
  expect(renamed.body).toContain('"Renamed"');
  world.sandbox.tagMango.faults.set('listBadges', { kind: 'answer', status: 503 });
  world.pass(31_000);
  await world.warm();
  const stale = await ask({ first: 98 });
  expect(stale).toMatchObject({ isFast: true });
  expect(stale.body).toContain('"STALE"');
  expect(stale.head).toContain('cache-control: no-store');
});

describe('an answer that is kept tells', () => {
  const query =
    'query List($first: Int) { badges(first: $first, filter: { providers: [TAG_MANGO] }) { totalCount sources { state asOf code } } }';

  /** Until it is kept. */
  async function keep(): Promise<void> {
    await learn({ first: 1 }, query);
    for (let times = 0; times < 3; times += 1) await ask({ first: 2 }, query);
    expect(world.usage().answers).toBe(1);
  }

  test('the last failure of a list that is stale', async () => {
    await begin();
    const fail = async (status: number): Promise<void> => {
      world.sandbox.tagMango.faults.set('listBadges', { kind: 'answer', status });
      world.pass(31_000);
      await world.warm();
    };
    await fail(503);
    await keep();
    expect((await ask({ first: 2 }, query)).body).toContain('"PROVIDER_UNAVAILABLE"');
    await fail(429);
    const { isFast, body } = await ask({ first: 2 }, query);
    expect([isFast, body]).toEqual([true, expect.stringContaining('"PROVIDER_RATE_LIMITED"')]);
  });

  test('that a list is stale while its refresh is slow', async () => {
    await begin();
    await keep();
    world.sandbox.tagMango.faults.set('listBadges', { kind: 'delay', ms: 1_000 });
    world.pass(31_000);
    const refresh = world.warm();
    // Waits until the refresh is late.
    await ask({ first: 3 }, query);
    const { isFast, body } = await ask({ first: 2 }, query);
    expect([isFast, body]).toEqual([true, expect.stringContaining('"STALE","asOf"')]);
    expect(body).toContain('"code":null');
    await refresh;
  });

  test('for how long it may be kept where a badge is missing', async () => {
    await begin();
    const one = 'query One($id: ID!) { badge(provider: TAG_MANGO, id: $id) { __typename } }';
    const missing = { id: 'f'.repeat(24) };
    await learn({ id: [...world.sandbox.tagMango.badges.keys()][0] }, one);
    const heads = [];
    for (let times = 0; times < 4; times += 1) heads.push((await ask(missing, one)).head);
    expect(world.usage()).toMatchObject({ answers: 1 });
    expect(heads.map((head) => /max-age=(\d+)/.exec(head)?.[1])).toEqual(Array(4).fill('5'));
  });

  test('the time of a list by a clock that was corrected', async () => {
    await begin();
    await keep();
    world.correct(3_600_000);
    const { isFast, body } = await ask({ first: 2 }, query);
    expect(isFast).toBe(true);
    expect(body).toContain(new Date(START + 3_600_000).toISOString());
  });
});

describe('with the limits of a response', () => {
  test.each([3_000, 10_000, 30_000])('at %i bytes, both ways draw the same line', async (most) => {
    await begin({ answerMaxBytes: most });
    await learn({ first: 1 });
    for (let first = 1; first <= 12; first += 1) await ask({ first });
    expect(world.usage().plans).toBe(1);
  });

  test('names that are counted for badges of another type count on both ways', async () => {
    await begin({ answerMaxBytes: 8_000 });
    const long = 'a'.repeat(1_500);
    const query = `query($first: Int, $filter: BadgeFilter) { badges(first: $first, filter: $filter) { nodes { __typename ... on ReturningAIBadge { ${long}: title } } } }`;
    const filter = { providers: ['TAG_MANGO'] };
    await learn({ first: 1, filter }, query);
    const answers: Awaited<ReturnType<typeof ask>>[] = [];
    for (let first = 1; first <= 8; first += 1) answers.push(await ask({ first, filter }, query));
    expect(answers[1]).toMatchObject({ status: 200, isFast: true });
    expect(answers.at(-1)).toMatchObject({ status: 400, isFast: false });
  });

  test.each([
    ['spread eight times', 8, 20],
    ['spread often', 48, 1_500],
  ])('fields beside the badges, %s, count as often on both ways', async (_how, times, length) => {
    await begin();
    for (let at = 0; at < 100; at += 1) {
      const [badge] = world.sandbox.tagMango.badges.values();
      const id = (0xabc000 + at).toString(16).padStart(24, '0');
      if (badge) world.sandbox.tagMango.badges.set(id, { ...badge, _id: id });
    }
    world.pass(31_000);
    await world.warm();
    const edge = 'a'.repeat(length);
    const spread = '...E '.repeat(times);
    const page = Array.from({ length: 80 }, () => 'hasNextPage hasPreviousPage endCursor').join(
      ' ',
    );
    const cursors = length > 100 ? `${edge}: cursor` : 'cursor '.repeat(30);
    const query = `query L($n: Int) { badges(first: $n) { pageInfo { ${page} } edges { ${spread} } } } fragment E on BadgeEdge { ${cursors} }`;
    await learn({ n: 1 }, query);
    const statuses: number[] = [];
    for (const n of [2, 30, 60, 90, 100]) statuses.push((await ask({ n }, query)).status);
    // Some are beyond the limit, or the test shows nothing.
    expect(statuses).toContain(200);
    expect(statuses.at(-1)).toBe(400);
  });

  test('they count for entities too', async () => {
    await begin({ answerMaxBytes: 20_000 });
    const long = 'a'.repeat(1_500);
    const query = `query($representations: [_Any!]!) { _entities(representations: $representations) { __typename ... on ReturningAIBadge { ${long}: title } } }`;
    const list =
      '{ badges(first: 20, filter: { providers: [TAG_MANGO] }) { nodes { ... on TagMangoBadge { __typename id } } } }';
    const { body } = await ask({}, list);
    const { data } = JSON.parse(body) as { data: { badges: { nodes: object[] } } };
    const { nodes } = data.badges;
    await learn({ representations: nodes.slice(0, 1) }, query);
    expect(await ask({ representations: nodes.slice(1, 2) }, query)).toMatchObject({
      isFast: true,
    });
    for (let count = 1; count <= 20; count += 1) {
      const representations = Array.from({ length: count }, (_, at) => nodes[at % nodes.length]);
      await ask({ representations }, query);
    }
  });
});

test('cache tags of a list are those of the full path', async () => {
  await begin({ hasCacheTags: true });
  await learn();
  const answer = await ask({ first: 2 });
  expect(answer).toMatchObject({ isFast: true });
  expect(answer.body).toContain('"apolloCacheTags":["badges:');
});
