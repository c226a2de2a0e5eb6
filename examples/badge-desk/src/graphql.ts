import { initGraphQLTada } from 'gql.tada';
import type { introspection } from './graphql-env.d.ts';

/** Types of operations, from the schema. `npm run check` writes `graphql-env.d.ts`. */
export const graphql = initGraphQLTada<{
  introspection: introspection;
  disableMasking: true;
  scalars: { DateTime: string; HttpsUrl: string; JSON: unknown };
}>();

export type { FragmentOf, ResultOf } from 'gql.tada';
