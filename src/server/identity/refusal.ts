/** Why a request is refused before anybody looks at what it asks for. */
export class Refusal extends Error {
  readonly status: 400 | 401 | 403 | 503;
  readonly code: 'UNAUTHENTICATED' | 'FORBIDDEN' | 'BAD_REQUEST';
  /** What a token is refused for, in the words of RFC 6750. */
  readonly challenge: string | undefined;

  constructor(
    message: string,
    of: Pick<Refusal, 'status' | 'code'> & { challenge?: string; cause?: unknown },
  ) {
    super(message, { cause: of.cause });
    this.name = 'Refusal';
    this.status = of.status;
    this.code = of.code;
    this.challenge = of.challenge;
  }
}
