/** How a request was made. */
export type Kind = 'valid' | 'nearly valid' | 'wild';

/** The body of a request, right or wrong. */
export interface FuzzAsk {
  query: string;
  variables?: object;
  operationName?: unknown;
  extensions?: unknown;
}
