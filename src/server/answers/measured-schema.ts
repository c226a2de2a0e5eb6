import {
  OperationTypeNode,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  defaultFieldResolver,
  isNonNullType,
  isObjectType,
} from 'graphql';
import type { GraphQLError, GraphQLField, GraphQLResolveInfo, GraphQLSchema } from 'graphql';
import { isObject } from '../../providers/json.ts';
import type { AnswerMeter } from './answer-meter.ts';
import { fitIntoAnswer } from './mutation-parts.ts';
import { createSelectionSizes } from './answer-size.ts';
import type { AnswerSize, SelectionSizes } from './answer-size.ts';

/** What the making of one answer is measured with. */
export interface MeasuredAnswer {
  meter: AnswerMeter;
  /** Set with the first field. */
  sizes?: SelectionSizes;
  /** Tells of a part that is missing beside data. */
  onLeftOut: (error: GraphQLError) => void;
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
    return isPromise(value)
      ? value.then((settled: unknown) => counted(settled, answer, info))
      : counted(value, answer, info);
  };
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return isObject(value) && typeof value.then === 'function';
}

function counted(value: unknown, answer: MeasuredAnswer, info: GraphQLResolveInfo): unknown {
  const { meter } = answer;
  if (meter.stopped) return nothing(meter.stopped, info);
  const isMutation = info.operation.operation === OperationTypeNode.MUTATION;
  if (!answer.sizes) {
    answer.sizes = createSelectionSizes(info);
    const root = answer.sizes.ofRoot(info.operation.selectionSet, info.parentType);
    if (isMutation) meter.force(root);
    else stopBeyond(meter, root);
  }
  if (isMutation) return fitIntoAnswer(value, { ...answer, sizes: answer.sizes }, info);
  stopBeyond(meter, answer.sizes.ofValue(value, info));
  return meter.stopped ? nothing(meter.stopped, info) : value;
}

function stopBeyond(meter: AnswerMeter, size: AnswerSize): void {
  const excess = meter.add(size);
  if (excess) meter.stop(excess);
}

/** Without an error of its own wherever it can: there may be thousands of fields, and the answer gives one error for all. */
function nothing(reason: GraphQLError, { returnType }: GraphQLResolveInfo): null {
  if (isNonNullType(returnType)) throw reason;
  return null;
}
