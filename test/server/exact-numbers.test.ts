import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
  isScalarType,
} from 'graphql';
import { createBadgesSchema } from '../../src/badges/schema.ts';
import { isExact, isExactFloat } from '../../src/server/limits/exact-numbers.ts';
import { TIMEOUT_MS, numRuns } from '../properties/runs.ts';
import { HALL_OF_FAME, MAJOR, resetStandIns, writesTo } from '../support/operation-cases.ts';
import { type TestService, startTestService } from '../support/service.ts';

const { schema } = await createBadgesSchema();
let service: TestService;
beforeAll(async () => {
  service = await startTestService({ sandbox: { tagMango: { requestLimit: Infinity } } });
});
afterAll(() => service.close());
beforeEach(() => resetStandIns(service.sandbox));

interface Told {
  status: number;
  data: unknown;
  errors: { message: string; extensions: { code: string } }[] | undefined;
}

/** `variables` is JSON as it is written. */
async function ask(query: string, variables = '{}', method = 'POST'): Promise<Told> {
  const search = new URLSearchParams({ query, variables }).toString();
  const response = await fetch(`${service.url}/graphql${method === 'GET' ? `?${search}` : ''}`, {
    method,
    headers: { 'content-type': 'application/json', 'apollo-require-preflight': 'true' },
    ...(method === 'POST' && {
      body: `{"query":${JSON.stringify(query)},"extensions":{"n":1e400},"variables":${variables}}`,
    }),
  });
  const { data, errors } = (await response.json()) as Pick<Told, 'data' | 'errors'>;
  return { status: response.status, data, errors };
}

/** Names, values and the path of a number within, as JSON. */
interface NumberField {
  type: string;
  path: string;
  toJson: (number: string) => string;
}

const NUMBERS = ['ID', 'Int', 'Float'];

/** Every ID, Int and Float of a type, with an input that holds nothing else. */
function numberFieldsOf(type: GraphQLInputType, path: string): NumberField[] {
  const named = getNamedType(type);
  const isInList = isListType(getNullableType(type));
  if (isScalarType(named)) {
    if (!NUMBERS.includes(named.name)) return [];
    const toJson = (number: string) => (isInList ? `[${number}]` : number);
    return [{ type: named.name, path: isInList ? `${path}[0]` : path, toJson }];
  }
  if (!isInputObjectType(named)) return [];
  return Object.values(named.getFields()).flatMap((field) =>
    numberFieldsOf(field.type, `${path}.${field.name}`).map((inner) => ({
      ...inner,
      toJson: (number: string) => `{${JSON.stringify(field.name)}:${inner.toJson(number)}}`,
    })),
  );
}

interface NumberCase extends NumberField {
  shown: string;
  query: string;
}

/** The arguments that have no default, each as a variable. */
function casesOf(kind: string, field: GraphQLField<unknown, unknown>): NumberCase[] {
  const given = field.args.filter(({ name }) => name !== 'representations');
  const declared = given.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const passed = given.map(({ name }) => `${name}: $${name}`).join(', ');
  const query = `${kind} (${declared}) { ${field.name}(${passed}) { __typename } }`;
  const ofArgument = ({ name, type }: GraphQLArgument) =>
    numberFieldsOf(type, name).map((each) => ({
      ...each,
      toJson: (number: string) => `{${JSON.stringify(name)}:${each.toJson(number)}}`,
    }));
  return given.flatMap(ofArgument).map((each) => ({
    ...each,
    shown: `${each.type} ${field.name}(${each.path})`,
    query,
  }));
}

const cases = [
  ...Object.values(schema.getQueryType()?.getFields() ?? {}).flatMap((field) =>
    casesOf('query', field),
  ),
  ...Object.values(schema.getMutationType()?.getFields() ?? {}).flatMap((field) =>
    casesOf('mutation', field),
  ),
];

describe('a number in the variables that cannot be kept is refused before anything is sent:', () => {
  test('there are IDs, Ints and Floats to look at', () => {
    for (const type of NUMBERS) expect(cases.map((each) => each.type)).toContain(type);
    expect(cases.length).toBeGreaterThan(20);
  });

  test.each(cases)('$shown', async ({ type, query, path, toJson }) => {
    const numbers = [
      '9007199254740993',
      '-9007199254740993',
      '1e400',
      '1e-400',
      '1.00000000000000000001',
    ];
    if (type !== 'Float') numbers.push('9007199254740992', '0.30000000000000000001', '1e21');
    for (const number of numbers) {
      const { status, data, errors } = await ask(query, toJson(number));
      const [name = ''] = path.split(/[.[]/);
      expect([status, data]).toEqual([400, undefined]);
      expect(errors).toMatchObject([
        {
          message: `Variable "$${name}" got the number ${number} at "${path}", which cannot be represented exactly. Send an ID as a string, and other numbers with fewer digits.`,
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ]);
    }
    const calls = [...service.sandbox.returningAI.requests, ...service.sandbox.tagMango.requests];
    expect(calls).toEqual([]);
  });

  test('also in the URL', async () => {
    const query = 'query ($id: ID!) { badge(provider: RETURNING_AI, id: $id) { __typename } }';
    expect((await ask(query, '{"id":9007199254740993}', 'GET')).status).toBe(400);
    expect((await ask(query, '{"id":9007199254740991}', 'GET')).data).toEqual({ badge: null });
  });

  test('of a representation it costs the others nothing', async () => {
    const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }';
    const good = `{"__typename":"TagMangoBadge","id":"${HALL_OF_FAME}","weight":0.1234567890123456789}`;
    const bad = '{"__typename":"TagMangoBadge","id":9007199254740993}';
    const { status, data, errors } = await ask(query, `{"r":[${good},${bad}]}`);
    expect([status, data]).toEqual([200, { _entities: [{ __typename: 'TagMangoBadge' }, null] }]);
    expect(errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT' } }]);
  });

  test('a long one is not repeated whole', async () => {
    const query = 'query ($id: ID!) { badge(provider: TAG_MANGO, id: $id) { __typename } }';
    const { errors } = await ask(query, `{"id":1${'0'.repeat(500_000)}1}`);
    expect(errors?.[0]?.message.length).toBeLessThan(300);
  });

  test('one under a name that no variable has is no concern', async () => {
    const { data } = await ask('{ __typename }', '{"x":{"id":9007199254740993}}');
    expect(data).toEqual({ __typename: 'Query' });
  });
});

describe('a number that is exact is taken, and sent as it is:', () => {
  const AWARD = `mutation ($id: ID) { awardBadge(input: { returningAI: { badgeId: "${MAJOR}", user: { id: $id } } }) { userErrors { code } } }`;
  const sent = () => writesTo(service.sandbox).map(({ body }) => body);

  test.each([
    ['9007199254740991', '9007199254740991'],
    ['"9007199254740993"', '9007199254740993'],
    ['1102', '1102'],
    ['1102.0', '1102'],
    ['1.102e3', '1102'],
    ['0', '0'],
    ['-0', '0'],
  ])('the id %s', async (number, userId) => {
    await ask(AWARD, `{"id":${number}}`);
    expect(sent()).toEqual([{ userId }]);
  });

  test('an id in the document is a text, and as long as it is written', async () => {
    await ask(AWARD.replace('($id: ID)', '').replace('$id', '9007199254740993'));
    await ask(AWARD.replace('$id: ID', '$id: ID = 9007199254740993'));
    expect(sent()).toEqual([{ userId: '9007199254740993' }, { userId: '9007199254740993' }]);
  });

  const CREATE =
    'mutation ($x: Float) { createBadge(input: { tagMango: { name: "New", pointsThreshold: $x } }) { userErrors { code } } }';
  test.each([
    ['0.1', 0.1],
    ['0.10000000000000001', 0.1],
    ['0.30000000000000004', 0.30000000000000004],
    ['1e21', 1e21],
    ['9007199254740992', 2 ** 53],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['5e-324', 5e-324],
    ['-12.50', -12.5],
  ])('the Float %s, in variables and in a document', async (number, pointsThreshold) => {
    await ask(CREATE, `{"x":${number}}`);
    await ask(CREATE.replace('($x: Float)', '').replace('$x', number));
    await ask(CREATE.replace('$x: Float', `$x: Float = ${number}`));
    const body = { name: 'New', pointsThreshold };
    expect(sent()).toEqual([body, body, body]);
  });

  test.each(['1e400', '-1e400', '1e-400', '9007199254740993', '0.1234567890123456789'])(
    'and not the Float %s in a document',
    async (number) => {
      for (const query of [
        CREATE.replace('($x: Float)', '').replace('$x', number),
        CREATE.replace('$x: Float', `$x: Float = ${number}`),
      ]) {
        const { status, errors } = await ask(query);
        expect([status, errors]).toMatchObject([
          400,
          [
            {
              message: `A Float cannot represent ${number} exactly. Use a number with fewer digits.`,
              extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
            },
          ],
        ]);
      }
      expect(sent()).toEqual([]);
    },
  );

  test(
    'whatever digits an id has, it reaches the provider as it is written or not at all',
    async () => {
      const digits = fc.oneof(
        fc.bigInt({ min: 0n, max: 10n ** 20n - 1n }),
        fc.bigInt({ min: 2n ** 53n - 5n, max: 2n ** 53n + 5n }),
        fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }),
      );
      await fc.assert(
        fc.asyncProperty(
          digits,
          fc.constantFrom('', '.0', 'e0', '.000', 'E+00'),
          async (id, end) => {
            service.sandbox.returningAI.requests.length = 0;
            const { status } = await ask(AWARD, `{"id":${id}${end}}`);
            const isSafe = id < 2n ** 53n;
            expect([status, sent()]).toEqual(isSafe ? [200, [{ userId: String(id) }]] : [400, []]);
          },
        ),
        { numRuns },
      );
    },
    TIMEOUT_MS,
  );
});

describe('exact', () => {
  test('is a whole number that is safe, however it is written, and no other', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }),
        fc.nat(4),
        (number, zeros) => {
          const isSafe = number > -(2n ** 53n) && number < 2n ** 53n;
          expect(isExact(String(number))).toBe(isSafe);
          expect(isExact(`${number}.${'0'.repeat(zeros + 1)}`)).toBe(isSafe);
          expect(isExact(`${number}${'0'.repeat(zeros)}e-${zeros}`)).toBe(isSafe);
          expect(isExact(`${number}.${'0'.repeat(30)}1`)).toBe(number === 0n);
        },
      ),
      { numRuns },
    );
  });

  test('is every number as JavaScript writes it, and for a Float also with 17 digits', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const isLarge = Number.isInteger(number) && !Number.isSafeInteger(number);
        expect(isExact(JSON.stringify(number))).toBe(!isLarge);
        expect(isExactFloat(JSON.stringify(number))).toBe(true);
        if (!Number.isInteger(number)) expect(isExactFloat(number.toExponential(16))).toBe(true);
        const [digits = '', exponent = ''] = number.toExponential(20).split('e');
        expect(isExactFloat(`${digits}1e${exponent}`)).toBe(number === 0);
      }),
      { numRuns },
    );
  });
});
