import { HeaderMap } from '@apollo/server';
import type { ApolloServerPlugin } from '@apollo/server';
import type { GraphQLError } from 'graphql';
import type { BadgesContext } from '../../badges/context.ts';
import type { FormatError } from '../error-format.ts';
import { checkRequest } from './request-limits.ts';

/** Ends requests that would cost much, or whose variables are wrong, before anything is executed. */
export function createLimitsPlugin(formatError: FormatError): ApolloServerPlugin<BadgesContext> {
  return {
    requestDidStart: async () => {
      let wrong: readonly GraphQLError[] = [];
      return {
        didResolveOperation: async ({ schema, document, operation, request }) => {
          if (!operation) return;
          const { variables = {} } = request;
          wrong = checkRequest({ schema, document, operation, variables });
        },
        responseForOperation: async () =>
          wrong.length === 0 ? null : toRefusal(wrong, formatError),
      };
    },
  };
}

/** As the server would answer, had it found them. */
function toRefusal(wrong: readonly GraphQLError[], formatError: FormatError) {
  const errors = wrong.map((error) =>
    formatError({ ...error.toJSON(), extensions: { code: 'BAD_USER_INPUT' } }, error),
  );
  return {
    http: { status: 400, headers: new HeaderMap() },
    body: { kind: 'single' as const, singleResult: { errors } },
  };
}
