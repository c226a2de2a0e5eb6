import { GraphQLError } from 'graphql';
import type { ASTVisitor, ValidationContext } from 'graphql';

/** A page of a front end needs a few; hundreds multiply the cost of a list. */
const MAX_ALIASES = 50;
/** Bounds what validation can cost. The largest operation of the client kit has under 200. */
export const MAX_TOKENS = 5_000;

/** Marks an error as one of a limit. */
export const LIMIT = 'limit';

/** Refuses documents that ask for the same things over and over under other names. */
export function aliasLimit(context: ValidationContext): ASTVisitor {
  let aliases = 0;
  return {
    Field(node) {
      if (!node.alias) return;
      aliases += 1;
      if (aliases !== MAX_ALIASES + 1) return;
      const message = `A document may have ${MAX_ALIASES} aliases`;
      // The server gives every error of a rule the code of a document that is wrong.
      const extensions = { [LIMIT]: true };
      context.reportError(new GraphQLError(message, { nodes: node, extensions }));
    },
  };
}
