import type {
  ApolloServerPlugin,
  GraphQLRequest,
  GraphQLRequestContextWillSendResponse,
} from '@apollo/server';
import type { FastifyRequest } from 'fastify';
import { type GraphQLFormattedError, OperationTypeNode } from 'graphql';
import type { BadgesContext } from '../badges/context.ts';
import { isObject } from '../http/json.ts';
import { parseExactly } from './limits/request-body.ts';
import { badRequest } from './raw-response.ts';

/** Refuses a request that could not be read as it is meant, before its body is read. */
export function checkRequestHead(request: FastifyRequest): void {
  checkTarget(request);
  checkBodyHeaders(request);
}

function checkTarget({ method, url, protocol, hostname }: FastifyRequest): void {
  if (!URL.canParse(url, `${protocol}://${hostname}/`)) {
    throw badRequest('The path or the host header of the request is malformed.');
  }
  const [, query = ''] = url.split(/\?(.*)/s, 2);
  if (!isDecodable(query)) throw badRequest('The query of the URL must be percent-encoded UTF-8.');
  if (method === 'GET') checkVariables(query);
}

/** Throws for names that no JSON of a request may have. What is no JSON is told of by the library. */
function checkVariables(query: string): void {
  const json = new URLSearchParams(query).get('variables');
  try {
    if (json !== null) parseExactly(json);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
}

function isDecodable(query: string): boolean {
  try {
    decodeURIComponent(query);
    return true;
  } catch {
    return false;
  }
}

function checkBodyHeaders({ headers }: FastifyRequest): void {
  const { 'content-encoding': encoding = 'identity', 'content-type': type = '' } = headers;
  if (!/^(identity)?$/i.test(encoding)) {
    throw badRequest('The body must not be compressed.', {
      status: 415,
      headers: { 'accept-encoding': 'identity' },
    });
  }
  const charsets = [...type.matchAll(/;\s*charset\s*=\s*("?)([^";\s]*)\1/gi)];
  if (!charsets.every(([, , charset = '']) => /^utf-?8$/i.test(charset))) {
    throw badRequest('The body must be UTF-8, but its content type names a different charset.', {
      status: 415,
    });
  }
}

/** Reads of a request what the library reads otherwise. */
export function createRequestPlugin(): ApolloServerPlugin<BadgesContext> {
  return {
    async requestDidStart({ request }) {
      // Clients that name no operation may say so with "".
      if (request.operationName === '') delete request.operationName;
      if (request.http?.method === 'GET') readVariables(request, request.http.search);
    },
  };
}

/** They stand in the URL, where no number may be read as another one either. */
function readVariables(request: GraphQLRequest, search: string): void {
  const json = new URLSearchParams(search).get('variables');
  if (json === null || !request.variables) return;
  const variables = parseExactly(json);
  if (isObject(variables)) request.variables = variables;
}

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
