import { GraphQLError, responsePathAsArray } from 'graphql';
import type { GraphQLResolveInfo } from 'graphql';
import type { ProviderError } from '../../http/provider-error.ts';
import type { BadgesContext } from '../context.ts';

/** Puts errors beside the data of the same field; a resolver can only give the one or the other. */
export function reportPartialErrors(
  context: BadgesContext,
  errors: readonly ProviderError[],
  info: GraphQLResolveInfo,
): void {
  for (const error of errors) {
    context.partialErrors.push(
      new GraphQLError(error.message, {
        nodes: info.fieldNodes,
        path: responsePathAsArray(info.path),
        originalError: error,
      }),
    );
  }
}
