type RefusalCode =
  | 'UNAUTHENTICATED'
  | 'AUTHENTICATION_UNAVAILABLE'
  | 'FORBIDDEN'
  | 'BAD_REQUEST'
  | 'LIMIT_EXCEEDED'
  | 'INTERNAL_SERVER_ERROR';

/** Why a request is refused before anybody looks at what it asks for. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: RefusalCode;
  /** Of the answer, beside those that every answer has. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds after which the same request may be answered. Undefined: it must be another one. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    of: Pick<Refusal, 'status' | 'code'> &
      Partial<Pick<Refusal, 'headers' | 'retryAfterMs'>> & { cause?: unknown },
  ) {
    super(message, { cause: of.cause });
    this.name = 'Refusal';
    this.status = of.status;
    this.code = of.code;
    this.headers = of.headers ?? {};
    this.retryAfterMs = of.retryAfterMs;
  }
}

export function badRequest(
  message: string,
  { status = 400, headers }: Partial<Pick<Refusal, 'status' | 'headers'>> = {},
): Refusal {
  return new Refusal(message, { status, code: 'BAD_REQUEST', ...(headers && { headers }) });
}
