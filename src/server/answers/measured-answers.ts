import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import {
  type FieldNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  Kind,
  OperationTypeNode,
  SchemaMetaFieldDef,
  type SelectionNode,
  TypeMetaFieldDef,
  defaultFieldResolver,
  getNamedType,
  getNullableType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  responsePathAsArray,
} from 'graphql';
import type { BadgesContext } from '../../badges/context.ts';
import { isObject, isPromise } from '../../http/json.ts';
import { ANSWER_CAPS } from '../limits/limits.ts';
import type { FairQueue, NextTurn } from '../request.ts';
import {
  AnswerMeter,
  type AnswerSize,
  type ByteBudget,
  QUOTES,
  SelectionSizes,
  bytesOfKey,
  bytesOfPath,
  sizeOfError,
} from './answer-budget.ts';

/** An empty list of them means success, so the first error is reported in any case. */
const OUTCOME = 'userErrors';
/** Size of a null. */
const NULL = { fields: 0, bytes: 4 };

interface MutationAnswer {
  meter: AnswerMeter;
  sizes: SelectionSizes;
  onLeftOut: (error: GraphQLError) => void;
}

/**
 * Returns what the response of a mutation has room for. It is never rejected for its size, because the write has been
 * made by then: a badge that does not fit is null and a list ends early, with an error for each.
 */
function fitIntoAnswer(value: unknown, answer: MutationAnswer, info: GraphQLResolveInfo): unknown {
  const { meter, sizes, onLeftOut } = answer;
  if (info.path.prev === undefined) {
    meter.force(sizeOfValue(value, getNamedType(info.returnType), { sizes, info }));
    return value;
  }
  if (!isPart(info)) return value;
  if (!isObject(value) && !Array.isArray(value)) {
    meter.force(sizes.leaves.of(value));
    return value;
  }
  const whole: readonly unknown[] = Array.isArray(value) ? value : [value];
  const kept: unknown[] = [];
  for (const each of whole) {
    const size = sizeOfPart(each, info.fieldNodes, { ...info, sizes });
    const excess = meter.add(size);
    if (excess && info.fieldName === OUTCOME && kept.length === 0) meter.force(size);
    else if (excess) {
      onLeftOut(toLeftOut(excess, info));
      break;
    }
    kept.push(each);
  }
  return Array.isArray(value) ? kept : (kept[0] ?? null);
}

/** Parts fit or are omitted individually: a field of a payload, or an object within an item of one of its lists. */
function isPart({ path, returnType }: GraphQLResolveInfo): boolean {
  const isOfPayload = path.prev?.prev === undefined;
  const isObjectOfItem =
    !isLeafType(getNamedType(returnType)) && !isListType(getNullableType(returnType));
  return isOfPayload || isObjectOfItem;
}

interface Executed extends Pick<GraphQLResolveInfo, 'schema' | 'fragments'> {
  sizes: SelectionSizes;
}

/** The size of the selected fields of a value, without the objects in it that are parts of their own. */
function sizeOfPart(
  value: unknown,
  fieldNodes: readonly FieldNode[],
  executed: Executed,
): AnswerSize {
  const selections = fieldNodes.flatMap(({ selectionSet }) => selectionSet?.selections ?? []);
  if (selections.length === 0) return executed.sizes.leaves.of(value);
  const sum = { fields: 0, bytes: 3 };
  const add = ({ fields, bytes }: AnswerSize): void => {
    sum.fields += fields;
    sum.bytes += bytes;
  };
  if (!isObject(value)) return NULL;
  for (const field of fieldsOf(value, selections, executed)) {
    add({ fields: 1, bytes: bytesOfKey(field) });
    const inner = field.name.value === '__typename' ? typeNameOf(value) : value[field.name.value];
    if (Array.isArray(inner) && field.selectionSet) {
      for (const each of inner) add(sizeOfPart(each, [field], executed));
    } else add(isObject(inner) && field.selectionSet ? NULL : executed.sizes.leaves.of(inner));
  }
  return sum;
}

function* fieldsOf(
  value: object,
  selections: readonly SelectionNode[],
  executed: Executed,
): Generator<FieldNode> {
  for (const selection of selections) {
    if (!executed.sizes.isIncluded(selection)) continue;
    if (selection.kind === Kind.FIELD) {
      yield selection;
      continue;
    }
    const part =
      selection.kind === Kind.INLINE_FRAGMENT
        ? selection
        : executed.fragments[selection.name.value];
    const condition = part?.typeCondition?.name.value;
    if (!part || isOfOtherType(value, condition, executed)) continue;
    yield* fieldsOf(value, part.selectionSet.selections, executed);
  }
}

/** The class of an object has the name of its GraphQL type. */
const typeNameOf = ({ constructor }: object): string => constructor.name;

function isOfOtherType(
  value: object,
  condition: string | undefined,
  { schema }: Executed,
): boolean {
  const isOfOneType = condition !== undefined && isObjectType(schema.getType(condition));
  const isTyped = isObjectType(schema.getType(typeNameOf(value)));
  return isOfOneType && isTyped && typeNameOf(value) !== condition;
}

function toLeftOut({ message, extensions }: GraphQLError, info: GraphQLResolveInfo): GraphQLError {
  const { retryable: _, retryAfterMs: __, ...kept } = extensions;
  return new GraphQLError(
    `${message} The result of the mutation is in ${OUTCOME}; this part of the response was omitted.`,
    { nodes: info.fieldNodes, path: responsePathAsArray(info.path), extensions: kept },
  );
}

/** The state of measuring one response. */
export interface MeasuredAnswer {
  meter: AnswerMeter;
  /** Set by the first field. */
  sizes?: SelectionSizes;
  /** Reports an error for a part that is missing although the response has data. */
  onLeftOut: (error: GraphQLError) => void;
  /** Bytes of errors that are counted already. */
  errorBytes: number;
  /** Work after a wait, of a field or of an item of a list, happens in a turn of the fair queue too. */
  nextTurn: NextTurn;
}

/** Key in the context of a request. Apollo Server copies the context, and copies keep it. */
export const ANSWER = Symbol('measured answer');

interface MeasuredContext {
  [ANSWER]?: MeasuredAnswer;
}

interface MeasuringOptions {
  queue: FairQueue;
  answerMaxBytes?: number;
  /** For all responses of the process. */
  budget: ByteBudget;
}

/** Starts to measure the response of a request, until it is sent or the connection has closed. */
export function createMeasuring({
  queue,
  answerMaxBytes = ANSWER_CAPS.bytes,
  budget,
}: MeasuringOptions): (context: BadgesContext, response: ServerResponse) => void {
  return (context, response) => {
    const { id } = context.caller.tenant;
    const share = budget.open(id);
    const answer: MeasuredAnswer = {
      meter: new AnswerMeter(share, answerMaxBytes),
      errorBytes: 0,
      nextTurn: queue.afterWaits(id),
      onLeftOut: (error) => void context.partialErrors.push(error),
    };
    Object.assign(context, { [ANSWER]: answer } satisfies MeasuredContext);
    whenDone(response, () => share.release());
  };
}

/** Undefined: the response is not measured. */
export function answerOf(context: object): MeasuredAnswer | undefined {
  const { [ANSWER]: answer }: MeasuredContext = context;
  return answer;
}

/** Callbacks for the end of a connection. Node does not notify responses that wait for earlier ones on it. */
const ofSockets = new WeakMap<Socket, Set<() => void>>();

/** Calls `end` once the response is sent, or its connection has closed. */
export function whenDone(response: ServerResponse, end: () => void): void {
  const { socket } = response.req;
  if (response.destroyed || socket.destroyed) return end();
  const ends = ofSockets.get(socket) ?? watch(socket);
  ends.add(end);
  response.once('close', () => {
    ends.delete(end);
    end();
  });
}

function watch(socket: Socket): Set<() => void> {
  const ends = new Set<() => void>();
  ofSockets.set(socket, ends);
  socket.once('close', () => ends.forEach((end) => end()));
  return ends;
}

/** Fields that describe the schema belong to GraphQL.js and are the same in every schema. */
const measuredFields = new WeakSet<object>();

/**
 * Lets every field count its value before any of it is completed, so that a response that would be too large is not
 * created first. Without measuring, fields behave as before.
 */
export function measureFields(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isObjectType(type)) Object.values(type.getFields()).forEach(measureField);
  }
  [SchemaMetaFieldDef, TypeMetaFieldDef].forEach(measureField);
}

function measureField(field: GraphQLField<unknown, MeasuredContext | undefined>): void {
  if (measuredFields.has(field)) return;
  measuredFields.add(field);
  const resolve = field.resolve ?? defaultFieldResolver;
  const count = createCount(getNamedType(field.type));
  field.resolve = (source, args, context, info) => {
    const answer = context?.[ANSWER];
    if (!answer) return resolve(source, args, context, info);
    if (answer.meter.stopped) return toNull(answer.meter.stopped, info);
    const value: unknown = resolve(source, args, context, info);
    if (isPlainText(value, source) && !isMutation(info)) {
      const bytes = value.length + QUOTES;
      if (!answer.meter.addBytes(bytes)) return value;
    }
    if (!isPromise(value)) return count(value, answer, info);
    return inTurn(value, answer).then((settled) => count(settled, answer, info));
  };
}

/** Of a badge whose texts are known to be plain, as most are. It need not be looked at. */
function isPlainText(value: unknown, source: unknown): value is string {
  return typeof value === 'string' && isObject(source) && source.hasPlainTexts === true;
}

async function inTurn(value: PromiseLike<unknown>, { nextTurn }: MeasuredAnswer): Promise<unknown> {
  const settled = await value;
  await nextTurn();
  return settled;
}

type Count = (value: unknown, answer: MeasuredAnswer, info: GraphQLResolveInfo) => unknown;

/** Counts the value of a field of this named type, and returns what of it the response has room for. */
function createCount(type: GraphQLNamedType): Count {
  const isLeaf = isLeafType(type);
  return (value, answer, info) => {
    const { meter } = answer;
    if (meter.stopped) return dropValue(value, meter.stopped, info);
    const sizes = (answer.sizes ??= measureRoot(answer, info));
    if (isMutation(info)) return fitIntoAnswer(value, { ...answer, sizes }, info);
    const isList = Array.isArray(value);
    const excess =
      isLeaf && !isList
        ? meter.addBytes(sizes.leaves.bytesOf(value))
        : meter.add(sizeOfValue(value, type, { sizes, info }));
    if (excess) meter.stop(excess);
    if (meter.stopped) return dropValue(value, meter.stopped, info);
    return isList ? countFailures(value, answer, info) : value;
  };
}

function sizeOfValue(
  value: unknown,
  type: GraphQLNamedType,
  { sizes, info }: { sizes: SelectionSizes; info: GraphQLResolveInfo },
): AnswerSize {
  if (isLeafType(type)) return sizes.leaves.of(value);
  return sizes.ofObjects(value, info.fieldNodes, type);
}

function isMutation({ operation }: GraphQLResolveInfo): boolean {
  return operation.operation === OperationTypeNode.MUTATION;
}

/** Counts the root fields themselves. */
function measureRoot({ meter }: MeasuredAnswer, info: GraphQLResolveInfo): SelectionSizes {
  const sizes = new SelectionSizes(info);
  const root = sizes.ofSelections(info.operation.selectionSet, info.parentType);
  if (isMutation(info)) meter.force(root);
  else addOrStop(meter, root);
  return sizes;
}

function countFailures(
  items: readonly unknown[],
  answer: MeasuredAnswer,
  info: GraphQLResolveInfo,
): readonly unknown[] {
  if (!isPromise(items[0])) return items;
  const pathBytes = bytesOfPath(responsePathAsArray(info.path));
  return items.map((item) => countFailure(item, { answer, info, pathBytes }));
}

interface ListOfPromises {
  answer: MeasuredAnswer;
  info: GraphQLResolveInfo;
  /** Bytes of the path of the list, which each error repeats. Measured once, because names in it may be long. */
  pathBytes: number;
}

/** Counts the error of an item, since thousands of items may fail. */
function countFailure(item: unknown, { answer, info, pathBytes }: ListOfPromises): unknown {
  const { meter } = answer;
  if (!isPromise(item)) return item;
  return inTurn(item, answer).catch((error: unknown) => {
    if (!meter.stopped) {
      const { message } = error instanceof Error ? error : { message: '' };
      const size = sizeOfError({ message });
      size.bytes += pathBytes;
      addOrStop(meter, size);
      answer.errorBytes += size.bytes;
    }
    if (meter.stopped && isNullableItem(info)) return null;
    throw error;
  });
}

function isNullableItem({ returnType }: GraphQLResolveInfo): boolean {
  const list = getNullableType(returnType);
  return isListType(list) && !isNonNullType(list.ofType);
}

export function addOrStop(meter: AnswerMeter, size: AnswerSize): void {
  const excess = meter.add(size);
  if (excess) meter.stop(excess);
}

/** Handles the failure of items that are no longer awaited, because an unhandled rejection would end the process. */
function dropValue(value: unknown, reason: GraphQLError, info: GraphQLResolveInfo): null {
  if (Array.isArray(value)) void Promise.allSettled(value);
  return toNull(reason, info);
}

/** Without an error wherever possible: there may be thousands of fields, and the response gets one error for all. */
function toNull(reason: GraphQLError, { returnType }: GraphQLResolveInfo): null {
  if (isNonNullType(returnType)) throw reason;
  return null;
}
