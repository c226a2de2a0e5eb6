import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import type { FastifyInstance } from 'fastify';
import type { ExampleOperation } from '../badges/examples.ts';

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

/** GraphiQL at `/`, whole in one page, with a tab for each example. */
export function addPlayground(app: FastifyInstance, examples: readonly ExampleOperation[]): void {
  const rendered = renderGraphiQL({
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
