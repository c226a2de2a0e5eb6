import { GraphQLError } from 'graphql';
import type { BadgeFields } from '../providers/badge-fields.ts';
import { providers } from '../providers/index.ts';
import { isObject } from '../providers/json.ts';
import type { BadgesContext } from './context.ts';
import { findBadge } from './reading/find-badge.ts';
import { invalidInput } from './input-error.ts';

/** A badge class bears the name of its GraphQL type. */
const providerByTypeName = new Map(
  providers.map(({ badgeClass, name }) => [badgeClass.name, name.enumValue]),
);

/** For all fields of a request together: aliases would multiply them. */
const MAX_REPRESENTATIONS = 1_000;

/** Resolves the representations of a router, each by itself: a bad one costs the others nothing. */
export function resolveEntities(
  _root: unknown,
  { representations }: { representations: readonly unknown[] },
  context: BadgesContext,
): Promise<BadgeFields | null>[] {
  context.representations += representations.length;
  if (context.representations > MAX_REPRESENTATIONS) {
    const message = `a request may have ${MAX_REPRESENTATIONS} representations`;
    throw new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED' } });
  }
  return representations.map((representation) => resolveEntity(representation, context));
}

/** Only the key of a representation is read; whatever else it claims is ignored. */
async function resolveEntity(
  representation: unknown,
  context: BadgesContext,
): Promise<BadgeFields | null> {
  const { __typename: typeName, id } = isObject(representation) ? representation : {};
  const provider = typeof typeName === 'string' ? providerByTypeName.get(typeName) : undefined;
  if (provider === undefined) throw invalidInput('__typename is no entity of this subgraph');
  if (typeof id !== 'string') throw invalidInput('a representation needs its id, as a string');
  return findBadge(context, provider, id);
}
