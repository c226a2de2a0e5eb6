import { GraphQLError } from 'graphql';
import type { ASTNode } from 'graphql';

/** Marks an error as one of a limit: the server gives every error of a rule the code of a document that is wrong. */
const LIMIT = 'limit';

/** Tells which limit, and its number. Ends the request before anything is executed. */
export function limitError(message: string, node?: ASTNode): GraphQLError {
  const extensions = { [LIMIT]: true, http: { status: 400 } };
  return new GraphQLError(message, { ...(node && { nodes: node }), extensions });
}

export function isLimitError({
  extensions,
}: {
  extensions?: Record<string, unknown> | undefined;
}): boolean {
  return extensions?.[LIMIT] === true;
}
