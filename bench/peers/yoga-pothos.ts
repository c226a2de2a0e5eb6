/** Yoga on `node:http`, with a schema of Pothos. */
import { createServer } from 'node:http';
import SchemaBuilder from '@pothos/core';
import DirectivePlugin from '@pothos/plugin-directives';
import FederationPlugin from '@pothos/plugin-federation';
import { GraphQLDateTime } from 'graphql-scalars';
import { createYoga } from 'graphql-yoga';
import { HttpsUrl } from './resolvers.ts';
import * as data from './world.ts';

interface Types {
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    HttpsUrl: { Input: string; Output: string };
  };
}

const world = data.readWorld();
const builder = new SchemaBuilder<Types>({ plugins: [DirectivePlugin, FederationPlugin] });
builder.addScalarType('DateTime', GraphQLDateTime);
builder.addScalarType('HttpsUrl', HttpsUrl);

const BadgeProvider = builder.enumType('BadgeProvider', {
  values: ['RETURNING_AI', 'TAG_MANGO'] as const,
});
const byTypeName = { resolveType: ({ __typename }: data.SharedFields) => __typename };

const BadgeFields = builder.interfaceRef<data.SharedFields>('BadgeFields').implement({
  ...byTypeName,
  fields: (t) => ({
    id: t.exposeID('id', { nullable: false }),
    name: t.exposeString('name', { nullable: false }),
    description: t.exposeString('description', { nullable: true }),
    imageUrl: t.expose('imageUrl', { type: 'HttpsUrl', nullable: true }),
    provider: t.expose('provider', { type: BadgeProvider, nullable: false }),
    version: t.exposeString('version', { nullable: false }),
  }),
});

const ReturningAIBadge = builder.objectRef<data.ReturningAIBadge>('ReturningAIBadge').implement({
  interfaces: [BadgeFields],
  fields: (t) => ({
    action: t.exposeString('action', { nullable: true }),
    attachRequired: t.exposeBoolean('attachRequired', { nullable: true }),
    award: t.exposeBoolean('award', { nullable: true }),
    awardCurrency: t.exposeBoolean('awardCurrency', { nullable: true }),
    awardCurrencyQuantity: t.exposeFloat('awardCurrencyQuantity', { nullable: true }),
    awardXpQuantity: t.exposeFloat('awardXpQuantity', { nullable: true }),
    awarded: t.exposeBoolean('awarded', { nullable: true }),
    darkImage: t.expose('darkImage', { type: 'HttpsUrl', nullable: true }),
    enabledDarkAndLight: t.exposeBoolean('enabledDarkAndLight', { nullable: true }),
    image: t.expose('image', { type: 'HttpsUrl', nullable: true }),
    lightImage: t.expose('lightImage', { type: 'HttpsUrl', nullable: true }),
    quantity: t.exposeFloat('quantity', { nullable: true }),
    title: t.exposeString('title', { nullable: false }),
  }),
});

const TagMangoBadge = builder.objectRef<data.TagMangoBadge>('TagMangoBadge').implement({
  interfaces: [BadgeFields],
  fields: (t) => ({
    automationEnabledMangoes: t.exposeIDList('automationEnabledMangoes', { nullable: false }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: true }),
    creator: t.exposeID('creator', { nullable: true }),
    enableAutomation: t.exposeBoolean('enableAutomation', { nullable: true }),
    pointCategoryForAutomation: t.exposeString('pointCategoryForAutomation', { nullable: true }),
    pointsThreshold: t.exposeFloat('pointsThreshold', { nullable: true }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', nullable: true }),
  }),
});

builder.asEntity(ReturningAIBadge, {
  key: builder.selection<{ id: string }>('id'),
  resolveReference: ({ id }) =>
    world.findBadge('ReturningAIBadge', id) as data.ReturningAIBadge | undefined,
});
builder.asEntity(TagMangoBadge, {
  key: builder.selection<{ id: string }>('id'),
  resolveReference: ({ id }) =>
    world.findBadge('TagMangoBadge', id) as data.TagMangoBadge | undefined,
});

const Badge = builder.unionType('Badge', {
  types: [ReturningAIBadge, TagMangoBadge],
  ...byTypeName,
});

const PageInfo = builder.objectRef<data.PageInfo>('PageInfo').implement({
  shareable: true,
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', { nullable: false }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', { nullable: false }),
    startCursor: t.exposeString('startCursor', { nullable: true }),
    endCursor: t.exposeString('endCursor', { nullable: true }),
  }),
});

const BadgeEdge = builder.objectRef<data.Edge>('BadgeEdge').implement({
  fields: (t) => ({
    cursor: t.exposeString('cursor', { nullable: false }),
    node: t.expose('node', { type: Badge, nullable: false }),
  }),
});

const BadgeConnection = builder.objectRef<data.Page>('BadgeConnection').implement({
  fields: (t) => ({
    edges: t.expose('edges', { type: [BadgeEdge], nullable: false }),
    nodes: t.expose('nodes', { type: [Badge], nullable: false }),
    pageInfo: t.expose('pageInfo', { type: PageInfo, nullable: false }),
    totalCount: t.exposeInt('totalCount', { nullable: true }),
  }),
});

builder.queryType({
  fields: (t) => ({
    badge: t.field({
      type: Badge,
      nullable: true,
      args: {
        provider: t.arg({ type: BadgeProvider, required: true }),
        id: t.arg.id({ required: true }),
      },
      resolve: (_, { provider, id }) => world.findBadge(data.TYPE_NAMES[provider], id),
    }),
    badges: t.field({
      type: BadgeConnection,
      nullable: true,
      args: { first: t.arg.int({ defaultValue: 50, required: true }), after: t.arg.string() },
      resolve: (_, args) => world.readPage(args),
    }),
  }),
});

const yoga = createYoga({
  schema: builder.toSubGraphSchema({
    linkUrl: 'https://specs.apollo.dev/federation/v2.9',
    federationDirectives: ['@key', '@shareable'],
  }),
  logging: false,
});
const server = createServer(yoga);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address) data.announce(address.port);
});
