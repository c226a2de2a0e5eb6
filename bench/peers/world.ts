import { readFileSync } from 'node:fs';

export type TypeName = 'ReturningAIBadge' | 'TagMangoBadge';

/** What both types of badges have. */
export interface SharedFields {
  __typename: TypeName;
  id: string;
  name: string;
  description: string | null;
  imageUrl: string | null;
  provider: 'RETURNING_AI' | 'TAG_MANGO';
  version: string;
}

export interface ReturningAIBadge extends SharedFields {
  action: string | null;
  attachRequired: boolean | null;
  award: boolean | null;
  awardCurrency: boolean | null;
  awardCurrencyQuantity: number | null;
  awardXpQuantity: number | null;
  awarded: boolean | null;
  darkImage: string | null;
  enabledDarkAndLight: boolean | null;
  image: string | null;
  lightImage: string | null;
  quantity: number | null;
  title: string;
}

export interface TagMangoBadge extends SharedFields {
  automationEnabledMangoes: string[];
  createdAt: Date | null;
  creator: string | null;
  enableAutomation: boolean | null;
  pointCategoryForAutomation: string | null;
  pointsThreshold: number | null;
  updatedAt: Date | null;
}

export type Badge = ReturningAIBadge | TagMangoBadge;

export interface Edge {
  cursor: string;
  node: Badge;
}

export interface PageInfo {
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  startCursor: string | null;
  endCursor: string | null;
}

export interface Page {
  edges: Edge[];
  nodes: Badge[];
  pageInfo: PageInfo;
  totalCount: number;
}

export interface PageArgs {
  first: number;
  after?: string | null | undefined;
}

/** What every server of the comparison serves: the badges of the service in the order of its list, in memory. */
export interface World {
  /** The read part of the graph, for servers that begin with a schema. */
  sdl: string;
  findBadge(typeName: string, id: string): Badge | undefined;
  /** Neither orders nor counts. */
  readPage(args: PageArgs): Page;
}

interface WorldFile {
  sdl: string;
  edges: Edge[];
}

/** Reads the file that the first argument of the process names. `make`: a badge as the server's resolvers want it. */
export function readWorld(make = (badge: Badge): Badge => badge): World {
  const [, , file = ''] = process.argv;
  const { sdl, edges: read } = JSON.parse(readFileSync(file, 'utf8'), revive) as WorldFile;
  const edges = read.map(({ cursor, node }) => ({ cursor, node: make(node) }));
  const byKey = new Map(edges.map(({ node }) => [`${node.__typename} ${node.id}`, node]));
  const positions = new Map(edges.map(({ cursor }, at) => [cursor, at]));
  return {
    sdl,
    findBadge: (typeName, id) => byKey.get(`${typeName} ${id}`),
    readPage({ first, after }) {
      const start = after == null ? 0 : (positions.get(after) ?? -1) + 1;
      const page = edges.slice(start, start + first);
      return {
        edges: page,
        nodes: page.map(({ node }) => node),
        pageInfo: {
          hasNextPage: start + page.length < edges.length,
          hasPreviousPage: start > 0,
          startCursor: page[0]?.cursor ?? null,
          endCursor: page.at(-1)?.cursor ?? null,
        },
        totalCount: edges.length,
      };
    },
  };
}

function revive(key: string, value: unknown): unknown {
  return key.endsWith('At') && typeof value === 'string' ? new Date(value) : value;
}

/** By the name of the provider in the graph. */
export const TYPE_NAMES = {
  RETURNING_AI: 'ReturningAIBadge',
  TAG_MANGO: 'TagMangoBadge',
} as const satisfies Record<string, TypeName>;

/** The bench waits for this line. */
export function announce(port: number | string): void {
  console.log(`listens at ${port}`);
}
