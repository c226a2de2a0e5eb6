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

const itemErrors = new Map<string, GraphQLError>();

/**
 * The error of an item of a list, the same one whenever the message is: to make one for each of thousands of items
 * takes longer than all else of them. The library tells the path of each in a copy. The message may quote nothing.
 */
export function invalidItem(message: string): GraphQLError {
  const error = itemErrors.get(message) ?? invalidInput(message);
  itemErrors.set(message, error);
  return error;
}
