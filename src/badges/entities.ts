import type { BadgeFields } from '../providers/badge-fields.ts';
import { providers } from '../providers/index.ts';
import type { Provider } from '../providers/provider.ts';
import { isObject } from '../providers/json.ts';
import type { BadgesContext } from './context.ts';
import { badgeTag, listTag } from './reading/cache-tags.ts';
import { findBadge } from './reading/find-badge.ts';
import { invalidItem } from './input-error.ts';

/** A badge class bears the name of its GraphQL type. */
const providerByTypeName = new Map(
  providers.map((provider) => [provider.badgeClass.name, provider]),
);

/** Resolves the representations of a router, each by itself: a bad one costs the others nothing. */
export function resolveEntities(
  _root: unknown,
  { representations }: { representations: readonly unknown[] },
  context: BadgesContext,
): Promise<BadgeFields | null>[] {
  context.entityTags.push(representations.map(toTags));
  return representations.map((representation) => resolveEntity(representation, context));
}

function toTags(representation: unknown): string[] {
  const { provider, id } = readKey(representation);
  return provider && typeof id === 'string' ? [listTag(provider), badgeTag(provider, id)] : [];
}

/** Only the key of a representation is read; whatever else it claims is ignored. */
async function resolveEntity(
  representation: unknown,
  context: BadgesContext,
): Promise<BadgeFields | null> {
  const { provider, id } = readKey(representation);
  if (provider === undefined) throw invalidItem('__typename is no entity of this subgraph');
  if (typeof id !== 'string') throw invalidItem('a representation needs its id, as a string');
  return findBadge(context, provider.name.enumValue, id);
}

/** Nothing but the key is read. */
function readKey(representation: unknown): { provider: Provider | undefined; id: unknown } {
  const { __typename: typeName, id } = isObject(representation) ? representation : {};
  const provider = typeof typeName === 'string' ? providerByTypeName.get(typeName) : undefined;
  return { provider, id };
}
