import type { ApolloServerPlugin } from '@apollo/server';
import { getVariableValues } from 'graphql';
import type { BadgesContext } from '../../badges/context.ts';
import { REQUEST_CAPS, showCap } from './caps.ts';
import { costOf } from './cost.ts';
import type { Asked } from './cost.ts';
import { limitError } from './limit-error.ts';

/** Refuses operations that would cost much, once their variables are known and before anything is read. */
export function createCostLimits(): ApolloServerPlugin<BadgesContext> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ schema, document, operation, request }) => {
        if (!operation) return;
        checkCost({ schema, document, operation, variables: request.variables ?? {} });
      },
    }),
  };
}

/** Throws a limit’s error. */
export function checkCost(asked: Asked): void {
  // Their errors are told of when the operation is executed, and so it is not.
  if (!hasGoodVariables(asked)) return;
  const { fields, representations } = costOf(asked);
  const caps = REQUEST_CAPS;
  if (representations > caps.representations) {
    const most = showCap(caps.representations);
    throw limitError(`A request may have ${most} representations`, asked.operation);
  }
  if (fields > caps.fields) {
    const most = showCap(caps.fields);
    throw limitError(
      `A request may ask for about ${most} fields, and this one asks for ${showCap(fields)}`,
      asked.operation,
    );
  }
}

function hasGoodVariables({ schema, operation, variables }: Asked): boolean {
  const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, {
    maxErrors: 1,
  });
  return !errors;
}
