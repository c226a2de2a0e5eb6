export interface Workload {
  name: string;
  request: Buffer;
}

export interface BenchBadge {
  __typename: string;
  id: string;
}

/** In the order in which they are asked for. */
export const FIELDS = ['__typename', 'id', 'name', 'description', 'imageUrl', 'version'];

const SELECTION = `__typename ... on BadgeFields { ${FIELDS.slice(1).join(' ')} }`;
const ENTITIES = `query($representations: [_Any!]!) { _entities(representations: $representations) { ${SELECTION} } }`;
const LIST = `query { badges(first: 50) { nodes { ${SELECTION} } } }`;
const BADGE = `query($id: ID!) { badge(provider: TAG_MANGO, id: $id) { ${SELECTION} } }`;

/** Of one page. */
export async function readBadges(url: string, secret: string): Promise<BenchBadge[]> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'router-authorization': secret },
    body: JSON.stringify({ query: LIST.replace('50', '100') }),
  });
  const { data } = (await response.json()) as { data: { badges: { nodes: BenchBadge[] } } };
  return data.badges.nodes;
}

export function toWorkloads(badges: readonly BenchBadge[], secret: string): Workload[] {
  const toEntities = (count: number): Workload => {
    const representations = Array.from({ length: count }, (_, at) => {
      const { __typename, id } = badges[at % badges.length] ?? { __typename: '', id: '' };
      return { __typename, id };
    });
    return {
      name: `_entities of ${count}`,
      request: toRequest(secret, { query: ENTITIES, variables: { representations } }),
    };
  };
  const one = badges.find(({ __typename }) => __typename === 'TagMangoBadge');
  return [
    ...[1, 10, 100, 500].map(toEntities),
    { name: 'badges of 50', request: toRequest(secret, { query: LIST, variables: {} }) },
    { name: 'badge', request: toRequest(secret, { query: BADGE, variables: { id: one?.id } }) },
  ];
}

function toRequest(secret: string, body: object): Buffer {
  const json = JSON.stringify(body);
  const head = [
    'POST /graphql HTTP/1.1',
    'host: localhost',
    'content-type: application/json',
    'accept: application/json',
    `router-authorization: ${secret}`,
    'x-request-id: bench',
    `content-length: ${Buffer.byteLength(json)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${json}`);
}
