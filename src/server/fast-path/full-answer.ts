/**
 * Promises: shows what the full path answers, byte for byte as it hands it to the connection, without changing it; and
 * tells how answers to requests of one kind of head are sent, as the full path has sent one. An answer of any other
 * shape than the usual one teaches nothing.
 */
import type { ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import { isObject } from '../../http/json.ts';
import type { Head } from './head.ts';

export interface FullAnswer {
  status: number;
  /** In their order, as they were given. */
  headers: Readonly<Record<string, unknown>>;
  text: string;
}

/** Calls back once an answer that is one text is sent; never for others. */
export function tap(response: ServerResponse, then: (answer: FullAnswer) => void): void {
  const writeHead = response.writeHead.bind(response);
  const end = response.end.bind(response);
  let head: Pick<FullAnswer, 'status' | 'headers'> | undefined;

  response.writeHead = (status: number, ...rest: readonly unknown[]) => {
    const [headers] = rest.slice(-1);
    head = { status, headers: isObject(headers) ? headers : {} };
    Reflect.apply(writeHead, response, [status, ...rest]);
    return response;
  };
  response.end = (...args: readonly unknown[]) => {
    const [body] = args;
    Reflect.apply(end, response, args);
    const text = Buffer.isBuffer(body) ? body.toString() : body;
    if (head && typeof text === 'string') then({ ...head, text });
    return response;
  };
}

/** What a fast answer is sent as. */
export interface Ready {
  /** The whole body; each character is a byte of its UTF-8. */
  text: string;
  cacheControl: string;
  contentType: string;
  /** What the limits count of it while it is made is at most this. */
  countedBytes: number;
}

/** What is counted of the values of an answer is at most so many times its bytes. */
export const COUNTED_PER_BYTE = 8;

export interface Manners {
  /** The content type of answers to such heads. Undefined: none was seen yet. */
  contentTypeFor(head: Head): string | undefined;
  /** Notes how it was answered, and returns whether the answer may be kept. Stale answers have `NO_STORE` as control. */
  note(head: Head, answer: FullAnswer, control?: string): boolean;
}

/** All headers of an answer that may be kept, in their order. */
const HEADERS = [
  'cache-control',
  'x-content-type-options',
  'x-request-id',
  'content-type',
  'content-length',
];
const MAX_HEADS = 200;

export function createManners(): Manners {
  const contentTypes = new LRUCache<string, string>({ max: MAX_HEADS });
  return {
    contentTypeFor: ({ manners }) => contentTypes.get(manners),
    note({ manners }, answer, control = 'private') {
      const type = answer.headers['content-type'];
      if (!isUsual(answer, control) || typeof type !== 'string') return false;
      contentTypes.set(manners, type);
      return true;
    },
  };
}

/** Errors come first in the body. */
function isUsual({ status, headers, text }: FullAnswer, control: string): boolean {
  const names = Object.keys(headers);
  return (
    status === 200 &&
    names.length === HEADERS.length &&
    names.every((name, at) => name === HEADERS[at]) &&
    headers['x-content-type-options'] === 'nosniff' &&
    text.startsWith('{"data":') &&
    String(headers['cache-control']).startsWith(control)
  );
}
