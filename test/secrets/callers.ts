import {
  type Issuer,
  type SigningKey,
  createSigner,
  createSigningKey,
  startIssuer,
} from '../support/tokens.ts';
import { type Marker, toPlainMarker, toSecretMarker } from './markers.ts';

/** What those who call send along and nobody else may see. */
export const ROUTER_SECRETS = {
  old: toSecretMarker('old secret of the router'),
  new: toSecretMarker('new secret of the router'),
};
const COOKIE = toPlainMarker('cookie of a caller');
const CLAIM = toPlainMarker('claim in the token of a caller');

export interface Callers {
  issuer: Issuer;
  /** By which their tokens are signed. */
  key: SigningKey;
  /** Leads a service to the issuer, and gives it the secrets. */
  env: Readonly<Record<string, string>>;
  markers: readonly Marker[];
  /** The headers of a caller of this tenant. */
  headersOf: (tenant: string) => Promise<Record<string, string>>;
}

export async function startCallers(): Promise<Callers> {
  const key = await createSigningKey('key-1');
  const issuer = await startIssuer([key]);
  const sign = createSigner(issuer);
  const { jwksUrl, issuer: name, audience } = issuer.settings;
  return {
    issuer,
    key,
    env: {
      AUTH_JWKS_URL: jwksUrl,
      AUTH_ISSUER: name,
      AUTH_AUDIENCE: audience,
      ROUTER_SECRET: `${ROUTER_SECRETS.new.value},${ROUTER_SECRETS.old.value}`,
    },
    markers: [...Object.values(ROUTER_SECRETS), COOKIE, CLAIM],
    headersOf: async (tenant) => ({
      'router-authorization': ROUTER_SECRETS.old.value,
      authorization: `Bearer ${await sign(key, { claims: { tenant, jti: CLAIM.value } })}`,
      cookie: `session=${COOKIE.value}`,
    }),
  };
}
