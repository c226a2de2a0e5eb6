import type { BadgeFields } from '../../providers/badge-fields.ts';
import type { BadgesContext } from '../context.ts';
import { invalidInput, invalidItem } from '../input-error.ts';
import type { TenantProvider } from '../tenant.ts';

/** Null: the provider has no such badge. `provider` is one of the enum's values. */
export async function findBadge(
  context: BadgesContext,
  provider: string,
  id: string,
): Promise<BadgeFields | null> {
  const of = requireBadgeId(context, provider, id);
  return context.sourceOf(of).badge(of.provider.canonicalId(id));
}

/** The provider of this enum value. Throws an input error for an id that can be none of its badges'. */
export function requireBadgeId(
  context: BadgesContext,
  provider: string,
  id: string,
): TenantProvider {
  const of = context.tenant.providers.find((each) => each.provider.name.enumValue === provider);
  if (!of) throw invalidInput('provider is none that this service knows');
  if (of.provider.isBadgeId(id)) return of;
  throw invalidItem(`id cannot be a badge id of ${of.provider.name.title}`);
}
