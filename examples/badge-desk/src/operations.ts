import { type FragmentOf, type ResultOf, graphql } from './graphql.ts';

const badgeDetails = graphql(`
  fragment BadgeDetails on Badge {
    __typename
    ... on BadgeFields {
      id
      provider
      name
      description
      imageUrl
      version
    }
    ... on ReturningAIBadge {
      title
      image
      action
      quantity
      attachRequired
      darkImage
      lightImage
      enabledDarkAndLight
      award
      awardXpQuantity
      awardCurrency
      awardCurrencyQuantity
    }
    ... on TagMangoBadge {
      enableAutomation
      pointsThreshold
      pointCategoryForAutomation
      automationEnabledMangoes
    }
  }
`);

const change = graphql(`
  fragment Change on BadgeChange {
    field
    sharedField
    before
    beforeKnown
    after
  }
`);

const warning = graphql(`
  fragment Warning on BadgeWarning {
    code
    message
    fields
  }
`);

const userError = graphql(
  `
    fragment UserError on BadgeUserError {
      __typename
      code
      message
      fields
      providerMessage
      ... on BadgeConflictError {
        currentBadge {
          ...BadgeDetails
        }
      }
    }
  `,
  [badgeDetails],
);

const fragments = [badgeDetails, change, warning, userError] as const;

export const providersQuery = graphql(`
  query Providers {
    badgeProviders {
      provider
      title
      badgeType
      inputField
      configured
      operations
    }
  }
`);

export const galleryQuery = graphql(`
  query Gallery($filter: BadgeFilter, $first: Int!, $after: String) {
    badges(filter: $filter, first: $first, after: $after) {
      totalCount
      sources {
        provider
        state
        asOf
        code
        droppedRecords
      }
      pageInfo {
        hasNextPage
        endCursor
      }
      edges {
        cursor
        node {
          __typename
          ... on BadgeFields {
            id
            provider
            name
            description
            imageUrl
          }
        }
      }
    }
  }
`);

export const badgeQuery = graphql(
  `
    query Badge($provider: BadgeProvider!, $id: ID!) {
      badge(provider: $provider, id: $id) {
        ...BadgeDetails
      }
    }
  `,
  [badgeDetails],
);

export const historyQuery = graphql(
  `
    query History($provider: BadgeProvider!, $id: ID!, $first: Int!, $after: String) {
      badgeHistory(provider: $provider, id: $id, first: $first, after: $after) {
        droppedEntries
        pageInfo {
          hasNextPage
          endCursor
        }
        edges {
          cursor
          node {
            id
            at
            caller
            operation
            outcome
            memberId
            changes {
              ...Change
            }
          }
        }
      }
    }
  `,
  [change],
);

export const memberQuery = graphql(`
  query Member($email: String!) {
    tagMangoMember(email: $email) {
      id
    }
  }
`);

/* Every mutation answers as `result`, so that one hook and one view serve them all. */

export const updateBadge = graphql(
  `
    mutation UpdateBadge(
      $input: UpdateBadgeInput!
      $expectedVersion: String
      $dryRun: Boolean
      $idempotencyKey: String
    ) {
      result: updateBadge(
        input: $input
        expectedVersion: $expectedVersion
        dryRun: $dryRun
        idempotencyKey: $idempotencyKey
      ) {
        outcome
        badge {
          ...BadgeDetails
        }
        changes {
          ...Change
        }
        warnings {
          ...Warning
        }
        userErrors {
          ...UserError
        }
      }
    }
  `,
  fragments,
);

export const createBadge = graphql(
  `
    mutation CreateBadge($input: CreateBadgeInput!, $dryRun: Boolean, $idempotencyKey: String) {
      result: createBadge(input: $input, dryRun: $dryRun, idempotencyKey: $idempotencyKey) {
        outcome
        badge {
          ...BadgeDetails
        }
        changes {
          ...Change
        }
        warnings {
          ...Warning
        }
        userErrors {
          ...UserError
        }
      }
    }
  `,
  fragments,
);

export const deleteBadge = graphql(
  `
    mutation DeleteBadge(
      $input: DeleteBadgeInput!
      $expectedVersion: String
      $dryRun: Boolean
      $idempotencyKey: String
    ) {
      result: deleteBadge(
        input: $input
        expectedVersion: $expectedVersion
        dryRun: $dryRun
        idempotencyKey: $idempotencyKey
      ) {
        outcome
        deletedBadgeType
        deletedBadgeId
        changes {
          ...Change
        }
        warnings {
          ...Warning
        }
        userErrors {
          ...UserError
        }
      }
    }
  `,
  fragments,
);

export const awardBadge = graphql(
  `
    mutation AwardBadge($input: AwardBadgeInput!, $dryRun: Boolean, $idempotencyKey: String) {
      result: awardBadge(input: $input, dryRun: $dryRun, idempotencyKey: $idempotencyKey) {
        outcome
        changes {
          ...Change
        }
        warnings {
          ...Warning
        }
        userErrors {
          ...UserError
        }
      }
    }
  `,
  fragments,
);

export const revokeBadge = graphql(
  `
    mutation RevokeBadge($input: RevokeBadgeInput!, $dryRun: Boolean, $idempotencyKey: String) {
      result: revokeBadge(input: $input, dryRun: $dryRun, idempotencyKey: $idempotencyKey) {
        outcome
        changes {
          ...Change
        }
        warnings {
          ...Warning
        }
        userErrors {
          ...UserError
        }
      }
    }
  `,
  fragments,
);

export type Badge = FragmentOf<typeof badgeDetails>;
export type Change = FragmentOf<typeof change>;
export type UserError = FragmentOf<typeof userError>;
export type Warning = FragmentOf<typeof warning>;
export type Provider = NonNullable<ResultOf<typeof providersQuery>['badgeProviders']>[number];
export type Source = NonNullable<ResultOf<typeof galleryQuery>['badges']>['sources'][number];

/** What the payloads of all mutations have. */
export interface WriteResult {
  outcome: ResultOf<typeof updateBadge>['result']['outcome'];
  changes: Change[];
  warnings: Warning[];
  userErrors: UserError[];
}

export type AwardInput = ReturnType<typeof graphql.scalar<'AwardBadgeInput'>>;
export type CreateInput = ReturnType<typeof graphql.scalar<'CreateBadgeInput'>>;
export type DeleteInput = ReturnType<typeof graphql.scalar<'DeleteBadgeInput'>>;
export type RevokeInput = ReturnType<typeof graphql.scalar<'RevokeBadgeInput'>>;
export type UpdateInput = ReturnType<typeof graphql.scalar<'UpdateBadgeInput'>>;
