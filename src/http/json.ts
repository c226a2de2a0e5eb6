/** Narrows JSON that nobody has read yet. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Text without half characters. A UTF-16 string may hold one surrogate of a pair alone; JSON can spell it (`\ud83d`),
 * UTF-8 cannot, and clients that are not written in JavaScript refuse a whole document for it.
 */

/** The text up to so many UTF-16 units, or one less where that would cut a character in two. */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text;
  const isPairCut = isHigh(text.charCodeAt(most - 1)) && isLow(text.charCodeAt(most));
  return text.slice(0, isPairCut ? most - 1 : most);
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** The value of a JSON text, in which each half character, of a name or a value, has become U+FFFD. */
export function parseWholeJson(json: string): unknown {
  const value = JSON.parse(json.toWellFormed()) as unknown;
  return SPELLED_SURROGATE.test(json) ? toWholeValue(value) : value;
}

/** The texts of a value are looked at by the engine, which takes a tenth of the time of all escapes of their JSON. */
function toWholeValue(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(toWholeValue);
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([key, inner]) => [key.toWellFormed(), toWholeValue(inner)]),
  );
}

/** Spelled so in JSON, a surrogate may be half of a pair or alone. Most encoders write the character itself. */
const SPELLED_SURROGATE = /\\u[dD][89a-fA-F]/;
/** `\ud83d` */
const SPELLED_LENGTH = 6;
const REPLACEMENT = '\ufffd';

/** A JSON text in which each half character has become U+FFFD. */
export function toWholeJson(json: string): string {
  const text = json.toWellFormed();
  return SPELLED_SURROGATE.test(text) ? replaceSpelled(text) : text;
}

/** Looks at every escape in turn: `\\ud83d` is a backslash and five letters. */
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

/** The UTF-16 unit that is spelled there, if its first digit is d as of all surrogates; else NaN. */
function spelledUnit(json: string, at: number): number {
  const isD = json[at + 2] === 'd' || json[at + 2] === 'D';
  if (!isD || json[at] !== '\\' || json[at + 1] !== 'u') return NaN;
  return parseInt(json.slice(at + 2, at + SPELLED_LENGTH), 16);
}

/**
 * Long work in slices, so that whatever else the process has to do waits a few milliseconds for it at most. Work is
 * counted in steps, and not in time: it is cut in the same places everywhere.
 */
export interface Slices {
  /** Notes work that was done. Where it gives a promise, others have their turn before that is kept. */
  spend(steps: number): Promise<void> | undefined;
}

/** A step is to look at one character: so many take about two milliseconds. */
const SLICE_STEPS = 200_000;

export function createSlices(): Slices {
  let left = SLICE_STEPS;
  return {
    spend(steps) {
      left -= steps;
      if (left > 0) return undefined;
      left = SLICE_STEPS;
      return nextTurn();
    },
  };
}

/** All of the process: one goes on in each round of the event loop, however many there are. */
const waiting: (() => void)[] = [];

/** Resolves after everything else that is ready has had its turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(goOn);
  });
}

function goOn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(goOn);
}

/** Texts up to this length are parsed at once, in about a millisecond. */
const PIECE_CHARACTERS = 64 * 1024;
/** Deeper than any answer: each level takes memory that a short text may ask for many times. */
export const MAX_DEPTH = 100;
/**
 * No record has so many, and a larger object cannot be made in slices: of one that is too long to be parsed at once, so
 * many fields are kept and one more, by which it can be told.
 */
export const MAX_FIELDS = 10_000;
/**
 * Of 10 bytes each in the longest answer, which is less than any has. V8 copies small values while all else waits: of
 * an answer that is nothing but empty lists there would be two million.
 */
export const MAX_VALUES = 500_000;
/** To parse a character takes as long as to look at so many. */
const PARSING_WEIGHT = 3;

/** Why a text is not read. It never quotes the text. */
export class JsonError extends Error {
  readonly kind: 'malformed' | 'deep' | 'many';

  constructor(kind: JsonError['kind']) {
    super(`The JSON is ${kind}`);
    this.name = 'JsonError';
    this.kind = kind;
  }
}

const [SPACE, LINE_FEED, RETURN, TAB] = [0x20, 0x0a, 0x0d, 0x09] as const;
const COMMA = 0x2c;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const [ARRAY, ARRAY_END, OBJECT, OBJECT_END] = [0x5b, 0x5d, 0x7b, 0x7d] as const;

/** A list or an object that has begun, and may become too long to be parsed at once. */
interface Frame {
  isArray: boolean;
  start: number;
  /** Where the text begins that is not parsed yet, after whatever was. */
  unread: number;
  /** The last comma of its own; -1 before the first. */
  comma: number;
  /** What was parsed of it, which is nothing of one that is short. */
  items: unknown[];
  fields: Map<string, unknown>;
  /** Of the member that ends at the next comma, everything is parsed. */
  isMemberRead: boolean;
}

interface Member {
  value: unknown;
  start: number;
  end: number;
}

/**
 * What `parseWholeJson` gives, made in slices: a long text is cut between the members of its lists and objects, however
 * they are nested, and each piece is parsed by itself. Rejects with a `JsonError`.
 */
export async function parseJsonInSlices(
  text: string,
  slices: Slices,
  pieceCharacters = PIECE_CHARACTERS,
): Promise<unknown> {
  const frames: Frame[] = [];
  let depth = 0;
  let values = 0;
  let outermost: Member | undefined;
  let isInString = false;

  function open(at: number, isArray: boolean): void {
    if (depth === 0 && !isBlank(text, outermost ? outermost.end + 1 : 0, at)) throw malformed();
    if (depth === MAX_DEPTH) throw new JsonError('deep');
    count();
    const frame = (frames[depth] ??= toFrame());
    depth += 1;
    Object.assign(frame, { isArray, start: at, unread: at + 1, comma: -1 });
  }

  /** Gives how much was parsed. */
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

  function count(): void {
    values += 1;
    if (values > MAX_VALUES) throw new JsonError('many');
  }

  /** Gives how much was parsed. */
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
    count();
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

function toFrame(): Frame {
  const place = { isArray: true, start: 0, unread: 0, comma: -1 };
  return { ...place, items: [], fields: new Map(), isMemberRead: false };
}

/** Leaves the frame for the next list or object of its depth. */
function takeValue(frame: Frame): unknown {
  const value = frame.isArray ? frame.items : Object.fromEntries(frame.fields);
  Object.assign(frame, { items: [], fields: new Map(), isMemberRead: false });
  return value;
}

/** Parses what is unread of the frame, up to a comma of its own or its end. */
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

/** Adds what was too long to be parsed with its neighbours. */
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

/** Of `"key":`, with blanks. */
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
