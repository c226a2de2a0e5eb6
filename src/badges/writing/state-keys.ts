import { createHash } from 'node:crypto';

/** A key of the state store out of parts that may hold anything. */
export function toStateKey(...parts: readonly string[]): string {
  return parts.map(encode).join('/');
}

/** Half a character has no encoding in a URI, and one of its own here. */
function encode(part: string): string {
  if (part.isWellFormed()) return encodeURIComponent(part);
  const characters = Array.from(part, (character) =>
    character.isWellFormed()
      ? encodeURIComponent(character)
      : `%u${character.charCodeAt(0).toString(16)}`,
  );
  return characters.join('');
}

/** The same for equal inputs whatever their order of fields; absent and null differ. */
export function hashInput(input: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(input)))
    .digest('base64url');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
