import { createHash } from 'node:crypto';

/** A text that stands for a secret, or for what a provider says: unlike any other in the world. */
export interface Marker {
  /** Where it was planted. */
  name: string;
  value: string;
  /** The part of it that is searched for. */
  core: string;
}

const CORE_LETTERS = 24;

/** Letters and digits, for a place that takes no others. The same name always gives the same. */
export function toPlainMarker(name: string): Marker {
  const number = BigInt(`0x${createHash('sha256').update(name).digest('hex')}`);
  const core = number.toString(36).slice(0, CORE_LETTERS);
  return { name, value: core, core };
}

/** With every letter that somebody could escape. A comma would part a secret of the router in two. */
export function toSecretMarker(name: string): Marker {
  const marker = toPlainMarker(name);
  return { ...marker, value: `q"\\/+<&%=>'${marker.core}~` };
}

/** As somebody's own text, told apart from secrets by its name. */
export function toWords(name: string): Marker {
  const marker = toPlainMarker(`words ${name}`);
  return { ...marker, value: `words <b>"${marker.core}"</b>` };
}
