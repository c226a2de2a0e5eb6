/** The kind of a generated request. */
export type Kind = 'valid' | 'nearly valid' | 'wild' | 'asked again';

/** The body of a request, which may be invalid. */
export interface FuzzAsk {
  query: string;
  variables?: object;
  operationName?: unknown;
  extensions?: unknown;
}
