import 'reflect-metadata';
import { buildSubgraphSchema, printSubgraphSchema } from '@apollo/subgraph';
import type { GraphQLResolverMap } from '@apollo/subgraph';
import { isUnionType, lexicographicSortSchema, parse, print } from 'graphql';
import type { GraphQLSchema } from 'graphql';
import { buildSchema, createResolversMap } from 'type-graphql';
import { providers } from '../providers/index.ts';
import { withAuthDirectives } from './auth-directives.ts';
import { guardRootFields } from './caller.ts';
import { resolveEntities } from './entities.ts';
import { BadgeHistoryQueries } from './history.ts';
import { BadgeMutations } from './mutations.ts';
import { BadgeQueries } from './queries.ts';

/** Version 2.9 is the newest that all composers take; see docs/decisions.md. */
const LINKS = `extend schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@composeDirective", "@listSize"])
  @link(url: "https://specs.graphql.org/oneOf/v1.0", import: ["@oneOf"])
  @composeDirective(name: "@oneOf")

"""Exactly one field of the input object must be set, and it must not be null."""
directive @oneOf on INPUT_OBJECT
`;

export interface BadgesSchema {
  schema: GraphQLSchema;
  /** With its federation directives, in an order that does not depend on the code's. */
  sdl: string;
}

export interface BadgesSchemaOptions {
  /** Whether the schema says who may see what. Apollo's gateway takes no such schema. */
  hasAuthDirectives?: boolean;
}

export async function createBadgesSchema({
  hasAuthDirectives = false,
}: BadgesSchemaOptions = {}): Promise<BadgesSchema> {
  const built = await buildSchema({
    resolvers: [
      BadgeQueries,
      BadgeHistoryQueries,
      BadgeMutations,
      ...providers.flatMap(({ resolvers }) => resolvers),
    ],
    orphanedTypes: providers.map(({ badgeClass }) => badgeClass),
    validate: false,
  });
  describeRoots(built);
  const plain = `${LINKS}\n${printSubgraphSchema(lexicographicSortSchema(built))}\n`;
  const sdl = hasAuthDirectives ? `${print(withAuthDirectives(parse(plain)))}\n` : plain;
  const resolvers = createResolversMap(built) as GraphQLResolverMap<unknown>;
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers }]);
  resolveEntitiesOneByOne(schema);
  guardRootFields(schema);
  return { schema, sdl };
}

/** Decorators have no place for these two. */
function describeRoots(schema: GraphQLSchema): void {
  const [query, mutation] = [schema.getQueryType(), schema.getMutationType()];
  if (query) query.description = 'Read operations. They can be retried safely.';
  if (mutation) {
    mutation.description =
      'Write operations. Expected failures are returned in `userErrors` of the payload, not in `errors`.';
  }
}

/** The library's own resolver nulls every entity of a request when one names an unknown type. */
function resolveEntitiesOneByOne(schema: GraphQLSchema): void {
  const entities = schema.getQueryType()?.getFields()._entities;
  const entity = schema.getType('_Entity');
  const badge = schema.getType('Badge');
  if (!entities || !isUnionType(entity) || !isUnionType(badge)) {
    throw new Error('the subgraph schema has no entities');
  }
  entities.resolve = resolveEntities;
  entity.resolveType = badge.resolveType;
}
