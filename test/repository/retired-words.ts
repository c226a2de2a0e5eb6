/**
 * Names and phrases that this project no longer uses, because they read as coined or translated. They are found as
 * whole words, in any case, also across a line break. Write the words of the field instead.
 */
export const retiredWords: readonly string[] = [
  'a fault of ours',
  'address of nobody',
  'all the same',
  'all they can be told',
  'answered for another',
  'as good as',
  'as it then is',
  'becomes of',
  'cannot be had',
  'does all but the write',
  'for a slip',
  'for people.',
  'for programs.',
  'gives how many',
  'in our words',
  'in vain',
  'insist',
  'is no HTTP',
  'is no YAML',
  'is not asked for a while',
  'leads the service to it',
  'let loose',
  'makes a badge',
  'name nobody',
  'no business of',
  'nobody asks',
  'nobody has looked',
  'nobody here',
  'nobody knows',
  'nobody promises',
  'nobody vouches',
  'none to rely on',
  'not to be had',
  'nothing speaks for',
  'nothing vouches',
  'one too many',
  'refused our credentials',
  'shelf',
  'should this process',
  'slip of the pen',
  'somebody',
  'speaks against',
  'stands already',
  'the token is none',
  'what came of',
  'which end comes first',
  'who asks',
  'whoever',
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
