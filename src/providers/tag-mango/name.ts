import type { ProviderName } from '../../http/provider-error.ts';

export const name = { enumValue: 'TAG_MANGO', title: 'TagMango' } as const satisfies ProviderName;
