import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  getNullableType,
  isIntrospectionType,
  isListType,
  validate,
} from 'graphql';
import { type ComplexityEstimatorArgs, createComplexityRule } from 'graphql-query-complexity';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../../badges/reading/page.ts';
import { isObject } from '../../http/json.ts';
import { OPERATION_CAPS, REQUEST_CAPS } from './limits.ts';

export interface Asked {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  /** Such as can be coerced to their types. */
  variables: Record<string, unknown>;
}

/** What it would take to execute an operation. */
export interface Cost {
  /** The answer would have about so many. */
  fields: number;
  /** Of all fields of entities together. */
  representations: number;
}

export function costOf({ schema, document, operation, variables }: Asked): Cost {
  const cost: Cost = { fields: 0, representations: 0 };
  const rule = createComplexityRule({
    variables,
    maximumComplexity: Infinity,
    // Longer operations have been refused before.
    maxQueryNodes: OPERATION_CAPS.selections + 1,
    estimators: [
      (asked) => {
        const { representations } = asked.args;
        if (Array.isArray(representations)) cost.representations += representations.length;
        return costOfField(asked);
      },
    ],
    onComplete: (fields) => {
      cost.fields = fields;
    },
  });
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  const alone = { ...document, definitions: [operation, ...fragments] };
  try {
    // Arguments that are wrong are no errors yet: each of their fields has its own when it is executed.
    validate(schema, alone, [rule], { maxErrors: Infinity });
  } catch (error) {
    throw toInputError(error);
  }
  return cost;
}

/** Whether a field is in the answer may hang on a variable that is null, and then nobody can say what it costs. */
function toInputError(thrown: unknown): unknown {
  if (!(thrown instanceof GraphQLError)) return thrown;
  const extensions = { code: 'BAD_USER_INPUT', http: { status: 400 } };
  const { message, nodes = [] } = thrown;
  return new GraphQLError(message, { nodes, extensions, originalError: thrown });
}

function costOfField(asked: ComplexityEstimatorArgs): number {
  if (isBesidePage(asked)) return 0;
  return 1 + searchOf(asked) + itemsOf(asked) * asked.childComplexity;
}

/** Each name of every list is looked at, however small the page is. */
function searchOf({ args }: ComplexityEstimatorArgs): number {
  const filter: unknown = args.filter;
  const isSearch = isObject(filter) && Boolean(filter.nameContains);
  return isSearch ? REQUEST_CAPS.fieldsOfSearch : 0;
}

const PAGE_FIELDS: readonly string[] = ['edges', 'nodes'];
/** Where nobody says how many: a guess. What there really is counts while the answer is made. */
const GUESSED_ITEMS = 10;
/** The schema's own types, and of each of them what it has. */
const TYPES = 30;
const ITEMS_OF_TYPE = 2;

/** What a connection has once must not be multiplied with its page. */
function isBesidePage({ type, field }: ComplexityEstimatorArgs): boolean {
  return isConnection(type) && !PAGE_FIELDS.includes(field.name);
}

function itemsOf({ type, field, args }: ComplexityEstimatorArgs): number {
  const { representations, first, last } = args;
  if (Array.isArray(representations)) return representations.length;
  if (field.args.some(({ name }) => name === 'first')) return toPageSize(first ?? last);
  if (!isListType(getNullableType(field.type)) || isConnection(type)) return 1;
  if (!isIntrospectionType(type)) return GUESSED_ITEMS;
  return field.name === 'types' ? TYPES : ITEMS_OF_TYPE;
}

function isConnection({ name }: ComplexityEstimatorArgs['type']): boolean {
  return name.endsWith('Connection');
}

/** Other sizes are refused when the page is read. */
function toPageSize(asked: unknown): number {
  if (typeof asked !== 'number') return DEFAULT_PAGE_SIZE;
  return Math.min(Math.max(asked, 0), MAX_PAGE_SIZE);
}
