/** Whether a value of unknown JSON is an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return isObject(value) && typeof value.then === 'function';
}

/** What is at hand is not waited for: a chain of such steps ends within the call that began it if none has to wait. */
export type MaybePromise<T> = T | Promise<T>;

/** What `next` makes of the value, now or once it is there. Throws at once, or rejects, what `next` throws. */
export function andThen<T, U>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<U>,
): MaybePromise<U> {
  return isPromise(value) ? value.then(next) : next(value);
}

/** What `make` makes of all items, once the last is there. Throws at once, or rejects, what is first thrown. */
export function mapAll<T, U>(
  items: readonly T[],
  make: (item: T) => MaybePromise<U>,
): MaybePromise<readonly U[]> {
  const values: MaybePromise<U>[] = [];
  try {
    for (const item of items) values.push(make(item));
  } catch (error) {
    // Those before it may reject later. Only the first error counts, but a rejection that nobody hears ends the process.
    void Promise.allSettled(values);
    throw error;
  }
  return areThere(values) ? values : Promise.all(values);
}

function areThere<T>(values: readonly MaybePromise<T>[]): values is readonly T[] {
  return !values.some(isPromise);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const [SPACE, TILDE] = [0x20, 0x7e] as const;

/** Whether it is ASCII that JSON does not escape, as most texts are. Two patterns would take several times as long. */
export function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < SPACE || code > TILDE || code === QUOTE || code === BACKSLASH) return false;
  }
  return true;
}

/** The value of a field of an object. Undefined if it has none; what it inherits is not looked at. */
export function valueOf(record: object, field: string): unknown {
  return Object.hasOwn(record, field) ? record[field as keyof typeof record] : undefined;
}

/** The first `max` UTF-16 units of a text, or one less where that would split a surrogate pair. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  const isPairCut = isHigh(text.charCodeAt(max - 1)) && isLow(text.charCodeAt(max));
  return text.slice(0, isPairCut ? max - 1 : max);
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/**
 * Parses JSON and replaces each lone surrogate, of a name or a value, with U+FFFD. JSON can spell one (`\ud83d`), UTF-8
 * cannot, and clients in other languages reject a whole document because of it.
 */
export function parseWholeJson(json: string): unknown {
  const value = JSON.parse(json.toWellFormed()) as unknown;
  return SPELLED_SURROGATE.test(json) ? toWholeValue(value) : value;
}

/** Lets the engine check the parsed texts, which takes a tenth of the time of checking the escapes. */
function toWholeValue(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(toWholeValue);
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([key, inner]) => [key.toWellFormed(), toWholeValue(inner)]),
  );
}

/** An escaped surrogate, of a pair or alone. Most encoders write the character itself. */
const SPELLED_SURROGATE = /\\u[dD][89a-fA-F]/;
/** `\ud83d` */
const SPELLED_LENGTH = 6;
const REPLACEMENT = '\ufffd';

/** The same for JSON that stays a text. */
export function toWholeJson(json: string): string {
  const text = json.toWellFormed();
  // Few have an escape of this kind, and finding none takes a fraction of the time of the pattern.
  return text.includes('\\u') && SPELLED_SURROGATE.test(text) ? replaceSpelled(text) : text;
}

/** Checks every escape in turn, because `\\ud83d` is a backslash and five letters. */
function replaceSpelled(json: string): string {
  let whole = '';
  let kept = 0;
  let at = json.indexOf('\\');
  while (at !== -1) {
    const unit = spelledUnit(json, at);
    const isPair = isHigh(unit) && isLow(spelledUnit(json, at + SPELLED_LENGTH));
    const isHalf = !isPair && (isHigh(unit) || isLow(unit));
    if (isHalf) {
      whole += json.slice(kept, at) + REPLACEMENT;
      kept = at + SPELLED_LENGTH;
    }
    const length = isPair ? 2 * SPELLED_LENGTH : isHalf ? SPELLED_LENGTH : 2;
    at = json.indexOf('\\', at + length);
  }
  return whole + json.slice(kept);
}

/** The UTF-16 unit of the escape at this place if it may be a surrogate, else NaN. */
function spelledUnit(json: string, at: number): number {
  const isD = json[at + 2] === 'd' || json[at + 2] === 'D';
  if (!isD || json[at] !== '\\' || json[at + 1] !== 'u') return NaN;
  return parseInt(json.slice(at + 2, at + SPELLED_LENGTH), 16);
}

/**
 * Divides long work into slices of a few milliseconds, between which the process does other work. Slices are measured
 * in steps instead of time, so that the work is divided at the same places on every machine.
 */
export interface Slices {
  /** Counts finished work. At the end of a slice it returns a promise, which resolves after other work had its turn. */
  spend(steps: number): Promise<void> | undefined;
}

/** One step is one character; a slice takes about two milliseconds. */
const SLICE_STEPS = 200_000;

/** `of`: what the work is done for, if others do the same for it at the same time. */
export function createSlices(of?: object): Slices {
  let left = SLICE_STEPS;
  return {
    spend(steps) {
      left -= steps;
      if (left > 0) return undefined;
      left = SLICE_STEPS;
      return nextTurn(of);
    },
  };
}

/** The waiting slices of the whole process, by what they are of. One continues in each round of the event loop. */
const waiting = new Map<object, (() => void)[]>();

/**
 * Resolves after everything else that is ready has had its turn. All that is of the same object takes one turn together,
 * so that a hundred searches of one list delay the refresh of another one as little as a single search.
 */
export function nextTurn(of: object = {}): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.size === 0) setImmediate(goOn);
    const others = waiting.get(of);
    if (others) others.push(resolve);
    else waiting.set(of, [resolve]);
  });
}

function goOn(): void {
  for (const [of, turns] of waiting) {
    turns.shift()?.();
    waiting.delete(of);
    if (turns.length > 0) waiting.set(of, turns);
    break;
  }
  if (waiting.size > 0) setImmediate(goOn);
}

/** Texts up to this length are parsed in one piece, in about a millisecond. */
const PIECE_CHARACTERS = 64 * 1024;
/** Deeper than any real answer. Each level takes memory, which a short text could demand many times. */
export const MAX_DEPTH = 100;
/**
 * More than any record has. A larger object cannot be built in slices, so of one that is too long to be parsed in one
 * piece, this many fields and one more are kept: the extra field shows that it is too large.
 */
export const MAX_FIELDS = 10_000;
/**
 * Twenty bytes each in the longest answer, which is less than any record has. V8 blocks the process while it copies
 * small objects, and an answer of nothing but empty lists would hold two million.
 */
export const MAX_CONTAINERS = 250_000;
/** Parsing a character takes as long as scanning this many. */
const PARSING_WEIGHT = 3;

/** The reason why a text was rejected. It never quotes the text. */
export class JsonError extends Error {
  readonly kind: 'malformed' | 'deep' | 'many';

  constructor(kind: JsonError['kind']) {
    super(`The JSON is ${kind}`);
    this.name = 'JsonError';
    this.kind = kind;
  }
}

const [LINE_FEED, RETURN, TAB] = [0x0a, 0x0d, 0x09] as const;
const COMMA = 0x2c;
const [ARRAY, ARRAY_END, OBJECT, OBJECT_END] = [0x5b, 0x5d, 0x7b, 0x7d] as const;

/** A list or object that has begun, and may become too long to be parsed in one piece. */
interface Frame {
  isArray: boolean;
  start: number;
  /** Where the text that is not parsed yet begins. */
  unread: number;
  /** The last comma between its own members; -1 before the first. */
  comma: number;
  /** The items that are parsed already; empty for a short list. */
  items: unknown[];
  fields: Map<string, unknown>;
  /** The member that ends at the next comma is parsed completely. */
  isMemberRead: boolean;
}

interface Member {
  value: unknown;
  start: number;
  end: number;
}

/**
 * Like `parseWholeJson`, but in slices: a long text is cut between the members of its lists and objects, at any depth,
 * and each piece is parsed by itself. Rejects with a `JsonError`.
 */
export async function parseJsonInSlices(
  text: string,
  slices: Slices,
  pieceCharacters = PIECE_CHARACTERS,
): Promise<unknown> {
  if (text.length <= pieceCharacters) {
    await slices.spend(text.length * (1 + PARSING_WEIGHT));
    return checkDepth(parse(text));
  }
  const frames: Frame[] = [];
  let depth = 0;
  let containers = 0;
  let outermost: Member | undefined;
  let isInString = false;

  function open(at: number, isArray: boolean): void {
    if (depth === 0 && !isBlank(text, outermost ? outermost.end + 1 : 0, at)) throw malformed();
    if (depth === MAX_DEPTH) throw new JsonError('deep');
    containers += 1;
    if (containers > MAX_CONTAINERS) throw new JsonError('many');
    const frame = (frames[depth] ??= toFrame());
    depth += 1;
    Object.assign(frame, { isArray, start: at, unread: at + 1, comma: -1 });
  }

  /** Returns the number of characters that were parsed. */
  function close(at: number, code: number): number {
    const frame = frames[depth - 1];
    if (!frame) throw malformed();
    depth -= 1;
    const isPieceOfOther = depth > 0 && at - frame.start < pieceCharacters;
    if (isPieceOfOther) return 0;
    if ((code === ARRAY_END) !== frame.isArray) throw malformed();
    const { unread } = frame;
    readUpTo(text, frame, at);
    const member = { value: takeValue(frame), start: frame.start, end: at };
    const parent = frames[depth - 1];
    if (parent) addMember(text, parent, member);
    else if (outermost) throw malformed();
    else outermost = member;
    return at - unread;
  }

  /** Returns the number of characters that were parsed. */
  function separate(at: number): number {
    const frame = frames[depth - 1];
    if (!frame) throw malformed();
    const { unread } = frame;
    const isDue = frame.isMemberRead || at - unread >= pieceCharacters;
    if (isDue) {
      readUpTo(text, frame, at);
      frame.unread = at + 1;
    }
    frame.comma = at;
    return isDue ? at - unread : 0;
  }

  let noted = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    let parsed = 0;
    if (code === QUOTE) isInString = !isInString;
    else if (isInString) at += code === BACKSLASH ? 1 : 0;
    else if (code === ARRAY || code === OBJECT) open(at, code === ARRAY);
    else if (code === ARRAY_END || code === OBJECT_END) parsed = close(at, code);
    else if (code === COMMA) parsed = separate(at);
    if (parsed === 0 && at - noted < pieceCharacters) continue;
    await slices.spend(at - noted + parsed * PARSING_WEIGHT);
    noted = at;
  }
  if (depth > 0) throw malformed();
  if (!outermost) return parse(text);
  if (!isBlank(text, outermost.end + 1, text.length)) throw malformed();
  return outermost.value;
}

/** The value. A text has far fewer values than characters, so this takes less time than scanning it. */
function checkDepth(value: unknown, levels = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (levels === MAX_DEPTH) throw new JsonError('deep');
  const inner: unknown[] = Array.isArray(value) ? value : Object.values(value);
  for (const each of inner) checkDepth(each, levels + 1);
  return value;
}

/** Behind the object that begins there, in text that may be no JSON. The end of the text if the object has none. */
export function endOfObject(text: string, start: number): number {
  let depth = 0;
  let isInString = false;
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) isInString = !isInString;
    else if (isInString) at += code === BACKSLASH ? 1 : 0;
    else if (code === OBJECT) depth += 1;
    else if (code === OBJECT_END) depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

function toFrame(): Frame {
  const place = { isArray: true, start: 0, unread: 0, comma: -1 };
  return { ...place, items: [], fields: new Map(), isMemberRead: false };
}

/** Empties the frame for the next list or object at its depth. */
function takeValue(frame: Frame): unknown {
  const value = frame.isArray ? frame.items : Object.fromEntries(frame.fields);
  Object.assign(frame, { items: [], fields: new Map(), isMemberRead: false });
  return value;
}

/** Parses the unread text of the frame up to one of its own commas, or to its end. */
function readUpTo(text: string, frame: Frame, end: number): void {
  const { unread, comma, isMemberRead } = frame;
  frame.isMemberRead = false;
  if (isBlank(text, unread, end)) {
    const isEmpty = comma === -1 && text.charCodeAt(end) !== COMMA;
    if (!isMemberRead && !isEmpty) throw malformed();
    return;
  }
  if (isMemberRead) throw malformed();
  const piece = text.slice(unread, end);
  if (frame.isArray) for (const item of parse(`[${piece}]`) as unknown[]) frame.items.push(item);
  else for (const field of Object.entries(parse(`{${piece}}`) as object)) addField(frame, field);
}

/** Adds a member that was too long to be parsed together with others. */
function addMember(text: string, frame: Frame, { value, start, end }: Member): void {
  if (frame.isMemberRead) throw malformed();
  if (frame.comma >= frame.unread) {
    readUpTo(text, frame, frame.comma);
    frame.unread = frame.comma + 1;
  }
  if (!frame.isArray) addField(frame, [toKey(text.slice(frame.unread, start)), value]);
  else if (isBlank(text, frame.unread, start)) frame.items.push(value);
  else throw malformed();
  frame.unread = end + 1;
  frame.isMemberRead = true;
}

function addField({ fields }: Frame, [key, value]: [string, unknown]): void {
  if (fields.size <= MAX_FIELDS || fields.has(key)) fields.set(key, value);
}

/** The key of `"key":`, which may be surrounded by blanks. */
function toKey(text: string): string {
  const [key, ...others] = Object.keys(parse(`{${text}null}`) as object);
  if (key === undefined || others.length > 0) throw malformed();
  return key;
}

function parse(text: string): unknown {
  try {
    return parseWholeJson(text);
  } catch {
    // The parser's own error quotes the text.
    throw malformed();
  }
}

function isBlank(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code !== SPACE && code !== LINE_FEED && code !== RETURN && code !== TAB) return false;
  }
  return true;
}

function malformed(): JsonError {
  return new JsonError('malformed');
}
