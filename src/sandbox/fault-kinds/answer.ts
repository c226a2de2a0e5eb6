import type { ServerResponse } from 'node:http';
import type { FaultOf } from '../faults.ts';

/** A whole answer, as it would be sent. */
export interface Answer {
  status: number;
  headers: Readonly<Record<string, string | number | string[] | undefined>>;
  body: string | Buffer;
}

export function sendAnswer(answer: Answer, response: ServerResponse): void {
  setHead(answer, response);
  response.end(answer.body);
}

/** Sends nothing yet. */
export function setHead({ status, headers }: Answer, response: ServerResponse): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) response.setHeader(name, value);
  }
}

export function toAnswer({ status, headers, contentType, body }: FaultOf<'answer'>): Answer {
  const hasContent = status !== 204 && status !== 304;
  return {
    status,
    headers: hasContent ? { ...headers, 'content-type': contentType } : headers,
    body: toText(body),
  };
}

/** Text as it is, anything else as JSON. */
export function toText(body: unknown): string {
  if (typeof body === 'string') return body;
  return body === undefined ? '' : JSON.stringify(body);
}
