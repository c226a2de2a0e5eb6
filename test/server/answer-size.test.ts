import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { TIMEOUT_MS, numRuns } from '../properties/runs.ts';
import { ADA } from '../support/operation-cases.ts';
import { tagMangoStored } from '../support/records.ts';
import { type Answer, type TestService, execute, startTestService } from '../support/service.ts';

const KIB = 1024;
/** Of the service whose answers are bounded. */
const MAX_BYTES = 128 * KIB;
/** What is counted where the types in a list are not known yet, or a number is short. */
const EXACTNESS = 0.8;
/** What the payload of a write has in any case: a user error, and errors for what was left out. */
const OUTCOME_BYTES = 32 * KIB;

const TEXTS = ['plain', 'é', '"', '\\', '\n', '\u{1f3c5}', '漢', '\u007f', '\u2028'];
const BADGES = 120;
const idOf = (number: number) => number.toString(16).padStart(24, '0');
const badges = Array.from({ length: BADGES }, (_, number) =>
  tagMangoStored({
    _id: idOf(number),
    name: `Badge ${number}`,
    description: (TEXTS[number % TEXTS.length] ?? '').repeat(number * 17),
    automationEnabledMangoes: Array.from({ length: number % 40 }, () => idOf(number)),
  }),
);

/** Bounds nothing that these tests ask for. */
let unbounded: TestService;
let bounded: TestService;
beforeAll(async () => {
  const bytes = 512 * KIB * KIB;
  unbounded = await startTestService({
    sandbox: { tagMango: { badges, requestLimit: 1_000_000 } },
    answerMaxBytes: bytes,
    answersBudgetBytes: 2 * bytes,
  });
  const { tagMango } = unbounded.sandbox;
  tagMango.awards.set(ADA.tagMango, new Set(badges.map(({ _id }) => _id)));
  bounded = await startTestService({
    providerValues: unbounded.sandbox.providerValues,
    answerMaxBytes: MAX_BYTES,
  });
});
afterAll(async () => {
  await bounded.close();
  await unbounded.close();
});

type Asked = { query: string; variables?: object };

const ask = ({ url }: TestService, { query, variables = {} }: Asked) =>
  execute<Record<string, unknown> | null, object>(`${url}/graphql`, query, variables);

async function textOf({ url }: TestService, asked: Asked): Promise<string> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(asked),
  });
  return response.text();
}

const codesOf = ({ errors = [] }: Pick<Answer<unknown>, 'errors'>) =>
  errors.map(({ extensions }) => extensions?.code);

function expectRefused({ data, errors, status, headers }: Answer<unknown>): void {
  expect({ data, status, control: headers.get('cache-control') }).toEqual({
    data: undefined,
    status: 400,
    control: 'no-store',
  });
  expect(errors).toEqual([
    {
      message: expect.stringMatching(
        /^The response would exceed the limit of [\d,]+ (bytes|fields)\./,
      ),
      extensions: { code: 'LIMIT_EXCEEDED', requestId: expect.any(String) as unknown },
    },
  ]);
}

const shared = fc.constantFrom('id', 'name', 'description', 'imageUrl', 'version', 'provider');
const own = fc.constantFrom('creator', 'createdAt', 'pointsThreshold', 'automationEnabledMangoes');

/** Fields of badges, as often and under such names as a caller likes. */
const selection = fc
  .record({
    fields: fc.array(fc.tuple(shared, fc.integer({ min: 1, max: 60 })), { maxLength: 20 }),
    ownFields: fc.array(own, { maxLength: 12 }),
    hasTypeName: fc.boolean(),
    isSkipped: fc.boolean(),
  })
  .map(({ fields, ownFields, hasTypeName, isSkipped }) => {
    const aliased = fields.map(([name, length], at) => `${'a'.repeat(length)}${at}: ${name}`);
    const mine = ownFields.map((name, at) => `m${at}: ${name}`);
    return [
      '__typename',
      `... on BadgeFields { id ${aliased.join(' ')} }`,
      `... on TagMangoBadge @skip(if: ${isSkipped}) { ${['id', ...mine].join(' ')} }`,
      `... on ReturningAIBadge { title ${hasTypeName ? '__typename' : ''} }`,
    ].join('\n');
  });

const operation = fc.oneof(
  fc.tuple(selection, fc.integer({ min: 0, max: 100 })).map(([fields, first]): Asked => ({
    query: `{ badges(first: ${first}) { totalCount edges { cursor node { ${fields} } } sources { provider droppedRecords } } }`,
  })),
  fc
    .tuple(selection, fc.array(fc.integer({ min: 0, max: BADGES + 5 }), { maxLength: 150 }))
    .map(([fields, numbers]): Asked => ({
      query: `query ($keys: [_Any!]!) { _entities(representations: $keys) { ... on TagMangoBadge { __typename ${fields.includes('description') ? 'description' : 'name'} } } }`,
      variables: {
        keys: numbers.map((number) => ({ __typename: 'TagMangoBadge', id: idOf(number) })),
      },
    })),
  selection.map((fields): Asked => ({
    query: `query ($email: String) { tagMangoMember(email: $email) { id badges { ...Fields } } }
        fragment Fields on TagMangoBadge { ... on Badge { ${fields} } }`,
    variables: { email: ADA.email },
  })),
  fc.integer({ min: 1, max: 90_000 }).map((length): Asked => ({
    query: `query ($keys: [_Any!]!) { ${'e'.repeat(length)}: _entities(representations: $keys) { __typename } }`,
    variables: { keys: [{ __typename: 'X' }, { __typename: 'X' }] },
  })),
);

test(
  'an answer is given whole up to so many bytes, and refused beyond, whatever is asked for',
  async () => {
    await fc.assert(
      fc.asyncProperty(operation, async (asked) => {
        const whole = await textOf(unbounded, asked);
        const isRefusedFirst = whole.includes('LIMIT_EXCEEDED');
        const bytes = Buffer.byteLength(whole);
        const answer = await ask(bounded, asked);

        if (isRefusedFirst || bytes > MAX_BYTES) expectRefused(answer);
        else if (bytes < MAX_BYTES * EXACTNESS) {
          expect(codesOf(answer)).not.toContain('LIMIT_EXCEEDED');
          expect(answer.data).toEqual((JSON.parse(whole) as { data: unknown }).data);
        }
      }),
      { numRuns: Math.ceil(numRuns / 4) },
    );
  },
  TIMEOUT_MS,
);

describe('of errors of thousands of items', () => {
  const LONG = 'e'.repeat(90_000);
  const failing = (alias: string, key: object): Asked => ({
    query: `query ($keys: [_Any!]!) { ${alias}: _entities(representations: $keys) { __typename } }`,
    variables: { keys: Array.from({ length: 3_000 }, () => key) },
  });

  test.each([
    ['no type', { __typename: 'X' }],
    ['no id', { __typename: 'TagMangoBadge' }],
    ['an id of no badge', { __typename: 'TagMangoBadge', id: 'x' }],
  ])('the path is measured once, however long a name in it is: %s', async (_what, key) => {
    const measure = jest.spyOn(Buffer, 'byteLength');
    const answer = await ask(bounded, failing(LONG, key));
    const measured = measure.mock.calls.filter(([text]) => text === LONG);
    measure.mockRestore();
    expectRefused(answer);
    expect(measured.length).toBeLessThan(20);
  });

  test('that are not waited for, none ends the process', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    const answer = await ask(bounded, {
      ...failing('them', { __typename: 'X' }),
      query: `query ($keys: [_Any!]!) { _entities(representations: $keys) { ${LONG}: __typename } }`,
    });
    await new Promise(setImmediate);
    process.off('unhandledRejection', unhandled);
    expectRefused(answer);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test('each has its own path where they fit', async () => {
    const { data, errors } = await ask(unbounded, failing('them', { __typename: 'X' }));
    expect(data).toEqual({ them: Array.from({ length: 3_000 }, () => null) });
    expect(errors?.map(({ path }) => path)).toEqual(
      Array.from({ length: 3_000 }, (_, at) => ['them', at]),
    );
    expect(new Set(errors?.map(({ message }) => message)).size).toBe(1);
  });
});

describe('a list without a page size counts with all that it has:', () => {
  const many = Array.from({ length: 10_000 }, (_, number) => tagMangoStored({ _id: idOf(number) }));
  const aliases = (field: string) =>
    Array.from({ length: 45 }, (_, at) => `a${at}: ${field}`).join(' ');
  let service: TestService;
  beforeAll(async () => {
    const withMangoes = Array.from({ length: 40 }, (_, number) =>
      tagMangoStored({
        _id: `f${idOf(number).slice(1)}`,
        automationEnabledMangoes: Array.from({ length: 1_000 }, () => idOf(1)),
      }),
    );
    service = await startTestService({ sandbox: { tagMango: { badges: withMangoes } } });
    const { tagMango } = service.sandbox;
    many.forEach((badge) => tagMango.badges.set(badge._id, badge));
    tagMango.awards.set(ADA.tagMango, new Set(many.map(({ _id }) => _id)));
  });
  afterAll(() => service.close());

  test.each([
    [
      'the badges of a member',
      `{ tagMangoMember(email: "${ADA.email}") { badges { ${aliases('id')} } } }`,
    ],
    [
      'three fields of each',
      `{ tagMangoMember(email: "${ADA.email}") { badges { id name version } } }`,
    ],
    [
      'the mangoes of badges',
      `{ badges(first: 40, orderBy: { field: ID, direction: DESC }, filter: { providers: [TAG_MANGO] }) { nodes { ... on TagMangoBadge { ${aliases('automationEnabledMangoes')} } } } }`,
    ],
  ])('%s', async (_what, query) => {
    const answer = await ask(service, { query });
    expectRefused(answer);
  });

  test('a member of 10,000 badges is answered where one field of each is asked for', async () => {
    const { data, errors } = await ask(service, {
      query: `{ tagMangoMember(email: "${ADA.email}") { badges { id } } }`,
    });
    expect(errors).toBeUndefined();
    expect(data).toEqual({ tagMangoMember: { badges: many.map(({ _id }) => ({ id: _id })) } });
  });
});

describe('a mutation whose answer would be too large', () => {
  const TOLD = 'The result of the mutation is in userErrors';
  let number = 0;

  /** A name that the badge does not have yet. */
  const rename = () => `Renamed ${(number += 1)}`;

  test('is made, and tells so: the badge is null, with an error at its place', async () => {
    const name = rename();
    const aliases = Array.from({ length: 45 }, (_, at) => `a${at}: description`).join(' ');
    const { data, errors, status } = await ask(bounded, {
      query: `mutation ($id: ID!, $name: String!) {
        it: updateBadge(input: { tagMango: { id: $id, name: $name } }) {
          badge { ... on BadgeFields { ${aliases} } }
          changes { field after }
          warnings { code }
          userErrors { code }
        }
      }`,
      variables: { id: idOf(BADGES - 1), name },
    });

    expect({ data, status }).toEqual({
      data: {
        it: {
          badge: null,
          changes: [{ field: 'name', after: name }],
          warnings: [],
          userErrors: [],
        },
      },
      status: 200,
    });
    expect(errors).toEqual([
      {
        message: expect.stringContaining(TOLD) as unknown,
        locations: expect.any(Array) as unknown,
        path: ['it', 'badge'],
        extensions: { code: 'LIMIT_EXCEEDED', requestId: expect.any(String) as unknown },
      },
    ]);
    expect(unbounded.sandbox.tagMango.badges.get(idOf(BADGES - 1))?.name).toBe(name);
  });

  const payloadFields = fc.record({
    badge: fc.array(shared, { maxLength: 40 }),
    changes: fc.array(fc.constantFrom('field', 'before', 'after'), { maxLength: 9 }),
    id: fc.integer({ min: 0, max: BADGES - 1 }),
    description: fc.integer({ min: 0, max: 9_990 }).map((length) => 'd'.repeat(length)),
    isConflict: fc.boolean(),
    alias: fc.integer({ min: 1, max: 500 }).map((length) => 'u'.repeat(length)),
  });
  const toAliases = (fields: readonly string[], prefix: string) =>
    fields.map((name, at) => `${prefix}${at}: ${name}`).join(' ');

  test(
    'says of every write whether it was made, whatever is asked for beside',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          payloadFields,
          async ({ badge, changes, id, description, isConflict, alias }) => {
            const name = rename();
            const asked = {
              query: `mutation ($input: UpdateBadgeInput!, $expectedVersion: String) {
            ${alias}: updateBadge(input: $input, expectedVersion: $expectedVersion) {
              badge { __typename ... on BadgeFields { id ${toAliases(badge, 'b')} } }
              changes { __typename ${toAliases(changes, 'c')} }
              userErrors { code ... on BadgeConflictError { currentBadge { ...Fields } } }
            }
          }
          fragment Fields on BadgeFields { ${badge.length > 0 ? badge.join(' ') : 'id'} }`,
              variables: {
                input: { tagMango: { id: idOf(id), name, description } },
                ...(isConflict && { expectedVersion: 'another' }),
              },
            };
            const text = await textOf(bounded, asked);
            const { data, errors = [] } = JSON.parse(text) as {
              data: Record<string, { userErrors: { code: string }[] }>;
              errors?: { extensions: { code: string } }[];
            };

            const codes = data[alias]?.userErrors.map(({ code }) => code);
            expect(codes).toEqual(isConflict ? ['CONFLICT'] : []);
            const made = unbounded.sandbox.tagMango.badges.get(idOf(id))?.name === name;
            expect(made).toBe(!isConflict);
            expect(errors.every(({ extensions }) => extensions.code === 'LIMIT_EXCEEDED')).toBe(
              true,
            );
            expect(Buffer.byteLength(text)).toBeLessThan(MAX_BYTES + OUTCOME_BYTES);
          },
        ),
        { numRuns: Math.ceil(numRuns / 8) },
      );
    },
    TIMEOUT_MS,
  );
});
