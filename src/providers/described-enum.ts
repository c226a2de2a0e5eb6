import { registerEnumType } from 'type-graphql';

export interface EnumDescriptions {
  name: string;
  description: string;
  /** By the values of the enum. */
  values: Readonly<Record<string, string>>;
}

/** Adds an enum to the graph, in which every value has a description. Fields name what it returns as their type. */
export function describedEnum({
  name,
  description,
  values,
}: EnumDescriptions): Readonly<Record<string, string>> {
  const members = Object.fromEntries(Object.keys(values).map((value) => [value, value]));
  const valuesConfig = Object.fromEntries(
    Object.entries(values).map(([value, text]) => [value, { description: text }]),
  );
  registerEnumType(members, { name, description, valuesConfig });
  return members;
}
