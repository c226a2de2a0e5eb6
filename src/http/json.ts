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
