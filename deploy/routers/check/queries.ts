import { ADA, HALL_OF_FAME, MAJOR, QUIZ_MASTER } from '../../../test/support/records.ts';

/** A query that a router must answer as the subgraph does. */
export interface Query {
  name: string;
  query: string;
  variables?: object;
}

/** A badge of the sandbox. */
export const RECRUITER = '40c96ea3-7d8f-4b50-89ea-1d2f3a4b5c05';

const CARD = `fragment Card on BadgeFields { __typename id provider name imageUrl version }`;
const DETAILS = `
  ... on ReturningAIBadge { title action quantity }
  ... on TagMangoBadge { pointsThreshold automationEnabledMangoes }`;
const ONE = `query One($provider: BadgeProvider!, $id: ID!) {
  badge(provider: $provider, id: $id) { ...Card ${DETAILS} }
} ${CARD}`;
const PAGE = `query Page($first: Int, $last: Int, $filter: BadgeFilter, $withDetails: Boolean = true) {
  badges(first: $first, last: $last, filter: $filter) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { ...Card ... @include(if: $withDetails) { ${DETAILS} } } }
  }
} ${CARD}`;

export const queries: readonly Query[] = [
  { name: 'all badges, with one fragment for what they share', query: PAGE },
  { name: 'the first three badges', query: PAGE, variables: { first: 3 } },
  { name: 'the last two badges', query: PAGE, variables: { last: 2 } },
  {
    name: 'badges whose text contains a word',
    query: PAGE,
    variables: { filter: { textContains: 'h' } },
  },
  {
    name: 'badges without their details, by a directive',
    query: PAGE,
    variables: { first: 5, withDetails: false },
  },
  {
    name: 'where the badges come from',
    query: '{ badges(first: 1) { sources { provider state code } nodes { __typename } } }',
  },
  {
    name: 'a badge of Returning.AI',
    query: ONE,
    variables: { provider: 'RETURNING_AI', id: MAJOR },
  },
  {
    name: 'a badge of TagMango',
    query: ONE,
    variables: { provider: 'TAG_MANGO', id: HALL_OF_FAME },
  },
  {
    name: 'a badge that does not exist',
    query: ONE,
    variables: { provider: 'TAG_MANGO', id: '6657092c8142bfe0656481ff' },
  },
  {
    name: 'badges by their keys, one of which does not exist',
    query: `query Keys($keys: [BadgeKey!]!) { badgesByKeys(keys: $keys) { ...Card } } ${CARD}`,
    variables: {
      keys: [
        { provider: 'TAG_MANGO', id: QUIZ_MASTER },
        { provider: 'TAG_MANGO', id: '6657092c8142bfe0656481ff' },
        { provider: 'RETURNING_AI', id: MAJOR },
      ],
    },
  },
  {
    name: 'the same field twice, with aliases',
    query: `{
      one: badge(provider: RETURNING_AI, id: "${MAJOR}") { ... on BadgeFields { name } }
      other: badge(provider: TAG_MANGO, id: "${HALL_OF_FAME}") { ... on BadgeFields { name } }
    }`,
  },
  {
    name: 'what each provider can do',
    query:
      '{ badgeProviders { provider title configured badgeType inputField operations requestWindows { requests windowMs } } }',
  },
  {
    name: 'a member by e-mail, with its badges',
    query: `query Member($email: String) {
      tagMangoMember(email: $email) { id badges { ...Card } }
    } ${CARD}`,
    variables: { email: ADA.email },
  },
];
