import { MAX_REQUEST_BYTES, showCap } from './caps.ts';
import { BodyExcess } from './json-body.ts';

/** A request of which nobody knows what it asks for. */
export interface Unreadable {
  status: number;
  code: 'LIMIT_EXCEEDED' | 'BAD_REQUEST';
  message: string;
}

/** What the listener could not read. Undefined for errors that are no fault of the caller's. */
export function toUnreadable(error: unknown): Unreadable | undefined {
  const status = statusOf(error);
  if (error instanceof BodyExcess)
    return { status, code: 'LIMIT_EXCEEDED', message: error.message };
  if (status === 413) {
    const message = `A request may have ${showCap(MAX_REQUEST_BYTES)} bytes`;
    return { status, code: 'LIMIT_EXCEEDED', message };
  }
  if (status === 415) {
    return { status, code: 'BAD_REQUEST', message: 'The body must be of type application/json' };
  }
  if (!(status >= 400 && status < 500)) return undefined;
  return {
    status,
    code: 'BAD_REQUEST',
    message: 'The request cannot be read: its body must be JSON',
  };
}

function statusOf(error: unknown): number {
  const isObject = typeof error === 'object' && error !== null;
  return isObject && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : NaN;
}
