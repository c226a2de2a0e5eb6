import {
  type GraphQLResolverMap,
  buildSubgraphSchema,
  printSubgraphSchema,
} from '@apollo/subgraph';
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  Kind,
  type ObjectTypeDefinitionNode,
  isIntrospectionType,
  isObjectType,
  isUnionType,
  lexicographicSortSchema,
  parse,
  parseConstValue,
  print,
  visit,
} from 'graphql';
import 'reflect-metadata';
import { buildSchema, createResolversMap, getMetadataStorage } from 'type-graphql';
import { BadgeFields, typeOfBadge } from '../providers/badge-list.ts';
import { providers } from '../providers/index.ts';
import { OPEN_FIELDS, type Scope, callMethodsDirectly, guardRootFields } from './context.ts';
import { BadgeHistoryQueries } from './history.ts';
import { BadgeMutations } from './mutations.ts';
import { BadgeQueries, CapabilityQueries, resolveEntities } from './queries.ts';

const NAMES = ['@authenticated', '@requiresScopes'];
const FEDERATION = '//specs.apollo.dev/federation/';

/** Adds auth directives for routers to root fields and entities. The resolvers enforce the same rules themselves. */
function withAuthDirectives(sdl: DocumentNode): DocumentNode {
  return visit(sdl, {
    SchemaExtension: (node) => ({ ...node, directives: node.directives?.map(withImports) }),
    ObjectTypeDefinition(node) {
      if (node.name.value === 'Query') return withFields(node, 'badges:read');
      if (node.name.value === 'Mutation') return withFields(node, 'badges:write');
      const isEntity = node.directives?.some(({ name }) => name.value === 'key') ?? false;
      return isEntity ? withDirectives(node, ...scopesOf(node)) : undefined;
    },
  });
}

/** Any of these scopes gives access. Callers that may only write see badges in payloads of mutations. */
function scopesOf({ interfaces }: ObjectTypeDefinitionNode): Scope[] {
  const isBadge = interfaces?.some(({ name }) => name.value === BadgeFields.name) ?? false;
  return isBadge ? ['badges:read', 'badges:write'] : ['badges:read'];
}

function withFields(node: ObjectTypeDefinitionNode, scope: Scope): ObjectTypeDefinitionNode {
  const fields = node.fields?.map((field) =>
    OPEN_FIELDS.includes(field.name.value) ? field : withDirectives(field, scope),
  );
  return { ...node, ...(fields && { fields }) };
}

function withDirectives<Node extends ObjectTypeDefinitionNode | FieldDefinitionNode>(
  node: Node,
  ...anyOf: readonly Scope[]
): Node {
  const added = [
    toDirective('authenticated'),
    toDirective('requiresScopes', { scopes: anyOf.map((scope) => [scope]) }),
  ];
  return { ...node, directives: [...(node.directives ?? []), ...added] };
}

function toDirective(
  name: string,
  args: Readonly<Record<string, unknown>> = {},
): ConstDirectiveNode {
  return {
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value: name },
    arguments: Object.entries(args).map(([argument, value]) => ({
      kind: Kind.ARGUMENT,
      name: { kind: Kind.NAME, value: argument },
      value: parseConstValue(JSON.stringify(value)),
    })),
  };
}

/** Adds the auth directives to the imports of the federation spec. */
function withImports(node: ConstDirectiveNode): ConstDirectiveNode {
  if (!print(node).includes(FEDERATION)) return node;
  const names = NAMES.map((name) => parseConstValue(JSON.stringify(name)));
  const args = node.arguments?.map((argument) => {
    const { value } = argument;
    if (argument.name.value !== 'import' || value.kind !== Kind.LIST) return argument;
    return { ...argument, value: { ...value, values: [...value.values, ...names] } };
  });
  return { ...node, ...(args && { arguments: args }) };
}

/** Version 2.9 is the newest that all composition tools support; see docs/decisions.md. */
const LINKS = `extend schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@composeDirective", "@listSize"])
  @link(url: "https://specs.graphql.org/oneOf/v1.0", import: ["@oneOf"])
  @composeDirective(name: "@oneOf")

"""Exactly one field of the input object must be set, and it must not be null."""
directive @oneOf on INPUT_OBJECT
`;

const ABOUT = `Badges of several gamification services ("providers") in one graph.

Read badges with \`badges\`, \`badge\` and \`badgesByKeys\`, one that changed with \`badgeHistory\`, and what each provider can do with \`badgeProviders\`. Every type of badge implements \`BadgeFields\`. A badge is identified by its type name and \`id\`.

Write with one mutation for each operation. \`input\` says what to change, in the words of one provider; \`expectedVersion\`, \`dryRun\` and \`idempotencyKey\` say how. The \`outcome\` of a payload says what happened.

A list may have data and errors: keep both. "Inferred" marks what no page of a provider states. Types, fields, optional arguments and the values of enums that say so will be added: have a default for values that you do not know.`;

export interface BadgesSchema {
  schema: GraphQLSchema;
  /** With its federation directives, sorted by name. */
  sdl: string;
}

interface BadgesSchemaOptions {
  /** Whether the schema contains auth directives. Apollo Gateway does not support them. */
  hasAuthDirectives?: boolean;
}

export async function createBadgesSchema({
  hasAuthDirectives = false,
}: BadgesSchemaOptions = {}): Promise<BadgesSchema> {
  const built = await buildSchema({
    resolvers: [
      BadgeQueries,
      BadgeHistoryQueries,
      CapabilityQueries,
      BadgeMutations,
      ...providers.flatMap(({ resolvers }) => resolvers),
    ],
    orphanedTypes: providers.map(({ badgeClass }) => badgeClass),
    validate: false,
    // The schema that is built from it below is checked.
    skipCheck: true,
  });
  describe(built);
  const plain = `${LINKS}\n${printSubgraphSchema(lexicographicSortSchema(built))}\n`;
  const sdl = hasAuthDirectives ? `${print(withAuthDirectives(parse(plain)))}\n` : plain;
  const resolvers = createResolversMap(built) as GraphQLResolverMap<unknown>;
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers }]);
  resolveEntitiesOneByOne(schema);
  readFieldsDirectly(schema);
  const { queries, mutations } = getMetadataStorage();
  const methods = [...queries, ...mutations];
  callMethodsDirectly(
    schema,
    methods.filter(({ target }) => CALLED_DIRECTLY.includes(target)),
  );
  guardRootFields(schema);
  return { schema, sdl };
}

/** Classes whose methods only read their arguments. Resolvers of providers get instances of the classes they name. */
const CALLED_DIRECTLY: readonly unknown[] = [BadgeQueries, BadgeMutations];

/** Sets the descriptions of the schema and its root types. No decorator does so. */
function describe(schema: GraphQLSchema): void {
  schema.description = ABOUT;
  const [query, mutation] = [schema.getQueryType(), schema.getMutationType()];
  if (query) query.description = 'Read operations. They can be retried safely.';
  if (mutation) {
    mutation.description =
      'Write operations. Expected failures are returned in `userErrors` of the payload, not in `errors`.';
  }
}

/** Replaces the library's resolver, which nulls all entities of a request if one names an unknown type. */
function resolveEntitiesOneByOne(schema: GraphQLSchema): void {
  const entities = schema.getQueryType()?.getFields()._entities;
  const entity = schema.getType('_Entity');
  const badge = schema.getType('Badge');
  if (!entities || !isUnionType(entity) || !isUnionType(badge)) {
    throw new Error('The subgraph schema has no entities');
  }
  entities.resolve = resolveEntities;
  // Faster than the library's resolver, which tests an object against each class.
  badge.resolveType = typeOfBadge;
  entity.resolveType = typeOfBadge;
}

/**
 * Replaces the library's resolvers of fields that only read a property: each prepares for middlewares, of which there
 * are none, and a large answer has thousands of them.
 */
function readFieldsDirectly(schema: GraphQLSchema): void {
  const roots = [schema.getQueryType(), schema.getMutationType()];
  const computed = new Set(
    getMetadataStorage()
      .fieldResolvers.filter((resolver) => !isGetter(resolver))
      .map(({ schemaName }) => schemaName),
  );
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || roots.includes(type) || isIntrospectionType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (!computed.has(field.name)) field.resolve = toReader(field.name);
    }
  }
}

type ClassField = Pick<
  ReturnType<typeof getMetadataStorage>['fieldResolvers'][number],
  'kind' | 'target' | 'methodName'
>;

/** The library also keeps a resolver for a getter of the class itself, which is read like any other property. */
function isGetter({ kind, target, methodName }: ClassField): boolean {
  const own = Object.getOwnPropertyDescriptor(target.prototype, methodName);
  return kind === 'internal' && own?.get !== undefined;
}

function toReader(name: string): GraphQLFieldResolver<Readonly<Record<string, unknown>>, unknown> {
  return (source) => source[name];
}
