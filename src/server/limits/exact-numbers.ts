import {
  type ASTVisitor,
  type FloatValueNode,
  GraphQLError,
  GraphQLFloat,
  GraphQLID,
  type GraphQLInputType,
  GraphQLInt,
  type GraphQLSchema,
  type IntValueNode,
  type OperationDefinitionNode,
  type ValidationContext,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isInputType,
  isListType,
  typeFromAST,
} from 'graphql';
import { cutText, isObject } from '../../http/json.ts';

// JSON and GraphQL allow numbers of any length. JavaScript would silently replace a number that it cannot represent
// by a nearby one, such as the ID of a different badge. Such numbers are rejected instead.

/** A decimal number without leading and trailing zeros. Its value is the digits times ten to the power of the exponent. */
interface Decimal {
  isNegative: boolean;
  digits: string;
  exponent: number;
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

function toDecimal(source: string): Decimal | undefined {
  const [, sign, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(source) ?? [];
  if (sign === undefined) return undefined;
  const all = whole + fraction;
  let start = 0;
  let end = all.length;
  while (all[start] === '0') start += 1;
  while (end > start && all[end - 1] === '0') end -= 1;
  const digits = all.slice(start, end);
  // Zero has no digits, whatever its sign and exponent.
  if (digits === '') return { isNegative: false, digits, exponent: 0 };
  return {
    isNegative: sign === '-',
    digits,
    exponent: Number(exponent) - fraction.length + (all.length - end),
  };
}

function isSame(written: Decimal | undefined, value: number): boolean {
  const kept = toDecimal(String(value));
  if (!written || !kept) return false;
  return (
    written.isNegative === kept.isNegative &&
    written.digits === kept.digits &&
    written.exponent === kept.exponent
  );
}

/**
 * Whether an Int or an ID survives as a JavaScript number. Above 2^53 - 1 neighboring integers become the same number,
 * and an ID would be written with an exponent.
 */
export function isExact(source: string): boolean {
  const value = Number(source);
  const isTooLarge = Number.isInteger(value) && !Number.isSafeInteger(value);
  return !isTooLarge && isSame(toDecimal(source), value);
}

/** This many digits identify every 64-bit floating-point number, and some encoders write all of them. */
const MAX_FLOAT_DIGITS = 17;

/** Whether a Float survives: it is the same number, or a fraction that differs only in the rounding of its last digits. */
export function isExactFloat(source: string): boolean {
  const value = Number(source);
  const written = toDecimal(source);
  if (!written || isSame(written, value)) return written !== undefined;
  const isFraction = written.exponent < 0 && written.digits.length <= MAX_FLOAT_DIGITS;
  return isFraction && value !== 0;
}

/** A number in the JSON of a request that JavaScript cannot represent exactly. */
export class InexactNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  /** How error messages show it. */
  toJSON(): string {
    return this.source;
  }
}

interface Variables {
  schema: GraphQLSchema;
  operation: OperationDefinitionNode;
  variables: Record<string, unknown>;
}

/** More errors would not help the caller. */
const MAX_ERRORS = 3;
const MAX_SHOWN_CHARACTERS = 50;

/** Returns errors for inexact numbers in the variables. Numbers that are exact enough for their type become numbers. */
export function settleNumbers({ schema, operation, variables }: Variables): GraphQLError[] {
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

type Report = (source: string, path: string) => void;

/** Representations stay as they are: each is checked when it is resolved. */
function settle(type: GraphQLInputType, value: unknown, path: string, report: Report): unknown {
  if (value instanceof InexactNumber) return settleNumber(type, value, path, report);
  const inner = getNullableType(type);
  if (isListType(inner) && Array.isArray(value)) {
    return value.map((item, at) => settle(inner.ofType, item, `${path}[${at}]`, report));
  }
  const named = isListType(inner) ? getNamedType(inner) : inner;
  if (!isInputObjectType(named) || !isObject(value)) return value;
  for (const field of Object.values(named.getFields())) {
    if (!Object.hasOwn(value, field.name)) continue;
    value[field.name] = settle(field.type, value[field.name], `${path}.${field.name}`, report);
  }
  return value;
}

function settleNumber(
  type: GraphQLInputType,
  { source }: InexactNumber,
  path: string,
  report: Report,
): number {
  const named = getNamedType(type);
  const isOfNumber = named === GraphQLID || named === GraphQLInt || named === GraphQLFloat;
  if (isOfNumber && !(named === GraphQLFloat && isExactFloat(source))) report(source, path);
  // Other types reject every number themselves.
  return Number(source);
}

function shorten(source: string): string {
  return source.length > MAX_SHOWN_CHARACTERS
    ? `${cutText(source, MAX_SHOWN_CHARACTERS)}…`
    : source;
}

/**
 * A validation rule for numbers in a document that a Float cannot represent. GraphQL.js limits the range of an Int
 * itself, and keeps an ID as a string.
 */
export function exactFloats(context: ValidationContext): ASTVisitor {
  function check(node: IntValueNode | FloatValueNode): void {
    const type = context.getInputType();
    if (!type || getNamedType(type) !== GraphQLFloat || isExactFloat(node.value)) return;
    const message = `A Float cannot represent ${shorten(node.value)} exactly. Use a number with fewer digits.`;
    context.reportError(new GraphQLError(message, { nodes: node }));
  }
  return { IntValue: check, FloatValue: check };
}
