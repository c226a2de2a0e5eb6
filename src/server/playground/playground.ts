import type { FastifyInstance } from 'fastify';
import type { ExampleOperation } from '../../badges/examples.ts';
import { loadDevelopmentPackage } from '../development-package.ts';
import { createEncodings, isKnown } from './encodings.ts';
import { renderPage } from './page.ts';

/** Where the page is. */
export const PLAYGROUND_PATH = '/';

const WITHOUT_GRAPHIQL =
  'There is no playground: its package @graphql-yoga/render-graphiql is one for development, which npm ci --omit=dev leaves out. Install it too, or set PLAYGROUND=false.';

/** GraphiQL, with a tab for each example. Where it is not installed, the log and the page say so. */
export async function addPlayground(
  app: FastifyInstance,
  examples: readonly ExampleOperation[],
): Promise<void> {
  const graphiql = await loadDevelopmentPackage(
    '@graphql-yoga/render-graphiql',
    () => import('@graphql-yoga/render-graphiql/graphiql'),
  );
  if (!graphiql) {
    app.log.warn(WITHOUT_GRAPHIQL);
    app.get(PLAYGROUND_PATH, (_request, reply) =>
      reply.code(404).type('text/plain').send(WITHOUT_GRAPHIQL),
    );
    return;
  }
  const { html, contentSecurityPolicy } = await renderPage(graphiql, examples);
  const encode = createEncodings(html);
  app.get(PLAYGROUND_PATH, async ({ headers }, reply) => {
    const { body, encoding, etag } = await encode(headers['accept-encoding'] ?? '');
    void reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', contentSecurityPolicy)
      .header('referrer-policy', 'no-referrer')
      .header('cache-control', 'no-cache')
      .header('vary', 'accept-encoding')
      .header('etag', etag);
    if (isKnown(headers['if-none-match'] ?? '', etag)) return reply.code(304).send();
    if (encoding !== undefined) void reply.header('content-encoding', encoding);
    return reply.send(body);
  });
}
