import { getVariableValues } from 'graphql';
import type { GraphQLError } from 'graphql';
import { REQUEST_CAPS, VARIABLE_CAPS, showCap } from './caps.ts';
import { costOf } from './cost.ts';
import { settleNumbers } from './exact-values.ts';
import type { Asked } from './cost.ts';
import { limitError } from './limit-error.ts';
import { countVariables } from './variable-counts.ts';

/** Throws when an operation would cost much, and gives what is wrong with its variables. */
export function checkRequest(asked: Asked): readonly GraphQLError[] {
  checkVariables(asked);
  const inexact = settleNumbers(asked);
  const wrong = inexact.length > 0 ? inexact : errorsOfVariables(asked);
  if (wrong.length === 0) checkCost(asked);
  return wrong;
}

function checkVariables({ variables }: Asked): void {
  const caps = VARIABLE_CAPS;
  const { values, depth, nameLength } = countVariables(variables, caps);
  if (values > caps.values) {
    throw limitError(`The variables of a request may have ${showCap(caps.values)} values`);
  }
  if (depth > caps.depth) {
    const most = showCap(caps.depth);
    throw limitError(`Variables may have ${most} levels of lists and objects in one another`);
  }
  if (nameLength > caps.nameLength) {
    throw limitError(`Names in variables may have ${showCap(caps.nameLength)} characters`);
  }
}

/** Every one of them repeats the value that it is about, and the library would go on to 50. */
const MOST_ERRORS = 3;

function errorsOfVariables({ schema, operation, variables }: Asked): readonly GraphQLError[] {
  const { errors = [] } = getVariableValues(
    schema,
    operation.variableDefinitions ?? [],
    variables,
    { maxErrors: MOST_ERRORS },
  );
  return errors;
}

/** A router sends the entities of a whole list in one request, however many they are. */
const PAGE_LISTS = 'The subgraph whose list refers to these badges should give it in pages';

function checkCost(asked: Asked): void {
  const { fields, representations } = costOf(asked);
  const caps = REQUEST_CAPS;
  if (representations > caps.representations) {
    const most = showCap(caps.representations);
    throw limitError(
      `A request may have ${most} representations, and this one has ${showCap(representations)}. ${PAGE_LISTS}`,
      asked.operation,
    );
  }
  if (fields > caps.fields) {
    const most = showCap(caps.fields);
    const message = `A request may ask for about ${most} fields, and this one asks for ${showCap(fields)}. Ask for fewer at once${representations > 0 ? `. ${PAGE_LISTS}` : ''}`;
    throw limitError(message, asked.operation);
  }
}
