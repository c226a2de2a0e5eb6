import {
  type GraphQLObjectType,
  type GraphQLOutputType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql';

/** Every field of the type as a client would get it. Throws where the graph would answer with an error. */
export function toOutput(type: GraphQLObjectType, source: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.values(type.getFields()).map((field) => {
      const value: unknown = Reflect.get(source, field.name);
      return [field.name, serialize(field.type, value)];
    }),
  );
}

function serialize(type: GraphQLOutputType, value: unknown): unknown {
  if (isNonNullType(type)) {
    if (value == null) throw new TypeError(`null for ${String(type)}`);
    return serialize(type.ofType, value);
  }
  if (value == null) return null;
  if (isLeafType(type)) return type.serialize(value);
  if (isListType(type) && Array.isArray(value)) {
    return value.map((item: unknown) => serialize(type.ofType, item));
  }
  throw new TypeError(`${String(type)} is none that a badge has`);
}
