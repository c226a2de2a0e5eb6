import type { ApolloServerPlugin, GraphQLRequestContextWillSendResponse } from '@apollo/server';
import { OperationTypeNode } from 'graphql';
import type { GraphQLFormattedError } from 'graphql';
import type { BadgesContext } from '../badges/context.ts';

type Answer = GraphQLRequestContextWillSendResponse<BadgesContext>;

interface AnswerPluginOptions {
  /** How long a snapshot may be shown, milliseconds. */
  freshMs: number;
  /** Monotonic milliseconds. */
  now: () => number;
  /** Whether answers that may be kept carry names under which a router can drop them. */
  hasCacheTags: boolean;
  formatError: (formatted: GraphQLFormattedError, thrown: unknown) => GraphQLFormattedError;
}

/** Completes every answer: errors that stand beside data, the request's id, and how long it may be kept. */
export function createAnswerPlugin(
  options: AnswerPluginOptions,
): ApolloServerPlugin<BadgesContext> {
  return {
    requestDidStart: async () => ({
      willSendResponse: async (answer) => {
        const { body, http } = answer.response;
        if (body.kind !== 'single') return;
        const partial = answer.contextValue.partialErrors.map((error) =>
          options.formatError(error.toJSON(), error),
        );
        const errors = [...(body.singleResult.errors ?? []), ...partial];
        if (errors.length > 0) {
          const { requestId } = answer.contextValue;
          body.singleResult.errors = errors.map((error) => ({
            ...error,
            extensions: { ...error.extensions, requestId },
          }));
        }
        const cacheControl = toCacheControl(answer, options);
        http.headers.set('cache-control', cacheControl);
        const tags = options.hasCacheTags ? toCacheTags(answer.contextValue) : undefined;
        if (tags && cacheControl !== NO_STORE) {
          body.singleResult.extensions = { ...body.singleResult.extensions, ...tags };
        }
      },
    }),
  };
}

const NO_STORE = 'no-store';

/**
 * Where routers look for them: one list for each entity, or one for the root fields. Under two fields of entities
 * nobody could tell whose they are.
 */
function toCacheTags({ entityTags, used }: BadgesContext): Record<string, unknown> | undefined {
  const [apolloEntityCacheTags] = entityTags;
  if (entityTags.length > 1) return undefined;
  return apolloEntityCacheTags ? { apolloEntityCacheTags } : { apolloCacheTags: [...used.tags] };
}

/** Only whole answers to queries are kept, by nobody but the caller, and no longer than their oldest part is fresh. */
function toCacheControl(answer: Answer, { freshMs, now }: AnswerPluginOptions): string {
  const { body } = answer.response;
  const { oldestAsOf, keepMs } = answer.contextValue.used;
  const isWhole = body.kind === 'single' && !body.singleResult.errors && keepMs > 0;
  const isQuery = answer.operation?.operation === OperationTypeNode.QUERY;
  if (!isWhole || !isQuery || oldestAsOf === undefined) return NO_STORE;
  const left = Math.min(keepMs, freshMs, oldestAsOf + freshMs - now());
  const seconds = Math.max(0, Math.floor(left / 1000));
  return `private, max-age=${seconds}`;
}
