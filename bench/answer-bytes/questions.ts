import { MEMBER } from '../../test/long/tenants/badges.ts';
import type { Operation } from '../../test/support/graphql-client.ts';

const aliases = (count: number, field: string) =>
  Array.from({ length: count }, (_, at) => `a${at}: ${field}`).join(' ');
const LONG_NAME = 'n'.repeat(90_000);
const page = (fields: string, first = 100) =>
  `{ badges(first: ${first}) { nodes { ... on BadgeFields { ${fields} } } } }`;
const WRONG_KEYS = Array.from({ length: 3_000 }, () => ({ __typename: 'X' }));

export const ORDINARY: Operation = { query: page('id name version', 50) };

/** Nearly the maximum size of a response. */
export const LARGEST: Operation = { query: page(aliases(4, 'description')) };

export const ATTACK: readonly Operation[] = [
  { query: page(aliases(45, 'description')) },
  { query: `{ tagMangoMember(email: "${MEMBER.email}") { badges { ${aliases(45, 'id')} } } }` },
  { query: page(`${LONG_NAME}: name`) },
  {
    query: `query ($keys: [_Any!]!) { ${LONG_NAME}: _entities(representations: $keys) { __typename } }`,
    variables: { keys: WRONG_KEYS },
  },
  {
    query: `query ($keys: [_Any!]!) { _entities(representations: $keys) { ${LONG_NAME}: __typename } }`,
    variables: { keys: WRONG_KEYS },
  },
  LARGEST,
  LARGEST,
];
