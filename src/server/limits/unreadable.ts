import { Refusal, badRequest } from '../refusal.ts';
import { MAX_REQUEST_BYTES, showCap } from './caps.ts';

/** Why the listener could not read a request. Undefined for errors that are no fault of the caller's. */
export function toUnreadable(error: unknown): Refusal | undefined {
  const status = statusOf(error);
  if (status === 413) {
    const message = `A request may have ${showCap(MAX_REQUEST_BYTES)} bytes`;
    return new Refusal(message, { status, code: 'LIMIT_EXCEEDED', cause: error });
  }
  if (status === 415) {
    return badRequest('The body must be of type application/json', { status });
  }
  if (!(status >= 400 && status < 500)) return undefined;
  return badRequest('The request cannot be read: its body must be JSON', { status });
}

function statusOf(error: unknown): number {
  const isObject = typeof error === 'object' && error !== null;
  return isObject && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : NaN;
}
