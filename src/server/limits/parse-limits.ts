import { showCap } from './caps.ts';

/** What the parser refuses to read on. */
export const PARSE_CAPS = {
  /** Validation compares much of a document with much of it: see bench/limits. */
  maxTokens: 2_000,
  maxSourceLength: 100_000,
  maxComments: 400,
} as const;

/** The parser's errors have no code to know them by. They are its own words, and nothing of the caller's comes before. */
const MESSAGES: readonly (readonly [pattern: RegExp, message: string])[] = [
  [/^Syntax Error: Document contains more that \d+ tokens/, of('tokens', PARSE_CAPS.maxTokens)],
  [/^Syntax Error: Source contains more than \d+ /, of('characters', PARSE_CAPS.maxSourceLength)],
  [/^Syntax Error: Document contains more than \d+ com/, of('comments', PARSE_CAPS.maxComments)],
  // The parser calls itself for every level.
  [/^Maximum call stack size exceeded$/, 'A document may not be nested so deep'],
];

/** The message for a document that the parser refused for its size; undefined for other reasons. */
export function parseLimitMessage(message: string): string | undefined {
  return MESSAGES.find(([pattern]) => pattern.test(message))?.[1];
}

function of(what: string, cap: number): string {
  return `A document may have ${showCap(cap)} ${what}`;
}
