import { isUtf8 } from 'node:buffer';
import { type JWTPayload, errors, jwtVerify } from 'jose';
import { z } from 'zod';
import { SCOPES, type Scope } from '../../badges/context.ts';
import { isInvisible } from '../../providers/input-checks.ts';
import { RejectedRequest } from '../raw-response.ts';
import { type IssuerKeysOptions, KeysOutage, createIssuerKeys } from './issuer.ts';
import { ALGORITHMS } from './usable-keys.ts';

const MAX_CHARACTERS = 200;
/** OpenID Connect lets a subject be as long. */
const MAX_SUBJECT_CHARACTERS = 255;

/**
 * What is seen by nobody, or makes what follows look like something else: a caller must not pass for another one in
 * records. Joiners are letters' own, as in names in Persian and in emoji.
 */
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]|(?![\u200c\u200d])\p{Cf}/u;

/** Whether it can name a caller in records. */
function isName(text: string, most: number): boolean {
  const isLong = text.length > 2 * most || [...text].length > most;
  return !isLong && !FORBIDDEN.test(text) && !isInvisible(text);
}

/** The caller whom a token names. */
export function isSubject(text: string): boolean {
  return isName(text, MAX_SUBJECT_CHARACTERS);
}

/** The caller whom the router names. Undefined: in a way that cannot be used. */
export function readActor(header: string): string | undefined {
  // Node reads a header byte by byte.
  const bytes = Buffer.from(header, 'latin1');
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  return isName(text, MAX_CHARACTERS) ? text : undefined;
}

export const ACTOR_RULE = `Header "x-badges-actor" must be 1 to ${MAX_CHARACTERS} visible UTF-8 characters.`;

export interface TokenOptions extends IssuerKeysOptions {
  issuer: string;
  audience: string;
  /** Epoch milliseconds by the machine's clock. Read for each token, since the clock may have been corrected. */
  wallTime: () => number;
}

/** What a token says of its bearer. */
export interface Claims {
  actor: string;
  /** Undefined: it names none. */
  tenant: string | undefined;
  scopes: ReadonlySet<Scope>;
}

const TOLERANCE_SECONDS = 30;
/** When the keys are asked for again, at the earliest. */
const RETRY_AFTER_MS = 1_000;

/** Seconds, up to the end of the year 9999: a token without an end must not count by being called one. */
const numericDate = z.number().min(0).max(253_402_300_799);
const claimsSchema = z.object({
  exp: numericDate,
  nbf: numericDate.optional(),
  iat: numericDate.optional(),
  sub: z.string().refine(isSubject),
  tenant: z.string().optional(),
  scope: z.string().optional(),
  scp: z.string().or(z.array(z.string())).optional(),
});

export interface TokenCheck {
  /** Reads a caller's token. Rejects with a `Refusal`. */
  check: (token: string) => Promise<Claims>;
  close: () => void;
}

export function createTokenCheck(options: TokenOptions): TokenCheck {
  const { issuer, audience, wallTime } = options;
  const keys = createIssuerKeys(options);
  async function check(token: string): Promise<Claims> {
    const verified = jwtVerify(token, keys.find, {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      clockTolerance: TOLERANCE_SECONDS,
      currentDate: new Date(wallTime()),
      requiredClaims: ['exp', 'sub'],
    });
    try {
      const { payload, protectedHeader } = await verified;
      if (!isAccessTokenType(protectedHeader.typ)) throw invalidToken('is not an access token');
      if (token.split('.', 2).some(hasRepeatedName)) throw invalidToken('contains a claim twice');
      return toClaims(payload);
    } catch (error) {
      const reason = toReason(error);
      if (reason !== undefined) throw invalidToken(reason, error);
      if (error instanceof RejectedRequest) throw error;
      // Anything else is a fault of ours, and told as one.
      if (!(error instanceof KeysOutage)) throw error;
      const message =
        "Tokens cannot be verified at the moment, because the issuer's keys are unavailable. Retry later.";
      throw new RejectedRequest(message, {
        status: 503,
        code: 'AUTHENTICATION_UNAVAILABLE',
        headers: { 'retry-after': String(RETRY_AFTER_MS / 1_000) },
        retryAfterMs: RETRY_AFTER_MS,
        cause: error,
      });
    }
  }
  return { check, close: keys.close };
}

function toClaims(payload: JWTPayload): Claims {
  const claims = claimsSchema.safeParse(payload);
  if (!claims.success) throw invalidToken(toShapeReason(claims.error), claims.error);
  const { sub, tenant, scope, scp } = claims.data;
  const given = [scope, scp].flat().flatMap((text) => text?.split(' ') ?? []);
  return { actor: sub, tenant, scopes: new Set(SCOPES.filter((one) => given.includes(one))) };
}

/** Names of the times are those of the standard; other names may be the issuer's own. */
function toShapeReason({ issues }: z.ZodError): string {
  const times = issues.map(({ path: [claim] }) => claim);
  const wrong = ['exp', 'nbf', 'iat'].find((claim) => times.includes(claim));
  return wrong === undefined ? 'has malformed claims' : `has an invalid ${wrong} claim`;
}

/** The issuer may sign tokens for other uses with the same keys, such as a logout or a proof, and names them so. */
function isAccessTokenType(typ: unknown): boolean {
  if (typ === undefined) return true;
  return typeof typ === 'string' && /^(application\/)?(at\+)?jwt$/i.test(typ);
}

/** Readers differ in which of two claims by one name they take. */
function hasRepeatedName(part: string): boolean {
  const json = Buffer.from(part, 'base64url').toString();
  // Outside of texts there is a colon after each name, and nowhere else.
  const written = json.replace(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1;
  let read = 0;
  const pending: unknown[] = [JSON.parse(json)];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    const inner: unknown[] = Object.values(value);
    if (!Array.isArray(value)) read += inner.length;
    pending.push(...inner);
  }
  return written !== read;
}

function invalidToken(reason: string, cause?: unknown): RejectedRequest {
  const challenge = `Bearer error="invalid_token", error_description="The token ${reason}"`;
  const code = 'UNAUTHENTICATED';
  const headers = { 'www-authenticate': challenge };
  return new RejectedRequest(`The token ${reason}.`, { status: 401, code, headers, cause });
}

/** Undefined: nothing is wrong with the token, as far as is known. */
function toReason(error: unknown): string | undefined {
  if (error instanceof errors.JWTExpired) return 'has expired';
  if (error instanceof errors.JWTClaimValidationFailed) return toClaimReason(error);
  if (error instanceof errors.JWKSMultipleMatchingKeys) return 'does not state which key signed it';
  const isOfKey =
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey;
  if (isOfKey) return 'is not signed with a key of the issuer';
  const isOfKind =
    error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported;
  if (isOfKind) return 'is not signed with an accepted algorithm';
  const isOdd = error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid;
  return isOdd ? 'is malformed' : undefined;
}

/** Names of claims are jose's, and nothing of the token. */
function toClaimReason({ claim, reason }: errors.JWTClaimValidationFailed): string {
  if (reason === 'missing') return `lacks the ${claim} claim`;
  if (reason !== 'check_failed') return `has an invalid ${claim} claim`;
  switch (claim) {
    case 'nbf':
      return 'is not valid yet';
    case 'iss':
      return 'is from a different issuer';
    case 'aud':
      return 'is for a different audience';
    default:
      return `has an invalid ${claim} claim`;
  }
}
