/** What a document may have at most. The largest operation of the client kit has under 200 tokens. */
export const DOCUMENT_CAPS = {
  aliases: 50,
  directives: 50,
  /** Lists and objects within one another, in an argument or a variable's type. Inputs have three. */
  valueDepth: 10,
  /** Every two fields of one name are compared. */
  sameName: 200,
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

/** What a request may have at most. */
export const REQUEST_CAPS = {
  /** For all fields together: aliases would multiply them. */
  representations: 1_000,
  /** In the answer. A thousand representations with all that a badge has need 16,000. */
  fields: 25_000,
} as const;

/** For messages: 25,000. */
export function showCap(cap: number): string {
  return cap.toLocaleString('en');
}
