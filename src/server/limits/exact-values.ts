import {
  GraphQLError,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isInputType,
  isListType,
  typeFromAST,
} from 'graphql';
import type {
  ASTVisitor,
  FloatValueNode,
  GraphQLInputType,
  IntValueNode,
  ValidationContext,
} from 'graphql';
import { cutText } from '../../http/whole-text.ts';
import type { Asked } from './cost.ts';
import { isExactFloat } from './exact-number.ts';
import { InexactNumber } from './request-json.ts';

/** Enough to find them by. */
const MOST_ERRORS = 3;
const SHOWN_CHARACTERS = 50;

/** The errors of variables whose numbers are not exact. What is exact enough for its type takes its place as a number. */
export function settleNumbers({ schema, operation, variables }: Asked): GraphQLError[] {
  const errors: GraphQLError[] = [];
  for (const definition of operation.variableDefinitions ?? []) {
    const name = definition.variable.name.value;
    const type = typeFromAST(schema, definition.type);
    if (!Object.hasOwn(variables, name) || !isInputType(type)) continue;
    variables[name] = settle(type, variables[name], name, (source, path) => {
      const message = `Variable "$${name}" got the number ${shorten(source)} at "${path}", which cannot be kept exactly; send an ID as a string, and other numbers with fewer digits`;
      if (errors.length < MOST_ERRORS)
        errors.push(new GraphQLError(message, { nodes: definition }));
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
    const message = `A Float cannot keep ${shorten(node.value)} exactly`;
    context.reportError(new GraphQLError(message, { nodes: node }));
  }
  return { IntValue: check, FloatValue: check };
}
