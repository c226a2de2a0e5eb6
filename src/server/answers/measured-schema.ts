import {
  type GraphQLError,
  type GraphQLField,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  OperationTypeNode,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  defaultFieldResolver,
  getNullableType,
  isListType,
  isNonNullType,
  isObjectType,
  responsePathAsArray,
} from 'graphql';
import { isObject } from '../../http/json.ts';
import type { NextTurn } from '../limits/turns.ts';
import type { AnswerMeter } from './answer-meter.ts';
import {
  type AnswerSize,
  type SelectionSizes,
  bytesOfPath,
  createSelectionSizes,
  sizeOfError,
} from './answer-size.ts';
import { fitIntoAnswer } from './mutation-parts.ts';

/** What the making of one answer is measured with. */
export interface MeasuredAnswer {
  meter: AnswerMeter;
  /** Set with the first field. */
  sizes?: SelectionSizes;
  /** Tells of a part that is missing beside data. */
  onLeftOut: (error: GraphQLError) => void;
  /** Of errors that are counted already. */
  errorBytes: number;
  /** What comes after a wait, of a field or of an item of a list, is made in a turn too. */
  nextTurn: NextTurn;
}

/** In the context of its request, of which the server makes copies. */
const ANSWER = Symbol('measured answer');
/** Those that describe the schema are the library's own, and the same in every schema. */
const measuredFields = new WeakSet<object>();

interface MeasuredContext {
  [ANSWER]?: MeasuredAnswer;
}

export function measureAnswer(context: object, answer: MeasuredAnswer): void {
  Object.assign(context, { [ANSWER]: answer } satisfies MeasuredContext);
}

export function answerOf(context: object): MeasuredAnswer | undefined {
  const { [ANSWER]: answer }: MeasuredContext = context;
  return answer;
}

/**
 * Lets every field count what it gives into the answer of its request, before any of it is completed: an answer that
 * would be too large is not made first. Requests that nobody measures are as before.
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
  field.resolve = (source, args, context, info) => {
    const answer = context?.[ANSWER];
    if (!answer) return resolve(source, args, context, info);
    if (answer.meter.stopped) return nothing(answer.meter.stopped, info);
    const value: unknown = resolve(source, args, context, info);
    if (!isPromise(value)) return counted(value, answer, info);
    return inTurn(value, answer).then((settled) => counted(settled, answer, info));
  };
}

async function inTurn(value: PromiseLike<unknown>, { nextTurn }: MeasuredAnswer): Promise<unknown> {
  const settled = await value;
  await nextTurn();
  return settled;
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return isObject(value) && typeof value.then === 'function';
}

function counted(value: unknown, answer: MeasuredAnswer, info: GraphQLResolveInfo): unknown {
  const { meter } = answer;
  if (meter.stopped) return insteadOf(value, meter.stopped, info);
  const isMutation = info.operation.operation === OperationTypeNode.MUTATION;
  if (!answer.sizes) {
    answer.sizes = createSelectionSizes(info);
    const root = answer.sizes.ofRoot(info.operation.selectionSet, info.parentType);
    if (isMutation) meter.force(root);
    else stopBeyond(meter, root);
  }
  if (isMutation) return fitIntoAnswer(value, { ...answer, sizes: answer.sizes }, info);
  stopBeyond(meter, answer.sizes.ofValue(value, info));
  if (meter.stopped) return insteadOf(value, meter.stopped, info);
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  if (!isPromise(items[0])) return value;
  const pathBytes = bytesOfPath(responsePathAsArray(info.path));
  return items.map((item) => orNothing(item, { answer, info, pathBytes }));
}

interface ListOfPromises {
  answer: MeasuredAnswer;
  info: GraphQLResolveInfo;
  /** Of the list, which each error in it tells: it is measured once, since a name in it may be long. */
  pathBytes: number;
}

/** Thousands of items may fail, each with an error that tells its path and is looked up in the document. */
function orNothing(item: unknown, { answer, info, pathBytes }: ListOfPromises): unknown {
  const { meter } = answer;
  if (!isPromise(item)) return item;
  return inTurn(item, answer).catch((error: unknown) => {
    if (!meter.stopped) {
      const { message } = error instanceof Error ? error : { message: '' };
      const size = sizeOfError({ message });
      size.bytes += pathBytes;
      stopBeyond(meter, size);
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

function stopBeyond(meter: AnswerMeter, size: AnswerSize): void {
  const excess = meter.add(size);
  if (excess) meter.stop(excess);
}

/** Of items that nobody waits for any more, one that fails would end the process. */
function insteadOf(value: unknown, reason: GraphQLError, info: GraphQLResolveInfo): null {
  if (Array.isArray(value)) void Promise.allSettled(value);
  return nothing(reason, info);
}

/** Without an error of its own wherever it can: there may be thousands of fields, and the answer gives one error for all. */
function nothing(reason: GraphQLError, { returnType }: GraphQLResolveInfo): null {
  if (isNonNullType(returnType)) throw reason;
  return null;
}
