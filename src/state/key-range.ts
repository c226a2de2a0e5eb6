const LAST_CODE_POINT = 0x10ffff;
const BEFORE_SURROGATES = 0xd7ff;
const AFTER_SURROGATES = 0xe000;

/** The first text, by code point, after all that begin so. Undefined: there is none. */
export function endOfRange(prefix: string): string | undefined {
  const characters = Array.from(prefix);
  while (characters.length > 0) {
    const last = characters.pop()?.codePointAt(0) ?? LAST_CODE_POINT;
    if (last === LAST_CODE_POINT) continue;
    const next = last === BEFORE_SURROGATES ? AFTER_SURROGATES : last + 1;
    return characters.join('') + String.fromCodePoint(next);
  }
  return undefined;
}

/** The first text after this one. */
export function nextText(text: string): string {
  return `${text}\0`;
}

/** How many keys are read at once. */
export const KEYS_AT_ONCE = 500;

/** Every key that `readPage` gives from a place on, until a page is not full. */
export async function* inKeyPages(
  prefix: string,
  readPage: (from: string) => string[] | Promise<string[]>,
): AsyncGenerator<string> {
  let from = prefix;
  for (;;) {
    const page = await readPage(from);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < KEYS_AT_ONCE) return;
    from = nextText(last);
  }
}
