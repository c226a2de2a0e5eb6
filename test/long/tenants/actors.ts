import { pick } from '../../support/random.ts';
import type { TenantId } from './marks.ts';

/** Two of three actors have the same names at every tenant. */
export function pickActor(tenant: TenantId, random: () => number): string {
  return pick(['ann', 'ben', toOnly(tenant)], random);
}

/** The actor of this tenant only. */
export const toOnly = (tenant: TenantId) => `only-${tenant}`;
