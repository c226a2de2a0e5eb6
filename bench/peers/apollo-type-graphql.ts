/** Apollo Server as it is installed, with a schema of type-graphql: what this service was built of at first. */
import 'reflect-metadata';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema, printSubgraphSchema } from 'apollo-subgraph';
import { parse } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import {
  Arg,
  Directive,
  Field,
  Float,
  ID,
  Int,
  InterfaceType,
  ObjectType,
  Query,
  Resolver,
  buildSchema,
  createResolversMap,
  createUnionType,
  registerEnumType,
} from 'type-graphql';
import { HttpsUrl } from './resolvers.ts';
import * as data from './world.ts';

enum BadgeProvider {
  RETURNING_AI = 'RETURNING_AI',
  TAG_MANGO = 'TAG_MANGO',
}
registerEnumType(BadgeProvider, { name: 'BadgeProvider' });

@InterfaceType()
abstract class BadgeFields {
  @Field(() => ID) id!: string;
  @Field(() => String) name!: string;
  @Field(() => String, { nullable: true }) description!: string | null;
  @Field(() => HttpsUrl, { nullable: true }) imageUrl!: string | null;
  @Field(() => BadgeProvider) provider!: BadgeProvider;
  @Field(() => String) version!: string;
}

@ObjectType({ implements: BadgeFields })
@Directive('@key(fields: "id")')
class ReturningAIBadge extends BadgeFields {
  @Field(() => String, { nullable: true }) action!: string | null;
  @Field(() => Boolean, { nullable: true }) attachRequired!: boolean | null;
  @Field(() => Boolean, { nullable: true }) award!: boolean | null;
  @Field(() => Boolean, { nullable: true }) awardCurrency!: boolean | null;
  @Field(() => Float, { nullable: true }) awardCurrencyQuantity!: number | null;
  @Field(() => Float, { nullable: true }) awardXpQuantity!: number | null;
  @Field(() => Boolean, { nullable: true }) awarded!: boolean | null;
  @Field(() => HttpsUrl, { nullable: true }) darkImage!: string | null;
  @Field(() => Boolean, { nullable: true }) enabledDarkAndLight!: boolean | null;
  @Field(() => HttpsUrl, { nullable: true }) image!: string | null;
  @Field(() => HttpsUrl, { nullable: true }) lightImage!: string | null;
  @Field(() => Float, { nullable: true }) quantity!: number | null;
  @Field(() => String) title!: string;
}

@ObjectType({ implements: BadgeFields })
@Directive('@key(fields: "id")')
class TagMangoBadge extends BadgeFields {
  @Field(() => [ID]) automationEnabledMangoes!: string[];
  @Field(() => GraphQLDateTime, { nullable: true }) createdAt!: Date | null;
  @Field(() => ID, { nullable: true }) creator!: string | null;
  @Field(() => Boolean, { nullable: true }) enableAutomation!: boolean | null;
  @Field(() => String, { nullable: true }) pointCategoryForAutomation!: string | null;
  @Field(() => Float, { nullable: true }) pointsThreshold!: number | null;
  @Field(() => GraphQLDateTime, { nullable: true }) updatedAt!: Date | null;
}

const Badge = createUnionType({
  name: 'Badge',
  types: () => [ReturningAIBadge, TagMangoBadge] as const,
});

@ObjectType()
@Directive('@shareable')
class PageInfo {
  @Field(() => Boolean) hasNextPage!: boolean;
  @Field(() => Boolean) hasPreviousPage!: boolean;
  @Field(() => String, { nullable: true }) startCursor!: string | null;
  @Field(() => String, { nullable: true }) endCursor!: string | null;
}

@ObjectType()
class BadgeEdge {
  @Field(() => String) cursor!: string;
  @Field(() => Badge) node!: data.Badge;
}

@ObjectType()
class BadgeConnection {
  @Field(() => [BadgeEdge]) edges!: BadgeEdge[];
  @Field(() => [Badge]) nodes!: data.Badge[];
  @Field(() => PageInfo) pageInfo!: PageInfo;
  @Field(() => Int, { nullable: true }) totalCount!: number | null;
}

const CLASSES = { ReturningAIBadge, TagMangoBadge };
// Types of unions and interfaces are told apart by class: type-graphql calls a resolveType of ours asynchronously.
const world = data.readWorld((badge) => Object.assign(new CLASSES[badge.__typename](), badge));

@Resolver()
class Badges {
  @Query(() => Badge, { nullable: true })
  badge(
    @Arg('provider', () => BadgeProvider) provider: BadgeProvider,
    @Arg('id', () => ID) id: string,
  ): data.Badge | undefined {
    return world.findBadge(data.TYPE_NAMES[provider], id);
  }

  @Query(() => BadgeConnection, { nullable: true })
  badges(
    @Arg('first', () => Int, { defaultValue: 50 }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): BadgeConnection {
    return world.readPage({ first, after });
  }
}

const schema = await buildSchema({
  resolvers: [Badges],
  orphanedTypes: [ReturningAIBadge, TagMangoBadge],
  validate: false,
});
const maps: Record<string, object> = createResolversMap(schema);
const typeDefs = parse(
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])
${printSubgraphSchema(schema)}`,
);
const entity = (typeName: data.TypeName) => ({
  ...maps[typeName],
  __resolveReference: ({ id }: { id: string }) => world.findBadge(typeName, id),
});
const resolvers = {
  ...maps,
  ReturningAIBadge: entity('ReturningAIBadge'),
  TagMangoBadge: entity('TagMangoBadge'),
};
const server = new ApolloServer({ schema: buildSubgraphSchema([{ typeDefs, resolvers }]) });
const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } });
data.announce(new URL(url).port);
