import {
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { pick } from '../../support/random.ts';
import type { FuzzAsk } from './ask.ts';
import { type Source, isRequired, makeValue } from './values.ts';

/** The parts of a document generated so far. */
interface Draft extends Source {
  schema: GraphQLSchema;
  definitions: string[];
  fragments: string[];
  variables: Record<string, unknown>;
  /** For unique names. */
  names: number;
}

const MUTATIONS = 0.3;
/** Besides `__typename`. */
const MAX_FIELDS = 5;
const MAX_ROOT_FIELDS = 3;

/** A document that is valid for the schema, with its variables. The requested badges need not exist. */
export function makeValid(schema: GraphQLSchema, source: Source): FuzzAsk {
  const { random } = source;
  const draft: Draft = {
    ...source,
    schema,
    definitions: [],
    fragments: [],
    variables: {},
    names: 0,
  };
  const isMutation = random() < MUTATIONS;
  const root = isMutation ? schema.getMutationType() : schema.getQueryType();
  if (!root) throw new Error('the schema has no such root');
  const selections = makeFields(root, draft, MAX_ROOT_FIELDS);
  const definitions = draft.definitions.length > 0 ? `(${draft.definitions.join(' ')})` : '';
  const operation = `${isMutation ? 'mutation' : 'query'} Fuzz${definitions} ${selections}`;
  return {
    query: [operation, ...draft.fragments].join('\n'),
    ...(random() < 0.9 || draft.definitions.length > 0 ? { variables: draft.variables } : {}),
    ...(random() < 0.2 ? { operationName: 'Fuzz' } : {}),
  };
}

function makeSelections(type: GraphQLCompositeType, draft: Draft): string {
  const parts = isAbstractType(type) ? makeInlineFragments(type, draft) : [];
  const fields =
    isObjectType(type) || isInterfaceType(type) ? makeFields(type, draft, MAX_FIELDS) : '';
  const body = `{ __typename ${parts.join(' ')} ${fields && `... on ${type.name} ${fields}`} }`;
  if (draft.random() > 0.1) return body;
  const name = `F${(draft.names += 1)}`;
  draft.fragments.push(`fragment ${name} on ${type.name} ${body}`);
  return `{ ...${name} }`;
}

function makeInlineFragments(type: GraphQLCompositeType, draft: Draft): string[] {
  if (!isAbstractType(type)) return [];
  return draft.schema
    .getPossibleTypes(type)
    .filter(() => draft.random() < 0.7)
    .map((possible) => `... on ${possible.name} ${makeFields(possible, draft, MAX_FIELDS)}`);
}

function makeFields(
  type: GraphQLObjectType | Extract<GraphQLCompositeType, { getFields: unknown }>,
  draft: Draft,
  most: number,
): string {
  const fields = Object.values(type.getFields());
  const number = 1 + Math.floor(draft.random() * most);
  const chosen = new Set(Array.from({ length: number }, () => pick(fields, draft.random)));
  return `{ ${[...chosen].map((field) => makeField(field, draft)).join(' ')} }`;
}

function makeField(field: GraphQLField<unknown, unknown>, draft: Draft): string {
  const { random } = draft;
  const given = field.args.filter((argument) => isRequired(argument) || random() < 0.2);
  // Fields with arguments have unique aliases: two under one name would conflict.
  const alias = given.length > 0 || random() < 0.1 ? `a${(draft.names += 1)}: ` : '';
  const args = given.map((argument) => `${argument.name}: ${makeArgument(argument, draft)}`);
  const type = getNamedType(field.type);
  return [
    `${alias}${field.name}`,
    args.length > 0 ? `(${args.join(' ')})` : '',
    random() < 0.05 ? ` @${pick(['include', 'skip'], random)}(if: ${random() < 0.5})` : '',
    isCompositeType(type) ? ` ${makeSelections(type, draft)}` : '',
  ].join('');
}

function makeArgument(argument: GraphQLArgument, draft: Draft): string {
  const value = makeValue(argument.type, draft);
  if (draft.random() < 0.5) return value.literal;
  const name = `v${(draft.names += 1)}`;
  draft.definitions.push(`$${name}: ${String(argument.type)}`);
  const isLeftOut = !isNonNullType(argument.type) && draft.random() < 0.1;
  if (!isLeftOut) draft.variables[name] = value.json;
  return `$${name}`;
}
