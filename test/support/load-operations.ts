import { pick } from './random.ts';
import type { Operation } from './graphql-client.ts';
import { DEFAULT_FIELDS } from './records.ts';

/** The existing badges, as a reader knows them. */
export type Known = readonly { provider: string; id: string; name: string }[];

export const LIST: Operation = {
  query: `query List {
    badges(first: 100) {
      totalCount
      nodes { ... on BadgeFields { provider id name description version } }
      sources { provider state code asOf }
    }
  }`,
};

const ONE = `query One($provider: BadgeProvider!, $id: ID!) {
  badge(provider: $provider, id: $id) { __typename ... on BadgeFields { id name imageUrl } }
}`;

const ENTITIES = `query Entities($representations: [_Any!]!) {
  _entities(representations: $representations) {
    ... on ReturningAIBadge { id title quantity }
    ... on TagMangoBadge { id name pointsThreshold }
  }
}`;

const TYPENAMES: Readonly<Record<string, string>> = {
  RETURNING_AI: 'ReturningAIBadge',
  TAG_MANGO: 'TagMangoBadge',
};
const REPRESENTATIONS = 20;

/** Half of the reads are lists, 30 % are single badges, and 20 % resolve references of another subgraph. */
export function nextRead(known: Known, random: () => number): Operation {
  const dice = random();
  if (dice < 0.5) return LIST;
  if (dice < 0.8) {
    const { provider, id } = pick(known, random);
    return { query: ONE, variables: { provider, id } };
  }
  const representations = Array.from({ length: REPRESENTATIONS }, () => {
    const { provider, id } = pick(known, random);
    return { __typename: TYPENAMES[provider], id };
  });
  return { query: ENTITIES, variables: { representations } };
}

const PAYLOAD = 'changes { field } warnings { code } userErrors { code }';

const UPDATE = `mutation Update($input: UpdateBadgeInput!, $idempotencyKey: String) {
  result: updateBadge(input: $input, idempotencyKey: $idempotencyKey) { ${PAYLOAD} }
}`;

/** All fields of a Returning.AI badge except its name: an update with them needs no remembered values. */
export const COMPLETE = { ...DEFAULT_FIELDS, description: 'Written by a benchmark' };

/** An update that renames the badge. */
export function toRename(
  { provider, id }: { provider: string; id: string },
  name: string,
  idempotencyKey: string | null = null,
): Operation {
  const input =
    provider === 'TAG_MANGO'
      ? { tagMango: { id, name } }
      : { returningAI: { id, title: name, ...COMPLETE } };
  return { query: UPDATE, variables: { input, idempotencyKey } };
}
