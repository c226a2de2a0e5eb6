/**
 * Promises: writes the JSON of a selection as graphql-js would execute it with the same schema, by its own collection of
 * fields, resolvers and scalars; or throws. A resolver that looks at the caller, or at what it is executed for, throws,
 * so that nothing that depends on these is ever written.
 * JSON is written as bytes: each character is a byte of its UTF-8.
 * What a body asks is read as the full path has read it: only of bodies that it has answered without an error, so that
 * none of its checks is repeated.
 */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLAbstractType,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  defaultFieldResolver,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';
import { isObject, toWholeJson } from '../../http/json.ts';
import { ANSWER } from '../answers/measured-answers.ts';
import { countNodes, toUtf8Bytes } from '../keep.ts';

type AnyField = GraphQLField<unknown, unknown>;
type AnyResolver = GraphQLFieldResolver<unknown, unknown>;

/** A schema with its resolvers as they are now: the server puts its own around them with the first request. */
export interface Executable {
  schema: GraphQLSchema;
  resolvers: ReadonlyMap<AnyField, AnyResolver>;
}

export function toExecutable(schema: GraphQLSchema): Executable {
  const fields = Object.values(schema.getTypeMap()).flatMap((type) =>
    isObjectType(type) ? Object.values<AnyField>(type.getFields()) : [],
  );
  const known = fields.map((field) => [field, field.resolve ?? defaultFieldResolver] as const);
  return { schema, resolvers: new Map<AnyField, AnyResolver>(known) };
}

/** What a selection means, beside its types. */
interface Selected extends Executable {
  fragments: Record<string, FragmentDefinitionNode>;
  variables: Record<string, unknown>;
  /**
   * Of all objects that were compiled for it: a field of an interface counts for each type. `nodes`: of the document.
   * `repeats`: how often fields that are not of badges stand there once more, which the limits count and the answer
   * does not show.
   */
  compiled: { nodes: number; fields: number; repeats: number };
  /** Wraps what writes a badge, for each place of the answer at which badges stand. */
  remember?: (render: Render, place: BadgePlace) => Render;
}

interface BadgePlace {
  type: GraphQLAbstractType;
  nodes: readonly FieldNode[];
}

/** What is counted of the values of an answer is at most so many times its bytes. */
export const COUNTED_PER_BYTE = 8;

/** The JSON of a value, or throws an error. */
export type Render = (value: unknown) => string;

/** Why a value cannot be written here. The full path answers then. */
export class Unsure extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'Unsure';
  }
}

/** Thrown when a resolver looks at what differs from caller to caller. */
class Touched extends Error {}

function untouchable<T extends object>(what: string): T {
  const refuse = (): never => {
    throw new Touched(`A resolver looks at its ${what}`);
  };
  // Every field asks whether its answer is measured, and who passes it on asks whether it is a promise.
  const get = (_target: object, key: string | symbol): undefined =>
    key === ANSWER || key === 'then' ? undefined : refuse();
  const handler: ProxyHandler<T> = { get, has: refuse, ownKeys: refuse, set: refuse };
  return new Proxy<T>(Object.create(null) as T, handler);
}

/** These stand in for the context and the info of a request, which differ from caller to caller. */
const CONTEXT = untouchable<Record<string, unknown>>('context');
export const INFO = untouchable<GraphQLResolveInfo>('info');

function fragmentsOf(document: DocumentNode): Record<string, FragmentDefinitionNode> {
  const fragments = document.definitions.filter(
    (definition) => definition.kind === Kind.FRAGMENT_DEFINITION,
  );
  return Object.fromEntries(fragments.map((fragment) => [fragment.name.value, fragment]));
}

/** Throws where a selection has what is not written here. */
export function compile(
  selected: Selected,
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
): Render {
  if (isNonNullType(type)) {
    const render = compile(selected, type.ofType, nodes);
    return (value) => {
      if (value === null || value === undefined) throw new Unsure('A required value is missing');
      return render(value);
    };
  }
  const render = compileNullable(selected, type, nodes);
  return (value) => (value === null || value === undefined ? 'null' : render(value));
}

function compileNullable(
  selected: Selected,
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
): Render {
  if (isListType(type)) {
    const render = compile(selected, type.ofType, nodes);
    return (value) => {
      if (!Array.isArray(value)) throw new Unsure('A list is something else');
      const items: readonly unknown[] = value;
      let json = '[';
      for (const item of items) json += (json === '[' ? '' : ',') + render(item);
      return `${json}]`;
    };
  }
  if (isLeafType(type)) return (value) => toJson(type.serialize(settled(value)));
  if (isObjectType(type)) return compileObject(selected, type, nodes);
  if (isAbstractType(type)) return compileAbstract(selected, type, nodes);
  throw new Unsure('A field has an unknown kind of type');
}

/** What is there already: neither a fault nor something to wait for. */
function settled(value: unknown): unknown {
  if (value instanceof Error) throw new Unsure('A value is an error');
  if (isObject(value) && typeof value.then === 'function') throw new Unsure('A value is late');
  return value;
}

function toJson(serialized: unknown): string {
  const json = serialized === null ? undefined : JSON.stringify(serialized);
  if (json === undefined) throw new Unsure('A value has no JSON');
  const whole = toWholeJson(json);
  return ONLY_ASCII.test(whole) ? whole : toUtf8Bytes(whole);
}

const ONLY_ASCII = /^[\0-\x7f]*$/;

function compileAbstract(
  selected: Selected,
  type: GraphQLAbstractType,
  nodes: readonly FieldNode[],
): Render {
  const { resolveType } = type;
  // Only badges have abstract types.
  const { remember, ...within } = selected;
  if (!resolveType) throw new Unsure('A type does not tell its objects apart');
  const ofTypes = new Map(
    selected.schema
      .getPossibleTypes(type)
      .map((each) => [each.name, compileObject(within, each, nodes)]),
  );
  const render: Render = (value) => {
    const name = resolveType(settled(value), CONTEXT, INFO, type);
    const ofType = typeof name === 'string' ? ofTypes.get(name) : undefined;
    if (!ofType) throw new Unsure('An object has an unknown type');
    return ofType(value);
  };
  return remember ? remember(render, { type, nodes }) : render;
}

function compileObject(
  selected: Selected,
  type: GraphQLObjectType,
  nodes: readonly FieldNode[],
): Render {
  const { schema, fragments, variables } = selected;
  const { isTypeOf } = type;
  const collected = collectSubfields(schema, fragments, variables, type, nodes);
  selected.compiled.fields += collected.size;
  const fields = [...collected].map(([key, [first, ...more]], index) => {
    const start = `${index === 0 ? '' : ','}${JSON.stringify(key)}:`;
    if (!first) throw new Unsure('A field is missing');
    if (selected.remember) noteRepeats(selected, more.length);
    const render = compileField(selected, type, [first, ...more]);
    return (source: unknown) => start + render(source);
  });
  return (value) => {
    const source = settled(value);
    if (isTypeOf && isTypeOf(source, CONTEXT, INFO) !== true) {
      throw new Unsure('An object has another type');
    }
    let json = '{';
    for (const field of fields) json += field(source);
    return `${json}}`;
  };
}

/** Of a field that is not of a badge: what the limits count of its values is bounded by the bytes that it shows. */
function noteRepeats({ compiled }: Selected, times: number): void {
  if (times >= COUNTED_PER_BYTE) throw new Unsure('A field is repeated too often');
  compiled.repeats += times;
}

function compileField(
  selected: Selected,
  type: GraphQLObjectType,
  nodes: readonly [FieldNode, ...FieldNode[]],
): Render {
  const [node] = nodes;
  if (node.name.value === '__typename') return () => JSON.stringify(type.name);
  const field = type.getFields()[node.name.value];
  if (!field) throw new Unsure('A field is unknown');
  const args = Object.freeze(getArgumentValues(field, node, selected.variables));
  const resolve = selected.resolvers.get(field) ?? defaultFieldResolver;
  const render = compile(selected, field.type, nodes);
  return (source) => render(resolve(source, args, CONTEXT, INFO));
}

export interface Question extends Selected {
  document: DocumentNode;
  operation: OperationDefinitionNode;
  query: GraphQLObjectType;
  /** As they stand in the body. */
  given: Record<string, unknown>;
  /** The root fields, by the keys of the answer. */
  roots: ReadonlyMap<string, readonly FieldNode[]>;
}

/** Undefined: it is no query, or cannot be read. */
export function readQuestion(executable: Executable, body: unknown): Question | undefined {
  const { schema } = executable;
  if (!isObject(body) || typeof body.query !== 'string') return undefined;
  const { operationName, variables: given = {} } = body;
  const name = typeof operationName === 'string' && operationName !== '' ? operationName : null;
  const document = parse(body.query, { noLocation: true });
  const operation = getOperationAST(document, name);
  const query = schema.getQueryType();
  if (operation?.operation !== OperationTypeNode.QUERY || !query) return undefined;
  const known = isObject(given) ? given : {};
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], known);
  if (!coerced) return undefined;
  const fragments = fragmentsOf(document);
  const roots = collectFields(schema, fragments, coerced, query, operation.selectionSet);
  return {
    ...executable,
    document,
    operation,
    query,
    given: known,
    variables: coerced,
    fragments,
    compiled: { nodes: countNodes(document), fields: 0, repeats: 0 },
    roots,
  };
}
