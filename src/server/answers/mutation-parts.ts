import {
  type FieldNode,
  GraphQLError,
  type GraphQLResolveInfo,
  Kind,
  type SelectionNode,
  getNamedType,
  getNullableType,
  isLeafType,
  isListType,
  isObjectType,
  responsePathAsArray,
} from 'graphql';
import { isObject } from '../../http/json.ts';
import type { AnswerMeter } from './answer-meter.ts';
import { type AnswerSize, type SelectionSizes, bytesOfKey } from './answer-size.ts';

/** An empty list of them says that the mutation succeeded, so that one is told in any case. */
const OUTCOME = 'userErrors';
/** What stands for a value that is not there. */
const NULL = { fields: 0, bytes: 4 };

interface MutationAnswer {
  meter: AnswerMeter;
  sizes: SelectionSizes;
  onLeftOut: (error: GraphQLError) => void;
}

/**
 * What the answer of a mutation has room for. It is not refused for its size, since the write has been made by then:
 * of what does not fit, a badge is null and a list ends early, with an error beside it.
 */
export function fitIntoAnswer(
  value: unknown,
  answer: MutationAnswer,
  info: GraphQLResolveInfo,
): unknown {
  const { meter, sizes, onLeftOut } = answer;
  if (info.path.prev === undefined) {
    meter.force(sizes.ofValue(value, info));
    return value;
  }
  if (!isPart(info)) return value;
  if (!isObject(value) && !Array.isArray(value)) {
    meter.force(sizes.ofLeaf(value));
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

/** A field of a payload, or an object within one of its lists: of these each has room or not by itself. */
function isPart({ path, returnType }: GraphQLResolveInfo): boolean {
  const isOfPayload = path.prev?.prev === undefined;
  const isObjectOfItem =
    !isLeafType(getNamedType(returnType)) && !isListType(getNullableType(returnType));
  return isOfPayload || isObjectOfItem;
}

interface Executed extends Pick<GraphQLResolveInfo, 'schema' | 'fragments'> {
  sizes: SelectionSizes;
}

/** What is selected of a value, without the objects in it that are parts by themselves. */
function sizeOfPart(
  value: unknown,
  fieldNodes: readonly FieldNode[],
  executed: Executed,
): AnswerSize {
  const selections = fieldNodes.flatMap(({ selectionSet }) => selectionSet?.selections ?? []);
  if (selections.length === 0) return executed.sizes.ofLeaf(value);
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
    } else add(isObject(inner) && field.selectionSet ? NULL : executed.sizes.ofLeaf(inner));
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

/** The class of an object bears the name of its type in the graph. */
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
