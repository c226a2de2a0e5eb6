/** What may reach a provider, written down a second time: the service's own rules would hide their faults. */

const isWithin = (text: string, letters: string, { most }: { most: number }): boolean =>
  text.length > 0 && text.length <= most && [...text].every((letter) => letters.includes(letter));

const DIGITS = '0123456789';
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
export const PLAIN_LETTERS = `${DIGITS}${LETTERS}${LETTERS.toUpperCase()}_-`;
export const HEX_LETTERS = `${DIGITS}abcdefABCDEF`;

export const isReturningAIBadgeId = (text: string) => isWithin(text, PLAIN_LETTERS, { most: 64 });
export const isReturningAIUserId = (text: string) => isWithin(text, DIGITS, { most: 20 });
export const isTagMangoId = (text: string) =>
  text.length === 24 && isWithin(text, HEX_LETTERS, { most: 24 });

export function isPhone(text: string): boolean {
  const digits = text.startsWith('+') ? text.slice(1) : text;
  return digits.length >= 4 && isWithin(digits, DIGITS, { most: 20 });
}

export function isEmail(text: string): boolean {
  const [name = '', host = '', ...rest] = text.split('@').map((part) => [...part]);
  const isPlain = [...name, ...host].every(
    (letter) => letter.trim() === letter && letter.isWellFormed() && !isControl(letter),
  );
  const isShort = name.length <= 64 && host.length <= 190;
  return rest.length === 0 && name.length > 0 && host.length > 0 && isPlain && isShort;
}

export function isIdempotencyKey(text: string): boolean {
  const isVisible = [...text].every((letter) => letter > ' ' && letter < '\u007f');
  return text.length > 0 && text.length <= 200 && isVisible;
}

function isControl(letter: string): boolean {
  const code = letter.codePointAt(0) ?? 0;
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}
