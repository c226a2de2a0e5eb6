import { GraphQLError } from 'graphql';
import type { ASTVisitor, ValidationContext } from 'graphql';

/** Refuses operations that the schema has no root for: executed, they would count as a failure of ours. */
export function knownOperations(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(node) {
      if (context.getSchema().getRootType(node.operation)) return;
      const message = `There is no ${node.operation} in this graph`;
      context.reportError(new GraphQLError(message, { nodes: node }));
    },
  };
}
