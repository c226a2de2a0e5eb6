import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { exampleOperations } from '../../src/badges/examples.ts';
import { type TestService, startTestService } from '../support/service.ts';
import { writesOf } from '../support/writing.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());
beforeEach(() => {
  for (const standIn of [service.sandbox.returningAI, service.sandbox.tagMango]) {
    standIn.requests.length = 0;
  }
});

interface Variables {
  dryRun?: boolean | null;
  input: Record<string, Record<string, unknown>>;
}

const mutations = exampleOperations
  .filter(({ query }) => /^mutation/m.test(query))
  .map(({ name, query, variables }) => ({ name, query, variables: variables as Variables }));

async function errorsOf(query: string, variables: object): Promise<unknown> {
  const { data, errors } = await service.execute<Record<string, { userErrors: unknown }>, object>(
    query,
    variables,
  );
  expect(errors).toBeUndefined();
  return Object.values(data).map(({ userErrors }) => userErrors);
}

const refusal = (field: string[], message: string) => [
  [{ __typename: 'BadgeInputError', code: 'INVALID_INPUT', fields: [field], message }],
];
const NULL_DRY_RUN = refusal(
  ['dryRun'],
  'Argument "dryRun" must not be null. Set it to true or false, or omit it.',
);

describe('null agrees to nothing:', () => {
  test.each(mutations)('as dryRun of $name it is refused, and nothing is asked', async (one) => {
    expect(await errorsOf(one.query, { ...one.variables, dryRun: null })).toEqual(NULL_DRY_RUN);
    const inline = one.query.replace('dryRun: $dryRun', 'dryRun: null');
    const unused = inline.replace(/,? *\$dryRun: Boolean = false/, '');
    expect(await errorsOf(unused, { ...one.variables, dryRun: undefined })).toEqual(NULL_DRY_RUN);
    const { returningAI, tagMango } = service.sandbox;
    expect([...returningAI.requests, ...tagMango.requests]).toEqual([]);
  });

  const versioned = mutations.filter(({ query }) => /(update|delete)Badge\(/.test(query));
  test.each(versioned)(
    'as expectedVersion of $name it is refused like an empty string, and nothing is asked',
    async (one) => {
      for (const [expectedVersion, what] of [
        [null, 'null'],
        ['', 'empty'],
      ])
        for (const dryRun of [true, false])
          expect(await errorsOf(one.query, { ...one.variables, dryRun, expectedVersion })).toEqual(
            refusal(
              ['expectedVersion'],
              `Argument "expectedVersion" must not be ${what}. Set it to the version that you last read, or omit it.`,
            ),
          );
      const { returningAI, tagMango } = service.sandbox;
      expect([...returningAI.requests, ...tagMango.requests]).toEqual([]);
    },
  );

  test('as hiddenFields it is the safe policy', async () => {
    const update = `mutation ($input: UpdateBadgeInput!) {
      updateBadge(input: $input) { userErrors { __typename code fields } }
    }`;
    const id = '84845081-98fd-46f3-96aa-1032174e58a5';
    const input = { returningAI: { id, title: 'Renamed', hiddenFields: null } };
    const [errors] = (await errorsOf(update, { input })) as { code: string }[][];
    expect(new Set(errors?.map(({ code }) => code))).toEqual(new Set(['HIDDEN_FIELDS_UNKNOWN']));
    expect(writesOf(service.sandbox)).toEqual([]);
  });

  test('and no boolean or enum that a mutation takes was forgotten here', async () => {
    const { data } = await service.execute<Schema, object>(`{ __schema { types {
      kind name
      inputFields { name type { kind name ofType { name } } }
      fields { name args { name type { kind name ofType { name } } } }
    } } }`);
    const { types } = data.__schema;
    const switches = new Set(['Boolean', ...types.filter(isEnum).map(({ name }) => name)]);
    const args = types
      .filter(({ name }) => name === 'Mutation')
      .flatMap(({ fields }) => fields ?? [])
      .flatMap((field) => field.args);
    const inputs = types
      .filter(({ name }) => /^(Create|Update|Delete|Award|Revoke)/.test(name))
      .flatMap(({ inputFields }) => inputFields ?? []);
    const nullable = [...args, ...inputs]
      .filter(({ type }) => type.kind !== 'NON_NULL' && switches.has(type.name ?? ''))
      .map(({ name }) => name);
    // The last five are values that are written; where null cannot be one of theirs, it is refused.
    expect([...new Set(nullable)].toSorted()).toEqual(
      [
        ...['dryRun', 'hiddenFields'],
        ...['attachRequired', 'award', 'awardCurrency', 'enableAutomation', 'enabledDarkAndLight'],
      ].toSorted(),
    );
  });
});

interface Typed {
  name: string;
  type: { kind: string; name: string | null; ofType: { name: string | null } | null };
}
interface Schema {
  __schema: {
    types: {
      kind: string;
      name: string;
      inputFields: Typed[] | null;
      fields: { name: string; args: Typed[] }[] | null;
    }[];
  };
}
const isEnum = ({ kind }: { kind: string }) => kind === 'ENUM';
