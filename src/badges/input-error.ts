import { GraphQLError } from 'graphql';

/** A wrong argument of a query. Wrong inputs of mutations are user errors instead. */
export function invalidInput(message: string): GraphQLError {
  const { stackTraceLimit } = Error;
  // A request may have a thousand of them, and nobody sees their stacks.
  Error.stackTraceLimit = 0;
  try {
    return new GraphQLError(message, { extensions: { code: 'INVALID_INPUT' } });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
