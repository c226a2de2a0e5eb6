import { GraphQLScalarType } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import { type Badge, type PageArgs, TYPE_NAMES, type World } from './world.ts';

export const HttpsUrl = new GraphQLScalarType<string, string>({
  name: 'HttpsUrl',
  serialize: (value) => String(value),
});

interface BadgeArgs {
  provider: keyof typeof TYPE_NAMES;
  id: string;
}

/** For servers that begin with a schema. */
export function createResolvers({ findBadge, readPage }: World) {
  const byKey = { __resolveType: ({ __typename }: Badge) => __typename };
  const entity = (typeName: string) => ({
    __resolveReference: ({ id }: { id: string }) => findBadge(typeName, id),
  });
  return {
    Query: {
      badge: (_: unknown, { provider, id }: BadgeArgs) => findBadge(TYPE_NAMES[provider], id),
      badges: (_: unknown, args: PageArgs) => readPage(args),
    },
    Badge: byKey,
    BadgeFields: byKey,
    ReturningAIBadge: entity('ReturningAIBadge'),
    TagMangoBadge: entity('TagMangoBadge'),
    DateTime: GraphQLDateTime,
    HttpsUrl,
  };
}
