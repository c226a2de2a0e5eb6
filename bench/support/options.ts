/** A size that was typed. Throws for what is none. */
export function toSize(name: string, text: string): number {
  const size = Number(text);
  if (text !== '' && size > 0 && Number.isFinite(size)) return size;
  throw new Error(`--${name} must be a number above 0, and is "${text}"`);
}
