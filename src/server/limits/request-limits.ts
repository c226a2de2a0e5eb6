import { type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import {
  type ASTVisitor,
  type FloatValueNode,
  GraphQLError,
  GraphQLFloat,
  GraphQLID,
  type GraphQLInputType,
  GraphQLInt,
  type IntValueNode,
  type ValidationContext,
  getNamedType,
  getNullableType,
  getVariableValues,
  isInputObjectType,
  isInputType,
  isListType,
  typeFromAST,
} from 'graphql';
import type { BadgesContext } from '../../badges/context.ts';
import { cutText } from '../../http/json.ts';
import type { FormatError } from '../error-format.ts';
import { type Asked, costOf } from './cost.ts';
import { REQUEST_CAPS, VARIABLE_CAPS, limitError, showCap } from './limits.ts';
import { InexactNumber, isExactFloat } from './request-body.ts';

/** What variables have, as far as it was counted. */
export interface VariableCounts {
  values: number;
  /** Lists and objects within one another; that of all variables is none. */
  depth: number;
  /** Of the longest name, in characters. */
  nameLength: number;
}

/** Counts level by level, for JSON may be nested deeper than functions can call themselves. Stops beyond the bounds. */
export function countVariables(variables: object, bounds: VariableCounts): VariableCounts {
  const counts: VariableCounts = { values: 0, depth: 0, nameLength: 0 };
  let level: unknown[] = Object.values(variables);
  while (level.length > 0) {
    counts.values += level.length;
    if (counts.values > bounds.values) break;
    const nested = level.filter(isNested);
    if (nested.length > 0) counts.depth += 1;
    for (const value of nested) {
      for (const { length } of namesOf(value)) {
        counts.nameLength = Math.max(counts.nameLength, length);
      }
    }
    if (counts.depth > bounds.depth) break;
    level = nested.flatMap((value): unknown[] => Object.values(value));
  }
  return counts;
}

function namesOf(value: object): string[] {
  return Array.isArray(value) ? [] : Object.keys(value);
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Enough to find them by. */
const MAX_ERRORS = 3;
const SHOWN_CHARACTERS = 50;

/** The errors of variables whose numbers are not exact. What is exact enough for its type takes its place as a number. */
export function settleNumbers({ schema, operation, variables }: Asked): GraphQLError[] {
  const errors: GraphQLError[] = [];
  for (const definition of operation.variableDefinitions ?? []) {
    const name = definition.variable.name.value;
    const type = typeFromAST(schema, definition.type);
    if (!Object.hasOwn(variables, name) || !isInputType(type)) continue;
    variables[name] = settle(type, variables[name], name, (source, path) => {
      const message = `Variable "$${name}" got the number ${shorten(source)} at "${path}", which cannot be represented exactly. Send an ID as a string, and other numbers with fewer digits.`;
      if (errors.length < MAX_ERRORS) errors.push(new GraphQLError(message, { nodes: definition }));
    });
  }
  return errors;
}

type Refuse = (source: string, path: string) => void;

/** Representations are looked at one by one, when they are resolved. */
function settle(type: GraphQLInputType, value: unknown, path: string, refuse: Refuse): unknown {
  if (value instanceof InexactNumber) return settleNumber(type, value, path, refuse);
  const inner = getNullableType(type);
  if (isListType(inner) && Array.isArray(value)) {
    return value.map((item, at) => settle(inner.ofType, item, `${path}[${at}]`, refuse));
  }
  const named = isListType(inner) ? getNamedType(inner) : inner;
  if (!isInputObjectType(named) || !isRecord(value)) return value;
  for (const field of Object.values(named.getFields())) {
    if (!Object.hasOwn(value, field.name)) continue;
    value[field.name] = settle(field.type, value[field.name], `${path}.${field.name}`, refuse);
  }
  return value;
}

function settleNumber(
  type: GraphQLInputType,
  { source }: InexactNumber,
  path: string,
  refuse: Refuse,
): number {
  const named = getNamedType(type);
  const isOfNumber = named === GraphQLID || named === GraphQLInt || named === GraphQLFloat;
  if (isOfNumber && !(named === GraphQLFloat && isExactFloat(source))) refuse(source, path);
  // Others refuse every number by themselves.
  return Number(source);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shorten(source: string): string {
  return source.length > SHOWN_CHARACTERS ? `${cutText(source, SHOWN_CHARACTERS)}…` : source;
}

/** Refuses numbers in a document that a Float cannot keep. Those of an Int are bounded, and those of an ID are texts. */
export function exactFloats(context: ValidationContext): ASTVisitor {
  function check(node: IntValueNode | FloatValueNode): void {
    const type = context.getInputType();
    if (!type || getNamedType(type) !== GraphQLFloat || isExactFloat(node.value)) return;
    const message = `A Float cannot represent ${shorten(node.value)} exactly. Use a number with fewer digits.`;
    context.reportError(new GraphQLError(message, { nodes: node }));
  }
  return { IntValue: check, FloatValue: check };
}

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
    throw limitError(
      `The variables of a request must have at most ${showCap(caps.values)} values.`,
    );
  }
  if (depth > caps.depth) {
    const most = showCap(caps.depth);
    throw limitError(`Variables must have at most ${most} levels of nested lists and objects.`);
  }
  if (nameLength > caps.nameLength) {
    throw limitError(
      `Names in variables must have at most ${showCap(caps.nameLength)} characters.`,
    );
  }
}

function errorsOfVariables({ schema, operation, variables }: Asked): readonly GraphQLError[] {
  const { errors = [] } = getVariableValues(
    schema,
    operation.variableDefinitions ?? [],
    variables,
    { maxErrors: MAX_ERRORS },
  );
  return errors;
}

/** A router sends the entities of a whole list in one request, however many they are. */
const PAGE_LISTS = 'The subgraph whose list refers to these badges should paginate it.';

function checkCost(asked: Asked): void {
  const { fields, representations } = costOf(asked);
  const caps = REQUEST_CAPS;
  if (representations > caps.representations) {
    const most = showCap(caps.representations);
    throw limitError(
      `A request must have at most ${most} representations, but this one has ${showCap(representations)}. ${PAGE_LISTS}`,
      asked.operation,
    );
  }
  if (fields > caps.fields) {
    const most = showCap(caps.fields);
    const message = `A request must select at most about ${most} fields, but this one selects ${showCap(fields)}. Request fewer fields or badges at once.${representations > 0 ? ` ${PAGE_LISTS}` : ''}`;
    throw limitError(message, asked.operation);
  }
}

/** Ends requests that would cost much, or whose variables are wrong, before anything is executed. */
export function createLimitsPlugin(formatError: FormatError): ApolloServerPlugin<BadgesContext> {
  return {
    requestDidStart: async () => {
      let wrong: readonly GraphQLError[] = [];
      return {
        didResolveOperation: async ({ schema, document, operation, request }) => {
          if (!operation) return;
          const { variables = {} } = request;
          wrong = checkRequest({ schema, document, operation, variables });
        },
        responseForOperation: async () =>
          wrong.length === 0 ? null : toRefusal(wrong, formatError),
      };
    },
  };
}

/** As the server would answer, had it found them. */
function toRefusal(wrong: readonly GraphQLError[], formatError: FormatError) {
  const errors = wrong.map((error) =>
    formatError({ ...error.toJSON(), extensions: { code: 'BAD_USER_INPUT' } }, error),
  );
  return {
    http: { status: 400, headers: new HeaderMap() },
    body: { kind: 'single' as const, singleResult: { errors } },
  };
}
