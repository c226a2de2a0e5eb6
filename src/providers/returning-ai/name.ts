import type { ProviderName } from '../../http/provider-error.ts';

export const name = {
  enumValue: 'RETURNING_AI',
  title: 'Returning.AI',
} as const satisfies ProviderName;
