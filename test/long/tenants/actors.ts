import { pick } from '../../support/random.ts';
import type { TenantId } from './marks.ts';

/** Two of three ask for every tenant, under the same names. */
export function pickActor(tenant: TenantId, random: () => number): string {
  return pick(['ann', 'ben', toOnly(tenant)], random);
}

/** Who asks for this tenant only. */
export const toOnly = (tenant: TenantId) => `only-${tenant}`;
