import {
  type FieldNode,
  GraphQLError,
  type GraphQLFormattedError,
  GraphQLIncludeDirective,
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  Kind,
  type SelectionSetNode,
  getDirectiveValues,
  isAbstractType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  typeFromAST,
} from 'graphql';
import { OVERLOADED, REQUEST_CAPS, limitError, showCap } from '../limits/limits.ts';

/** The size of a part of a response. */
export interface AnswerSize {
  fields: number;
  /** Of its JSON in UTF-8. */
  bytes: number;
}

/** The parts of an operation that the size of a selection depends on. */
export type Executed = Pick<GraphQLResolveInfo, 'schema' | 'fragments' | 'variableValues'>;

/** Two quotes, a colon, and a comma or a bracket. */
const AROUND_KEY = 4;
const BRACKETS = 2;
const QUOTES = 2;
const NULL_BYTES = 4;
/** Of a timestamp with its quotes. Numbers and booleans are shorter. */
const MAX_OTHER_BYTES = 26;
const ESCAPED = /["\\\p{Cc}]/u;
/** Items of a list of scalars have no key and cost less than fields: this many count as one field. */
const VALUES_OF_FIELD = 10;
const LONG_TEXT = 500;
const [SPACE, TILDE, QUOTE, BACKSLASH] = [0x20, 0x7e, 0x22, 0x5c];

function bytesOfText(text: string): number {
  if (text.length < LONG_TEXT && isPlain(text)) return text.length + QUOTES;
  return ESCAPED.test(text)
    ? Buffer.byteLength(JSON.stringify(text))
    : Buffer.byteLength(text) + QUOTES;
}

/** Whether it is ASCII that JSON does not escape, as most texts are. Two patterns would take several times as long. */
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < SPACE || code > TILDE || code === QUOTE || code === BACKSLASH) return false;
  }
  return true;
}

/** Lists and objects in a JSON scalar, but no times. */
function isJson(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Date);
}

/** Measures the leaves of one response. A long string is measured once, however often it is selected. */
function createLeafSizes(): (value: unknown) => AnswerSize {
  const known = new Map<string, number>();

  function ofText(text: string): number {
    if (text.length < LONG_TEXT) return bytesOfText(text);
    const bytes = known.get(text) ?? bytesOfText(text);
    known.set(text, bytes);
    return bytes;
  }
  function ofValue(value: unknown): number {
    if (value === null || value === undefined) return NULL_BYTES;
    if (typeof value === 'string') return ofText(value);
    return isJson(value) ? ofJson(value) : MAX_OTHER_BYTES;
  }
  function ofJson(value: object): number {
    let bytes = BRACKETS;
    for (const [key, each] of Object.entries(value)) bytes += ofText(key) + ofValue(each) + 2;
    return bytes;
  }
  return (value) => {
    if (!Array.isArray(value)) return { fields: 0, bytes: ofValue(value) };
    const values: readonly unknown[] = value;
    let bytes = BRACKETS;
    for (const each of values) bytes += ofValue(each) + 1;
    return { fields: Math.ceil(values.length / VALUES_OF_FIELD), bytes };
  };
}

type SizesByType = Map<GraphQLNamedType, AnswerSize>;
interface Sizes {
  get(selections: SelectionSetNode): SizesByType | undefined;
  set(selections: SelectionSetNode, byType: SizesByType): unknown;
}

/** Of selections without directives, which are the same for all operations with the same parsed document. */
const lastingSizes: Sizes = new WeakMap<SelectionSetNode, SizesByType>();

/** Measures the selections of one operation, each once: keys and brackets, without the values of fields. */
export function createSelectionSizes({ schema, fragments, variableValues }: Executed) {
  const ofLeaf = createLeafSizes();
  const sizesHere: Sizes = new Map<SelectionSetNode, SizesByType>();
  let hasDirectives = false;

  /** Of an abstract type: the maximum over its possible types. */
  function ofSelections(selections: SelectionSetNode, type: GraphQLNamedType): AnswerSize {
    const known = lastingSizes.get(selections)?.get(type) ?? sizesHere.get(selections)?.get(type);
    if (known) return known;
    hasDirectives = false;
    const measured = measure(selections, type);
    const sizes = hasDirectives ? sizesHere : lastingSizes;
    const byType = sizes.get(selections) ?? new Map<GraphQLNamedType, AnswerSize>();
    sizes.set(selections, byType.set(type, measured));
    return measured;
  }
  function measure(selections: SelectionSetNode, type: GraphQLNamedType): AnswerSize {
    if (!isAbstractType(type)) return ofObject(selections, type);
    const sizes = schema.getPossibleTypes(type).map((each) => ofObject(selections, each));
    return {
      fields: Math.max(0, ...sizes.map(({ fields }) => fields)),
      bytes: Math.max(0, ...sizes.map(({ bytes }) => bytes)),
    };
  }
  function ofObject({ selections }: SelectionSetNode, type: GraphQLNamedType): AnswerSize {
    const size = { fields: 0, bytes: 0 };
    for (const selection of selections) {
      const { fields, bytes } = ofSelection(selection, type);
      size.fields += fields;
      size.bytes += bytes;
    }
    return size;
  }
  function ofSelection(
    selection: SelectionSetNode['selections'][number],
    type: GraphQLNamedType,
  ): AnswerSize {
    if (!isIncluded(selection)) return NOTHING;
    if (selection.kind === Kind.FIELD) return ofKey(selection, type);
    const part =
      selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments[selection.name.value];
    if (!part) return NOTHING;
    const { typeCondition, selectionSet } = part;
    const isOfType = !typeCondition || isOf(type, typeFromAST(schema, typeCondition));
    return isOfType ? ofObject(selectionSet, type) : NOTHING;
  }
  function isOf(type: GraphQLNamedType, condition: GraphQLNamedType | undefined): boolean {
    if (type === condition) return true;
    const isPossible = isObjectType(type) || isInterfaceType(type);
    return isPossible && isAbstractType(condition) && schema.isSubType(condition, type);
  }
  function isIncluded(selection: SelectionSetNode['selections'][number]): boolean {
    if (!selection.directives?.length) return true;
    hasDirectives = true;
    const skip = getDirectiveValues(GraphQLSkipDirective, selection, variableValues);
    const include = getDirectiveValues(GraphQLIncludeDirective, selection, variableValues);
    return skip?.if !== true && include?.if !== false;
  }

  /** Of the objects of a field. The values of their fields are measured when they are resolved. */
  function ofObjects(value: unknown, fieldNodes: readonly FieldNode[], type: GraphQLNamedType) {
    const size = { fields: 0, bytes: BRACKETS };
    const objects = Array.isArray(value) ? value.length : value === null ? 0 : 1;
    for (const { selectionSet } of fieldNodes) {
      if (!selectionSet) continue;
      const one = ofSelections(selectionSet, type);
      size.fields += objects * one.fields;
      size.bytes += objects * (one.bytes + BRACKETS);
    }
    return size;
  }
  return {
    /** `type`: the named type of the field. */
    ofValue(
      value: unknown,
      type: GraphQLNamedType,
      { fieldNodes }: Pick<GraphQLResolveInfo, 'fieldNodes'>,
    ): AnswerSize {
      return isLeafType(type) ? ofLeaf(value) : ofObjects(value ?? null, fieldNodes, type);
    },
    ofRoot: ofSelections,
    /** Of a scalar, an enum value, or a list of these. */
    ofLeaf,
    isIncluded,
  };
}

export type SelectionSizes = ReturnType<typeof createSelectionSizes>;

const NOTHING: AnswerSize = { fields: 0, bytes: 0 };

function ofKey(field: FieldNode, type: GraphQLNamedType): AnswerSize {
  const value = field.name.value === '__typename' ? type.name.length + QUOTES : 0;
  return { fields: 1, bytes: bytesOfKey(field) + value };
}

export function bytesOfKey({ alias, name }: FieldNode): number {
  return (alias ?? name).value.length + AROUND_KEY;
}

/** Of an error, without its message and path. */
const BYTES_AROUND_ERROR = 250;

export function bytesOfPath(path: readonly (string | number)[]): number {
  return path.reduce<number>((sum, key) => sum + bytesOfText(String(key)) + 1, 0);
}

export function sizeOfError({
  message,
  path = [],
}: Pick<GraphQLFormattedError, 'message' | 'path'>): AnswerSize {
  return { fields: 0, bytes: BYTES_AROUND_ERROR + bytesOfText(message) + bytesOfPath(path) };
}

/** What one response holds of the bytes that all responses of the process may have at one time. */
export interface BudgetShare {
  /** Holds this many more bytes and returns true, or returns false if there is no room for them. */
  take(bytes: number): boolean;
  /** Holds them in any case, because the result of a write must be reported. */
  force(bytes: number): void;
  hasRoomFor(bytes: number): boolean;
  /** Returns what it holds, and takes nothing from then on. */
  release(): void;
}

export interface AnswerBudget {
  /** A share for one response. */
  open(tenant: string): BudgetShare;
  /** Bytes of all responses that are being created or sent. */
  heldBytes(): number;
}

/**
 * Limits the bytes of all responses that are being created or sent. A tenant may hold as much as stays free, as
 * switches share their buffer among ports by a dynamic threshold: a single tenant gets at most half of the budget, so
 * that there is room for others whatever it requests.
 */
export function createAnswerBudget(maxBytes: number): AnswerBudget {
  const byTenant = new Map<string, Holder>();
  let total = 0;

  function join(tenant: string): Holder {
    const holder = byTenant.get(tenant) ?? { bytes: 0, shares: 0 };
    byTenant.set(tenant, holder);
    holder.shares += 1;
    return holder;
  }
  function leave(tenant: string, holder: Holder): void {
    holder.shares -= 1;
    if (holder.shares === 0) byTenant.delete(tenant);
  }
  return {
    heldBytes: () => total,
    open(tenant) {
      let held = 0;
      let isReleased = false;
      /** Since the share holds anything. */
      let holder: Holder | undefined;

      function hasRoomFor(bytes: number): boolean {
        const ofTenant = (holder ?? byTenant.get(tenant))?.bytes ?? 0;
        return ofTenant + bytes <= maxBytes - total - bytes;
      }
      function force(bytes: number): void {
        if (isReleased) return;
        holder ??= join(tenant);
        held += bytes;
        holder.bytes += bytes;
        total += bytes;
      }
      return {
        hasRoomFor,
        force,
        take(bytes) {
          if (isReleased || !hasRoomFor(bytes)) return false;
          force(bytes);
          return true;
        },
        release() {
          isReleased = true;
          if (!holder) return;
          holder.bytes -= held;
          total -= held;
          held = 0;
          leave(tenant, holder);
          holder = undefined;
        },
      };
    },
  };
}

/** What all shares of a tenant hold together. */
interface Holder {
  bytes: number;
  shares: number;
}

/** Counts the fields and bytes of one response while it is created. */
export interface AnswerMeter {
  /** Why the response is not created any further. Undefined while it is. */
  readonly stopped: GraphQLError | undefined;
  /** Counts a part of the response. If it does not fit, returns why and counts nothing. */
  add(size: AnswerSize): GraphQLError | undefined;
  /** Counts a part that the response must have. */
  force(size: AnswerSize): void;
  /** Stops the response, and returns what it held to the budget. */
  stop(reason: GraphQLError): void;
  /** Why a response of at least this many bytes cannot be started. Undefined if it can. */
  findOverload(minBytes: number): GraphQLError | undefined;
}

/** When an overloaded request may be retried. */
export const RETRY_AFTER_MS = 1_000;

export function createAnswerMeter(share: BudgetShare, maxBytes: number): AnswerMeter {
  const counted: AnswerSize = { fields: 0, bytes: 0 };
  let stopped: GraphQLError | undefined;

  function count({ fields, bytes }: AnswerSize): void {
    counted.fields += fields;
    counted.bytes += bytes;
  }
  return {
    get stopped() {
      return stopped;
    },
    add(size) {
      if (counted.fields + size.fields > REQUEST_CAPS.fields) {
        return tooLarge(REQUEST_CAPS.fields, 'fields');
      }
      if (counted.bytes + size.bytes > maxBytes) return tooLarge(maxBytes, 'bytes');
      if (!share.take(size.bytes)) return overloaded();
      count(size);
      return undefined;
    },
    force(size) {
      share.force(size.bytes);
      count(size);
    },
    stop(reason) {
      const { message, extensions } = reason;
      // Without a path GraphQL.js would create another error, with a stack, for each field that is left out.
      stopped ??= new GraphQLError(message, { extensions, path: [] });
      share.release();
    },
    findOverload: (minBytes) => (share.hasRoomFor(minBytes) ? undefined : overloaded()),
  };
}

function tooLarge(limit: number, unit: string): GraphQLError {
  return limitError(
    `The response would exceed the limit of ${showCap(limit)} ${unit}. Request fewer fields or badges at once.`,
  );
}

/** The request itself is acceptable: it succeeds once other responses have been sent. */
function overloaded(): GraphQLError {
  return new GraphQLError(
    'Too many response bytes for this tenant are in flight. Read the pending responses, and retry this request later.',
    { extensions: { code: OVERLOADED, retryable: true, retryAfterMs: RETRY_AFTER_MS } },
  );
}
