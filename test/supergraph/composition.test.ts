import { readFile } from 'node:fs/promises';
import { composeServices as composeWithApollo } from '@apollo/composition';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { composeServices as composeWithTheGuild } from '@theguild/federation-composition';
import { ROUTER_COMPATIBILITY_VERSION_ONE, federateSubgraphs } from '@wundergraph/composition';
import {
  type ASTNode,
  type ConstDirectiveNode,
  type DocumentNode,
  Kind,
  buildASTSchema,
  lexicographicSortSchema,
  parse,
  print,
  printSchema,
  visit,
} from 'graphql';
import { parse as parseYaml } from 'yaml';
import { type Subgraph, composeSupergraph } from '../../examples/supergraph/compose.ts';
import { membersSdl } from '../../examples/supergraph/members.ts';
import { createBadgesSchema } from '../../src/badges/schema.ts';
import { readManifest } from '../repository/lock.ts';

const BADGE_TYPES = ['ReturningAIBadge', 'TagMangoBadge'];

let subgraphs: Subgraph[];
beforeAll(async () => {
  const { sdl } = await createBadgesSchema();
  subgraphs = [
    { name: 'badges', url: 'http://127.0.0.1:4001/graphql', sdl },
    { name: 'members', url: 'http://127.0.0.1:4002/graphql', sdl: membersSdl },
  ];
});

describe("Apollo's composer", () => {
  const compose = () =>
    composeWithApollo(subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })));

  test('composes the subgraph with another one, and has no error and no hint', () => {
    const { errors, hints } = compose();
    expect(errors).toBeUndefined();
    expect(hints?.map(({ message }) => message)).toEqual([]);
  });

  test('keeps @oneOf on the input of the mutation, and its definition', () => {
    expectOneOf(parse(compose().supergraphSdl ?? ''));
  });

  test('keeps both badge types as entities that only the badges subgraph resolves', () => {
    expectEntities(parse(compose().supergraphSdl ?? ''));
  });

  test('keeps how long its lists are, for routers that count what an operation costs', () => {
    expect(sizesIn(parse(compose().supergraphSdl ?? ''))).toEqual(LIST_SIZES);
  });
});

describe("The Guild's composer", () => {
  const compose = () =>
    composeWithTheGuild(
      subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })),
    );

  test('composes the subgraph with another one without an error', () => {
    expect(compose().errors).toBeUndefined();
  });

  test('keeps @oneOf on the input of the mutation, also in the schema that clients see', () => {
    const { supergraphSdl, publicSdl } = compose();
    expectOneOf(parse(supergraphSdl ?? ''));
    expectOneOf(parse(publicSdl ?? ''));
  });

  test('keeps both badge types as entities that only the badges subgraph resolves', () => {
    expectEntities(parse(compose().supergraphSdl ?? ''));
  });

  test('keeps how long its lists are, for routers that count what an operation costs', () => {
    expect(sizesIn(parse(compose().supergraphSdl ?? ''))).toEqual(LIST_SIZES);
  });

  test('leaves nothing that clients see without a description', () => {
    expect(undescribed(parse(compose().publicSdl ?? ''))).toEqual([]);
  });

  test('shows to clients what schema/api.graphql has', async () => {
    const alone = subgraphs
      .filter(({ name }) => name === 'badges')
      .map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) }));
    const [seen, printed] = [
      composeWithTheGuild(alone).publicSdl ?? '',
      await readFile('schema/api.graphql', 'utf8'),
    ].map(toSortedSdl);
    expect(printed).toEqual(seen);
  });
});

describe("WunderGraph's composer", () => {
  function compose() {
    const result = federateSubgraphs({
      subgraphs: subgraphs.map(({ name, url, sdl }) => ({ name, url, definitions: parse(sdl) })),
      version: ROUTER_COMPATIBILITY_VERSION_ONE,
    });
    if (!result.success) throw new AggregateError(result.errors, 'the subgraphs do not compose');
    return result;
  }

  test('composes the subgraph with another one, and warns only of inputs that one provider has so far', () => {
    const others = compose().warnings.filter(
      ({ message }) =>
        !/"(Delete|Revoke)BadgeInput", but only one optional Input field/.test(message),
    );
    expect(others).toEqual([]);
  });

  test('keeps @oneOf on the input of the mutation', () => {
    expectOneOf(compose().federatedGraphAST);
  });

  test('keeps how long its lists are, for routers that count what an operation costs', () => {
    const { costs } = compose().subgraphConfigBySubgraphName.get('badges') ?? {};
    const sizes = [...(costs?.listSizes.values() ?? [])].map((size) => ({
      field: `${size.typeName}.${size.fieldName}`,
      slicingArguments: size.slicingArguments,
      assumedSize: size.assumedSize,
    }));
    expect(sizes).toEqual([
      { field: 'BadgeConnection.sources', slicingArguments: [], assumedSize: 2 },
      { field: 'Query.badgeHistory', slicingArguments: ['first'], assumedSize: undefined },
      { field: 'Query.badgeProviders', slicingArguments: [], assumedSize: 2 },
      { field: 'Query.badges', slicingArguments: ['first', 'last'], assumedSize: undefined },
      { field: 'Query.badgesByKeys', slicingArguments: [], assumedSize: 100 },
    ]);
  });

  test('keeps both badge types as entities that only the badges subgraph resolves', () => {
    const { subgraphConfigBySubgraphName } = compose();
    const keys = ['badges', 'members'].flatMap((subgraph) =>
      BADGE_TYPES.map((type) => {
        const config = subgraphConfigBySubgraphName.get(subgraph);
        const key = config?.configurationDataByTypeName.get(type)?.keys?.[0];
        return [subgraph, type, key?.selectionSet, key?.disableEntityResolver ?? false];
      }),
    );
    expect(keys).toEqual([
      ['badges', 'ReturningAIBadge', 'id', false],
      ['badges', 'TagMangoBadge', 'id', false],
      ['members', 'ReturningAIBadge', 'id', true],
      ['members', 'TagMangoBadge', 'id', true],
    ]);
  });
});

test('every problem is named when the subgraphs do not compose', () => {
  const [badges] = subgraphs;
  const contrary: Subgraph = {
    name: 'contrary',
    url: 'http://127.0.0.1:4003/graphql',
    sdl: 'type Query { a: Int } type BadgeChange { field: Int! } type PageInfo { hasNextPage: Int! }',
  };
  expect(() => composeSupergraph(badges ? [badges, contrary] : [])).toThrow(
    /do not compose:[^]*"BadgeChange\.field"[^]*"PageInfo\.hasNextPage"/,
  );
});

test("rover's settings lead to the same two subgraphs, whose files compose", async () => {
  const { subgraphs: settings } = parseYaml(await readFile('rover.yaml', 'utf8')) as {
    subgraphs: Record<string, { routing_url: string; schema: { file: string } }>;
  };
  const read = await Promise.all(
    Object.entries(settings).map(async ([name, { routing_url: url, schema }]) => ({
      name,
      url,
      sdl: await readFile(schema.file, 'utf8'),
    })),
  );

  expect(read.map(({ name, url }) => ({ name, url }))).toEqual(
    subgraphs.map(({ name, url }) => ({ name, url })),
  );
  expectEntities(parse(composeSupergraph(read)));
});

test('rover is pinned to the version of composition that these tests use', async () => {
  const settings: unknown = parseYaml(await readFile('rover.yaml', 'utf8'));
  const version = readManifest().devDependencies?.['@apollo/composition'];
  expect(settings).toMatchObject({ federation_version: `=${version}` });
});

const PAGE = { sizedFields: '["edges", "nodes"]', requireOneSlicingArgument: 'false' };
/** One of them counts the assumed size before the arguments, so that pages have only these. */
const LIST_SIZES = {
  'BadgeConnection.sources': { assumedSize: '2' },
  'Query.badgeHistory': { slicingArguments: '["first"]', ...PAGE },
  'Query.badgeProviders': { assumedSize: '2' },
  'Query.badges': { slicingArguments: '["first", "last"]', ...PAGE },
  'Query.badgesByKeys': { assumedSize: '100' },
};

function sizesIn(document: DocumentNode): Record<string, Record<string, string>> {
  const sizes = document.definitions.flatMap((type) => {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION) return [];
    return (type.fields ?? []).flatMap(({ name, directives = [] }) => {
      const size = directives.find((directive) => directive.name.value === 'listSize');
      return size ? [[`${type.name.value}.${name.value}`, toArguments(size)] as const] : [];
    });
  });
  return Object.fromEntries(sizes);
}

function expectOneOf(document: DocumentNode): void {
  const input = find(document, Kind.INPUT_OBJECT_TYPE_DEFINITION, 'UpdateBadgeInput');
  expect(input.directives?.map(({ name }) => name.value)).toContain('oneOf');
  expect(print(find(document, Kind.DIRECTIVE_DEFINITION, 'oneOf'))).toContain(
    'directive @oneOf on INPUT_OBJECT',
  );
}

/** As the join specification writes it, which both gateways and routers read. */
function expectEntities(document: DocumentNode): void {
  for (const name of BADGE_TYPES) {
    const { directives } = find(document, Kind.OBJECT_TYPE_DEFINITION, name);
    const joins = directives?.filter((directive) => directive.name.value === 'join__type');
    expect(joins?.map(toArguments)).toEqual([
      { graph: 'BADGES', key: '"id"' },
      { graph: 'MEMBERS', key: '"id"', resolvable: 'false' },
    ]);
  }
}

function toArguments({ arguments: given }: ConstDirectiveNode): Record<string, string> {
  return Object.fromEntries((given ?? []).map(({ name, value }) => [name.value, print(value)]));
}

type Definition = DocumentNode['definitions'][number];

function find<K extends Definition['kind']>(
  document: DocumentNode,
  kind: K,
  name: string,
): Extract<Definition, { kind: K }> {
  const found = document.definitions.find(
    (each): each is Extract<Definition, { kind: K }> =>
      each.kind === kind && 'name' in each && each.name?.value === name,
  );
  if (!found) throw new Error(`the supergraph has no ${name}`);
  return found;
}

/** Names of types, fields, arguments and enum values. Directives are the specifications' own. */
function undescribed(document: DocumentNode): string[] {
  const names: string[] = [];
  visit(document, {
    enter(node: ASTNode) {
      if (node.kind === Kind.DIRECTIVE_DEFINITION) return false;
      const isNamed = 'name' in node && node.kind.endsWith('Definition');
      if (isNamed && node.name && !('description' in node && node.description)) {
        names.push(node.name.value);
      }
      return undefined;
    },
  });
  return names;
}

/** Without the descriptions, and in an order of its own. */
function toSortedSdl(sdl: string): string {
  const plain = visit(parse(sdl), {
    enter: (node) => ('description' in node ? { ...node, description: undefined } : undefined),
  });
  return printSchema(lexicographicSortSchema(buildASTSchema(plain, { assumeValidSDL: true })));
}
