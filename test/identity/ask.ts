import { sendOperation } from '../support/graphql-client.ts';
import type { TestService } from '../support/service.ts';

export interface Asking {
  query?: string;
  variables?: object;
  /** Undefined: the caller shows none. */
  token?: string | undefined;
  headers?: Readonly<Record<string, string>>;
}

export interface Answered {
  status: number;
  challenge: string | null;
  body: unknown;
}

export const READ = '{ badges { totalCount } }';

/** Sends an operation as a router does that passes the caller's token on. */
export async function ask(
  url: string,
  { query = READ, variables, token, headers }: Asking,
): Promise<Answered> {
  const answer = await sendOperation(
    url,
    { query, variables },
    {
      headers: {
        'x-request-id': 'asked-1',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
    },
  );
  return {
    status: answer.status,
    challenge: answer.headers.get('www-authenticate'),
    body: JSON.parse(answer.text) as unknown,
  };
}

/** How an operation is answered that is carried out, errors of its fields included. */
export const toAnswer = (body: object): Answered => ({ status: 200, challenge: null, body });

/** What is answered to whoever may read; see `READ`. */
export const ANSWERED = toAnswer({ data: { badges: { totalCount: 16 } } });

/** How a whole request is refused for its token. */
export const toTokenRefusal = (reason: string): Answered => ({
  status: 401,
  challenge: `Bearer error="invalid_token", error_description="The token ${reason}"`,
  body: toErrorBody(`The token ${reason}.`, 'UNAUTHENTICATED'),
});

/** How a whole request is refused that has a good token. */
export const toForbidden = (message: string): Answered => ({
  status: 403,
  challenge: null,
  body: toErrorBody(message, 'FORBIDDEN'),
});

export const toErrorBody = (message: string, told: string | object): object => {
  const extensions = typeof told === 'string' ? { code: told } : told;
  return { errors: [{ message, extensions: { ...extensions, requestId: 'asked-1' } }] };
};

/** All that reached either provider. */
export const callsTo = ({ sandbox }: TestService) => [
  ...sandbox.returningAI.requests,
  ...sandbox.tagMango.requests,
];

export function forgetCalls({ sandbox }: TestService): void {
  sandbox.returningAI.requests.length = 0;
  sandbox.tagMango.requests.length = 0;
}
