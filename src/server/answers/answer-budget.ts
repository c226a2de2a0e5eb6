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
  isObjectType,
  typeFromAST,
} from 'graphql';
import { isPlain } from '../../http/json.ts';
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
export const QUOTES = 2;
const NULL_BYTES = 4;
/** Of a timestamp with its quotes. Numbers and booleans are shorter. */
const MAX_OTHER_BYTES = 26;
const ESCAPED = /["\\\p{Cc}]/u;
/** Items of a list of scalars have no key and cost less than fields: this many count as one field. */
const VALUES_OF_FIELD = 10;
const LONG_TEXT = 500;

function bytesOfText(text: string): number {
  if (text.length < LONG_TEXT && isPlain(text)) return text.length + QUOTES;
  return ESCAPED.test(text)
    ? Buffer.byteLength(JSON.stringify(text))
    : Buffer.byteLength(text) + QUOTES;
}

/** Lists and objects in a JSON scalar, but no times. */
function isJson(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Date);
}

/** Measures the leaves of one response. A long string is measured once, however often it is selected. */
class LeafSizes {
  #known: Map<string, number> | undefined;

  /** Of a scalar or an enum value. */
  bytesOf(value: unknown): number {
    if (typeof value === 'string') return this.#bytesOfText(value);
    if (value === null || value === undefined) return NULL_BYTES;
    return isJson(value) ? this.#bytesOfJson(value) : MAX_OTHER_BYTES;
  }

  of(value: unknown): AnswerSize {
    if (!Array.isArray(value)) return { fields: 0, bytes: this.bytesOf(value) };
    const values: readonly unknown[] = value;
    let bytes = BRACKETS;
    for (const each of values) bytes += this.bytesOf(each) + 1;
    return { fields: Math.ceil(values.length / VALUES_OF_FIELD), bytes };
  }

  #bytesOfJson(value: object): number {
    let bytes = BRACKETS;
    for (const [key, each] of Object.entries(value)) {
      bytes += this.#bytesOfText(key) + this.bytesOf(each) + 2;
    }
    return bytes;
  }

  #bytesOfText(text: string): number {
    if (text.length < LONG_TEXT) return bytesOfText(text);
    this.#known ??= new Map();
    const bytes = this.#known.get(text) ?? bytesOfText(text);
    this.#known.set(text, bytes);
    return bytes;
  }
}

type SizesByType = Map<GraphQLNamedType, AnswerSize>;
interface Sizes {
  get(selections: SelectionSetNode): SizesByType | undefined;
  set(selections: SelectionSetNode, byType: SizesByType): unknown;
}

/** Of selections without directives, which are the same for all operations with the same parsed document. */
const lastingSizes: Sizes = new WeakMap<SelectionSetNode, SizesByType>();

/** Measures the selections of one operation, each once: keys and brackets, without the values of fields. */
export class SelectionSizes {
  readonly leaves = new LeafSizes();
  readonly #executed: Executed;
  #sizesHere: Map<SelectionSetNode, SizesByType> | undefined;
  #hasDirectives = false;

  constructor(executed: Executed) {
    this.#executed = executed;
  }

  /** Of the objects of a field of this type. The values of their fields are measured when they are resolved. */
  ofObjects(value: unknown, fieldNodes: readonly FieldNode[], type: GraphQLNamedType): AnswerSize {
    const size = { fields: 0, bytes: BRACKETS };
    const isNull = value === null || value === undefined;
    const objects = Array.isArray(value) ? value.length : isNull ? 0 : 1;
    for (const { selectionSet } of fieldNodes) {
      if (!selectionSet) continue;
      const one = this.ofSelections(selectionSet, type);
      size.fields += objects * one.fields;
      size.bytes += objects * (one.bytes + BRACKETS);
    }
    return size;
  }

  /** Of an abstract type: the maximum over its possible types. */
  ofSelections(selections: SelectionSetNode, type: GraphQLNamedType): AnswerSize {
    const known =
      lastingSizes.get(selections)?.get(type) ?? this.#sizesHere?.get(selections)?.get(type);
    if (known) return known;
    this.#hasDirectives = false;
    const measured = this.#measure(selections, type);
    if (this.#hasDirectives) this.#sizesHere ??= new Map<SelectionSetNode, SizesByType>();
    const sizes: Sizes = (this.#hasDirectives && this.#sizesHere) || lastingSizes;
    const byType = sizes.get(selections) ?? new Map<GraphQLNamedType, AnswerSize>();
    sizes.set(selections, byType.set(type, measured));
    return measured;
  }

  isIncluded(selection: SelectionSetNode['selections'][number]): boolean {
    if (!selection.directives?.length) return true;
    this.#hasDirectives = true;
    const { variableValues } = this.#executed;
    const skip = getDirectiveValues(GraphQLSkipDirective, selection, variableValues);
    const include = getDirectiveValues(GraphQLIncludeDirective, selection, variableValues);
    return skip?.if !== true && include?.if !== false;
  }

  #measure(selections: SelectionSetNode, type: GraphQLNamedType): AnswerSize {
    if (!isAbstractType(type)) return this.#ofObject(selections, type);
    const types = this.#executed.schema.getPossibleTypes(type);
    const sizes = types.map((each) => this.#ofObject(selections, each));
    return {
      fields: Math.max(0, ...sizes.map(({ fields }) => fields)),
      bytes: Math.max(0, ...sizes.map(({ bytes }) => bytes)),
    };
  }

  #ofObject({ selections }: SelectionSetNode, type: GraphQLNamedType): AnswerSize {
    const size = { fields: 0, bytes: 0 };
    for (const selection of selections) {
      const { fields, bytes } = this.#ofSelection(selection, type);
      size.fields += fields;
      size.bytes += bytes;
    }
    return size;
  }

  #ofSelection(
    selection: SelectionSetNode['selections'][number],
    type: GraphQLNamedType,
  ): AnswerSize {
    if (!this.isIncluded(selection)) return NOTHING;
    if (selection.kind === Kind.FIELD) return ofKey(selection, type);
    const { schema, fragments } = this.#executed;
    const part =
      selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments[selection.name.value];
    if (!part) return NOTHING;
    const { typeCondition, selectionSet } = part;
    const isOfType = !typeCondition || this.#isOf(type, typeFromAST(schema, typeCondition));
    return isOfType ? this.#ofObject(selectionSet, type) : NOTHING;
  }

  #isOf(type: GraphQLNamedType, condition: GraphQLNamedType | undefined): boolean {
    if (type === condition) return true;
    const isPossible = isObjectType(type) || isInterfaceType(type);
    const { schema } = this.#executed;
    return isPossible && isAbstractType(condition) && schema.isSubType(condition, type);
  }
}

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

/** What one response or body holds of the bytes that all of the process may have at one time. */
export interface BudgetShare {
  /** Holds this many more bytes and returns true, or returns false if there is no room for them. */
  take(bytes: number): boolean;
  /** Holds them in any case, because the result of a write must be reported. */
  force(bytes: number): void;
  hasRoomFor(bytes: number): boolean;
  /** Returns what it holds, and takes nothing from then on. */
  release(): void;
}

export interface ByteBudget {
  /** A share for one response or body. */
  open(tenant: string): BudgetShare;
  /** Bytes that all shares hold. */
  heldBytes(): number;
}

/**
 * Limits the bytes of all responses that are being created or sent, or of all bodies that are arriving or waiting. A
 * tenant may hold as much as stays free, as switches share their buffer among ports by a dynamic threshold: a single
 * tenant gets at most half of the budget, so that there is room for others whatever it requests.
 */
export function createByteBudget(maxBytes: number): ByteBudget {
  const held: Held = { maxBytes, total: 0, byTenant: new Map() };
  return {
    heldBytes: () => held.total,
    open: (tenant) => new Share(held, tenant),
  };
}

/** What all shares hold together. */
interface Held {
  readonly maxBytes: number;
  total: number;
  readonly byTenant: Map<string, Holder>;
}

/** What all shares of a tenant hold together. */
interface Holder {
  bytes: number;
  shares: number;
}

class Share implements BudgetShare {
  readonly #all: Held;
  readonly #tenant: string;
  #bytes = 0;
  #isReleased = false;
  /** Since the share holds anything. */
  #holder: Holder | undefined;

  constructor(all: Held, tenant: string) {
    this.#all = all;
    this.#tenant = tenant;
  }

  hasRoomFor(bytes: number): boolean {
    const { maxBytes, total, byTenant } = this.#all;
    const ofTenant = (this.#holder ?? byTenant.get(this.#tenant))?.bytes ?? 0;
    return ofTenant + bytes <= maxBytes - total - bytes;
  }

  take(bytes: number): boolean {
    if (this.#isReleased || !this.hasRoomFor(bytes)) return false;
    this.force(bytes);
    return true;
  }

  force(bytes: number): void {
    if (this.#isReleased) return;
    this.#holder ??= this.#join();
    this.#bytes += bytes;
    this.#holder.bytes += bytes;
    this.#all.total += bytes;
  }

  release(): void {
    this.#isReleased = true;
    const holder = this.#holder;
    if (!holder) return;
    holder.bytes -= this.#bytes;
    this.#all.total -= this.#bytes;
    this.#bytes = 0;
    holder.shares -= 1;
    if (holder.shares === 0) this.#all.byTenant.delete(this.#tenant);
    this.#holder = undefined;
  }

  #join(): Holder {
    const { byTenant } = this.#all;
    const holder = byTenant.get(this.#tenant) ?? { bytes: 0, shares: 0 };
    byTenant.set(this.#tenant, holder);
    holder.shares += 1;
    return holder;
  }
}

/** When an overloaded request may be retried. */
export const RETRY_AFTER_MS = 1_000;

/** Counts the fields and bytes of one response while it is created. */
export class AnswerMeter {
  readonly #share: BudgetShare;
  readonly #maxBytes: number;
  #fields = 0;
  #bytes = 0;
  #stopped: GraphQLError | undefined;

  constructor(share: BudgetShare, maxBytes: number) {
    this.#share = share;
    this.#maxBytes = maxBytes;
  }

  /** Why the response is not created any further. Undefined while it is. */
  get stopped(): GraphQLError | undefined {
    return this.#stopped;
  }

  /** Counts a part of the response. If it does not fit, returns why and counts nothing. */
  add({ fields, bytes }: AnswerSize): GraphQLError | undefined {
    const { fields: maxFields } = REQUEST_CAPS;
    if (this.#fields + fields > maxFields) return tooLarge(maxFields, 'fields');
    return this.addBytes(bytes) ?? this.#addFields(fields);
  }

  /** The same for a part without a field of its own. */
  addBytes(bytes: number): GraphQLError | undefined {
    if (this.#bytes + bytes > this.#maxBytes) return tooLarge(this.#maxBytes, 'bytes');
    if (!this.#share.take(bytes)) return overloaded();
    this.#bytes += bytes;
    return undefined;
  }

  /** Counts a part that the response must have. */
  force({ fields, bytes }: AnswerSize): void {
    this.#share.force(bytes);
    this.#bytes += bytes;
    this.#addFields(fields);
  }

  /** Stops the response, and returns what it held to the budget. */
  stop({ message, extensions }: GraphQLError): void {
    // Without a path GraphQL.js would create another error, with a stack, for each field that is left out.
    this.#stopped ??= new GraphQLError(message, { extensions, path: [] });
    this.#share.release();
  }

  /** Why a response of at least this many bytes cannot be started. Undefined if it can. */
  findOverload(minBytes: number): GraphQLError | undefined {
    return this.#share.hasRoomFor(minBytes) ? undefined : overloaded();
  }

  #addFields(fields: number): undefined {
    this.#fields += fields;
  }
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
