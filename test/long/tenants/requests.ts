import type { Operation } from '../../support/graphql-client.ts';

const BADGE = `fragment Whole on Badge {
  __typename
  ... on BadgeFields { id provider name description imageUrl version }
  ... on ReturningAIBadge { title action quantity image }
  ... on TagMangoBadge { creator pointsThreshold pointCategoryForAutomation }
}`;

export const LIST = `query List($first: Int!, $direction: OrderDirection!) {
  badges(first: $first, orderBy: { direction: $direction }) {
    totalCount
    nodes { ...Whole }
    sources { provider state code droppedRecords }
  }
}
${BADGE}`;

export const ONE = `query One($provider: BadgeProvider!, $id: ID!) {
  badge(provider: $provider, id: $id) { ...Whole }
}
${BADGE}`;

export const ENTITIES = `query Entities($representations: [_Any!]!) {
  _entities(representations: $representations) {
    ... on ReturningAIBadge { id ...Whole }
    ... on TagMangoBadge { id ...Whole }
  }
}
${BADGE}`;

export const HISTORY = `query History($provider: BadgeProvider!, $id: ID!, $first: Int!) {
  badgeHistory(provider: $provider, id: $id, first: $first) {
    nodes {
      id caller operation outcome idempotencyKey
      changes { field before after }
    }
  }
}`;

export const MEMBER = `query Member($email: String!) {
  tagMangoMember(email: $email) { id badges { ...Whole } }
}
${BADGE}`;

export const UPDATE = `mutation Update(
  $input: UpdateBadgeInput!, $expectedVersion: String, $key: String, $dryRun: Boolean
) {
  result: updateBadge(
    input: $input, expectedVersion: $expectedVersion, idempotencyKey: $key, dryRun: $dryRun
  ) {
    badge { ...Whole }
    changes { field before after }
    warnings { code message }
    userErrors {
      code message
      ... on BadgeConflictError { currentBadge { ...Whole } }
    }
  }
}
${BADGE}`;

/** Whether a version is expected that another write may have outdated, or that never was this tenant's. */
export type Conflict = 'never' | 'possible' | 'certain';

/** A request with its expected response. */
export interface Planned extends Operation {
  operation: 'list' | 'badge' | 'entities' | 'history' | 'member' | 'update' | 'dry run';
  actor: string;
  /** The IDs of the requested badges. */
  ids: readonly string[];
  conflict: Conflict;
  idempotencyKey: string | null;
}
