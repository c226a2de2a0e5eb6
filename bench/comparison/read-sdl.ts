import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kind, type ObjectTypeDefinitionNode, parse, print, visit } from 'graphql';

const SCHEMA = join(import.meta.dirname, '../../schema/badges.graphql');
const KEPT_TYPES = new Set([
  'Badge',
  'BadgeConnection',
  'BadgeEdge',
  'BadgeFields',
  'BadgeProvider',
  'DateTime',
  'HttpsUrl',
  'PageInfo',
  'Query',
  'ReturningAIBadge',
  'TagMangoBadge',
]);
/** Of types that lose some of their fields or arguments. */
const KEPT: Readonly<Record<string, ReadonlySet<string>>> = {
  Query: new Set(['badge', 'badges']),
  BadgeConnection: new Set(['edges', 'nodes', 'pageInfo', 'totalCount']),
};
const KEPT_ARGUMENTS = new Set(['id', 'provider', 'first', 'after']);

function keepFields(node: ObjectTypeDefinitionNode): ObjectTypeDefinitionNode {
  const kept = KEPT[node.name.value];
  const fields = node.fields?.filter(({ name }) => kept?.has(name.value) ?? true) ?? [];
  return {
    ...node,
    fields: fields.map((field) => ({
      ...field,
      arguments: field.arguments?.filter(({ name }) => KEPT_ARGUMENTS.has(name.value)) ?? [],
    })),
  };
}

/** The read part of this service's schema, with keys but without other directives and descriptions. */
export function readSdl(): string {
  const document = parse(readFileSync(SCHEMA, 'utf8'), { noLocation: true });
  const definitions = document.definitions.filter(
    (node) => 'name' in node && node.name !== undefined && KEPT_TYPES.has(node.name.value),
  );
  const kept = definitions.map((node) =>
    node.kind === Kind.OBJECT_TYPE_DEFINITION ? keepFields(node) : node,
  );
  return print(
    visit(
      { ...document, definitions: kept },
      {
        StringValue: (_node, key) => (key === 'description' ? null : undefined),
        Directive: (node) => (node.name.value === 'key' ? undefined : null),
      },
    ),
  );
}
