import { Kind, parseConstValue, print, visit } from 'graphql';
import type {
  ConstDirectiveNode,
  DocumentNode,
  FieldDefinitionNode,
  ObjectTypeDefinitionNode,
} from 'graphql';
import { BadgeFields } from '../providers/badge-fields.ts';
import type { Scope } from './caller.ts';
import { OPEN_FIELDS } from './caller.ts';

const NAMES = ['@authenticated', '@requiresScopes'];
const FEDERATION = '//specs.apollo.dev/federation/';

/** Says in the schema what the resolvers enforce, for routers that enforce it too: on root fields and on entities. */
export function withAuthDirectives(sdl: DocumentNode): DocumentNode {
  return visit(sdl, {
    SchemaExtension: (node) => ({ ...node, directives: node.directives?.map(withImports) }),
    ObjectTypeDefinition(node) {
      if (node.name.value === 'Query') return withFields(node, 'badges:read');
      if (node.name.value === 'Mutation') return withFields(node, 'badges:write');
      const isEntity = node.directives?.some(({ name }) => name.value === 'key') ?? false;
      return isEntity ? withDirectives(node, ...scopesOf(node)) : undefined;
    },
  });
}

/** Any of them. Payloads of mutations show badges too, to whoever may write. */
function scopesOf({ interfaces }: ObjectTypeDefinitionNode): Scope[] {
  const isBadge = interfaces?.some(({ name }) => name.value === BadgeFields.name) ?? false;
  return isBadge ? ['badges:read', 'badges:write'] : ['badges:read'];
}

function withFields(node: ObjectTypeDefinitionNode, scope: Scope): ObjectTypeDefinitionNode {
  const fields = node.fields?.map((field) =>
    OPEN_FIELDS.includes(field.name.value) ? field : withDirectives(field, scope),
  );
  return { ...node, ...(fields && { fields }) };
}

function withDirectives<Node extends ObjectTypeDefinitionNode | FieldDefinitionNode>(
  node: Node,
  ...anyOf: readonly Scope[]
): Node {
  const added = [
    toDirective('authenticated'),
    toDirective('requiresScopes', { scopes: anyOf.map((scope) => [scope]) }),
  ];
  return { ...node, directives: [...(node.directives ?? []), ...added] };
}

function toDirective(
  name: string,
  args: Readonly<Record<string, unknown>> = {},
): ConstDirectiveNode {
  return {
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value: name },
    arguments: Object.entries(args).map(([argument, value]) => ({
      kind: Kind.ARGUMENT,
      name: { kind: Kind.NAME, value: argument },
      value: parseConstValue(JSON.stringify(value)),
    })),
  };
}

/** Only the link to the federation spec has directives of ours to import. */
function withImports(node: ConstDirectiveNode): ConstDirectiveNode {
  if (!print(node).includes(FEDERATION)) return node;
  const names = NAMES.map((name) => parseConstValue(JSON.stringify(name)));
  const args = node.arguments?.map((argument) => {
    const { value } = argument;
    if (argument.name.value !== 'import' || value.kind !== Kind.LIST) return argument;
    return { ...argument, value: { ...value, values: [...value.values, ...names] } };
  });
  return { ...node, ...(args && { arguments: args }) };
}
