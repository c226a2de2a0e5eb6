/**
 * A part on either side of the only @. No control characters and nothing that cannot be seen, and no lone surrogates:
 * encoded, they would be another's.
 */
const EMAIL = /^[^\s@\p{Cc}\p{Cf}\p{Cs}]{1,64}@[^\s@\p{Cc}\p{Cf}\p{Cs}]{1,190}$/u;

export function isEmail(text: string): boolean {
  return EMAIL.test(text);
}
