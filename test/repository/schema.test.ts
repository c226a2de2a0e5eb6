import { beforeAll, expect, test } from '@jest/globals';
import {
  Kind,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
  parse,
} from 'graphql';
import type { GraphQLNamedType, GraphQLSchema } from 'graphql';
import { createBadgesSchema } from '../../src/badges/schema.ts';
import type { BadgesSchema } from '../../src/badges/schema.ts';

let badges: BadgesSchema;
beforeAll(async () => {
  badges = await createBadgesSchema();
});

interface Described {
  path: string;
  description: string | null | undefined;
}

/** What the federation library adds describes itself. */
function isOurs({ name }: GraphQLNamedType): boolean {
  return !/^(_|federation__|link__)/.test(name);
}

function describedElements(schema: GraphQLSchema): Described[] {
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

test('every element of the schema is described', () => {
  const elements = describedElements(badges.schema);
  expect(elements.length).toBeGreaterThan(100);
  expect(elements.filter(({ description }) => !description).map(({ path }) => path)).toEqual([]);
});

test('the names that other people rely on are there', () => {
  const { sdl } = badges;
  for (const line of [
    'union Badge = ReturningAIBadge | TagMangoBadge',
    'type ReturningAIBadge implements BadgeFields @key(fields: "id")',
    'type TagMangoBadge implements BadgeFields @key(fields: "id")',
    'input UpdateBadgeInput @oneOf',
    'type PageInfo @shareable',
    'version: String!',
  ]) {
    expect(sdl).toContain(line);
  }
  expect(sdl).not.toMatch(/interface BadgeFields @key|@interfaceObject/);
});

test('the printed SDL does not depend on the order of the code', () => {
  const names = parse(badges.sdl).definitions.flatMap((definition) =>
    'name' in definition && definition.name && definition.kind !== Kind.DIRECTIVE_DEFINITION
      ? [definition.name.value]
      : [],
  );
  expect(names).toEqual([...names].sort());
});
