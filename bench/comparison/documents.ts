export type TypeName = 'ReturningAIBadge' | 'TagMangoBadge';

export interface BenchEdge {
  cursor: string;
  node: Readonly<Record<string, unknown>> & { __typename: TypeName; id: string };
}

/** A document, and what it asks for: enough for a server that reads no GraphQL. */
export interface Question {
  query: string;
  operationName: string;
  root: '_entities' | 'badge' | 'badges';
  /** By type, in the order of the answer. */
  fields: Readonly<Record<TypeName, readonly string[]>>;
}

const SHARED = ['id', 'name', 'description', 'imageUrl', 'provider', 'version'];
const OWN: Readonly<Record<TypeName, readonly string[]>> = {
  ReturningAIBadge: [
    'action',
    'attachRequired',
    'award',
    'awardCurrency',
    'awardCurrencyQuantity',
    'awardXpQuantity',
    'awarded',
    'darkImage',
    'enabledDarkAndLight',
    'image',
    'lightImage',
    'quantity',
    'title',
  ],
  TagMangoBadge: [
    'automationEnabledMangoes',
    'createdAt',
    'creator',
    'enableAutomation',
    'pointCategoryForAutomation',
    'pointsThreshold',
    'updatedAt',
  ],
};
const PAGE = 'totalCount pageInfo { endCursor hasNextPage }';

export type Selection = 'interface' | 'full';

function toFields(own: Partial<typeof OWN>): Question['fields'] {
  return {
    ReturningAIBadge: ['__typename', ...SHARED, ...(own.ReturningAIBadge ?? [])],
    TagMangoBadge: ['__typename', ...SHARED, ...(own.TagMangoBadge ?? [])],
  };
}

/** As front ends write them. */
function toSelection(own: Partial<typeof OWN>): string {
  const ofTypes = Object.entries(own).map(
    ([name, fields]) => `... on ${name} { ${fields.join(' ')} }`,
  );
  return `__typename ... on BadgeFields { ${SHARED.join(' ')} } ${ofTypes.join(' ')}`;
}

export function askBadge(): Question {
  return {
    query: `query Badge($provider: BadgeProvider!, $id: ID!) { badge(provider: $provider, id: $id) { ${toSelection({})} } }`,
    operationName: 'Badge',
    root: 'badge',
    fields: toFields({}),
  };
}

/** Shared fields only, or all of both types. */
export function askBadges(selection: Selection): Question {
  const own = selection === 'full' ? OWN : {};
  return {
    query: `query Badges($first: Int, $after: String) { badges(first: $first, after: $after) { ${PAGE} nodes { ${toSelection(own)} } } }`,
    operationName: 'Badges',
    root: 'badges',
    fields: toFields(own),
  };
}

/** As a router writes them: without spaces, by concrete type, under a name of its own. */
export function askEntities(
  name: string,
  fields = ['id', 'name', 'description', 'imageUrl', 'version'],
): Question {
  const operationName = `${name}__badges__1`;
  const picked = ['__typename', ...fields];
  const ofType = (type: TypeName) => `...on ${type}{${picked.join(' ')}}`;
  return {
    query: `query ${operationName}($representations:[_Any!]!){_entities(representations:$representations){${ofType('ReturningAIBadge')}${ofType('TagMangoBadge')}}}`,
    operationName,
    root: '_entities',
    fields: { ReturningAIBadge: picked, TagMangoBadge: picked },
  };
}

/** Different documents of the same size. */
export function askEntitiesInManyWays(count: number): Question[] {
  return Array.from({ length: count }, (_, at) => {
    const left = SHARED.filter((_field, index) => index !== at % SHARED.length);
    const turned = left.map((_field, index) => left[(index + at) % left.length] ?? 'id');
    return askEntities(`Screen${at}`, turned);
  });
}

/** Everything of all badges, for those who serve them too. */
export const ALL_BADGES = `query($after: String) { badges(first: 50, after: $after) {
  pageInfo { endCursor hasNextPage } edges { cursor node { ${toSelection(OWN)} } }
} }`;
