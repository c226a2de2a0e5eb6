import type { Provider } from '../../providers/provider.ts';

type Named = Pick<Provider, 'name'>;
type Spelling = Pick<Provider, 'name' | 'canonicalId'>;

/** Stands for all that shows any of a provider's badges. */
export function listTag({ name }: Named): string {
  return `badges:${name.enumValue}`;
}

/** Stands for all that shows, or misses, one badge. */
export function badgeTag(provider: Spelling, id: string): string {
  return `badge:${provider.name.enumValue}:${provider.canonicalId(id)}`;
}
