import {
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';

export interface Described {
  path: string;
  description: string | null | undefined;
}

/** What the federation library adds describes itself. */
function isOurs({ name }: GraphQLNamedType): boolean {
  return !/^(_|federation__|link__)/.test(name);
}

/** Every type, field, argument and enum value, with its description. */
export function describedElements(schema: GraphQLSchema): Described[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => isOurs(type) && !isSpecifiedScalarType(type))
    .flatMap((type) => [{ path: type.name, description: type.description }, ...members(type)]);
}

function members(type: GraphQLNamedType): Described[] {
  const at = ({
    name,
    description,
  }: {
    name: string;
    description?: string | null | undefined;
  }) => ({
    path: `${type.name}.${name}`,
    description,
  });
  if (isEnumType(type)) return type.getValues().map(at);
  if (isInputObjectType(type)) return Object.values(type.getFields()).map(at);
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return Object.values(type.getFields())
    .filter(({ name }) => !name.startsWith('_'))
    .flatMap((field) => [
      at(field),
      ...field.args.map((arg) => at({ ...arg, name: `${field.name}(${arg.name})` })),
    ]);
}
