/** Mercurius with its federation plugin and JIT. */
import { mercuriusFederationPlugin } from '@mercuriusjs/federation';
import { fastify } from 'fastify';
import { createResolvers } from './resolvers.ts';
import { announce, readWorld } from './world.ts';

const world = readWorld();
const { Badge, BadgeFields, ...resolvers } = createResolvers(world);
const app = fastify();
await app.register(mercuriusFederationPlugin, {
  schema: world.sdl,
  resolvers: {
    ...resolvers,
    Badge: { resolveType: Badge.__resolveType },
    BadgeFields: { resolveType: BadgeFields.__resolveType },
  },
  jit: 1,
});
announce(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
