/** Two names differ only in case. */
export const TENANTS = ['acme', 'ACME', 'bolt'] as const;
export type TenantId = (typeof TENANTS)[number];

const ANY_NAME = new RegExp(`\\b(${TENANTS.join('|')})\\b`, 'g');
const ANY_CREDENTIAL = /\bcredential-\w/;
const MILLION = 1_000_000;

/** A text that is the tenant's own. */
export const toText = (tenant: TenantId, text: string) => `${tenant} · ${text}`;

export const isOwnText = (tenant: TenantId, text: unknown) =>
  typeof text === 'string' && text.startsWith(`${tenant} · `);

/** The tenant's numbers lie within a million of its own. */
export const toNumber = (tenant: TenantId, n: number) =>
  (TENANTS.indexOf(tenant) + 1) * MILLION + (n % MILLION);

export const isOwnNumber = (tenant: TenantId, value: unknown) =>
  typeof value === 'number' && Math.floor(value / MILLION) === TENANTS.indexOf(tenant) + 1;

export const toImage = (tenant: TenantId, name: string) =>
  `https://img.example/${tenant}/${name}.png`;

export const toCreator = (tenant: TenantId) =>
  `6149b1e5612c4e5fd960000${TENANTS.indexOf(tenant) + 1}`;

/** The secret may appear in one header and nowhere else. */
export const toCredential = (tenant: TenantId, provider: string) =>
  `credential-${provider}-${tenant}`;

/** The tenants that a text names, each once. */
export function namesIn(text: string): TenantId[] {
  const found = new Set(text.match(ANY_NAME));
  return TENANTS.filter((tenant) => found.has(tenant));
}

/** The data of other tenants in a text. Undefined if there is none. */
export function foreignIn(text: string, own: TenantId): string | undefined {
  if (ANY_CREDENTIAL.test(text)) return 'a credential';
  const others = namesIn(text).filter((tenant) => tenant !== own);
  return others.length === 0 ? undefined : `what is ${others.join(' and ')}’s`;
}
