import { isUtf8 } from 'node:buffer';
import { isInvisible } from '../../providers/input-checks.ts';

const MOST_CHARACTERS = 200;
/** OpenID Connect lets a subject be as long. */
const MOST_SUBJECT_CHARACTERS = 255;

/**
 * What is seen by nobody, or makes what follows look like something else: a caller must not pass for another one in
 * records. Joiners are letters' own, as in names in Persian and in emoji.
 */
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]|(?![\u200c\u200d])\p{Cf}/u;

/** Whether it can name a caller in records. */
function isName(text: string, most: number): boolean {
  const isLong = text.length > 2 * most || [...text].length > most;
  return !isLong && !FORBIDDEN.test(text) && !isInvisible(text);
}

/** The caller whom a token names. */
export function isSubject(text: string): boolean {
  return isName(text, MOST_SUBJECT_CHARACTERS);
}

/** The caller whom the router names. Undefined: in a way that cannot be used. */
export function readActor(header: string): string | undefined {
  // Node reads a header byte by byte.
  const bytes = Buffer.from(header, 'latin1');
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  return isName(text, MOST_CHARACTERS) ? text : undefined;
}

export const ACTOR_RULE = `x-badges-actor must be 1 to ${MOST_CHARACTERS} visible characters in UTF-8`;
