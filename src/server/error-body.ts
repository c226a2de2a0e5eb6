import type { Refusal } from './refusal.ts';

type Told = Pick<Refusal, 'code' | 'message'> & Partial<Pick<Refusal, 'retryAfterMs'>>;

/** What a request is told that no operation was read from: as a GraphQL server tells of an error, for gateways to read. */
export function toErrorBody({ code, message, retryAfterMs }: Told, requestId: string): object {
  const retry = retryAfterMs === undefined ? {} : { retryable: true, retryAfterMs };
  return { errors: [{ message, extensions: { code, ...retry, requestId } }] };
}
