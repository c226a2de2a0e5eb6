/** What each client tool can do with the schema and the operations: the table in docs/front-end.md. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type DocumentNode, type GraphQLSchema, buildSchema, isAbstractType } from 'graphql';
import { readText } from '../repository/lock.ts';
import { type LossyProxy, startLossyProxy } from '../support/lossy-proxy.ts';
import { HALL_OF_FAME, writesTo } from '../support/operation-cases.ts';
import { type TestService, startTestService } from '../support/service.ts';
import { type Generated, findTypeErrors, loadDocuments, loadRequest, loadTada } from './recipes.ts';
import {
  PAGE,
  type Session,
  introspection,
  openApollo,
  openRelay,
  openUrql,
  watchConsole,
} from './sessions.ts';

interface Tool {
  /** Fails if it does not read the schema. */
  readSchema(generated: Generated, url: string): Promise<void> | void;
  /** Names of the badges that it shows after a second page was read. */
  readTwoPages(url: string): Promise<string[]>;
  /** Renames a badge of TagMango. */
  rename(url: string, id: string, name: string): Promise<string | undefined>;
  /** Code with `node`, which is a badge of either kind. */
  union: string;
  /** Code with `send`, which takes the input of an update. */
  oneOf: string;
  /** Its types allow two providers at once, so that only the service refuses them. */
  allowsTwo?: true;
}

const withCache = (open: (url: string) => Promise<Session>) => ({
  async readTwoPages(url: string) {
    const session = await open(url);
    await session.open();
    await session.readMore();
    return session.shown().map(({ name }) => name);
  },
  async rename(url: string, id: string, name: string) {
    const session = await open(url);
    await session.open();
    for (let page = 1; page < 4; page += 1) await session.readMore();
    const badge = session.shown().find((each) => each.id === id);
    return badge && session.rename(badge, name);
  },
});

/** The types that a fragment on an interface or a union matches. */
function possibleTypesOf(schema: GraphQLSchema): Record<string, string[]> {
  const abstract = Object.values(schema.getTypeMap()).filter(isAbstractType);
  return Object.fromEntries(
    abstract.map((type) => [
      type.name,
      schema
        .getPossibleTypes(type)
        .map(({ name }) => name)
        .sort(),
    ]),
  );
}

const DOCUMENTS = `import { BadgesDocument, RenameTagMangoBadgeDocument, type UpdateBadgeInput } from './generated/codegen/graphql.ts';`;
const EDGE =
  'if (!data?.badges?.edges[0]) throw new Error(); const { node } = data.badges.edges[0];';

/** All but the GraphQL client is of graphql-request. */
const withRequest = (
  load: () => Promise<{ badges: DocumentNode; rename: DocumentNode }>,
): Pick<Tool, 'readTwoPages' | 'rename'> => ({
  async readTwoPages(url) {
    const { createRequestClient } = await loadRequest();
    const [client, { badges }] = [createRequestClient(url), await load()];
    const names: string[] = [];
    let after: string | null = null;
    for (let page = 0; page < 2; page += 1) {
      const data: Page = await client.request<Page>(badges, { first: PAGE, after });
      names.push(...data.badges.edges.map(({ node }) => node.name));
      after = data.badges.pageInfo.endCursor;
    }
    return names;
  },
  async rename(url, id, name) {
    const { createRequestClient, write } = await loadRequest();
    const { rename } = await load();
    const input = { tagMango: { id, name } };
    const { updateBadge } = await write<Renamed, { input: object }>(
      createRequestClient(url),
      rename,
      { input },
    );
    return updateBadge.outcome;
  },
});

interface Renamed {
  updateBadge: { outcome: string };
}
interface Page {
  badges: {
    edges: { node: { name: string } }[];
    pageInfo: { endCursor: string | null };
  };
}

const tools: Readonly<Record<string, Tool>> = {
  'Apollo Client': {
    readSchema() {
      const { possibleTypes } = JSON.parse(readText('schema/possible-types.json')) as {
        possibleTypes: Record<string, string[]>;
      };
      expect(possibleTypes).toEqual(possibleTypesOf(buildSchema(readText('schema/api.graphql'))));
    },
    ...withCache(openApollo),
    union: `import { type ApolloClient } from '@apollo/client'; ${DOCUMENTS}
      declare const client: ApolloClient;
      const { data } = await client.query({ query: BadgesDocument }); ${EDGE}`,
    oneOf: `import { type ApolloClient } from '@apollo/client'; ${DOCUMENTS}
      declare const client: ApolloClient;
      const send = (input: UpdateBadgeInput) =>
        client.mutate({ mutation: RenameTagMangoBadgeDocument, variables: { input } });`,
  },
  'urql with graphcache': {
    async readSchema(_generated, url) {
      const { __schema } = introspection();
      const inputs = __schema.types.filter((type) => type.kind === 'INPUT_OBJECT' && type.isOneOf);
      expect(inputs.length).toBeGreaterThan(4);
      // It warns of what its configuration and the schema do not share.
      const warnings = watchConsole();
      const session = await openUrql(url);
      await session.open();
      expect(session.shown()).toHaveLength(PAGE);
      expect(warnings()).toEqual([]);
    },
    ...withCache(openUrql),
    union: `import { type Client } from '@urql/core'; ${DOCUMENTS}
      declare const client: Client;
      const { data } = await client.query(BadgesDocument, {}); ${EDGE}`,
    oneOf: `import { type Client } from '@urql/core'; ${DOCUMENTS}
      declare const client: Client;
      const send = (input: UpdateBadgeInput) => client.mutation(RenameTagMangoBadgeDocument, { input });`,
  },
  Relay: {
    readSchema: ({ relay }) => expect(relay).toMatchObject({ code: 0 }),
    ...withCache(openRelay),
    union: `import { type relayBadgesQuery$data } from './generated/relay/relayBadgesQuery.graphql.ts';
      declare const data: relayBadgesQuery$data;
      if (!data.badges?.edges[0] || data.badges.edges[0].node.__typename === '%other') throw new Error();
      const { node } = data.badges.edges[0];`,
    oneOf: `import { type relayRenameMutation$variables } from './generated/relay/relayRenameMutation.graphql.ts';
      const send = (input: relayRenameMutation$variables['input']) => input;`,
  },
  "Codegen's client preset": {
    readSchema: ({ codegen }) => expect(codegen).toMatchObject({ code: 0 }),
    ...withRequest(async () => {
      const documents = await loadDocuments();
      const { BadgesDocument: badges, RenameTagMangoBadgeDocument: rename } = documents;
      return { badges, rename };
    }),
    union: `import { type BadgesQuery } from './generated/codegen/graphql.ts';
      declare const data: BadgesQuery; ${EDGE}`,
    oneOf: `import { type RenameTagMangoBadgeMutationVariables } from './generated/codegen/graphql.ts';
      const send = (input: RenameTagMangoBadgeMutationVariables['input']) => input;`,
  },
  'gql.tada': {
    readSchema: ({ tada }) => expect(tada).toMatchObject({ code: 0 }),
    ...withRequest(async () => {
      const { badgesQuery: badges, renameMutation: rename } = await loadTada();
      return { badges, rename };
    }),
    union: `import { type ResultOf } from 'gql.tada'; import { badgesQuery } from './gql-tada.ts';
      declare const data: ResultOf<typeof badgesQuery>; ${EDGE}`,
    oneOf: `import { type VariablesOf } from 'gql.tada'; import { renameMutation } from './gql-tada.ts';
      const send = (input: VariablesOf<typeof renameMutation>['input']) => input;`,
    allowsTwo: true,
  },
};

const UNION = `
  const shared: string = node.name;
  // @ts-expect-error Only one kind of badge has it.
  void node.pointsThreshold;
  const points: number | null | undefined = node.__typename === 'TagMangoBadge' ? node.pointsThreshold : null;
  // @ts-expect-error It is no text.
  const text: string | null | undefined = node.__typename === 'TagMangoBadge' ? node.pointsThreshold : null;
  export const all = [shared, points, text];`;
const withOneOf = ({ oneOf, allowsTwo }: Tool): string => `${oneOf}
  export const all = [
    send({ tagMango: { id: 'a', name: 'b' } }),
    send({ returningAI: { id: 'a', title: 'b' } }),
    // ${allowsTwo ? '' : '@ts-expect-error'} Two providers.
    send({ tagMango: { id: 'a', name: 'b' }, returningAI: { id: 'a', title: 'b' } }),
    // @ts-expect-error None.
    send({}),
    // @ts-expect-error A field of the other provider.
    send({ tagMango: { id: 'a', title: 'b' } }),
  ];`;

export function testTools(generated: () => Generated): void {
  let service: TestService;
  let proxy: LossyProxy;
  let typeErrors: Map<string, string[]>;
  beforeAll(async () => {
    const names = Object.entries(tools);
    typeErrors = findTypeErrors({
      ...Object.fromEntries(names.map(([name, { union }]) => [`${name} union.ts`, union + UNION])),
      ...Object.fromEntries(names.map(([name, tool]) => [`${name} one of.ts`, withOneOf(tool)])),
    });
    service = await startTestService();
    proxy = await startLossyProxy(`${service.url}/graphql`);
  }, 60_000);
  afterAll(async () => {
    await proxy.close();
    await service.close();
  });

  test('the recipes have no error of types', () => {
    const ofProbes = Object.keys(tools).flatMap((name) => [
      `${name} union.ts`,
      `${name} one of.ts`,
    ]);
    expect([...typeErrors].filter(([name]) => !ofProbes.includes(name))).toEqual([]);
  });

  describe.each(Object.entries(tools))('%s', (name, tool) => {
    test('reads the schema', async () => {
      await tool.readSchema(generated(), proxy.url);
    });

    test('shows a second page after the first one', async () => {
      const { data } = await service.execute<Page, object>(
        `{ badges(first: ${2 * PAGE}) { edges { node { ... on BadgeFields { name } } } } }`,
      );
      const expected = data.badges.edges.map(({ node }) => node.name);
      expect(expected).toHaveLength(2 * PAGE);
      expect(await tool.readTwoPages(proxy.url)).toEqual(expected);
    });

    test('has types for the union: fields of one kind only after a check', () => {
      expect(typeErrors.get(`${name} union.ts`)).toBeUndefined();
    });

    test('has types for a one-of input: exactly one provider', () => {
      expect(typeErrors.get(`${name} one of.ts`)).toBeUndefined();
    });

    test('sends a change again with the same key if its answer is lost, and it is written once', async () => {
      const before = writesTo(service.sandbox).length;
      proxy.mutations.length = 0;
      proxy.lose = 1;
      expect(await tool.rename(proxy.url, HALL_OF_FAME, `Renamed by ${name}`)).toBe('APPLIED');
      const keys = proxy.mutations.map(
        (body) => (JSON.parse(body) as { variables: { idempotencyKey?: string } }).variables,
      );
      expect(keys).toHaveLength(2);
      expect(keys[0]?.idempotencyKey).toMatch(/^[\da-f-]{36}$/);
      expect(keys[1]?.idempotencyKey).toBe(keys[0]?.idempotencyKey);
      expect(writesTo(service.sandbox)).toHaveLength(before + 1);
    });
  });
}
