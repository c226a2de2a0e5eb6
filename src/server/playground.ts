import type { FastifyInstance } from 'fastify';
import type { ExampleOperation } from '../badges/examples.ts';
import { loadDevelopmentPackage } from './development-package.ts';

/** The page needs inline scripts and workers from blobs, and speaks to nobody but this server. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' blob:",
  'worker-src blob:',
  "style-src 'unsafe-inline'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Its tabs slide when they are pressed, and so away from under the pointer before it is lifted. */
const STILL_TABS = '<style>.graphiql-tab { transform: none !important }</style>';

const WITHOUT_GRAPHIQL =
  'There is no playground: its package @graphql-yoga/render-graphiql is one for development, which npm ci --omit=dev leaves out. Install it too, or set PLAYGROUND=false.';

/** GraphiQL at `/`, whole in one page, with a tab for each example. Where it is not installed, the log and the page say so. */
export async function addPlayground(
  app: FastifyInstance,
  examples: readonly ExampleOperation[],
): Promise<void> {
  const graphiql = await loadDevelopmentPackage(
    '@graphql-yoga/render-graphiql',
    () => import('@graphql-yoga/render-graphiql'),
  );
  if (!graphiql) {
    app.log.warn(WITHOUT_GRAPHIQL);
    app.get('/', (_request, reply) => reply.code(404).type('text/plain').send(WITHOUT_GRAPHIQL));
    return;
  }
  const rendered = graphiql.renderGraphiQL({
    title: 'Badges',
    endpoint: '/graphql',
    defaultTabs: examples.map(({ query, variables }) => ({
      query,
      variables: JSON.stringify(variables, null, 2),
    })),
    defaultEditorToolsVisibility: 'variables',
    shouldPersistHeaders: false,
    schemaDescription: true,
  });
  const page = rendered.replace('</head>', `${STILL_TABS}</head>`);
  app.get('/', (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', CONTENT_SECURITY_POLICY)
      .send(page),
  );
}
