import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ADA, HALL_OF_FAME, MAJOR, STORED, resetStandIns } from '../support/operation-cases.ts';
import { returningAIStored } from '../support/records.ts';
import { type TestService, startTestService } from '../support/service.ts';
import { mutate, writesOf } from '../support/writing.ts';
import { NAMES, describePrototypes } from './prototypes.ts';

let service: TestService;
const before = describePrototypes();
beforeAll(async () => {
  service = await startTestService({ sandbox: STORED, freshSeconds: 0 });
});
afterAll(() => service.close());
beforeEach(() => resetStandIns(service.sandbox));
afterEach(() => expect(describePrototypes()).toEqual(before));

const ONE = `query ($id: ID!) {
  badge(provider: RETURNING_AI, id: $id) { ... on BadgeFields { id name } }
  _entities(representations: [{ __typename: "ReturningAIBadge", id: $id }]) { ... on BadgeFields { id } }
  badgeHistory(provider: RETURNING_AI, id: $id) { nodes { operation } }
}`.replace('id: $id }]', 'id: "ID" }]');
const one = (id: string) => service.execute(ONE.replace('"ID"', JSON.stringify(id)), { id });

/** As a client sends it, whatever is in it. */
async function post(body: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return { status: response.status, text: await response.text() };
}

describe.each(NAMES)('the id %s', (id) => {
  test('is found nowhere while no badge has it', async () => {
    const { data, errors } = await one(id);
    expect([data, errors]).toEqual([
      { badge: null, _entities: [null], badgeHistory: { nodes: [] } },
      undefined,
    ]);
  });

  test('is an id as any other once a badge has it', async () => {
    service.sandbox.returningAI.badges.set(id, returningAIStored({ id, title: id }));
    expect((await one(id)).data).toMatchObject({ badge: { id, name: id }, _entities: [{ id }] });

    const url = `${service.url}/graphql`;
    const user = { id: ADA.returningAI };
    const award = { kind: 'award', input: { returningAI: { badgeId: id, user } } } as const;
    expect(await mutate(url, award)).toMatchObject({
      awardedBadges: [{ id }],
      userErrors: [],
    });
    const input = { returningAI: { id, description: 'New', hiddenFields: 'OMIT' } };
    expect(await mutate(url, { kind: 'update', input, key: id })).toMatchObject({
      badge: { id, description: 'New' },
      changes: [{ field: 'description' }],
      userErrors: [],
    });
    expect(await mutate(url, { kind: 'delete', input: { returningAI: { id } } })).toMatchObject({
      deletedBadgeId: id,
      userErrors: [],
    });
    expect(writesOf(service.sandbox).map(({ method, path }) => `${method} ${path}`)).toEqual([
      `POST /badges/${id}/award`,
      `PUT /badges/${id}`,
      `DELETE /badges/${id}`,
    ]);
    expect((await one(id)).data).toMatchObject({
      badge: null,
      badgeHistory: {
        nodes: [{ operation: 'DELETE' }, { operation: 'UPDATE' }, { operation: 'AWARD' }],
      },
    });
  });

  test('is none of TagMango', async () => {
    const { data, errors } = await service.execute(
      `query ($id: ID!) {
        badge(provider: TAG_MANGO, id: $id) { __typename }
        badgeHistory(provider: TAG_MANGO, id: $id) { nodes { id } }
      }`,
      { id },
    );
    expect(data).toEqual({ badge: null, badgeHistory: null });
    expect(errors?.map(({ extensions }) => extensions?.code)).toEqual([
      'INVALID_INPUT',
      'INVALID_INPUT',
    ]);
    expect(service.sandbox.tagMango.requests).toEqual([]);
  });
});

describe.each(NAMES)('the word %s', (word) => {
  const codesOf = (errors: readonly { extensions?: object }[] | undefined) =>
    errors?.map(({ extensions }) => ({ ...extensions, requestId: undefined }));

  test('in a filter lets no badge through, for none is called so', async () => {
    const { data } = await service.execute(
      'query ($word: String!) { badges(filter: { textContains: $word }) { totalCount } }',
      { word },
    );
    expect(data).toEqual({ badges: { totalCount: 0 } });
  });

  test.each([
    [
      'a provider',
      'query ($word: BadgeProvider!) { badge(provider: $word, id: "a") { __typename } }',
    ],
    [
      'a filter',
      'query ($word: BadgeProvider!) { badges(filter: { providers: [$word] }) { totalCount } }',
    ],
    [
      'an order',
      'query ($word: BadgeOrderField!) { badges(orderBy: { field: $word }) { totalCount } }',
    ],
  ])('is none of the values of %s', async (_what, query) => {
    const { errors } = await service.execute(query, { word });
    expect(codesOf(errors)).toEqual([{ code: 'BAD_USER_INPUT' }]);
  });

  test('is the type of no entity', async () => {
    const { data, errors } = await service.execute(
      'query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }',
      { of: [{ __typename: word, id: MAJOR }] },
    );
    expect(data).toEqual({ _entities: [null] });
    expect(codesOf(errors)).toEqual([{ code: 'INVALID_INPUT' }]);
  });

  test('is a key of no input, whether the input is a variable or stands in the document', async () => {
    const query =
      'mutation ($input: UpdateBadgeInput!) { updateBadge(input: $input) { changes { field } } }';
    const inner = `{"id":"${HALL_OF_FAME}","name":"New"}`;
    const inputs = [
      `{"${word}":${inner}}`,
      `{"tagMango":{"id":"${HALL_OF_FAME}","${word}":{"name":"New"}}}`,
    ];
    // A TagMango badge has a name, and the input a field for it.
    const own = word === 'name' ? [] : inputs.slice(1);
    for (const input of [...inputs.slice(0, 1), ...own]) {
      const sent = await post(`{"query":"${query}","variables":{"input":${input}}}`);
      const literal = input.replace(/"(\w+)":/g, '$1: ');
      const written = await post(
        JSON.stringify({
          query: `mutation { updateBadge(input: ${literal}) { changes { field } } }`,
        }),
      );
      expect(sent.text).toMatch(/BAD_USER_INPUT|BAD_REQUEST/);
      expect(written.text).toMatch(/GRAPHQL_VALIDATION_FAILED/);
    }
    expect(writesOf(service.sandbox)).toEqual([]);
  });

  test('as a key of a representation is read by nobody', async () => {
    const claims = `{"__typename":"TagMangoBadge","id":"${HALL_OF_FAME}"}`;
    const query =
      '"query ($of: [_Any!]!) { _entities(representations: $of) { ... on BadgeFields { id } } }"';
    const besides = `{"${word}":${claims},"__typename":"TagMangoBadge","id":"${HALL_OF_FAME}"}`;
    const alone = `{"${word}":${claims}}`;
    const { text } = await post(`{"query":${query},"variables":{"of":[${besides},${alone}]}}`);
    const written = `{ _entities(representations: [${[besides, alone].map(toLiteral).join()}]) { ... on BadgeFields { id } } }`;
    const other = await post(JSON.stringify({ query: written }));

    const expected = `{"_entities":[{"id":"${HALL_OF_FAME}"},null]}`;
    // As JSON such a body is refused as a whole, before anybody reads it.
    if (word === '__proto__') expect(text).toContain('BAD_REQUEST');
    else expect(text).toContain(expected);
    expect(other.text).toContain(expected);
  });

  const toLiteral = (json: string) => json.replace(/"(\w+)":/g, '$1: ');

  test('as a key of a provider’s record is dropped, and its badge is as any other', async () => {
    const oddly = `"${word}":{"id":"a","polluted":1,"toString":null}`;
    const { returningAI, tagMango } = service.sandbox;
    returningAI.faults.set('listBadges', {
      kind: 'answer',
      body: `{${oddly},"meta":{${oddly},"success":true},"body":[{${oddly},"id":"a","title":"A"}]}`,
    });
    const name = word === 'name' ? '' : `${oddly},`;
    tagMango.faults.set('listBadges', {
      kind: 'answer',
      body: `{${oddly},"success":true,"result":[{${name}"_id":"${HALL_OF_FAME}","name":"B"}]}`,
    });
    const { data, errors } = await service.execute(
      '{ badges { nodes { ... on BadgeFields { id name description imageUrl } } sources { droppedRecords } } }',
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      badges: {
        nodes: [
          { id: 'a', name: 'A', description: null, imageUrl: null },
          { id: HALL_OF_FAME, name: 'B', description: null, imageUrl: null },
        ],
        sources: [{ droppedRecords: 0 }, { droppedRecords: 0 }],
      },
    });
  });
});
