import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  type Document,
  LineCounter,
  type Scalar,
  type YAMLMap,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  parseDocument,
} from 'yaml';
import { isObject } from '../http/json.ts';

/** A value of a file, with its line. */
export interface YamlNode {
  line: number;
  /** A map has text keys. A list is always empty, because no setting is a list. */
  value: Map<string, YamlNode> | string | number | boolean | null | readonly [];
  /** Letters and digits that YAML reads as a number of another text, such as `007` or 24 digits. They may be an ID. */
  text?: string;
}

interface YamlError {
  line: number;
  message: string;
}

interface YamlErrors {
  errors: readonly YamlError[];
  /** The number of further errors. */
  more: number;
  /** Set if another try may succeed. */
  isUnfinished?: true;
}

export type YamlReading = { root: YamlNode } | YamlErrors;

/** The number of errors that are listed. */
const MAX_ERRORS = 20;
/** Includes the nodes that aliases refer to, but not the root. */
const MAX_NODES = 30_000;
/** No setting is deeper. */
const MAX_LEVELS = 8;

const tooMany = `has more than ${MAX_NODES} settings, including aliases`;

/** Parses YAML in time proportional to its length. */
export function readYaml(text: string): YamlReading {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    // The library compares each key with all others.
    uniqueKeys: false,
  });
  const errors = document.errors.slice(0, MAX_ERRORS).map(({ code, pos: [at] }) => ({
    line: lines.linePos(at).line,
    message: `is not valid YAML (${code})`,
  }));
  if (errors.length > 0) return { errors, more: document.errors.length - errors.length };
  return createWalk(document, lines)();
}

function createWalk({ contents }: Document, lines: LineCounter): () => YamlReading {
  const anchors = new Map<string, unknown>();
  const errors: YamlError[] = [];
  let more = 0;
  // The root is not counted.
  let nodes = -1;

  function report(error: YamlError): void {
    if (errors.length < MAX_ERRORS) errors.push(error);
    else more += 1;
  }
  function toNode(source: unknown, line: number, level: number): YamlNode {
    nodes += 1;
    const given = isAlias(source) ? anchors.get(source.source) : source;
    if (isNode(given) && 'anchor' in given && given.anchor) anchors.set(given.anchor, given);
    if (isScalar(given)) return { line, ...toScalar(given) };
    if (isMap(given) && level < MAX_LEVELS) return { line, value: toMap(given, level) };
    // Anchors in it may be used later.
    if (isSeq(given)) given.items.forEach((item) => goOn() && toNode(item, line, level + 1));
    return { line, value: isSeq(given) || isMap(given) ? [] : null };
  }
  function toMap({ items }: YAMLMap, level: number): Map<string, YamlNode> {
    const map = new Map<string, YamlNode>();
    for (const { key, value } of items) {
      if (!goOn()) break;
      const name = isScalar(key) ? (key.source ?? String(key.value)) : '';
      const line = isNode(key) && key.range ? lines.linePos(key.range[0]).line : 1;
      if (map.has(name)) report({ line, message: 'is not valid YAML (DUPLICATE_KEY)' });
      map.set(name, toNode(value, line, level + 1));
    }
    return map;
  }
  function goOn(): boolean {
    return nodes <= MAX_NODES;
  }
  return () => {
    const root = toNode(contents, 1, 0);
    if (!goOn()) return { errors: [{ line: 1, message: tooMany }], more: 0 };
    return errors.length > 0 ? { errors, more } : { root };
  };
}

function toScalar({ value, source = '' }: Scalar): Omit<YamlNode, 'line'> {
  if (typeof value === 'number') {
    return /^\w+$/.test(source) && source !== String(value) ? { value, text: source } : { value };
  }
  return { value: typeof value === 'string' || typeof value === 'boolean' ? value : null };
}

/** How long one text may take. The worst text of the permitted size takes less on a busy machine. */
const MAX_MS = 3_000;
/** The memory limit of the thread. */
const MAX_MEMORY = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 };
const REASONS: ReadonlyMap<unknown, string> = new Map([
  ['ABORT_ERR', `takes longer than ${MAX_MS} ms to parse`],
  ['ERR_WORKER_OUT_OF_MEMORY', 'takes too much memory to parse'],
]);

/** Parses YAML in a thread of its own, so that the process is not blocked. */
export async function readYamlElsewhere(text: string): Promise<YamlReading> {
  const script = new URL(`yaml-worker${extname(import.meta.url)}`, import.meta.url);
  let worker: Worker | undefined;
  try {
    worker = new Worker(script, { workerData: text, resourceLimits: MAX_MEMORY });
    const signal = AbortSignal.timeout(MAX_MS);
    const [reading] = (await once(worker, 'message', { signal })) as [YamlReading];
    return reading;
  } catch (error) {
    // Not even a failure to start the thread may end the process.
    const code = isObject(error) ? error.code : undefined;
    const message = REASONS.get(code) ?? `cannot be read (${String(code)})`;
    return { errors: [{ line: 1, message }], more: 0, isUnfinished: true };
  } finally {
    await worker?.terminate();
  }
}
