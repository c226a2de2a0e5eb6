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
import {
  type AnswerMeter,
  type AnswerSize,
  type SelectionSizes,
  bytesOfKey,
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
