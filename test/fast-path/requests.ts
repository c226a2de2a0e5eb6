import { pick } from '../support/random.ts';
import { type ListOptions, createListBodies } from './list-requests.ts';
import { toMessage } from './messages.ts';
import { createOddBodies } from './odd-documents.ts';

type Random = () => number;

/** What routers and front ends send, and what nobody should. */
export interface RequestPool {
  next(): Buffer;
}

export interface PoolOptions extends ListOptions {
  /** Values of the header `authorization`; callers have none if left out. */
  authorizations?: readonly string[];
  /** The header that every request of the router has. */
  secret?: string;
}

const SHARED = ['id', 'name', 'description', 'imageUrl', 'version', 'provider', '__typename'];
const OWN: Readonly<Record<string, readonly string[]>> = {
  ReturningAIBadge: ['title', 'action', 'quantity', 'image', 'attachRequired', 'awarded', 'award'],
  TagMangoBadge: [
    'creator',
    'createdAt',
    'updatedAt',
    'enableAutomation',
    'pointsThreshold',
    'pointCategoryForAutomation',
    'automationEnabledMangoes',
  ],
};
const PROVIDERS: Readonly<Record<string, string>> = {
  ReturningAIBadge: 'RETURNING_AI',
  TagMangoBadge: 'TAG_MANGO',
};

export function createRequestPool(options: PoolOptions): RequestPool {
  const { random } = options;
  const documents = [SMALLEST, ...Array.from({ length: 14 }, () => toEntitiesDocument(random))];
  const others = [
    ...Array.from({ length: 12 }, () => toListBody(random)),
    ...Array.from({ length: 8 }, () => toBadgeBody(options)),
    toSeveralRoots(options),
    // They tell of an outage of one provider, while the list of the other one is replaced.
    ...['RETURNING_AI', 'TAG_MANGO', 'TAG_MANGO'].map((provider, at) => ({
      query: `{ badges(first: ${at + 1}, filter: { providers: [${provider}] }) { nodes { __typename } sources { provider state code } } }`,
    })),
    { query: '{ __typename }' },
    { query: '{ badges { totalCount } ' },
    { query: '{ _service { sdl } }' },
    { query: 'mutation { __typename }' },
  ];

  const nextList = createListBodies(options);
  const nextOdd = createOddBodies(options);

  function nextBody(): string {
    const kind = random();
    const json =
      kind < 0.58
        ? toEntitiesBody(documents, options)
        : kind < 0.77
          ? nextList()
          : kind < 0.89
            ? nextOdd()
            : JSON.stringify(pick(others, random));
    return random() < 0.04 ? spaced(json, random) : json;
  }
  return {
    next() {
      const body = Buffer.from(nextBody());
      return toMessage(random() < 0.04 ? mutate(body, random) : body, options);
    },
  };
}

const chance = (random: Random, share: number): boolean => random() < share;
const some = <T>(all: readonly T[], random: Random, share = 0.5): T[] =>
  all.filter(() => random() < share);

function toSelection(type: string, random: Random): string {
  const fields = some([...SHARED, ...(OWN[type] ?? [])], random).map((field) => {
    const alias = chance(random, 0.1) ? `a${Math.floor(random() * 3)}${field}: ` : '';
    return alias + field + (chance(random, 0.1) ? ' @include(if: $yes)' : '');
  });
  const selection = fields.length > 0 ? fields.join(' ') : 'id';
  // The limits count a field as often as it stands there, and the answer shows it once.
  return chance(random, 0.06) ? `${selection} `.repeat(30) : selection;
}

interface EntitiesDocument {
  query: string;
  operationName?: string;
}

/** Of this one, the limit of representations is reached before that of fields. */
const SMALLEST: EntitiesDocument = {
  query:
    'query($representations: [_Any!]!) { _entities(representations: $representations) { __typename } }',
};

function toEntitiesDocument(random: Random): EntitiesDocument {
  const types = Object.keys(OWN);
  const parts = some(types, random, 0.8).map(
    (type) => `... on ${type} { ${toSelection(type, random)} }`,
  );
  const common = chance(random, 0.4) ? '__typename ' : '';
  const isShared = chance(random, 0.2) || parts.length + common.length === 0;
  const shared = isShared ? '... on BadgeFields { id ...F @skip(if: $no) }' : '';
  const nested = chance(random, 0.2)
    ? '... on Badge { kind: __typename ... @include(if: $yes) { ... on BadgeFields { version } } }'
    : '';
  const name = chance(random, 0.5) ? 'Ask' : undefined;
  const root = chance(random, 0.1) ? 'found: _entities' : '_entities';
  const more = chance(random, 0.08) ? ' __typename' : '';
  const twice = chance(random, 0.05)
    ? ' other: _entities(representations: $representations) { __typename }'
    : '';
  const wrong = chance(random, 0.05) ? ' nowhere' : '';
  const variables = '$representations: [_Any!]!, $yes: Boolean = true, $no: Boolean = false';
  const selection = `${common}${parts.join(' ')} ${shared}${nested}${wrong}`;
  const query = `query ${name ?? ''}(${variables}) { ${root}(representations: $representations) { ${selection} }${more}${twice} }${
    isShared ? ' fragment F on BadgeFields { name imageUrl }' : ''
  }`;
  const used = withUsedOnly(query);
  return { query: used, ...(name !== undefined && chance(random, 0.7) && { operationName: name }) };
}

/** A variable that is declared and not used is refused. */
function withUsedOnly(query: string): string {
  let used = query;
  for (const name of ['yes', 'no']) {
    if (!used.includes(`if: $${name}`))
      used = used.replace(new RegExp(`, \\$${name}: Boolean = \\w+`), '');
  }
  return used;
}

function toEntitiesBody(documents: readonly EntitiesDocument[], of: PoolOptions): string {
  const { random } = of;
  // Half of all requests are about one provider, which some tenants have alone.
  const { TagMangoBadge = [] } = of.ids;
  const options = chance(random, 0.5) ? { ...of, ids: { TagMangoBadge } } : of;
  const document = pick(documents, random);
  const { query, operationName } = document;
  const size = pick(
    [
      1,
      1,
      1,
      2,
      3,
      10,
      10,
      40,
      100,
      chance(random, document === SMALLEST ? 0.6 : 0.06) ? pick([1_500, 3_000, 3_001], random) : 20,
    ],
    random,
  );
  const isOdd = chance(random, 0.12);
  const list = Array.from({ length: chance(random, 0.01) ? 0 : size }, () =>
    isOdd && chance(random, 0.3) ? toOddRepresentation(options) : toRepresentation(options),
  );
  const flags = `${query.includes('$yes') && chance(random, 0.3) ? `,"yes":${chance(random, 0.5)}` : ''}${
    query.includes('$no') && chance(random, 0.3) ? `,"no":${chance(random, 0.5)}` : ''
  }`;
  const more = chance(random, 0.04) ? `,${pick(MORE_VARIABLES, random)}` : '';
  const variables = chance(random, 0.9)
    ? `{"representations":[${list.join(',')}]${flags}${more}}`
    : `{${flags.slice(1)}${flags && ','}"representations":[${list.join(',')}]}`;
  const members = [
    `"query":${JSON.stringify(query)}`,
    `"variables":${variables}`,
    ...(operationName === undefined ? [] : [`"operationName":${JSON.stringify(operationName)}`]),
    ...(chance(random, 0.03) ? ['"variables":{"representations":[]}'] : []),
    ...(chance(random, 0.06) ? [pick(MORE_MEMBERS, random)] : []),
  ];
  return `{${(chance(random, 0.2) ? members.toReversed() : members).join(',')}}`;
}

/** Variables that are not declared, or come twice. */
const MORE_VARIABLES = [
  '"other":{"deep":[[[{"a":[]}]]]}',
  '"representations":[]',
  '"representations":[{"__typename":"TagMangoBadge","id":"x"}]',
  '"Representations":[{}]',
  '"yes":null',
  '"yes":"]}"',
  '"number":12345678901234567890',
];
const MORE_MEMBERS = [
  '"extensions":{}',
  '"extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}',
  '"extensions":[]',
  '"operationName":null',
  '"operationName":""',
  '"operationName":"Nowhere"',
  '"query":"{ __typename }"',
  '"id":"\\"representations\\":["',
  '"constructor":{"prototype":1}',
];

function toRepresentation({ random, ids }: PoolOptions): string {
  const type = pick(Object.keys(ids), random);
  const known = ids[type] ?? [];
  const id = chance(random, 0.04) ? toMissing(pick(known, random)) : pick(known, random);
  return chance(random, 0.9)
    ? JSON.stringify({ __typename: type, id })
    : JSON.stringify({ id, __typename: type });
}

/** One that could be an id, and is none. */
function toMissing(id: string): string {
  return id.replace(/[0-9](?=[^0-9]*$)/, (digit) => String((Number(digit) + 5) % 10));
}

function toOddRepresentation(options: PoolOptions): string {
  const { random, ids } = options;
  const type = pick(Object.keys(ids), random);
  const id = pick(ids[type] ?? [], random);
  const whole = JSON.stringify({ __typename: type, id });
  return pick(
    [
      JSON.stringify({ __typename: type, id, extra: 1 }),
      JSON.stringify({ __typename: type, id: id.toUpperCase() }),
      JSON.stringify({ __typename: type, id: `${id} ` }),
      JSON.stringify({ __typename: type, id: '' }),
      JSON.stringify({ __typename: type, id: 7 }),
      JSON.stringify({ __typename: type, id: `${id}]},{"` }),
      JSON.stringify({ __typename: type, id: 'Zoë 🏅' }),
      JSON.stringify({ __typename: 'Badge', id }),
      JSON.stringify({ __typename: 'toString', id }),
      JSON.stringify({ __typename: type }),
      JSON.stringify({ id }),
      `{"__typename":"${type}","id":"${id}","id":"${id}"}`,
      `{"__typename":"${type}","id":"\\u0030${id.slice(1)}"}`,
      `{"__typename":"${type}", "id":"${id}"}`,
      `${whole} `,
      ` ${whole}`,
      `[${whole}]`,
      'null',
      '1e400',
      '"text"',
      '{}',
      `{"__proto__":{},"id":"${id}"}`,
    ],
    random,
  );
}

function toListBody(random: Random): object {
  const fields = some(
    [
      'totalCount',
      'pageInfo { hasNextPage endCursor }',
      'sources { provider state asOf droppedRecords code }',
      'nodes { __typename ... on BadgeFields { id name imageUrl version } }',
      'edges { cursor node { ... on TagMangoBadge { id name createdAt } } }',
    ],
    random,
    0.6,
  );
  const selection = fields.length > 0 ? fields.join(' ') : 'totalCount';
  const args = [
    ...(chance(random, 0.6) ? [pick(PAGES, random)] : []),
    ...(chance(random, 0.3) ? [pick(FILTERS, random)] : []),
    ...(chance(random, 0.4) ? [pick(ORDERS, random)] : []),
  ];
  const given = args.length > 0 ? `(${args.join(', ')})` : '';
  const query = `{ badges${given} { ${selection} } }`;
  if (!query.includes('$')) return { query };
  return {
    query: `query($n: Int, $after: String) ${query.replace(', after: $after', chance(random, 0.5) ? ', after: $after' : '')}`,
    variables: { n: pick([1, 2, 3, null, -1, 2.5], random), after: null },
  };
}

const PAGES = [
  'first: 3',
  'first: 1',
  'last: 2',
  'first: 0',
  'first: 3, last: 3',
  'first: $n, after: $after',
  'first: 2, after: "nowhere"',
];
const FILTERS = [
  'filter: { providers: [TAG_MANGO] }',
  'filter: { providers: [] }',
  'filter: { nameContains: "a" }',
  'filter: { nameContains: "\\"" }',
];
const ORDERS = [
  'orderBy: { field: ID, direction: DESC }',
  'orderBy: { field: NAME, direction: ASC }',
  'orderBy: { direction: DESC }',
];

/** Several root fields, one of them twice. */
function toSeveralRoots({ random, ids }: PoolOptions): object {
  const id = pick(ids.TagMangoBadge ?? [], random);
  const query = `query($id: ID!) {
    one: badge(provider: TAG_MANGO, id: $id) { ... on BadgeFields { name } }
    one: badge(provider: TAG_MANGO, id: $id) { ...F }
    badges(first: 2) { nodes { ...F } }
  } fragment F on Badge { __typename ... on TagMangoBadge { id } }`;
  return { query, variables: { id } };
}

function toBadgeBody({ random, ids }: PoolOptions): object {
  const type = pick(Object.keys(ids), random);
  const known = pick(ids[type] ?? [], random);
  const id = chance(random, 0.2) ? toMissing(known) : known;
  const selection = `__typename ... on ${type} { ${toSelection(type, random)} }`;
  const query = `query($p: BadgeProvider!, $id: ID!, $yes: Boolean = true) { badge(provider: $p, id: $id) { ${selection} } }`;
  const used = query.includes('if: $yes') ? query : query.replace(', $yes: Boolean = true', '');
  return { query: used, variables: { p: PROVIDERS[type], id } };
}

function spaced(json: string, random: Random): string {
  return pick(
    [
      ` ${json}`,
      `${json}\n`,
      json.replace('":', '": '),
      json.replaceAll(',"', ', "'),
      `\ufeff${json}`,
    ],
    random,
  );
}

/** Bytes changed, left out, said twice or put in. */
function mutate(body: Buffer, random: Random): Buffer {
  const at = Math.floor(random() * body.length);
  const one = Buffer.from([Math.floor(random() * 256)]);
  const length = 1 + Math.floor(random() * 4);
  const [before, after] = [body.subarray(0, at), body.subarray(at)];
  switch (Math.floor(random() * 4)) {
    case 0:
      return Buffer.concat([before, one, after.subarray(1)]);
    case 1:
      return Buffer.concat([before, after.subarray(length)]);
    case 2:
      return Buffer.concat([before, after.subarray(0, length), after]);
    default:
      return Buffer.concat([before, one, after]);
  }
}
