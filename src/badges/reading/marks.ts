/** Combining marks: characters that belong to the letter before them, such as accents and signs of vowels. */

/** Beyond it there are only variation selectors, which normalization leaves where they are. */
const TABLE_SIZE = 0x20000;
const MARK = /\p{M}/u;
let table: Uint8Array | undefined;

/** By code point: a test by the regular expression takes fifty times as long. Made when it is first asked for. */
function markTable(): Uint8Array {
  if (table) return table;
  const made = new Uint8Array(TABLE_SIZE);
  for (let code = 0; code < TABLE_SIZE; code += 1) {
    if (MARK.test(String.fromCodePoint(code))) made[code] = 1;
  }
  table = made;
  return made;
}

export function isMarkAt(text: string, at: number): boolean {
  return markTable()[text.codePointAt(at) ?? 0] === 1;
}

/** UTF-16 units of the character there. */
export function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

/** The marks that begin there, up to the next letter. */
export function marksAfter(text: string, start: number): string[] {
  const marks: string[] = [];
  for (let at = start; at < text.length && isMarkAt(text, at); at += widthAt(text, at)) {
    marks.push(text.slice(at, at + widthAt(text, at)));
  }
  return marks;
}

/** The marks that end there, in their order. */
export function marksBefore(text: string, end: number): string[] {
  const marks: string[] = [];
  for (let at = startBefore(text, end); at >= 0 && isMarkAt(text, at); at = startBefore(text, at)) {
    marks.push(text.slice(at, at + widthAt(text, at)));
  }
  return marks.reverse();
}

/** Where the character begins that ends there; -1 at the beginning. */
function startBefore(text: string, end: number): number {
  const isPair = end > 1 && widthAt(text, end - 2) === 2;
  return end - (isPair ? 2 : 1);
}

/** All marks, by the letter that they belong to. */
export function rowsOfMarks(text: string): string[][] {
  const rows: string[][] = [];
  for (let at = 0; at < text.length;) {
    const row = marksAfter(text, at);
    if (row.length > 0) rows.push(row);
    const width = row.join('').length;
    at += width > 0 ? width : widthAt(text, at);
  }
  return rows;
}
