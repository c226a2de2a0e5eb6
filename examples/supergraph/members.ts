import { readFileSync } from 'node:fs';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';

export const membersSdl = readFileSync(new URL('members.graphql', import.meta.url), 'utf8');

/** All that this subgraph knows of a badge. The type's name tells the provider, so its own id will do. */
interface BadgeKey {
  __typename: 'ReturningAIBadge' | 'TagMangoBadge';
  id: string;
}

interface Member {
  id: string;
  name: string;
  badges: readonly BadgeKey[];
}

const inCommunity = (id: string): BadgeKey => ({ __typename: 'ReturningAIBadge', id });
const withCreator = (id: string): BadgeKey => ({ __typename: 'TagMangoBadge', id });

/** They hold demo badges of the sandbox. */
const members: readonly Member[] = [
  {
    id: 'ada',
    name: 'Ada',
    badges: [
      withCreator('6657092c8142bfe0656481bf'), // Hall of Fame
      inCommunity('84845081-98fd-46f3-96aa-1032174e58a5'), // Major
      withCreator('6657092c8142bfe0656481c0'), // Century Club
      inCommunity('0c5f1a52-7f0e-4b8f-9d0a-2f4f6a1c7e01'), // First Message
    ],
  },
  {
    id: 'grace',
    name: 'Grace',
    badges: [
      inCommunity('3f8b5d92-6c7e-4a4f-b8d9-0c1e2f3a4b04'), // Chart Analyst
      withCreator('6657092c8142bfe0656481c5'), // Quiz Master
    ],
  },
  { id: 'linus', name: 'Linus', badges: [] },
];

const findMember = (id: string): Member | undefined => members.find((member) => member.id === id);

const resolvers = {
  Query: {
    members: () => members,
    member: (_root: unknown, { id }: { id: string }) => findMember(id),
  },
  Member: {
    __resolveReference: async ({ id }: { id: string }) => findMember(id),
  },
};

/** The members subgraph in this process. A port of 0 takes any free one. */
export async function startMembers({ port }: { port: number }) {
  const server = new ApolloServer({
    schema: buildSubgraphSchema([{ typeDefs: parse(membersSdl), resolvers }]),
    stopOnTerminationSignals: false,
    plugins: [
      ApolloServerPluginInlineTraceDisabled(),
      // These two would speak to Apollo's servers: one for its scripts, one whenever APOLLO_KEY is set.
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
  const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port } });
  return { url: new URL('graphql', url).href, close: () => server.stop() };
}
