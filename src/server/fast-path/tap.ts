/**
 * Promises: shows what the full path answers, byte for byte as it hands it to the connection, without changing it.
 */
import type { ServerResponse } from 'node:http';
import { isObject } from '../../http/json.ts';

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
    const [text] = args;
    Reflect.apply(end, response, args);
    if (head && typeof text === 'string') then({ ...head, text });
    return response;
  };
}
