import { isNativeError } from 'node:util/types';
import { Pool } from 'undici';
import { ROUTER_SECRET } from './service.ts';

/** A GraphQL request. */
export interface Ask {
  query: string;
  variables?: object;
}

interface GraphQLErrorBody {
  extensions?: { code?: string };
}

interface MutationPayload {
  userErrors?: { code: string }[];
  warnings?: { code: string }[];
}

/** As much of an answer as the benchmarks look at. */
export interface AnswerBody {
  data?: {
    badges?: {
      totalCount?: number | null;
      sources?: { provider: string; state: string }[];
      nodes?: { provider: string; id: string; name: string }[];
    } | null;
    badge?: object | null;
    _entities?: (object | null)[];
    result?: MutationPayload;
  } | null;
  errors?: GraphQLErrorBody[];
}

export interface Answer {
  /** Of HTTP; 0 when there was no answer at all. */
  status: number;
  /** From the call to the last byte. */
  ms: number;
  body: AnswerBody;
  /** The system's code, or the message, of why there was no answer. */
  failure?: string;
}

export interface Client {
  ask(ask: Ask): Promise<Answer>;
  close(): Promise<void>;
}

/** Longer than any operation may take. */
const PATIENCE_MS = 20_000;

/** A caller of one service process. Never rejects: no answer is one too. */
export function createClient(url: string, connections: number): Client {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    headersTimeout: PATIENCE_MS,
    bodyTimeout: PATIENCE_MS,
  });
  return {
    async ask(body) {
      const begun = performance.now();
      try {
        const answer = await pool.request({
          path: pathname,
          method: 'POST',
          headers: { 'content-type': 'application/json', 'router-authorization': ROUTER_SECRET },
          body: JSON.stringify(body),
        });
        const text = await answer.body.text();
        const ms = performance.now() - begun;
        return { status: answer.statusCode, ms, body: JSON.parse(text) as AnswerBody };
      } catch (error) {
        return { status: 0, ms: performance.now() - begun, body: {}, failure: toFailure(error) };
      }
    },
    close: () => pool.destroy(),
  };
}

function toFailure(error: unknown): string {
  // A test has a realm of its own, in which an error of Node is no instance of its Error.
  if (!isNativeError(error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}

/** The codes of all errors, those of a payload included. */
export function codesOf({ status, body }: Answer): string[] {
  const codes = (body.errors ?? []).map(({ extensions }) => extensions?.code ?? 'no code');
  const refusals = (body.data?.result?.userErrors ?? []).map(({ code }) => code);
  return [...(status === 0 ? ['no answer'] : []), ...codes, ...refusals];
}
