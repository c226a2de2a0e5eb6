import type { FastifyInstance } from 'fastify';

/** Live: the process answers. Ready: it takes requests, also while providers are down. */
export function addHealth(app: FastifyInstance, isReady: () => boolean): void {
  app.get('/health/live', (_request, reply) => reply.send({ status: 'live' }));
  app.get('/health/ready', (_request, reply) =>
    isReady() ? reply.send({ status: 'ready' }) : reply.code(503).send({ status: 'stopping' }),
  );
}
