import type { ApolloServerPlugin, GraphQLRequest } from '@apollo/server';
import type { BadgesContext } from '../badges/context.ts';
import { isObject } from '../providers/json.ts';
import { parseExactly } from './limits/request-json.ts';

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
