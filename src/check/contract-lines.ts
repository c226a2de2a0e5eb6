import { LineCounter, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Pair, ParsedNode } from 'yaml';

/** How well a line of a contract file is founded, as its comment says. */
export interface Mark {
  /** An assumption; else a page of the provider documents it. */
  isInferred: boolean;
  /** The day on which a real provider was last seen to keep to it, `2026-03-01`. */
  seenOn: string | null;
}

/** A value of a contract file, with the line where it is named. */
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

/** The same line, marked as seen on that day. */
export function markSeen(line: string, day: string): string {
  const { isInferred } = readMark(line);
  const [mark] = MARK.exec(line) ?? [''];
  const reason = /:.*$/.exec(mark)?.[0] ?? '';
  const isMark = mark.trim() !== '#' && mark !== '';
  const rest = isMark ? line.slice(0, -mark.length) : line;
  return `${rest} # ${isInferred ? 'inferred, ' : ''}seen ${day}${reason}`;
}

/** Reads a contract file with the marks of its lines. References stay as they are. */
export function readContractLines(text: string): ContractNode {
  const counter = new LineCounter();
  const { contents, errors } = parseDocument(text, { lineCounter: counter });
  const [error] = errors;
  if (error || contents === null) throw new Error('a contract file is no YAML', { cause: error });
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

export function entriesOf(node: ContractNode | undefined): [string, ContractNode][] {
  return [...(mapOf(node) ?? [])];
}
