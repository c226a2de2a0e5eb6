import { hash } from 'node:crypto';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  getNullableType,
  getVariableValues,
  isIntrospectionType,
  isListType,
  validate,
} from 'graphql';
import { type ComplexityEstimatorArgs, createComplexityRule } from 'graphql-query-complexity';
import { LRUCache } from 'lru-cache';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../../badges/reading/page.ts';
import { isObject } from '../../http/json.ts';
import { InexactNumber, settleNumbers } from './exact-numbers.ts';
import { OPERATION_CAPS, REQUEST_CAPS, VARIABLE_CAPS, limitError, showCap } from './limits.ts';

interface RequestedOperation {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  /** As the caller sent them. */
  variables: Record<string, unknown>;
}

/**
 * Checks a request before anything of it is executed: returns the errors of its variables, and throws if it would be
 * expensive.
 */
export function checkRequest(requested: RequestedOperation): readonly GraphQLError[] {
  const { hasInexactNumber } = checkVariables(requested.variables);
  const inexact = hasInexactNumber ? settleNumbers(requested) : [];
  const invalid = inexact.length > 0 ? inexact : findInvalidVariables(requested);
  if (invalid.length === 0) checkCost(requested);
  return invalid;
}

/** What was counted in variables. Counting stops beyond a limit. */
interface VariableCounts {
  values: number;
  /** Levels of lists and objects within the variables. */
  depth: number;
  /** Length of the longest field name, in UTF-16 units. */
  nameLength: number;
  hasInexactNumber: boolean;
}

/**
 * Whether an operation was admitted before with variables of the same sizes, and these are within all limits. Whether
 * they have the right types is not checked.
 */
export function isAdmittedAgain({
  operation,
  variables,
}: Pick<RequestedOperation, 'operation' | 'variables'>): boolean {
  const counts = countVariables(variables);
  if (counts.hasInexactNumber || isBeyondCaps(counts)) return false;
  const cost = knownCosts.get(toCostKey({ operation, variables }));
  return cost !== undefined && isWithinCaps(cost);
}

function isBeyondCaps({ values, depth, nameLength }: VariableCounts): boolean {
  const caps = VARIABLE_CAPS;
  return values > caps.values || depth > caps.depth || nameLength > caps.nameLength;
}

/** Throws if the variables exceed a limit. */
export function checkVariables(variables: object): VariableCounts {
  const caps = VARIABLE_CAPS;
  const counts = countVariables(variables);
  const { values, depth, nameLength } = counts;
  if (values > caps.values) {
    throw limitError(
      `The variables of a request must have at most ${showCap(caps.values)} values.`,
    );
  }
  if (depth > caps.depth) {
    const most = showCap(caps.depth);
    throw limitError(`Variables must have at most ${most} levels of nested lists and objects.`);
  }
  if (nameLength > caps.nameLength) {
    throw limitError(
      `Names in variables must have at most ${showCap(caps.nameLength)} characters.`,
    );
  }
  return counts;
}

/** Counts level by level, because JSON may be nested more deeply than recursion allows. */
export function countVariables(variables: object): VariableCounts {
  const counts = { values: 0, depth: 0, nameLength: 0, hasInexactNumber: false };
  let level: readonly unknown[] = Object.values(variables);
  while (level.length > 0) {
    counts.values += level.length;
    if (counts.values > VARIABLE_CAPS.values) break;
    const nested = level.filter((value) => typeof value === 'object' && value !== null);
    if (nested.length > 0) counts.depth += 1;
    level = membersOf(nested, counts);
    if (counts.depth > VARIABLE_CAPS.depth) break;
  }
  return counts;
}

function membersOf(nested: readonly unknown[], counts: VariableCounts): unknown[] {
  const members: unknown[] = [];
  for (const value of nested) {
    if (value instanceof InexactNumber) counts.hasInexactNumber = true;
    if (Array.isArray(value)) for (const item of value) members.push(item);
    else if (isObject(value)) {
      for (const name of Object.keys(value)) {
        counts.nameLength = Math.max(counts.nameLength, name.length);
        members.push(value[name]);
      }
    }
  }
  return members;
}

/** More errors would not help the caller. */
const MAX_ERRORS = 3;

function findInvalidVariables({
  schema,
  operation,
  variables,
}: RequestedOperation): readonly GraphQLError[] {
  const { errors = [] } = getVariableValues(
    schema,
    operation.variableDefinitions ?? [],
    variables,
    { maxErrors: MAX_ERRORS },
  );
  return errors;
}

/** Routers send the entities of a whole list in one request, however many there are. */
const PAGE_LISTS = 'The subgraph whose list refers to these badges should paginate it.';

/** Whether the cost of the operation is within all limits. */
export function isAffordable(requested: RequestedOperation): boolean {
  return isWithinCaps(knownCostOf(requested));
}

function isWithinCaps({ fields, representations }: Cost): boolean {
  return fields <= REQUEST_CAPS.fields && representations <= REQUEST_CAPS.representations;
}

function checkCost(requested: RequestedOperation): void {
  const { fields, representations } = knownCostOf(requested);
  const caps = REQUEST_CAPS;
  if (representations > caps.representations) {
    const most = showCap(caps.representations);
    throw limitError(
      `A request must have at most ${most} representations, but this one has ${showCap(representations)}. ${PAGE_LISTS}`,
      requested.operation,
    );
  }
  if (fields > caps.fields) {
    const most = showCap(caps.fields);
    const message = `A request must select at most about ${most} fields, but this one selects ${showCap(fields)}. Request fewer fields or badges at once.${representations > 0 ? ` ${PAGE_LISTS}` : ''}`;
    throw limitError(message, requested.operation);
  }
}

/** The estimated cost of executing an operation. */
interface Cost {
  /** Number of fields in the response. */
  fields: number;
  /** Number of representations of all `_entities` fields together. */
  representations: number;
}

/**
 * The costs that were found, by the operation and what `toCostKey` tells apart in its variables; those that were used
 * longest ago are dropped. They take 2.5 MB at most.
 */
const knownCosts = new LRUCache<string, Cost>({ max: 5_000 });
const numbers = new WeakMap<OperationDefinitionNode, number>();
let operations = 0;

function numberOf(operation: OperationDefinitionNode): number {
  const known = numbers.get(operation);
  if (known !== undefined) return known;
  operations += 1;
  numbers.set(operation, operations);
  return operations;
}

/** The same as `costOf`, remembered. */
function knownCostOf(requested: RequestedOperation): Cost {
  const key = toCostKey(requested);
  const known = knownCosts.get(key);
  if (known) return known;
  const cost = costOf(requested);
  knownCosts.set(key, cost);
  return cost;
}

/** A longer key is replaced by its hash. */
const MAX_KEY_CHARACTERS = 100;

/** The operation, and all of its variables that a cost depends on: lengths of lists, numbers, flags, and which texts are empty. */
function toCostKey({
  operation,
  variables,
}: Pick<RequestedOperation, 'operation' | 'variables'>): string {
  const names = operation.variableDefinitions?.map(({ variable }) => variable.name.value) ?? [];
  // As JSON: with a separator of our own, names that a caller chose could make two requests look alike.
  const key = JSON.stringify(
    names.map((name) => (Object.hasOwn(variables, name) ? [toShape(variables[name])] : [])),
  );
  const short = key.length > MAX_KEY_CHARACTERS ? hash('sha256', key, 'base64') : key;
  return `${numberOf(operation)} ${short}`;
}

function toShape(value: unknown): unknown {
  if (typeof value === 'string') return value === '' ? '' : 'text';
  if (Array.isArray(value)) return [value.length];
  if (!isObject(value)) return value;
  return { members: Object.entries(value).map(([name, member]) => [name, toShape(member)]) };
}

export function costOf({ schema, document, operation, variables }: RequestedOperation): Cost {
  const cost: Cost = { fields: 0, representations: 0 };
  const rule = createComplexityRule({
    variables,
    maximumComplexity: Infinity,
    // Longer operations have been rejected by then.
    maxQueryNodes: OPERATION_CAPS.selections + 1,
    estimators: [
      (field) => {
        const { representations } = field.args;
        if (Array.isArray(representations)) cost.representations += representations.length;
        return costOfField(field);
      },
    ],
    onComplete: (fields) => {
      cost.fields = fields;
    },
  });
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  const alone = { ...document, definitions: [operation, ...fragments] };
  try {
    // Errors in arguments are left to the execution, which reports one for each field.
    validate(schema, alone, [rule], { maxErrors: Infinity });
  } catch (error) {
    throw toInputError(error);
  }
  return cost;
}

/** If a directive depends on a variable that is null, the cost is undefined, and the library throws. */
function toInputError(thrown: unknown): unknown {
  if (!(thrown instanceof GraphQLError)) return thrown;
  const extensions = { code: 'BAD_USER_INPUT', http: { status: 400 } };
  const { message, nodes = [] } = thrown;
  return new GraphQLError(message, { nodes, extensions, originalError: thrown });
}

function costOfField(field: ComplexityEstimatorArgs): number {
  if (isOncePerConnection(field)) return 0;
  return 1 + costOfSearch(field) + countItems(field) * field.childComplexity;
}

function costOfSearch({ args }: ComplexityEstimatorArgs): number {
  return isSearch(args) ? REQUEST_CAPS.fieldsOfSearch : 0;
}

/** A search looks at the texts of every list, however small the page is. */
export function isSearch({ filter }: Readonly<Record<string, unknown>>): boolean {
  return isObject(filter) && Boolean(filter.textContains);
}

const PAGE_FIELDS: readonly string[] = ['edges', 'nodes'];
/** A guess for lists without a page size. The real number is counted while the response is created. */
const GUESSED_ITEMS = 10;
/** Number of types in the schema, and of items in each list of a type, for introspection. */
const TYPES = 30;
const ITEMS_OF_TYPE = 2;

/** Fields such as `pageInfo` occur once in a connection and must not be multiplied by its page size. */
function isOncePerConnection({ type, field }: ComplexityEstimatorArgs): boolean {
  return isConnection(type) && !PAGE_FIELDS.includes(field.name);
}

function countItems({ type, field, args }: ComplexityEstimatorArgs): number {
  const { representations, keys, first, last } = args;
  for (const given of [representations, keys]) if (Array.isArray(given)) return given.length;
  if (field.args.some(({ name }) => name === 'first')) return toPageSize(first ?? last);
  if (!isListType(getNullableType(field.type)) || isConnection(type)) return 1;
  if (!isIntrospectionType(type)) return GUESSED_ITEMS;
  return field.name === 'types' ? TYPES : ITEMS_OF_TYPE;
}

function isConnection({ name }: ComplexityEstimatorArgs['type']): boolean {
  return name.endsWith('Connection');
}

/** Sizes out of range are rejected when the page is read. */
function toPageSize(size: unknown): number {
  if (typeof size !== 'number') return DEFAULT_PAGE_SIZE;
  return Math.min(Math.max(size, 0), MAX_PAGE_SIZE);
}
