import { randomBytes } from 'node:crypto';
import type { Sent } from './callers.ts';
import type { IssuerMood } from './issuer.ts';
import type { ProviderMood } from './hostile-provider.ts';
import type { Tokens } from './tokens.ts';

/** An attack of one tenant, its provider or the issuer on the whole process. */
export interface Attack {
  name: string;
  what: string;
  /** Sent one after the other before. */
  prepare?: (tokens: Tokens) => Promise<Sent[]>;
  /** What the callers of the tenant send. */
  requests: (tokens: Tokens) => Promise<Sent[]>;
  connections: number;
  /** The responses of its providers during the attack. A few badges if omitted. */
  provider?: ProviderMood;
  /** The responses of the issuer during the attack. Keys if omitted. */
  issuer?: IssuerMood;
  /** How long lists are fresh. A short time makes the service read them repeatedly. The default if omitted. */
  freshSeconds?: number;
  /** What the service may keep of its requests by a budget of its own, in MB. 0 if omitted. */
  keptMB?: number;
  /** How often the service's clock jumps ahead, before and during the attack. */
  jumpsBefore?: number;
  jumps?: number;
}

const MARKS = '\u0301\u0323';
const MARKED_NAMES = 200;
const AT_ONCE = 5;
/** The maximum length of a name. */
const NAME_CHARACTERS = 900;

const asCaller =
  (toRequests: () => readonly Omit<Sent, 'token'>[]) =>
  async ({ ofAttacker }: Tokens): Promise<Sent[]> =>
    toRequests().map((request) => ({ ...request, token: ofAttacker }));

const LIST: Sent = { query: '{ badges { totalCount } }' };
const SEARCH: Sent = {
  query: 'query ($wanted: String!) { badges(filter: { textContains: $wanted }) { totalCount } }',
  variables: { wanted: `${MARKS}x` },
};
const ids = (count: number): string[] =>
  Array.from({ length: count }, () => randomBytes(12).toString('hex'));
const MANY = 10_000;
/** The budget of all that is kept for documents. */
const DOCUMENTS_MB = 34;
const FIELDS = [
  'id',
  'name',
  'description',
  'imageUrl',
  'version',
  'createdAt',
  'updatedAt',
  'creator',
];
const ENTITIES =
  'query ($representations: [_Any!]!) { _entities(representations: $representations) ';
const representations = (count: number) => ({
  representations: ids(count).map((id) => ({ __typename: 'TagMangoBadge', id })),
});

/** A document like no other, with as many fields as may be. */
function toDocument(at: number): string {
  const named = Array.from(
    { length: 45 },
    (_, index) => `a${at}_${index}: ${FIELDS[index % FIELDS.length]}`,
  );
  return `${ENTITIES} { ... on TagMangoBadge { ${named.join(' ')} } } }`;
}
const aliases = (count: number, field: string): string =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ');

export const ATTACKS: readonly Attack[] = [
  {
    name: 'none',
    what: 'a list that is asked for again and again, to compare with',
    requests: asCaller(() => [LIST]),
    connections: 2,
    freshSeconds: 2,
  },
  {
    name: 'marks',
    what: `textContains over ${MARKED_NAMES} names of ${NAME_CHARACTERS} combining marks`,
    prepare: asCaller(() =>
      Array.from({ length: MARKED_NAMES / AT_ONCE }, (_, index) => ({
        query: `mutation ($input: CreateBadgeInput!) {
          ${aliases(AT_ONCE, 'createBadge(input: $input) { userErrors { code } }')}
        }`,
        variables: {
          input: { returningAI: { title: `b${index}${MARKS.repeat(NAME_CHARACTERS / 2)}` } },
        },
      })),
    ),
    requests: asCaller(() => [SEARCH]),
    connections: 4,
  },
  {
    name: 'long marks',
    what: 'textContains over a provider’s 5 names of 200,000 combining marks',
    requests: asCaller(() => [SEARCH]),
    connections: 4,
    provider: 'marked names',
    freshSeconds: 2,
  },
  {
    name: 'duplicate ids',
    what: 'a list of 8,000 small records with the id of one of 1 MB',
    requests: asCaller(() => [LIST]),
    connections: 2,
    provider: 'duplicate ids',
    freshSeconds: 2,
  },
  {
    name: 'large lists',
    what: '17,000 records, 16,000 malformed ones, 200,000 unknown keys, 100,000 empty records',
    requests: asCaller(() => [LIST]),
    connections: 2,
    provider: 'large lists',
    freshSeconds: 2,
  },
  {
    name: 'large member',
    what: 'a member with 10,000 badges, each shown under 45 names',
    requests: asCaller(() => [
      {
        query: `{ tagMangoMember(email: "ada@example.com") {
          ${aliases(45, 'badges { id name description }')}
        } }`,
      },
    ]),
    connections: 2,
  },
  {
    name: 'award',
    what: 'awards of 4,000 badges that there are not, and of 50',
    requests: asCaller(() =>
      [4_000, 2_000, 50].map((count) => ({
        query: `mutation ($input: AwardBadgeInput!) {
          awardBadge(input: $input) { userErrors { code } }
        }`,
        variables: { input: { tagMango: { badgeIds: ids(count), userId: 'a'.repeat(24) } } },
      })),
    ),
    connections: 4,
  },
  {
    name: 'documents',
    what: `${MANY} documents of entities, each with fields of its own`,
    requests: asCaller(() =>
      Array.from({ length: MANY }, (_, at) => ({
        query: toDocument(at),
        variables: representations(1),
      })),
    ),
    connections: 8,
    keptMB: DOCUMENTS_MB,
  },
  {
    name: 'badges',
    what: `${MANY} queries of single badges that there are not, each a document of its own`,
    requests: asCaller(() =>
      ids(MANY).map((id) => ({
        query: `{ badge(provider: TAG_MANGO, id: "${id}") { ... on BadgeFields { ${aliases(20, 'name')} } } }`,
      })),
    ),
    connections: 8,
    keptMB: DOCUMENTS_MB,
  },
  {
    name: 'representations',
    what: 'one document with 1,000 ids in each of 200 requests, no two of which are alike',
    requests: asCaller(() =>
      Array.from({ length: 200 }, () => ({
        query: `${ENTITIES} { __typename } }`,
        variables: representations(1_000),
      })),
    ),
    connections: 8,
  },
  {
    name: 'tokens',
    what: '3,000 tokens of one caller',
    requests: async ({ manyOfAttacker }) =>
      (await manyOfAttacker(3_000)).map((token) => ({ ...LIST, token })),
    connections: 8,
  },
  {
    name: 'issuer floods',
    what: 'an issuer that answers with 150 MiB of blanks, while tokens name unknown keys',
    requests: async ({ withUnknownKeys }) => withUnknownKeys(LIST),
    connections: 8,
    issuer: 'flood',
    jumps: 2,
  },
  {
    name: 'issuer is down',
    what: 'an issuer that is down for 9 minutes from two minutes after the first token, while tokens name unknown keys',
    requests: async ({ withUnknownKeys }) => withUnknownKeys(LIST),
    connections: 8,
    issuer: 'down',
    jumpsBefore: 3,
    jumps: 14,
  },
  {
    name: 'unusable key',
    what: 'an issuer that publishes a key of a point that there is not, while tokens name it',
    requests: async ({ withKey }) => withKey('unusable', LIST),
    connections: 8,
    issuer: 'unusable key',
    jumps: 2,
  },
];
