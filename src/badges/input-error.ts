import { GraphQLError } from 'graphql';

/** A wrong argument of a query. Wrong inputs of mutations are user errors instead. */
export function invalidInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'INVALID_INPUT' } });
}
