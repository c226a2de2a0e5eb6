import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import {
  MAX_VALIDATION_ERRORS,
  documentLimits,
  knownOperations,
} from '../../dist/server/limits/document-limits.js';
import { exactFloats } from '../../dist/server/limits/exact-numbers.js';
import {
  BODY_CAPS,
  PARSE_CAPS,
  isLimitError,
  parseLimitMessage,
} from '../../dist/server/limits/limits.js';
import { checkRequest } from '../../dist/server/limits/request-limits.js';
import { countSigns } from '../../dist/server/request.js';
import type { Operation } from '../../test/support/graphql-client.ts';
import type { Family } from './documents.ts';

export type Verdict = 'good' | 'wrong' | 'limit';

/** All steps of the service before it executes a request. */
export function check(schema: GraphQLSchema, { query, variables = {} }: Operation): Verdict {
  try {
    const document = parse(query, PARSE_CAPS);
    const errors = validate(
      schema,
      document,
      [...specifiedRules, documentLimits, knownOperations, exactFloats],
      {
        maxErrors: MAX_VALIDATION_ERRORS,
      },
    );
    if (errors.some(isLimitError)) return 'limit';
    if (errors.length > 0) return 'wrong';
    return isGood(schema, document, { ...variables }) ? 'good' : 'wrong';
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isLimit =
      parseLimitMessage(error.message) !== undefined ||
      (error instanceof GraphQLError && isLimitError(error));
    return isLimit ? 'limit' : 'wrong';
  }
}

/** Of each document only one operation is executed: the first. */
function isGood(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Record<string, unknown>,
): boolean {
  const operation = document.definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION);
  return !operation || checkRequest({ schema, document, operation, variables }).length === 0;
}

/** The room in a body besides its query. */
const MAX_BYTES = 1024 * 1024;

/** The largest of its requests that no cap refuses. */
export function worstOf(schema: GraphQLSchema, { ask }: Family): Operation {
  const isInside = (size: number): boolean => {
    const asked = ask(size);
    const body = JSON.stringify(asked);
    const isRead = body.length <= MAX_BYTES && countSigns(body, BODY_CAPS.signs) <= BODY_CAPS.signs;
    return isRead && check(schema, asked) !== 'limit';
  };
  let inside = 1;
  let outside = 2;
  while (isInside(outside) && outside < MAX_BYTES) [inside, outside] = [outside, outside * 2];
  while (outside - inside > 1) {
    const middle = Math.floor((inside + outside) / 2);
    if (isInside(middle)) inside = middle;
    else outside = middle;
  }
  return ask(inside);
}
