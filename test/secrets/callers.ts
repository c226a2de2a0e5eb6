import {
  type Issuer,
  type SigningKey,
  createSigner,
  createSigningKey,
  startIssuer,
} from '../support/tokens.ts';
import type { Output } from './search.ts';
import { type Marker, toPlainMarker, toSecretMarker } from './markers.ts';

/** What those who call send along and nobody else may see. */
export const ROUTER_SECRETS = {
  old: toSecretMarker('old secret of the router'),
  new: toSecretMarker('new secret of the router'),
};
const METRICS_TOKEN = toSecretMarker('token that reads the metrics');
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
  /** The metrics of a service with that `env`. */
  readMetrics: (url: string) => Promise<Output>;
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
      METRICS_TOKEN: METRICS_TOKEN.value,
      // Every request and every call has a line.
      LOG_SAMPLE: '1',
    },
    markers: [...Object.values(ROUTER_SECRETS), METRICS_TOKEN, COOKIE, CLAIM],
    async readMetrics(url) {
      const headers = { authorization: `Bearer ${METRICS_TOKEN.value}` };
      const response = await fetch(new URL('/metrics', url), { headers });
      if (response.status !== 200) throw new Error(`/metrics answered ${response.status}`);
      return { from: '/metrics', text: await response.text() };
    },
    headersOf: async (tenant) => ({
      'router-authorization': ROUTER_SECRETS.old.value,
      authorization: `Bearer ${await sign(key, { claims: { tenant, jti: CLAIM.value } })}`,
      cookie: `session=${COOKIE.value}`,
    }),
  };
}
