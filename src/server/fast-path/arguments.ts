/**
 * Promises: variables and arguments have the values that GraphQL.js gives to execution, since it coerces each of them;
 * what it rejects goes to the full path.
 * Their types and defaults are looked up once for a plan. GraphQL.js looks them up, and copies all values, at each
 * request.
 */
import {
  type FieldNode,
  type GraphQLField,
  Kind,
  coerceInputValue,
  isInputType,
  isNonNullType,
  typeFromAST,
  valueFromAST,
} from 'graphql';
import { type Question, Unsure } from './render.ts';

type Values = Readonly<Record<string, unknown>>;
/** Throws `Unsure` if one of them is missing or invalid. */
type Coerce = (given: Values) => Values;

/** Coerces the variables of a body. */
export function compileVariables({ schema, operation }: Question): Coerce {
  const { variableDefinitions = [] } = operation;
  const definitions = variableDefinitions.map(({ variable, type: typeNode, defaultValue }) => {
    const name = variable.name.value;
    const type = typeFromAST(schema, typeNode);
    if (!isInputType(type) || name === '__proto__') throw new Unsure('A variable is unusual');
    return { name, type, byDefault: defaultValue && valueFromAST(defaultValue, type) };
  });
  return (given) => {
    const values: Record<string, unknown> = {};
    for (const { name, type, byDefault } of definitions) {
      if (Object.hasOwn(given, name)) values[name] = coerceInputValue(given[name], type, refuse);
      else if (byDefault !== undefined) values[name] = byDefault;
      else if (isNonNullType(type)) refuse();
    }
    return values;
  };
}

/** Coerces the arguments of a field from coerced variables. */
export function compileArguments(
  { args }: GraphQLField<unknown, unknown>,
  { arguments: nodes = [] }: FieldNode,
): Coerce {
  const definitions = args.map(({ name, type, defaultValue: byDefault }) => {
    const node = nodes.find((each) => each.name.value === name)?.value;
    return { name, type, byDefault, node };
  });
  return (variables) => {
    const values: Record<string, unknown> = {};
    for (const { name, type, byDefault, node } of definitions) {
      const isGiven =
        node && (node.kind !== Kind.VARIABLE || Object.hasOwn(variables, node.name.value));
      const value = isGiven ? valueFromAST(node, type, variables) : byDefault;
      if (value !== undefined) values[name] = value;
      else if (isGiven || isNonNullType(type)) refuse();
    }
    return values;
  };
}

function refuse(): never {
  throw new Unsure('A variable or argument is invalid');
}
