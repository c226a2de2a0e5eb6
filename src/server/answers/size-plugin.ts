import { type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import { type GraphQLError, type OperationDefinitionNode, OperationTypeNode } from 'graphql';
import type { BadgesContext } from '../../badges/context.ts';
import type { FormatError } from '../error-format.ts';
import { OVERLOADED, RETRY_AFTER_MS } from './answer-meter.ts';
import { sizeOfError } from './answer-size.ts';
import { answerOf } from './measured-schema.ts';

/** Room that there must be for what a write did, before it is begun. */
const MIN_BYTES_OF_WRITE = 64 * 1024;

/** Ends requests whose answers would be too large, or would be too many at one time. */
export function createSizePlugin(formatError: FormatError): ApolloServerPlugin<BadgesContext> {
  return {
    requestDidStart: async ({ contextValue }) => {
      const answer = answerOf(contextValue);
      if (!answer) return;
      const { meter } = answer;
      const refuse = (reason: GraphQLError) => toRefusal(reason, formatError);
      return {
        // The library asks also where it has found no operation.
        responseForOperation: async ({ operation }: { operation?: OperationDefinitionNode }) => {
          const isWrite = operation?.operation === OperationTypeNode.MUTATION;
          const refusal = meter.refusalOf(isWrite ? MIN_BYTES_OF_WRITE : 1);
          return refusal ? refuse(refusal) : null;
        },
        willSendResponse: async ({ operation, response }) => {
          const { body, http } = response;
          if (body.kind !== 'single' || body.singleResult.data === undefined) return;
          const { errors = [] } = body.singleResult;
          if (operation?.operation === OperationTypeNode.MUTATION) {
            errors.forEach((error) => meter.force(sizeOfError(error)));
            return;
          }
          if (!meter.stopped) {
            const errorBytes = errors.reduce((sum, error) => sum + sizeOfError(error).bytes, 0);
            const bytes = Math.max(0, errorBytes - answer.errorBytes);
            const excess = meter.add({ fields: 0, bytes });
            if (excess) meter.stop(excess);
          }
          if (!meter.stopped) return;
          const refusal = refuse(meter.stopped);
          // Those that stand beside data say nothing where there is none.
          contextValue.partialErrors.length = 0;
          body.singleResult = refusal.body.singleResult;
          http.status = refusal.http.status;
          for (const [name, value] of refusal.http.headers) http.headers.set(name, value);
        },
      };
    },
  };
}

/** As the server answers where it executes nothing. */
function toRefusal(reason: GraphQLError, formatError: FormatError) {
  const { message, extensions } = reason;
  const isOverload = extensions.code === OVERLOADED;
  const headers = new HeaderMap();
  if (isOverload) headers.set('retry-after', String(RETRY_AFTER_MS / 1_000));
  const http = { status: isOverload ? 503 : 400, headers };
  const errors = [formatError({ message, extensions }, reason)];
  return { http, body: { kind: 'single' as const, singleResult: { errors } } };
}
