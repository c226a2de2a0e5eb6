import { type ASTNode, GraphQLError } from 'graphql';

/** Maximum size of a request body, in bytes. A thousand representations need less. */
export const MAX_REQUEST_BYTES = 1024 * 1024;

/** Maximum size of all request bodies that are arriving or waiting for their turn, in bytes. */
export const MAX_BODIES_BYTES = 64 * 1024 * 1024;

/** Limits of a document. The largest operation of the client kit has fewer than 200 tokens. */
export const DOCUMENT_CAPS = {
  aliases: 50,
  directives: 50,
  /** GraphQL.js counts the lines again for the position of each error. */
  lines: 500,
  /** Nested lists and objects in an argument, or lists in a variable's type. Inputs have three levels. */
  valueDepth: 10,
  /** Validation compares every two fields of the same name, and every two fragments. Plain fields cost little. */
  sameName: 100,
  samePlainName: 500,
  spreads: 100,
} as const;

/** Limits of each operation and fragment of a document, with its fragments expanded. */
export const OPERATION_CAPS = {
  /** Nested selection sets. Introspection by tools needs 18 levels, badges need six. */
  depth: 25,
  selections: 2_000,
  rootFields: 20,
  /** Mutations of one operation run one after the other, within one deadline. */
  mutations: 5,
} as const;

/** Limits of the body of a request. */
export const BODY_CAPS = {
  /** A chunk of one byte takes as much time as one of a thousand. Packets of networks are longer than a hundred. */
  pieces: 10_000,
  /** Commas and opening brackets. The maximum number of values in variables needs no more, however they are nested. */
  signs: 12_000,
} as const;

/** Limits of the variables of a request. */
export const VARIABLE_CAPS = {
  /** Scalars, lists and objects together. A representation with nothing but its key has three. */
  values: 10_000,
  depth: 10,
  /** Length of a field name, in UTF-16 units. GraphQL.js searches for similar names to suggest. */
  nameLength: 200,
} as const;

/** Limits of what an operation may select. */
export const REQUEST_CAPS = {
  /**
   * Representations of all `_entities` fields together, because aliases multiply them. Routers do not split the
   * entities of a list, so the subgraph with that list bounds their number. Reporting an error for each takes 45 ms.
   */
  representations: 3_000,
  /** Fields of the response. 1,400 representations with all fields of a badge have 19,601. */
  fields: 20_000,
  /** A search of all texts takes as long as this many fields, although few of the badges are in the response. */
  fieldsOfSearch: 2_000,
} as const;

/** Limits of responses. */
export const ANSWER_CAPS = {
  /** A hundred badges with the longest descriptions that can be written, in the script that takes the most bytes. */
  bytes: 4 * 1024 * 1024,
  /** All responses that are being created or sent. In memory they take about three times as much. */
  bytesAtOneTime: 10 * 1024 * 1024,
} as const;

/** Limits that the parser enforces while it reads a document. */
export const PARSE_CAPS = {
  /** The cost of validation grows faster than the number of tokens: see bench/limits. */
  maxTokens: 2_000,
  maxSourceLength: 100_000,
  maxComments: 400,
} as const;

/** Code of a request that is refused because other responses take the memory. The same request can be retried. */
export const OVERLOADED = 'OVERLOADED';

/** Formats a limit for messages: 16,000. */
export function showCap(cap: number): string {
  return String(cap).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Marks the error of a limit. Apollo Server gives the errors of all validation rules the same code. */
const LIMIT = 'limit';

/** The error of a request that exceeds a limit. The message states the limit. */
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

/** The parser's errors have no code. Their messages begin with the parser's own words, never with the caller's text. */
const PARSER_MESSAGES: readonly (readonly [pattern: RegExp, message: string])[] = [
  [/^Syntax Error: Document contains more that \d+ tokens/, of('tokens', PARSE_CAPS.maxTokens)],
  [/^Syntax Error: Source contains more than \d+ /, of('characters', PARSE_CAPS.maxSourceLength)],
  [/^Syntax Error: Document contains more than \d+ com/, of('comments', PARSE_CAPS.maxComments)],
  // The parser is recursive.
  [/^Maximum call stack size exceeded$/, 'The document is nested too deeply.'],
];

/** The message for a document that the parser rejected because of its size. Undefined for other errors. */
export function parseLimitMessage(message: string): string | undefined {
  return PARSER_MESSAGES.find(([pattern]) => pattern.test(message))?.[1];
}

function of(what: string, cap: number): string {
  return `A document must have at most ${showCap(cap)} ${what}.`;
}
