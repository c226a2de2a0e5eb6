import type { Operation } from '../../support/graphql-client.ts';
import { COMPLETE } from '../../support/load-operations.ts';
import { DEFAULT_FIELDS, toDocumentText } from '../../support/records.ts';
import {
  isEmail,
  isIdempotencyKey,
  isPhone,
  isReturningAIBadgeId,
  isReturningAIUserId,
  isTagMangoId,
} from './alphabets.ts';
import { RETURNING_AI_IDS, TAG_MANGO_IDS } from './ids.ts';
import { MEMBER } from './providers.ts';

/** A way for a text to enter the service, and its expected result. */
export interface Way {
  name: string;
  /** Its share of all IDs, relative to the sum of all shares. */
  share: number;
  /** How many texts one request takes. */
  most: number;
  toAsk(texts: readonly string[]): Operation;
  /** In the words of `describeAnswer`. */
  expected(text: string): string;
}

const [RETURNING_AI_ID = ''] = RETURNING_AI_IDS;
const [TAG_MANGO_ID = ''] = TAG_MANGO_IDS;

const MAX_ROOT_FIELDS = 20;
const MAX_LISTS = 10;
/** A search looks at every badge. */
const MAX_SEARCHES = 5;
const MAX_MUTATIONS = 5;
const MAX_REPRESENTATIONS = 1_000;

const expectedBadge = (text: string, known: readonly string[], isId: (id: string) => boolean) =>
  !isId(text) ? 'INVALID_INPUT' : known.includes(text) ? `found ${text}` : 'null';
const expectedReturningAI = (text: string) =>
  expectedBadge(text, RETURNING_AI_IDS, isReturningAIBadgeId);
/** TagMango's ids are the same in upper and lower case, and shown in lower case. */
const inOneCase = (text: string) => (isTagMangoId(text) ? text.toLowerCase() : text);
const KNOWN_TAG_MANGO_IDS = TAG_MANGO_IDS.map(inOneCase);
const expectedTagMango = (text: string) =>
  expectedBadge(inOneCase(text), KNOWN_TAG_MANGO_IDS, isTagMangoId);

/** Many at once share a request with odd ones, which the fast path never answers. */
function entities(typeName: string, expected: Way['expected']): Way[] {
  const ofMany = entitiesAtOnce(typeName, expected);
  return [ofMany, { ...ofMany, name: `${ofMany.name}, one at a time`, share: 6, most: 1 }];
}

function entitiesAtOnce(typeName: string, expected: Way['expected']): Way {
  return {
    name: `_entities of ${typeName}`,
    share: 30,
    most: MAX_REPRESENTATIONS,
    toAsk: (texts) => ({
      query: `query ($representations: [_Any!]!) {
        _entities(representations: $representations) { ... on BadgeFields { id } }
      }`,
      variables: { representations: texts.map((id) => ({ __typename: typeName, id })) },
    }),
    expected,
  };
}

/** The same field once for each text, under the aliases a0, a1, …; its variable is `$v`. */
function aliased(
  operation: 'query' | 'mutation',
  { type, field }: { type: string; field: string },
  toValue: (text: string) => unknown = (text) => text,
): Way['toAsk'] {
  return (texts) => ({
    query: `${operation} (${texts.map((_, index) => `$v${index}: ${type}`).join(', ')}) {
      ${texts.map((_, index) => `a${index}: ${field.replace('$v', `$v${index}`)}`).join('\n')}
    }`,
    variables: Object.fromEntries(texts.map((text, index) => [`v${index}`, toValue(text)])),
  });
}

function read(
  name: string,
  about: { share: number; most: number; type: string; field: string },
  expected: Way['expected'],
): Way {
  const { share, most, type, field } = about;
  return { name, share, most, toAsk: aliased('query', { type, field }), expected };
}

const ONE = '{ ... on BadgeFields { id } }';
const badgeAt = (provider: string) => ({
  share: 6,
  most: MAX_ROOT_FIELDS,
  type: 'ID!',
  field: `badge(provider: ${provider}, id: $v) ${ONE}`,
});
const historyAt = (provider: string) => ({
  share: 2,
  most: MAX_LISTS,
  type: 'ID!',
  field: `badgeHistory(provider: ${provider}, id: $v, first: 1) { pageInfo { hasNextPage } }`,
});
const list = (argument: string) => ({
  share: 1,
  most: MAX_LISTS,
  type: 'String!',
  field: `badges(first: 1, ${argument}) { totalCount }`,
});
const member = (argument: string) => ({
  share: 1,
  most: MAX_LISTS,
  type: 'String!',
  field: `tagMangoMember(${argument}: $v) { id badges { id } }`,
});
/** Only its badges that can be requested. */
const FOUND_MEMBER = `found ${MEMBER} with ${KNOWN_TAG_MANGO_IDS.join()}`;

const READS: readonly Way[] = [
  ...entities('ReturningAIBadge', expectedReturningAI),
  ...entities('TagMangoBadge', expectedTagMango),
  read('badge of Returning.AI', badgeAt('RETURNING_AI'), expectedReturningAI),
  read('badge of TagMango', badgeAt('TAG_MANGO'), expectedTagMango),
  read('badgeHistory of Returning.AI', historyAt('RETURNING_AI'), (text) =>
    isReturningAIBadgeId(text) ? 'a page' : 'INVALID_INPUT',
  ),
  read('badgeHistory of TagMango', historyAt('TAG_MANGO'), (text) =>
    isTagMangoId(text) ? 'a page' : 'INVALID_INPUT',
  ),
  read(
    'badgeHistory after a cursor',
    {
      ...historyAt(''),
      type: 'String!',
      field: `badgeHistory(provider: TAG_MANGO, id: "${TAG_MANGO_ID}", after: $v) { pageInfo { hasNextPage } }`,
    },
    () => 'INVALID_INPUT',
  ),
  read('badges after a cursor', list('after: $v'), () => 'INVALID_INPUT'),
  read('badges before a cursor', list('before: $v'), () => 'INVALID_INPUT'),
  read('badges by name', { ...list('filter: { textContains: $v }'), most: MAX_SEARCHES }, (text) =>
    text.length > 200 || !text.isWellFormed() ? 'INVALID_INPUT' : 'a page',
  ),
  read('tagMangoMember by e-mail', member('email'), (text) =>
    isEmail(text) ? FOUND_MEMBER : 'INVALID_INPUT',
  ),
  read('tagMangoMember by phone', member('phone'), (text) =>
    isPhone(text) ? FOUND_MEMBER : 'INVALID_INPUT',
  ),
];

function write(
  kind: 'Create' | 'Update' | 'Delete' | 'Award' | 'Revoke',
  toInput: (text: string) => object,
  { field, expected }: { field: string; expected: (text: string) => string },
): Way {
  const call = `${kind.toLowerCase()}Badge(input: $v) { userErrors { code fields } }`;
  return {
    name: `${kind.toLowerCase()}Badge by ${field}`,
    share: 1,
    most: MAX_MUTATIONS,
    toAsk: aliased('mutation', { type: `${kind}BadgeInput!`, field: call }, toInput),
    expected(text) {
      const code = expected(text);
      return code.startsWith('INVALID') || code === 'NOT_FOUND' ? `${code} input.${field}` : code;
    },
  };
}

/** The result of a write to the badge with this ID. */
const target = (known: readonly string[], isId: (id: string) => boolean) => (text: string) =>
  !isId(text) ? 'INVALID_INPUT' : known.includes(text) ? 'done' : 'NOT_FOUND';
const returningAITarget = target(RETURNING_AI_IDS, isReturningAIBadgeId);
const tagMangoTarget = (text: string) => target(KNOWN_TAG_MANGO_IDS, isTagMangoId)(inOneCase(text));

const user = { id: '1102' };
const ofKnownBadge = (found: object) => ({
  returningAI: { badgeId: RETURNING_AI_ID, user: found },
});
const expectedUserId = (text: string) => (isReturningAIUserId(text) ? 'done' : 'INVALID_INPUT');

const WRITES: readonly Way[] = [
  write('Update', (id) => ({ returningAI: { ...COMPLETE, title: 'New', id } }), {
    field: 'returningAI.id',
    expected: returningAITarget,
  }),
  write('Update', (id) => ({ tagMango: { id, description: 'New' } }), {
    field: 'tagMango.id',
    expected: tagMangoTarget,
  }),
  write('Delete', (id) => ({ returningAI: { id } }), {
    field: 'returningAI.id',
    // The stand-in rejects deletions, because a deleted badge would be missing for all other ways.
    expected(text) {
      const outcome = returningAITarget(text);
      return outcome === 'done' ? 'PROVIDER_BAD_RESPONSE -' : outcome;
    },
  }),
  write('Award', (badgeId) => ({ returningAI: { badgeId, user } }), {
    field: 'returningAI.badgeId',
    expected: returningAITarget,
  }),
  write('Revoke', (badgeId) => ({ returningAI: { badgeId, user } }), {
    field: 'returningAI.badgeId',
    expected: returningAITarget,
  }),
  write('Award', (id) => ofKnownBadge({ id }), {
    field: 'returningAI.user.id',
    expected: expectedUserId,
  }),
  write('Revoke', (id) => ofKnownBadge({ id }), {
    field: 'returningAI.user.id',
    expected: expectedUserId,
  }),
  write('Award', (email) => ofKnownBadge({ email }), {
    field: 'returningAI.user.email',
    // The stand-in returns an invalid member ID for every email address.
    expected: (text) => (isEmail(text) ? 'NOT_FOUND' : 'INVALID_INPUT'),
  }),
  write('Award', (userId) => ({ tagMango: { userId, badgeIds: [TAG_MANGO_ID] } }), {
    field: 'tagMango.userId',
    expected: (text) => (isTagMangoId(text) ? 'done' : 'INVALID_INPUT'),
  }),
  write('Award', (id) => ({ tagMango: { userId: MEMBER, badgeIds: [TAG_MANGO_ID, id] } }), {
    field: 'tagMango.badgeIds',
    expected: (text) => (inOneCase(text) === TAG_MANGO_ID ? 'INVALID_INPUT' : tagMangoTarget(text)),
  }),
  write('Create', (id) => ({ tagMango: { name: 'New', automationEnabledMangoes: [id] } }), {
    field: 'tagMango.automationEnabledMangoes',
    expected: (text) => (isTagMangoId(text) ? 'done' : 'INVALID_INPUT'),
  }),
  {
    name: 'updateBadge under a key',
    share: 1,
    most: MAX_MUTATIONS,
    toAsk: aliased('mutation', {
      type: 'String!',
      field: `updateBadge(idempotencyKey: $v, input: { returningAI: { id: "${RETURNING_AI_ID}",
        title: "New", ${toDocumentText(DEFAULT_FIELDS)} } }) { userErrors { code fields } }`,
    }),
    expected: (text) => (isIdempotencyKey(text) ? 'done' : 'INVALID_INPUT idempotencyKey'),
  },
];

export const WAYS: readonly Way[] = [...READS, ...WRITES];
