/** Apollo Server on Fastify, with its schema written as SDL. */
import { ApolloServer } from '@apollo/server';
import { buildSubgraphSchema } from 'apollo-subgraph';
import { fastifyApolloDrainPlugin, fastifyApolloHandler } from '@as-integrations/fastify';
import { fastify } from 'fastify';
import { parse } from 'graphql';
import { createResolvers } from './resolvers.ts';
import { announce, readWorld } from './world.ts';

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])\n`;

const world = readWorld();
const app = fastify();
const server = new ApolloServer({
  schema: buildSubgraphSchema([
    { typeDefs: parse(LINK + world.sdl), resolvers: createResolvers(world) },
  ]),
  plugins: [fastifyApolloDrainPlugin(app)],
});
await server.start();
app.post('/graphql', fastifyApolloHandler(server));
announce(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
