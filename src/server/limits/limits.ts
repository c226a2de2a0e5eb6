import { type ASTNode, GraphQLError } from 'graphql';

/** More than a representation of each of a thousand badges needs. */
export const MAX_REQUEST_BYTES = 1024 * 1024;

/** What a document may have at most. The largest operation of the client kit has under 200 tokens. */
export const DOCUMENT_CAPS = {
  aliases: 50,
  directives: 50,
  /** Every error says in which line it is, and counts them anew. */
  lines: 500,
  /** Lists and objects within one another, in an argument or a variable's type. Inputs have three. */
  valueDepth: 10,
  /** Every two fields of one name are compared, and every two fragments; plain names with little effort. */
  sameName: 100,
  samePlainName: 500,
  spreads: 100,
} as const;

/** What each operation, or fragment, of a document may have at most, fragments written out. */
export const OPERATION_CAPS = {
  /** Selection sets within one another. Tools that read the whole schema need 18; badges need six. */
  depth: 25,
  selections: 2_000,
  rootFields: 20,
  /** They run one after the other, within one deadline. */
  mutations: 5,
} as const;

/** What the body of a request may have at most. */
export const BODY_CAPS = {
  /** Commas and opening brackets. So many values as variables may have need no more, however they are nested. */
  signs: 12_000,
} as const;

/** What the variables of a request may have at most. */
export const VARIABLE_CAPS = {
  /** Names, numbers, lists and all. Each representation has three, with nothing but its key. */
  values: 10_000,
  depth: 10,
  /** Of a field in them: names that are like it are looked for. */
  nameLength: 200,
} as const;

/** What a request may ask for at most. */
export const REQUEST_CAPS = {
  /**
   * For all fields together: aliases would multiply them. No router splits the entities of a list, so that it is the
   * other subgraph that bounds them. If each is wrong, to tell of so many takes 45 ms.
   */
  representations: 3_000,
  /** In the answer. 1,400 representations with all that a badge has are 19,601. */
  fields: 20_000,
  /** As many fields take as long as a search of all names, of which most are not in the answer. */
  fieldsOfSearch: 2_000,
} as const;

/** What answers may have at most. */
export const ANSWER_CAPS = {
  /** A hundred badges with the longest descriptions that can be written, in the script that takes most bytes. */
  bytes: 4 * 1024 * 1024,
  /** Of all answers that are being made or written. In memory they take about three times as much. */
  bytesAtOneTime: 16 * 1024 * 1024,
} as const;

/** For messages: 16,000. */
export function showCap(cap: number): string {
  return cap.toLocaleString('en');
}

/** Marks an error as one of a limit: the server gives every error of a rule the code of a document that is wrong. */
const LIMIT = 'limit';

/** Tells which limit, and its number. Ends the request before anything is executed. */
export function limitError(message: string, node?: ASTNode): GraphQLError {
  const extensions = { [LIMIT]: true, http: { status: 400 } };
  return new GraphQLError(message, { ...(node && { nodes: node }), extensions });
}

export function isLimitError({
  extensions,
}: {
  extensions?: Record<string, unknown> | undefined;
}): boolean {
  return extensions?.[LIMIT] === true;
}

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
  [/^Maximum call stack size exceeded$/, 'The document is nested too deeply.'],
];

/** The message for a document that the parser refused for its size; undefined for other reasons. */
export function parseLimitMessage(message: string): string | undefined {
  return MESSAGES.find(([pattern]) => pattern.test(message))?.[1];
}

function of(what: string, cap: number): string {
  return `A document must have at most ${showCap(cap)} ${what}.`;
}
