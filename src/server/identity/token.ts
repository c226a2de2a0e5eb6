import { isUtf8 } from 'node:buffer';
import { type JWTPayload, errors, jwtVerify } from 'jose';
import { z } from 'zod';
import { SCOPES, type Scope } from '../../badges/context.ts';
import { isInvisible } from '../../providers/input-checks.ts';
import { RejectedRequest, type RejectionReason } from '../errors.ts';
import { ALGORITHMS, type IssuerKeysOptions, KeysOutage, createIssuerKeys } from './issuer.ts';

const MAX_CHARACTERS = 200;
/** The limit of OpenID Connect. */
const MAX_SUBJECT_CHARACTERS = 255;

/**
 * Invisible characters, and those that change how the following ones look: a caller must not look like another one in
 * records. Joiners are allowed, because Persian names and emoji contain them.
 */
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]|(?![\u200c\u200d])\p{Cf}/u;

/** Whether a text can name a caller in records. */
function isName(text: string, maxCharacters: number): boolean {
  const isLong = text.length > 2 * maxCharacters || [...text].length > maxCharacters;
  return !isLong && !FORBIDDEN.test(text) && !isInvisible(text);
}

/** Whether a token may name its caller so. */
export function isSubject(text: string): boolean {
  return isName(text, MAX_SUBJECT_CHARACTERS);
}

/** The caller that the router names. Undefined if the name is unusable. */
export function readActor(header: string): string | undefined {
  // Node decodes headers as Latin-1.
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

/** What a token states about its caller. */
export interface Claims {
  actor: string;
  /** Undefined if the token names no tenant. */
  tenant: string | undefined;
  scopes: ReadonlySet<Scope>;
}

const TOLERANCE_SECONDS = 30;
/** The keys are requested again after this time at the earliest. */
const RETRY_AFTER_MS = 1_000;

/** Seconds since the epoch, up to the end of the year 9999. A larger value would be a token that never expires. */
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
  /** Verifies a caller's token and reads its claims. Rejects with a `RejectedRequest`. */
  check: (token: string) => Promise<Claims>;
  /** The claims of a token that was verified a moment ago and would be again. Undefined: it has to be checked. */
  peek: (token: string) => Claims | undefined;
  close: () => void;
}

interface VerifiedToken {
  claims: Claims;
  /** Stands for the keys that it was verified with. */
  keys: object;
  /** Seconds since the epoch, without tolerance. */
  exp: number;
  nbf: number;
}

/** How many characters of tokens are remembered. They are forgotten with any change of the issuer's keys. */
const MAX_CHARACTERS_OF_TOKENS = 4_000_000;
/** What a token counts at least, so that there are a thousand at most. */
const MIN_CHARACTERS_OF_TOKEN = 4_000;

/**
 * Remembers verified tokens. Where there are too many, the tenant that has most of them loses the one that it used
 * longest ago: the many callers of one tenant keep no caller of another one from fast answers.
 */
class TokenMemory {
  readonly #verified = new Map<string, VerifiedToken>();
  readonly #ofTenants = new Map<string, TokensOfTenant>();
  #characters = 0;

  use(token: string): VerifiedToken | undefined {
    const known = this.#verified.get(token);
    const tokens = known && this.#ofTenants.get(tenantOf(known))?.tokens;
    if (tokens?.delete(token)) tokens.add(token);
    return known;
  }

  add(token: string, verified: VerifiedToken): void {
    this.forget(token);
    const tenant = tenantOf(verified);
    const own = this.#ofTenants.get(tenant) ?? { tokens: new Set(), characters: 0 };
    this.#ofTenants.set(tenant, own);
    this.#verified.set(token, verified);
    own.tokens.add(token);
    own.characters += weigh(token);
    this.#characters += weigh(token);
    while (this.#characters > MAX_CHARACTERS_OF_TOKENS) this.#forgetOne();
  }

  forget(token: string): void {
    const known = this.#verified.get(token);
    const own = known && this.#ofTenants.get(tenantOf(known));
    if (!own) return;
    this.#verified.delete(token);
    own.tokens.delete(token);
    own.characters -= weigh(token);
    this.#characters -= weigh(token);
    if (own.tokens.size === 0) this.#ofTenants.delete(tenantOf(known));
  }

  #forgetOne(): void {
    let largest: TokensOfTenant | undefined;
    for (const own of this.#ofTenants.values()) {
      if (!largest || own.characters > largest.characters) largest = own;
    }
    const [oldest] = largest?.tokens ?? [];
    if (oldest !== undefined) this.forget(oldest);
  }
}

interface TokensOfTenant {
  /** The one that was used longest ago is the first. */
  readonly tokens: Set<string>;
  characters: number;
}

const tenantOf = ({ claims }: VerifiedToken): string => claims.tenant ?? '';
const weigh = ({ length }: string): number => Math.max(length, MIN_CHARACTERS_OF_TOKEN);

export function createTokenCheck(options: TokenOptions): TokenCheck {
  const { issuer, audience, wallTime } = options;
  const keys = createIssuerKeys(options);
  const memory = new TokenMemory();

  function peek(token: string): Claims | undefined {
    const known = memory.use(token);
    if (!known) return undefined;
    const now = Math.floor(wallTime() / 1_000);
    const isInTime = known.exp > now - TOLERANCE_SECONDS && known.nbf <= now + TOLERANCE_SECONDS;
    if (isInTime && known.keys === keys.current()) return known.claims;
    memory.forget(token);
    return undefined;
  }

  async function check(token: string): Promise<Claims> {
    const known = peek(token);
    if (known) return known;
    const keysBefore = keys.current();
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
      if (!isAccessTokenType(protectedHeader.typ))
        throw invalidToken('token-type', 'is not an access token');
      if (token.split('.', 2).some(hasRepeatedName))
        throw invalidToken('token-claims', 'contains a claim twice');
      const claims = toClaims(payload);
      const { exp = 0, nbf = 0 } = payload;
      // Only where the keys are the same as before is it known which ones it was verified with.
      if (keysBefore && keysBefore === keys.current()) {
        memory.add(token, { claims, keys: keysBefore, exp, nbf });
      }
      return claims;
    } catch (error) {
      const fault = toFault(error);
      if (fault) throw invalidToken(...fault, error);
      if (error instanceof RejectedRequest) throw error;
      // Anything else is an internal error.
      if (!(error instanceof KeysOutage)) throw error;
      const message =
        "Tokens cannot be verified at the moment, because the issuer's keys are unavailable. Retry later.";
      throw new RejectedRequest(message, {
        status: 503,
        code: 'AUTHENTICATION_UNAVAILABLE',
        reason: 'keys-unavailable',
        headers: { 'retry-after': String(RETRY_AFTER_MS / 1_000) },
        retryAfterMs: RETRY_AFTER_MS,
        cause: error,
      });
    }
  }
  return { check, peek, close: keys.close };
}

function toClaims(payload: JWTPayload): Claims {
  const claims = claimsSchema.safeParse(payload);
  if (!claims.success) throw invalidToken('token-claims', toShapeFault(claims.error), claims.error);
  const { sub, tenant, scope, scp } = claims.data;
  const given = [scope, scp].flat().flatMap((text) => text?.split(' ') ?? []);
  return { actor: sub, tenant, scopes: new Set(SCOPES.filter((one) => given.includes(one))) };
}

/** Names only the time claims, which are standard. Other claim names may be the issuer's own. */
function toShapeFault({ issues }: z.ZodError): string {
  const times = issues.map(({ path: [claim] }) => claim);
  const wrong = ['exp', 'nbf', 'iat'].find((claim) => times.includes(claim));
  return wrong === undefined ? 'has malformed claims' : `has an invalid ${wrong} claim`;
}

/** The issuer may sign other tokens with the same keys, such as logout tokens, and marks them by this type. */
function isAccessTokenType(typ: unknown): boolean {
  if (typ === undefined) return true;
  return typeof typ === 'string' && /^(application\/)?(at\+)?jwt$/i.test(typ);
}

/** JSON parsers differ in which of two claims with the same name they keep. */
function hasRepeatedName(part: string): boolean {
  const json = Buffer.from(part, 'base64url').toString();
  // Outside strings, a colon follows each name and occurs nowhere else.
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

/** `fault` continues the sentence that the client is told. */
function invalidToken(reason: RejectionReason, fault: string, cause?: unknown): RejectedRequest {
  const challenge = `Bearer error="invalid_token", error_description="The token ${fault}"`;
  const code = 'UNAUTHENTICATED';
  const headers = { 'www-authenticate': challenge };
  return new RejectedRequest(`The token ${fault}.`, { status: 401, code, reason, headers, cause });
}

type TokenFault = [reason: RejectionReason, fault: string];

/** What is wrong with the token. Undefined if the error is not about the token. */
function toFault(error: unknown): TokenFault | undefined {
  if (error instanceof errors.JWTExpired) return ['token-expired', 'has expired'];
  if (error instanceof errors.JWTClaimValidationFailed) return toClaimFault(error);
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return ['token-signature', 'does not state which key signed it'];
  const isOfKey =
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey;
  if (isOfKey) return ['token-signature', 'is not signed with a key of the issuer'];
  const isOfKind =
    error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported;
  if (isOfKind) return ['token-algorithm', 'is not signed with an accepted algorithm'];
  const isOdd = error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid;
  return isOdd ? ['token-malformed', 'is malformed'] : undefined;
}

/** The names come from jose's checks and not from the token. */
function toClaimFault({ claim, reason }: errors.JWTClaimValidationFailed): TokenFault {
  if (reason === 'missing') return ['token-claims', `lacks the ${claim} claim`];
  const invalid: TokenFault = ['token-claims', `has an invalid ${claim} claim`];
  if (reason !== 'check_failed') return invalid;
  switch (claim) {
    case 'nbf':
      return ['token-not-yet-valid', 'is not valid yet'];
    case 'iss':
      return ['token-issuer', 'is from a different issuer'];
    case 'aud':
      return ['token-audience', 'is for a different audience'];
    default:
      return invalid;
  }
}
