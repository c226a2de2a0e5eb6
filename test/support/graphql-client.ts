import { isNativeError } from 'node:util/types';
import { Agent, type Dispatcher, Pool, request } from 'undici';
import { ROUTER_SECRET } from './service-process.ts';

/** What a client sends. */
export interface Operation {
  query: string;
  variables?: object | undefined;
}

export interface Received {
  status: number;
  headers: Headers;
  text: string;
}

export interface SendOptions {
  headers?: Readonly<Record<string, string>>;
  dispatcher?: Dispatcher;
}

let agent = new Agent();

/**
 * Ends the connections of `sendOperation` once nothing is under way on them. A service that stops would wait a moment
 * for further requests on them.
 */
export function closeIdleConnections(): void {
  void agent.close();
  agent = new Agent();
}

/** Sends one operation as a router does. Rejects if there is no answer. */
export async function sendOperation(
  url: string,
  { query, variables }: { query: string; variables?: unknown },
  { headers, ...options }: SendOptions = {},
): Promise<Received> {
  const answer = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
    dispatcher: agent,
    ...options,
  });
  const received = Object.entries(answer.headers).flatMap(([name, value = '']) =>
    [value].flat().map((each): [string, string] => [name, each]),
  );
  return {
    status: answer.statusCode,
    headers: new Headers(received),
    text: await answer.body.text(),
  };
}

interface GraphQLErrorBody {
  extensions?: { code?: string };
}

interface MutationPayload {
  userErrors?: { code: string }[];
  warnings?: { code: string }[];
}

/** The part of an answer that benchmarks look at. */
export interface AnswerBody {
  data?: {
    badges?: {
      totalCount?: number | null;
      sources?: { provider: string; state: string }[];
      nodes?: { __typename: string; provider: string; id: string; name: string }[];
    } | null;
    badge?: object | null;
    _entities?: (object | null)[];
    result?: MutationPayload;
  } | null;
  errors?: GraphQLErrorBody[];
}

export interface Answer {
  /** Of HTTP; 0 if there was no answer. */
  status: number;
  /** From the request to the last byte. */
  ms: number;
  text: string;
  body: AnswerBody;
  /** The system's code, or the message, of why there was no answer. */
  failure?: string;
}

export interface Client {
  /** Never rejects: see `failure`. */
  ask(operation: Operation, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  close(): Promise<void>;
}

export interface ClientOptions {
  headers?: Readonly<Record<string, string>>;
  /** Longer than any operation may take. */
  patienceMs?: number;
}

const PATIENCE_MS = 20_000;

/** Sends operations to one service process with the router's secret, over connections of its own. */
export function createClient(
  url: string,
  connections: number,
  { headers: always, patienceMs = PATIENCE_MS }: ClientOptions = {},
): Client {
  const times = { headersTimeout: patienceMs, bodyTimeout: patienceMs };
  const dispatcher = new Pool(new URL(url).origin, { connections, ...times });
  return {
    async ask(operation, own) {
      const begun = performance.now();
      const headers = { 'router-authorization': ROUTER_SECRET, ...always, ...own };
      try {
        const { status, text } = await sendOperation(url, operation, { headers, dispatcher });
        const ms = performance.now() - begun;
        return { status, ms, text, body: JSON.parse(text) as AnswerBody };
      } catch (error) {
        const failure = toFailure(error);
        return { status: 0, ms: performance.now() - begun, text: '', body: {}, failure };
      }
    },
    close: () => dispatcher.destroy(),
  };
}

function toFailure(error: unknown): string {
  // Jest runs a test in another realm, where an error of Node is not an instance of `Error`.
  if (!isNativeError(error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}

/** The codes of all errors, including those of a payload. */
export function codesOf({ status, body }: Answer): string[] {
  const codes = (body.errors ?? []).map(({ extensions }) => extensions?.code ?? 'no code');
  const refusals = (body.data?.result?.userErrors ?? []).map(({ code }) => code);
  return [...(status === 0 ? ['no answer'] : []), ...codes, ...refusals];
}
