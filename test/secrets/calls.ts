import type { OperationKind } from '../../src/providers/provider.ts';
import { sendOperation } from '../support/graphql-client.ts';
import { WHOLE_BADGE, toDocument } from '../support/writing.ts';
import { DELETED_ID, RETURNING_AI_ID, TAG_MANGO_ID } from './badges.ts';
import { FIELD_WORDS } from './provider-words.ts';
import type { Output } from './search.ts';

/** What a caller asks of the graph. */
export interface Call {
  name: string;
  query: string;
  variables?: object;
}

/** Every query there is. */
export const READS: readonly Call[] = [
  {
    name: 'badges',
    query: `{ badges {
      totalCount nodes { ...Whole } edges { cursor } pageInfo { startCursor endCursor }
      sources { provider state code asOf retryAfterMs droppedRecords }
    } } ${WHOLE_BADGE}`,
  },
  {
    name: 'badge',
    query: `{
      one: badge(provider: RETURNING_AI, id: "${RETURNING_AI_ID}") { ...Whole }
      other: badge(provider: TAG_MANGO, id: "${TAG_MANGO_ID}") { ...Whole }
    } ${WHOLE_BADGE}`,
  },
  {
    name: '_entities',
    query: `{ _entities(representations: [
      { __typename: "ReturningAIBadge", id: "${RETURNING_AI_ID}" }
      { __typename: "TagMangoBadge", id: "${TAG_MANGO_ID}" }
    ]) { ... on ReturningAIBadge { name title } ... on TagMangoBadge { name creator } } }`,
  },
  {
    name: 'tagMangoMember',
    query: '{ tagMangoMember(email: "ada@example.com") { id badges { name creator } } }',
  },
];

export const HISTORY: readonly Call[] = [
  ['RETURNING_AI', RETURNING_AI_ID],
  ['TAG_MANGO', TAG_MANGO_ID],
].map(([provider, id]) => ({
  name: `badgeHistory of ${provider}`,
  query: `{ badgeHistory(provider: ${provider}, id: "${id}") {
    nodes { id at caller operation outcome idempotencyKey changes { field before after } }
  } }`,
}));

const written = FIELD_WORDS.written.value;
const picture = `https://img.example/${FIELD_WORDS.written.core}.png`;

/** Every mutation of each provider; with a key, so that its outcome is stored. */
export const WRITES: readonly Call[] = [
  toWrite('create', 'create-1', { returningAI: { title: written, darkImage: picture } }),
  toWrite('update', 'update-1', {
    returningAI: { id: RETURNING_AI_ID, description: written, hiddenFields: 'OMIT' },
  }),
  toWrite('delete', 'delete-1', { returningAI: { id: DELETED_ID } }),
  toWrite('award', 'award-1', { returningAI: { badgeId: RETURNING_AI_ID, user: { id: '1102' } } }),
  toWrite('award', 'award-by-email', {
    returningAI: { badgeId: RETURNING_AI_ID, user: { email: 'ada@example.com' } },
  }),
  toWrite('revoke', 'revoke-1', {
    returningAI: { badgeId: RETURNING_AI_ID, user: { id: '1102' } },
  }),
  toWrite('create', 'create-2', { tagMango: { name: written } }),
  toWrite('update', 'update-2', { tagMango: { id: TAG_MANGO_ID, description: written } }),
  toWrite('award', 'award-2', {
    tagMango: { badgeIds: [TAG_MANGO_ID], userId: '6650aa11bb22cc33dd44ee55' },
  }),
];

function toWrite(kind: OperationKind, key: string, input: object): Call {
  return { name: key, query: toDocument(kind), variables: { input, key } };
}

export interface Answered {
  call: string;
  status: number;
  headers: string;
  body: string;
}

/** Sends one of them, as a router does. */
export async function send(
  url: string,
  { name, query, variables }: Call,
  headers: Readonly<Record<string, string>>,
): Promise<Answered> {
  const answer = await sendOperation(url, { query, variables }, { headers });
  return {
    call: name,
    status: answer.status,
    headers: JSON.stringify([...answer.headers]),
    body: answer.text,
  };
}

/** The whole answer, as it left. */
export function toOutputs({ call, headers, body }: Answered): Output[] {
  return [
    { from: `headers of ${call}`, text: headers },
    { from: `answer of ${call}`, text: body },
  ];
}

/** The fields of the graph that show what a provider holds. */
const OWN_FIELDS: readonly string[] = [
  ...['id', 'name', 'title', 'description', 'image', 'imageUrl', 'action', 'creator'],
  ...['pointCategoryForAutomation', 'before', 'after', 'cursor', 'startCursor', 'endCursor'],
  ...['deletedBadgeId', 'darkImage', 'lightImage'],
];

/** The answer without what its data may show of a provider's fields. */
export function withoutOwnFields(answered: Answered): Answered {
  const { data, ...rest } = JSON.parse(answered.body) as Record<string, unknown>;
  const bare = JSON.stringify(data, (name, value: unknown) =>
    OWN_FIELDS.includes(name) ? undefined : value,
  );
  return { ...answered, body: JSON.stringify(rest) + String(bare) };
}
