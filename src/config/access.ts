import { isHttpsUrl, isLoopbackHttpUrl } from '../providers/https-url.ts';
import { isRouterSecret, partsOf, readSecret } from './secrets.ts';
import type { Given, SecretReading } from './secrets.ts';

/** How a caller's JWT is checked. */
export interface TokenSettings {
  jwksUrl: string;
  issuer: string;
  audience: string;
}

/** Those that the router may send; each problem goes into `problems`. */
export function readRouterSecrets(given: Given, problems: string[]): string[] {
  const reading = toRouterSecrets(readSecret(ROUTER_SECRET, given), given);
  problems.push(...reading.problems);
  return reading.secrets;
}

export const ROUTER_SECRET = 'ROUTER_SECRET';

export function toRouterSecrets(
  { value, problem }: SecretReading,
  given: Given,
): { secrets: string[]; problems: string[] } {
  if (problem !== undefined) {
    return { secrets: [], problems: [`${ROUTER_SECRET}_FILE: ${problem}`] };
  }
  const secrets = partsOf(value);
  if (!secrets.every(isRouterSecret)) {
    const rule = 'must be one or more secrets of visible ASCII characters';
    return { secrets: [], problems: [`${ROUTER_SECRET}: ${rule}, with commas between them`] };
  }
  return {
    secrets,
    problems: given.NODE_ENV === 'production' ? productionProblems(secrets) : [],
  };
}

/** A shorter one could be guessed. */
export const LEAST_SECRET_CHARACTERS = 16;

export function isLongEnough({ length }: string): boolean {
  return length >= LEAST_SECRET_CHARACTERS;
}

function productionProblems(secrets: readonly string[]): string[] {
  if (secrets.length === 0) {
    return ['ROUTER_SECRET: production needs one, which the router sends as router-authorization'];
  }
  return !secrets.every(isLongEnough)
    ? [
        `ROUTER_SECRET: must have at least ${LEAST_SECRET_CHARACTERS} characters in production, each of several`,
      ]
    : [];
}

/** Undefined: callers have no tokens. Each problem goes into `problems`. */
export function readTokens(given: Given, problems: string[]): TokenSettings | undefined {
  const { AUTH_JWKS_URL: jwksUrl, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = given;
  const names = ['AUTH_JWKS_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE'];
  const missing = names.filter((name) => given[name] === undefined);
  if (missing.length === names.length) return undefined;
  for (const name of missing) problems.push(`${name}: is missing, while others of AUTH_ are set`);
  if (jwksUrl === undefined || issuer === undefined || audience === undefined) return undefined;
  const isSafe = isHttpsUrl(jwksUrl) || isLoopbackHttpUrl(jwksUrl);
  if (given.NODE_ENV === 'production' && URL.canParse(jwksUrl) && !isSafe) {
    problems.push('AUTH_JWKS_URL: must be https in production, or http to a loopback address');
  }
  return { jwksUrl, issuer, audience };
}
