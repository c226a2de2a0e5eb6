import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** A caller's id goes into logs and answers, so it must be short and plain. */
const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** The id that a caller gave its request, else a new one. */
export function toRequestId({ 'x-request-id': given }: IncomingHttpHeaders): string {
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

/** Of every answer, unless what it holds may be kept. */
export function toBaseHeaders(requestId: string): Record<string, string> {
  return {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': requestId,
  };
}
