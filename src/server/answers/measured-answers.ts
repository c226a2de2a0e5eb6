import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import {
  type GraphQLError,
  type GraphQLField,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type OperationDefinitionNode,
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
import type { BadgesContext } from '../../badges/context.ts';
import { isObject } from '../../http/json.ts';
import type { FormatError } from '../errors.ts';
import { ANSWER_CAPS, OVERLOADED } from '../limits/limits.ts';
import type { FairQueue, NextTurn } from '../request.ts';
import {
  type AnswerBudget,
  type AnswerMeter,
  type AnswerSize,
  RETRY_AFTER_MS,
  type SelectionSizes,
  bytesOfPath,
  createAnswerMeter,
  createSelectionSizes,
  sizeOfError,
} from './answer-budget.ts';
import { fitIntoAnswer } from './mutation-parts.ts';

/** The state of measuring one response. */
interface MeasuredAnswer {
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
  budget: AnswerBudget;
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
      meter: createAnswerMeter(share, answerMaxBytes),
      errorBytes: 0,
      nextTurn: queue.afterWaits(id),
      onLeftOut: (error) => void context.partialErrors.push(error),
    };
    Object.assign(context, { [ANSWER]: answer } satisfies MeasuredContext);
    whenDone(response, () => share.release());
  };
}

function answerOf(context: object): MeasuredAnswer | undefined {
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
  field.resolve = (source, args, context, info) => {
    const answer = context?.[ANSWER];
    if (!answer) return resolve(source, args, context, info);
    if (answer.meter.stopped) return toNull(answer.meter.stopped, info);
    const value: unknown = resolve(source, args, context, info);
    if (!isPromise(value)) return count(value, answer, info);
    return inTurn(value, answer).then((settled) => count(settled, answer, info));
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

/** Counts the value of a field, and returns what of it the response has room for. */
function count(value: unknown, answer: MeasuredAnswer, info: GraphQLResolveInfo): unknown {
  const { meter } = answer;
  if (meter.stopped) return dropValue(value, meter.stopped, info);
  const isMutation = info.operation.operation === OperationTypeNode.MUTATION;
  if (!answer.sizes) {
    answer.sizes = createSelectionSizes(info);
    const root = answer.sizes.ofRoot(info.operation.selectionSet, info.parentType);
    if (isMutation) meter.force(root);
    else addOrStop(meter, root);
  }
  if (isMutation) return fitIntoAnswer(value, { ...answer, sizes: answer.sizes }, info);
  addOrStop(meter, answer.sizes.ofValue(value, info));
  if (meter.stopped) return dropValue(value, meter.stopped, info);
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  if (!isPromise(items[0])) return value;
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

function addOrStop(meter: AnswerMeter, size: AnswerSize): void {
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

/** There must be room for this many bytes of the result of a write before it begins. */
const MIN_BYTES_OF_WRITE = 64 * 1024;

/** Rejects requests whose responses would be too large, or for which the budget has no room. */
export function createSizePlugin(formatError: FormatError): ApolloServerPlugin<BadgesContext> {
  return {
    requestDidStart: async ({ contextValue }) => {
      const answer = answerOf(contextValue);
      if (!answer) return;
      const { meter } = answer;
      return {
        // Apollo Server also calls it if it has found no operation.
        responseForOperation: async ({ operation }: { operation?: OperationDefinitionNode }) => {
          const isWrite = operation?.operation === OperationTypeNode.MUTATION;
          const overload = meter.findOverload(isWrite ? MIN_BYTES_OF_WRITE : 1);
          return overload ? toRejection(overload, formatError) : null;
        },
        willSendResponse: async ({ operation, response }) => {
          const { body, http } = response;
          if (body.kind !== 'single' || body.singleResult.data === undefined) return;
          const { errors = [] } = body.singleResult;
          if (operation?.operation === OperationTypeNode.MUTATION) {
            errors.forEach((error) => meter.force(sizeOfError(error)));
            return;
          }
          if (!meter.stopped) {
            const errorBytes = errors.reduce((sum, error) => sum + sizeOfError(error).bytes, 0);
            const bytes = Math.max(0, errorBytes - answer.errorBytes);
            addOrStop(meter, { fields: 0, bytes });
          }
          if (!meter.stopped) return;
          const rejection = toRejection(meter.stopped, formatError);
          // Partial errors make no sense without data.
          contextValue.partialErrors.length = 0;
          body.singleResult = rejection.body.singleResult;
          http.status = rejection.http.status;
          for (const [name, value] of rejection.http.headers) http.headers.set(name, value);
        },
      };
    },
  };
}

/** The same response that Apollo Server gives for a request that it does not execute. */
function toRejection(reason: GraphQLError, formatError: FormatError) {
  const { message, extensions } = reason;
  const isOverload = extensions.code === OVERLOADED;
  const headers = new HeaderMap();
  if (isOverload) headers.set('retry-after', String(RETRY_AFTER_MS / 1_000));
  const http = { status: isOverload ? 503 : 400, headers };
  const errors = [formatError({ message, extensions }, reason)];
  return { http, body: { kind: 'single' as const, singleResult: { errors } } };
}
