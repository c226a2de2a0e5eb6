/**
 * Names and phrases that this project no longer uses, with the reason that they read as coined or translated.
 * They are found as whole words, in any case, also across a line break. Write the words of the field instead.
 */
export const retiredWords: readonly string[] = [
  'does all but the write',
  'for programs.',
  'insist',
  'is no YAML',
  'is not asked for a while',
  'nobody has looked',
  'nobody knows',
  'one too many',
  'shelf',
  'slip of the pen',
  'stands already',
  'the token is none',
  'what came of',
  'which end comes first',
  'written-out',
];

/** Which of the phrases a text holds, each once, in the order of the list. */
export function retiredWordsIn(text: string): string[] {
  const inOneLine = text.replace(/\s+/g, ' ');
  return retiredWords.filter((phrase) => toPattern(phrase).test(inOneLine));
}

function toPattern(phrase: string): RegExp {
  const escaped = phrase.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(' ', '[ _*`]+');
  return new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`, 'i');
}
