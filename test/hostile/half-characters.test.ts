import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  GraphQLID,
  type GraphQLInputType,
  GraphQLString,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
} from 'graphql';
import { createBadgesSchema } from '../../src/badges/schema.ts';
import type { OperationKind } from '../../src/providers/provider.ts';
import { TIMEOUT_MS, numRuns } from '../properties/runs.ts';
import { anyText } from '../properties/texts.ts';
import { ADA, HALL_OF_FAME, MAJOR, resetStandIns, writesTo } from '../support/operation-cases.ts';
import { returningAIStored, tagMangoStored } from '../support/records.ts';
import { type Answer, type TestService, startTestService } from '../support/service.ts';
import { mutate } from '../support/writing.ts';

const HALF = 'Cut \ud83d';
const REPLACED = 'Cut \ufffd';

const { schema } = await createBadgesSchema();
let service: TestService;
beforeAll(async () => {
  service = await startTestService({
    freshSeconds: 0,
    sandbox: { tagMango: { requestLimit: Infinity } },
  });
});
afterAll(() => service.close());
beforeEach(() => resetStandIns(service.sandbox));

/** The bytes of an answer, read as strictly as clients in other languages read them. */
async function askStrictly(body: object): Promise<{ status: number; answer: unknown }> {
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const bytes = await response.arrayBuffer();
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  const halves: string[] = [];
  const answer: unknown = JSON.parse(text, (name, value: unknown) => {
    for (const each of [name, value]) {
      if (typeof each === 'string' && !each.isWellFormed()) halves.push(each);
    }
    return value;
  });
  expect(halves).toEqual([]);
  return { status: response.status, answer };
}

describe('of a provider', () => {
  const ALL = `{
    badges(first: 100) { nodes { ... on BadgeFields { id name description imageUrl version }
      ... on ReturningAIBadge { title action image }
      ... on TagMangoBadge { creator pointCategoryForAutomation automationEnabledMangoes } }
      edges { cursor } pageInfo { startCursor endCursor } }
    member: tagMangoMember(email: "${ADA.email}") { id badges { name description } }
  }`;

  test('it is shown as U+FFFD, and the badges of both providers with it', async () => {
    const { returningAI, tagMango } = service.sandbox;
    returningAI.badges.set(MAJOR, returningAIStored({ title: HALF }));
    tagMango.badges.set(HALL_OF_FAME, tagMangoStored({ name: HALF }));
    const { answer } = await askStrictly({
      query: '{ badges { nodes { ... on BadgeFields { name } } } }',
    });
    expect(answer).toEqual({
      data: {
        badges: { nodes: [{ name: REPLACED }, { name: REPLACED }, { name: 'Quiz Master' }] },
      },
    });
  });

  test(
    'it leaves in no answer, whatever the texts of its records are',
    async () => {
      const texts = fc.record({
        name: anyText,
        description: anyText,
        action: anyText,
        image: anyText.map((text) => `https://img.example/${text}`),
        category: anyText,
        creator: anyText,
        mango: anyText,
        id: fc.oneof(fc.constant(HALL_OF_FAME), anyText),
        key: anyText,
      });
      await fc.assert(
        fc.asyncProperty(texts, async (text) => {
          const { returningAI, tagMango } = service.sandbox;
          const { name, description, action, image } = text;
          returningAI.badges.set('good', returningAIStored({ id: 'good' }));
          const record = returningAIStored({ title: name, description, action, image });
          returningAI.badges.set(MAJOR, {
            ...record,
            [text.key]: text.key,
            id: MAJOR,
            title: name,
          });
          tagMango.badges.set(HALL_OF_FAME, {
            ...{ ...tagMangoStored(), [text.key]: text.key },
            ...{ _id: text.id, name, description, imageUrl: image, creator: text.creator },
            pointCategoryForAutomation: text.category,
            automationEnabledMangoes: [text.mango],
          });
          const { status } = await askStrictly({ query: ALL });
          expect(status).toBe(200);
        }),
        { numRuns: Math.ceil(numRuns / 3) },
      );
    },
    TIMEOUT_MS,
  );
});

interface TextField {
  path: string[];
  isInList: boolean;
}

/** Every String and ID within an input, with its path. */
function textFieldsOf(type: GraphQLInputType, path: string[] = []): TextField[] {
  const named = getNamedType(type);
  if (named === GraphQLString || named === GraphQLID) {
    return [{ path, isInList: isListType(getNullableType(type)) }];
  }
  if (!isInputObjectType(named)) return [];
  return Object.values(named.getFields()).flatMap((field) =>
    textFieldsOf(field.type, [...path, field.name]),
  );
}

/** Inputs that are good but for what is put into them. */
const GOOD: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  create: { returningAI: { title: 'New' }, tagMango: { name: 'New' } },
  update: {
    returningAI: { id: MAJOR, hiddenFields: 'OMIT', title: 'New' },
    tagMango: { id: HALL_OF_FAME, name: 'New' },
  },
  delete: { returningAI: { id: MAJOR } },
  award: {
    returningAI: { badgeId: MAJOR, user: { id: ADA.returningAI } },
    tagMango: { userId: ADA.tagMango, badgeIds: [HALL_OF_FAME] },
  },
  revoke: { returningAI: { badgeId: MAJOR, user: { id: ADA.returningAI } } },
};

/** Of a member, the one field that the text is for. */
function withText(input: object, [name = '', ...rest]: string[], text: unknown): object {
  if (rest.length === 0) return { ...input, [name]: text };
  return { ...input, [name]: withText({}, rest, text) };
}

const mutationFields = Object.values(schema.getMutationType()?.getFields() ?? {});
const inputCases = mutationFields.flatMap(({ name, args }) => {
  const kind = name.replace('Badge', '') as OperationKind;
  const input = args.find((arg) => arg.name === 'input');
  return (input ? textFieldsOf(input.type) : []).map(({ path, isInList }) => ({
    kind,
    path,
    isInList,
    shown: `${name} at ${path.join('.')}`,
  }));
});

describe('in an input', () => {
  test('every mutation has texts to look at', () => {
    expect(inputCases.length).toBeGreaterThan(30);
    expect(inputCases.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['create', 'update', 'delete', 'award', 'revoke']),
    );
  });

  test.each(inputCases)('$shown it is refused there, and nothing is sent', async (each) => {
    const { kind, path, isInList } = each;
    const [provider = '', ...inside] = path;
    const text = isInList ? ['whole', HALF] : HALF;
    const input = { [provider]: withText(GOOD[kind]?.[provider] ?? {}, inside, text) };
    const { userErrors } = await mutate(`${service.url}/graphql`, { kind, input });
    const shown = `${path.at(-1) ?? ''}${isInList ? '[1]' : ''}`;
    expect(userErrors).toEqual([
      {
        __typename: 'BadgeInputError',
        code: 'INVALID_INPUT',
        fields: [['input', ...path]],
        message: `"${shown}" must be valid Unicode text, but it contains half of a surrogate pair.`,
      },
    ]);
    expect(writesTo(service.sandbox)).toEqual([]);
  });

  test('at idempotencyKey it is refused there', async () => {
    const input = { tagMango: { id: HALL_OF_FAME, name: 'New' } };
    const { userErrors } = await mutate(`${service.url}/graphql`, {
      kind: 'update',
      input,
      key: HALF,
    });
    expect(userErrors).toMatchObject([{ code: 'INVALID_INPUT', fields: [['idempotencyKey']] }]);
    expect(writesTo(service.sandbox)).toEqual([]);
  });

  test.each([
    ['badges(filter: { textContains: $x })'],
    ['badges(after: $x)'],
    ['badges(before: $x)'],
    ['badge(provider: TAG_MANGO, id: $x)'],
    ['badgeHistory(provider: TAG_MANGO, id: $x)'],
    [`badgeHistory(provider: TAG_MANGO, id: "${HALL_OF_FAME}", after: $x)`],
    ['tagMangoMember(email: $x)'],
    ['tagMangoMember(phone: $x)'],
  ])('of a query it is an error of its field: %s', async (field) => {
    const type = field.includes(' id: $x') ? 'ID!' : 'String';
    const query = `query ($x: ${type}) { field: ${field} { __typename } }`;
    const { answer } = await askStrictly({ query, variables: { x: HALF } });
    expect(answer).toMatchObject({
      data: { field: null },
      errors: [{ path: ['field'], extensions: { code: 'INVALID_INPUT' } }],
    });
  });

  test('of a representation it costs the others nothing', async () => {
    const good = { __typename: 'TagMangoBadge', id: HALL_OF_FAME };
    const { answer } = await askStrictly({
      query: 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }',
      variables: {
        r: [good, { ...good, id: HALF }, { ...good, [HALF]: HALF }, { __typename: HALF }],
      },
    });
    const { __typename } = good;
    expect(answer).toMatchObject({
      data: { _entities: [{ __typename }, null, { __typename }, null] },
    });
  });

  test.each([
    ['spelled', '\\ud83d'],
    ['as it is', '\ud83d'],
  ])(
    'in a document it is refused %s, also where a whole document is known that is like it',
    async (_how, half) => {
      const toQuery = (text: string) =>
        `mutation { updateBadge(input: { tagMango: { id: "${HALL_OF_FAME}", name: "Cut ${text}" } }) { badge { __typename } } }`;
      const whole = await askStrictly({ query: toQuery('\ufffd') });
      expect(whole.status).toBe(200);
      service.sandbox.tagMango.requests.length = 0;
      const { status, answer } = await askStrictly({ query: toQuery(half) });
      expect([status, answer]).toMatchObject([400, { errors: [{ extensions: {} }] }]);
      expect(writesTo(service.sandbox)).toEqual([]);
    },
  );
});

interface Page {
  nodes: { id: string }[];
  pageInfo: { endCursor: string; hasNextPage: boolean };
}
const PAGE = `query ($after: String) {
  badges(first: 1, after: $after, filter: { providers: [TAG_MANGO] }) {
    nodes { ... on BadgeFields { id } }
    pageInfo { endCursor hasNextPage }
  }
}`;

describe('of ours there is none:', () => {
  test('a message that is cut ends at a whole character', async () => {
    for (const lead of ['', '.', '..', '...']) {
      const { answer } = await askStrictly({
        query: 'query ($x: Int) { badges(first: $x) { totalCount } }',
        variables: { x: lead + '🏅'.repeat(2_000) },
      });
      expect(answer).toMatchObject({
        errors: [
          { message: expect.stringMatching(/^Variable "\$x" got invalid value "\.*(🏅)+…$/u) },
        ],
      });
    }
  });

  test('what the library repeats of a request is whole', async () => {
    const { answer } = await askStrictly({
      query: '{ badges { totalCount } }',
      operationName: HALF,
    });
    expect(answer).toMatchObject({
      errors: [{ message: `Unknown operation named "${REPLACED}".` }],
    });
  });

  test('a name that is cut in the key of a cursor pages on', async () => {
    const { tagMango } = service.sandbox;
    tagMango.badges.clear();
    const ids = ['1', '2', '3'].map((digit) => digit.repeat(24));
    for (const id of ids) {
      tagMango.badges.set(id, tagMangoStored({ _id: id, name: `${'n'.repeat(999)}🏅${id}` }));
    }
    const found: string[] = [];
    let after: string | null = null;
    do {
      const { data }: Answer<{ badges: Page }> = await service.execute(PAGE, { after });
      found.push(...data.badges.nodes.map(({ id }) => id));
      after = data.badges.pageInfo.hasNextPage ? data.badges.pageInfo.endCursor : null;
    } while (after !== null && found.length <= ids.length);
    expect(found).toEqual(ids);
  });

  test('a line of the log is whole', () => {
    const logged = `
      const { createLogger } = await import(${JSON.stringify(new URL('../../dist/telemetry/logger.js', import.meta.url))});
      const logger = await createLogger({ isProduction: true, secrets: [] });
      logger.warn({ err: new Error('Cut \\ud83d'), ['Cut \\ud83d']: ['\\\\ud83d', '\\udfc5🏅'] }, 'Cut \\ud83d');`;
    const line = execFileSync(process.execPath, ['--input-type=module', '-e', logged], {
      encoding: 'utf8',
    });
    expect(JSON.parse(line)).toMatchObject({
      msg: REPLACED,
      err: { message: REPLACED },
      [REPLACED]: ['\\ud83d', '\ufffd🏅'],
    });
  });
});
