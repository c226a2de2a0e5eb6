import { composeServices as composeWithApollo } from '@apollo/composition';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { composeServices as composeWithTheGuild } from '@theguild/federation-composition';
import { ROUTER_COMPATIBILITY_VERSION_ONE, federateSubgraphs } from '@wundergraph/composition';
import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  Kind,
  parse,
  print,
  valueFromASTUntyped,
} from 'graphql';
import { membersSdl } from '../../examples/supergraph/members.ts';
import { createBadgesSchema } from '../../src/badges/schema.ts';

const READ = { authenticated: {}, requiresScopes: { scopes: [['badges:read']] } };
/** Whoever may write is shown what was written. */
const EITHER = {
  authenticated: {},
  requiresScopes: { scopes: [['badges:read'], ['badges:write']] },
};
const WRITE = { authenticated: {}, requiresScopes: { scopes: [['badges:write']] } };

/** All that the graph shows, and what it takes to see it. */
const GUARDED = {
  'Query.badge': READ,
  'Query.badgeHistory': READ,
  'Query.badgeProviders': READ,
  'Query.badges': READ,
  'Query.badgesByKeys': READ,
  'Query.tagMangoMember': READ,
  'Mutation.awardBadge': WRITE,
  'Mutation.createBadge': WRITE,
  'Mutation.deleteBadge': WRITE,
  'Mutation.revokeBadge': WRITE,
  'Mutation.updateBadge': WRITE,
  ReturningAIBadge: EITHER,
  TagMangoBadge: EITHER,
  TagMangoMember: READ,
};

let guarded: string;
let plain: string;
beforeAll(async () => {
  ({ sdl: guarded } = await createBadgesSchema({ hasAuthDirectives: true }));
  ({ sdl: plain } = await createBadgesSchema());
});

const toSubgraphs = (sdl: string) => [
  { name: 'badges', url: 'http://127.0.0.1:4001/graphql', typeDefs: parse(sdl) },
  { name: 'members', url: 'http://127.0.0.1:4002/graphql', typeDefs: parse(membersSdl) },
];

test('with the setting every root field and every entity says what it takes', () => {
  expect(guardsIn(parse(guarded))).toEqual(GUARDED);
});

test('the executable schema knows no other root field than those, and the two of federation', async () => {
  const { schema } = await createBadgesSchema({ hasAuthDirectives: true });
  const toNames = (type = schema.getQueryType()) =>
    Object.keys(type?.getFields() ?? {}).map((field) => `${type?.name}.${field}`);
  const names = [...toNames(), ...toNames(schema.getMutationType())].sort();
  const roots = Object.keys(GUARDED).filter((name) => name.includes('.'));
  expect(names).toEqual(['Query._entities', 'Query._service', ...roots].sort());
});

test('without the setting the schema has neither directive, and is the same for the rest', () => {
  expect(plain).not.toMatch(/authenticated|requiresScopes/);
  const stripped = guarded
    .replace(', "@authenticated", "@requiresScopes"', '')
    .replace(
      / @authenticated @requiresScopes\(scopes: \[\["badges:(read|write)"\](, \["badges:write"\])?\]\)/g,
      '',
    );
  expect(print(parse(stripped))).toBe(print(parse(plain)));
});

describe("Apollo's composer", () => {
  test('composes the subgraph with another one without an error or a hint, and keeps who may see what', () => {
    const { supergraphSdl, errors, hints } = composeWithApollo(toSubgraphs(guarded));
    expect(errors).toBeUndefined();
    expect(hints?.map(({ message }) => message)).toEqual([]);
    expect(guardsIn(parse(supergraphSdl ?? ''))).toEqual(GUARDED);
  });
});

describe("The Guild's composer", () => {
  test('composes the subgraph with another one without an error, and keeps who may see what', () => {
    const { supergraphSdl, errors } = composeWithTheGuild(toSubgraphs(guarded));
    expect(errors).toBeUndefined();
    expect(guardsIn(parse(supergraphSdl ?? ''))).toEqual(GUARDED);
  });
});

describe("WunderGraph's composer", () => {
  const compose = () => {
    const result = federateSubgraphs({
      subgraphs: toSubgraphs(guarded).map(({ typeDefs, ...rest }) => ({
        ...rest,
        definitions: typeDefs,
      })),
      version: ROUTER_COMPATIBILITY_VERSION_ONE,
    });
    if (!result.success) throw new AggregateError(result.errors, 'the subgraphs do not compose');
    return result;
  };

  test('composes the subgraph with another one, and its router is told who may see what', () => {
    const { fieldConfigurations, federatedGraphAST } = compose();
    expect(guardsIn(federatedGraphAST)).toEqual(GUARDED);
    const told = fieldConfigurations.map(({ typeName, fieldName, ...of }) => [
      `${typeName}.${fieldName}`,
      of.requiresAuthentication && of.requiredScopes,
    ]);
    const roots = Object.entries(GUARDED).filter(([name]) => name.includes('.'));
    expect(Object.fromEntries(told)).toEqual({
      ...Object.fromEntries(
        roots.map(([name, { requiresScopes }]) => [name, requiresScopes.scopes]),
      ),
      'TagMangoMember.badges': EITHER.requiresScopes.scopes,
    });
  });
});

/** By type, or by type and field, what each says of who may see it. */
function guardsIn(document: DocumentNode): Record<string, object> {
  return Object.fromEntries(document.definitions.flatMap(guardsOf));
}

function guardsOf(definition: DefinitionNode): [string, object][] {
  if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) return [];
  const { name, directives = [], fields = [] } = definition;
  const places = [
    { place: name.value, directives },
    ...fields.map((field) => ({
      place: `${name.value}.${field.name.value}`,
      directives: field.directives ?? [],
    })),
  ];
  return places
    .map(({ place, directives: given }): [string, object] => [place, toGuards(given)])
    .filter(([, guards]) => Object.keys(guards).length > 0);
}

function toGuards(directives: readonly ConstDirectiveNode[]): object {
  return Object.fromEntries(
    directives
      .filter(({ name }) => ['authenticated', 'requiresScopes'].includes(name.value))
      .map(({ name, arguments: given = [] }) => [
        name.value,
        Object.fromEntries(
          given.map((one): [string, unknown] => [one.name.value, valueFromASTUntyped(one.value)]),
        ),
      ]),
  );
}
