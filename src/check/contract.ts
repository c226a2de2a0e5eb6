import { readFileSync } from 'node:fs';
import {
  LineCounter,
  type Pair,
  type ParsedNode,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
} from 'yaml';

/** The comment of a line in a contract file: documented or inferred, and when it was seen. */
export interface Mark {
  /** Inferred, instead of documented by the provider. */
  isInferred: boolean;
  /** The day on which a real provider last agreed with it, such as `2026-03-01`. */
  seenOn: string | null;
}

/** A value of a contract file, with its line. */
export interface ContractNode {
  /** JSON pointer from the top of the file. */
  pointer: string;
  /** Counted from 1. */
  line: number;
  mark: Mark;
  value: string | number | boolean | null | ContractNode[] | ReadonlyMap<string, ContractNode>;
}

/** `# inferred`, `# seen 2026-03-01` or `# inferred, seen 2026-03-01`, and perhaps a reason after a colon. */
const MARK = /\s# (?:(inferred)(?:, )?)?(?:seen (\d{4}-\d{2}-\d{2}))?(?::.*)?$/;

export function readMark(line: string): Mark {
  const [, inferred, seenOn = null] = MARK.exec(line) ?? [];
  return { isInferred: inferred !== undefined, seenOn };
}

/** The same line, marked as seen on this day. */
export function markSeen(line: string, day: string): string {
  const { isInferred } = readMark(line);
  const [mark] = MARK.exec(line) ?? [''];
  const reason = /:.*$/.exec(mark)?.[0] ?? '';
  const isMark = mark.trim() !== '#' && mark !== '';
  const rest = isMark ? line.slice(0, -mark.length) : line;
  return `${rest} # ${isInferred ? 'inferred, ' : ''}seen ${day}${reason}`;
}

/** Reads a contract file with the marks of its lines. References are not resolved. */
export function readContractLines(text: string): ContractNode {
  const counter = new LineCounter();
  const { contents, errors } = parseDocument(text, { lineCounter: counter });
  const [error] = errors;
  if (error || contents === null)
    throw new Error('A contract file is not valid YAML', { cause: error });
  const lines = text.split('\n');

  function toNode(node: ParsedNode | null, at: { pointer: string; offset: number }): ContractNode {
    const { pointer, offset } = at;
    const { line } = counter.linePos(offset);
    const common = { pointer, line, mark: readMark(lines[line - 1] ?? '') };
    if (isMap<ParsedNode, ParsedNode | null>(node)) {
      return { ...common, value: new Map(node.items.map((pair) => toEntry(pair, pointer))) };
    }
    if (isSeq<ParsedNode>(node)) {
      const items = node.items.map((item, index) =>
        toNode(item, { pointer: `${pointer}/${index}`, offset: item.range[0] }),
      );
      return { ...common, value: items };
    }
    return { ...common, value: isScalar(node) ? toScalar(node.value) : null };
  }

  function toEntry(
    { key, value }: Pair<ParsedNode, ParsedNode | null>,
    pointer: string,
  ): [string, ContractNode] {
    const name = isScalar(key) ? String(key.value) : '';
    const below = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return [name, toNode(value, { pointer: below, offset: key.range[0] })];
  }

  return toNode(contents, { pointer: '', offset: 0 });
}

function toScalar(value: unknown): string | number | boolean | null {
  const isScalarValue =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return isScalarValue ? value : null;
}

type ContractMap = ReadonlyMap<string, ContractNode>;

function mapOf(node: ContractNode | undefined): ContractMap | undefined {
  const value = node?.value;
  const isMapValue = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMapValue ? value : undefined;
}

export function childOf(node: ContractNode | undefined, key: string): ContractNode | undefined {
  return mapOf(node)?.get(key);
}

export function itemsOf(node: ContractNode | undefined): readonly ContractNode[] {
  return Array.isArray(node?.value) ? node.value : [];
}

function entriesOf(node: ContractNode | undefined): [string, ContractNode][] {
  return [...(mapOf(node) ?? [])];
}

/** The contract file of a provider, as far as an answer can be compared with it. */
export interface Contract {
  /** Method and path. Like the others, throws for an unknown operation. */
  routeOf(operation: string): Stated;
  /** The body of its successful answer. */
  answerOf(operation: string): Answer;
  /** The behaviours of an operation that the file states, by name. */
  behaviourOf(operation: string): ReadonlyMap<string, Stated>;
}

/** A statement of a line. */
export interface Stated {
  text: string;
  mark: Mark;
  /** JSON pointer of the line. */
  pointer: string;
}

export interface Answer {
  shape: Shape;
  /** Whether it is inferred that this operation answers in this form, even if the form is documented for others. */
  isInferred: boolean;
  /** The fields that an update sends. An answer that shows one unexpectedly is reported separately. */
  sentFields: ReadonlySet<string>;
}

/** The schema of a JSON value. */
export interface Shape {
  /** None: any. */
  types: readonly Stated[];
  /** The permitted values as JSON. None: any of its type. */
  values: readonly Stated[];
  pattern: Stated | undefined;
  isDateTime: boolean;
  properties: ReadonlyMap<string, Property>;
  items: Shape | undefined;
  /** Alternatives. If there are any, the rest is empty. */
  variants: readonly Shape[];
}

interface Property {
  shape: Shape;
  isRequired: boolean;
  mark: Mark;
  pointer: string;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

const contracts = new Map<string, Contract>();

/** Reads each file once: it is a part of the build, and each tenant has the same providers. */
export function readContract(file: URL): Contract {
  const known = contracts.get(file.href);
  if (known) return known;
  const contract = readContractFile(file);
  contracts.set(file.href, contract);
  return contract;
}

function readContractFile(file: URL): Contract {
  const root = readContractLines(readFileSync(file, 'utf8'));
  const operations = new Map<string, { node: ContractNode; route: string }>();
  for (const [path, item] of entriesOf(childOf(root, 'paths'))) {
    for (const method of METHODS) {
      const node = childOf(item, method);
      const id = childOf(node, 'operationId')?.value;
      const route = `${method.toUpperCase()} ${path}`;
      if (node && typeof id === 'string') operations.set(id, { node, route });
    }
  }

  function find(operation: string): { node: ContractNode; route: string } {
    const found = operations.get(operation);
    if (!found) throw new Error(`${file.pathname} has no operation ${operation}`);
    return found;
  }

  function sentBy(operation: string): Shape {
    const body = childOf(find(operation).node, 'requestBody');
    const content = childOf(body && resolve(body, root), 'content');
    const schema = childOf(childOf(content, 'application/json'), 'schema');
    return schema ? toShape(schema, root) : ANYTHING;
  }
  const sentFields = new Set(sentBy('updateBadge').properties.keys());

  return {
    routeOf(operation) {
      const { node, route } = find(operation);
      return { ...toStated(node), text: route };
    },
    answerOf(operation) {
      const responses = entriesOf(childOf(find(operation).node, 'responses'));
      const [, response] = responses.find(([status]) => status.startsWith('2')) ?? [];
      const content = childOf(response && resolve(response, root), 'content');
      const schema = childOf(childOf(content, 'application/json'), 'schema');
      const shape = schema ? toShape(schema, root) : ANYTHING;
      return { shape, isInferred: response?.mark.isInferred ?? true, sentFields };
    },
    behaviourOf(operation) {
      const stated = entriesOf(childOf(find(operation).node, 'x-behaviour'));
      return new Map(stated.map(([name, node]) => [name, toStated(node)]));
    },
  };
}

const ANYTHING: Shape = {
  types: [],
  values: [],
  pattern: undefined,
  isDateTime: false,
  properties: new Map(),
  items: undefined,
  variants: [],
};

function toShape(reference: ContractNode, root: ContractNode): Shape {
  const schema = resolve(reference, root);
  const all = itemsOf(childOf(schema, 'allOf')).map((part) => toShape(part, root));
  const variants = itemsOf(childOf(schema, 'oneOf')).map((part) => toShape(part, root));
  const type = childOf(schema, 'type');
  const constant = childOf(schema, 'const');
  const pattern = childOf(schema, 'pattern');
  const items = childOf(schema, 'items');
  const own: Shape = {
    types: (Array.isArray(type?.value) ? itemsOf(type) : type ? [type] : []).map(toStated),
    values: [...itemsOf(childOf(schema, 'enum')), ...(constant ? [constant] : [])].map((node) => ({
      ...toStated(node),
      text: JSON.stringify(node.value),
    })),
    pattern: pattern && toStated(pattern),
    isDateTime: childOf(schema, 'format')?.value === 'date-time',
    properties: toProperties(schema, root),
    items: items && toShape(items, root),
    variants,
  };
  return [...all, own].reduce(merge, ANYTHING);
}

function toProperties(schema: ContractNode, root: ContractNode): Map<string, Property> {
  const required = new Set(itemsOf(childOf(schema, 'required')).map(({ value }) => value));
  return new Map(
    entriesOf(childOf(schema, 'properties')).map(([name, node]) => {
      const { mark, pointer } = node;
      const shape = toShape(node, root);
      return [name, { shape, isRequired: required.has(name), mark, pointer }];
    }),
  );
}

/** Merges two schemas. If both name a field, the second one adds to the first. */
function merge(first: Shape, second: Shape): Shape {
  const properties = new Map(first.properties);
  for (const [name, property] of second.properties) {
    const known = properties.get(name);
    properties.set(
      name,
      known ? { ...known, shape: merge(known.shape, property.shape) } : property,
    );
  }
  return {
    types: second.types.length > 0 ? second.types : first.types,
    values: second.values.length > 0 ? second.values : first.values,
    pattern: second.pattern ?? first.pattern,
    isDateTime: first.isDateTime || second.isDateTime,
    properties,
    items: second.items ?? first.items,
    variants: second.variants.length > 0 ? second.variants : first.variants,
  };
}

function resolve(node: ContractNode, root: ContractNode): ContractNode {
  const reference = childOf(node, '$ref')?.value;
  if (typeof reference !== 'string') return node;
  const found = reference
    .replace(/^#\//, '')
    .split('/')
    .reduce<ContractNode | undefined>(childOf, root);
  if (!found) throw new Error(`${reference} leads nowhere`);
  return resolve(found, root);
}

function toStated({ value, mark, pointer }: ContractNode): Stated {
  return { text: typeof value === 'object' ? '' : String(value), mark, pointer };
}
