import 'reflect-metadata';
import {
  ArgsType,
  Directive,
  Field,
  InputType,
  Int,
  ObjectType,
  createUnionType,
} from 'type-graphql';
import { BadgeFields } from '../providers/badge-list.ts';
import { DateTime, GROWS, describedEnum } from '../providers/graph-types.ts';
import { providers } from '../providers/index.ts';
import { AS_COUNTED } from '../providers/input-checks.ts';
import { BadgeErrorCode } from './error-code.ts';
import { OrderDirection, OrderField } from './reading/badge-index.ts';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from './reading/page.ts';

export const BadgeProvider = describedEnum({
  name: 'BadgeProvider',
  description: `Supported badge providers. ${GROWS}`,
  values: Object.fromEntries(providers.map(({ name }) => [name.enumValue, name.title])),
});

Field(() => BadgeProvider, { description: 'Provider of the badge.' })(
  BadgeFields.prototype,
  'provider',
);

export const Badge = createUnionType({
  name: 'Badge',
  description:
    'A badge of any provider. Its entity key in the supergraph is the concrete type and `id`.',
  types: () => providers.map(({ badgeClass }) => badgeClass),
});

const SOURCE_STATES = {
  FRESH: 'Read from the provider for this request.',
  CACHED: 'Served from the cache, within its freshness period.',
  STALE:
    'Served from the cache after its freshness period, because no newer list was available in time; see `asOf`.',
  FAILED: 'The provider could not be read, and its badges are missing from the list; see `code`.',
  SKIPPED: 'Excluded by the filter, or the provider is not configured.',
} as const;
export type BadgeSourceState = keyof typeof SOURCE_STATES;
const BadgeSourceState = describedEnum({
  name: 'BadgeSourceState',
  description: `Where a provider's badges in a list come from. ${GROWS}`,
  values: SOURCE_STATES,
});

@ObjectType({ description: "Status of a provider's badges in a list." })
export class BadgeSourceStatus {
  @Field(() => BadgeProvider, { description: 'The provider.' })
  provider!: string;

  @Field(() => BadgeSourceState, { description: 'Where its badges come from.' })
  state!: BadgeSourceState;

  @Field(() => BadgeErrorCode, {
    nullable: true,
    description:
      'Why the provider could not be read, or why no newer list could. Null otherwise, also if a newer list is only slow.',
  })
  code!: BadgeErrorCode | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Milliseconds until a newer list may be available, as stated by the provider or estimated. Null if unknown.',
  })
  retryAfterMs!: number | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time at which its badges were read. Null if the list has none of its badges.',
  })
  asOf!: Date | null;

  @Field(() => Int, {
    description: 'Number of records missing from the list because they could not be read.',
  })
  droppedRecords!: number;
}

@ObjectType({ description: 'Pagination information of a connection.' })
@Directive('@shareable')
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether more items follow when paginating forward.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether more items precede when paginating backward.' })
  hasPreviousPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the first edge. Null if there is none.',
  })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the last edge. Null if there is none.',
  })
  endCursor!: string | null;
}

@ObjectType({ description: 'An edge in a list of badges.' })
export class BadgeEdge {
  @Field(() => String, {
    description: 'Cursor of this badge, for `after` and `before` with the same `orderBy`.',
  })
  cursor!: string;

  @Field(() => Badge, { description: 'The badge.' })
  node!: BadgeFields;
}

@ObjectType({ description: 'A page of badges from all providers in a single order.' })
export class BadgeConnection {
  @Field(() => [BadgeEdge], { description: 'Badges of this page with their cursors.' })
  edges!: BadgeEdge[];

  @Field(() => [Badge], { description: 'Badges of this page.' })
  nodes!: BadgeFields[];

  @Field(() => PageInfo, { description: 'Pagination information.' })
  pageInfo!: PageInfo;

  @Field(() => Int, {
    nullable: true,
    description:
      'Number of badges that match the filter, across all pages. Null if a provider could not be read.',
  })
  totalCount!: number | null;

  @Field(() => [BadgeSourceStatus], { description: 'Status of each provider.' })
  @Directive(`@listSize(assumedSize: ${providers.length})`)
  sources!: BadgeSourceStatus[];
}

/** Limit of `textContains`, in UTF-16 units. */
export const MAX_WANTED_CHARACTERS = 200;

@InputType({
  description: 'Filter for a list of badges. An omitted field does not restrict the list.',
})
export class BadgeFilter {
  @Field(() => [BadgeProvider], {
    nullable: true,
    description:
      'Matches badges of these providers. An empty list restricts nothing, as if the field were omitted.',
  })
  providers?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description: `Matches badges whose name or description contains this text of at most ${MAX_WANTED_CHARACTERS} characters, ${AS_COUNTED}. The comparison ignores case and treats composed and decomposed accents as equal. Only the first 10,000 characters of each are searched. An empty text restricts nothing.`,
  })
  textContains?: string | null;

  /** By the key of a provider: what only its badges have. The fields are added below. */
  [providerKey: string]: unknown;
}

for (const { key, name, filter } of providers) {
  if (!filter) continue;
  Field(() => filter.inputClass, {
    nullable: true,
    description: `Matches badges of ${name.title} only, by fields that only they have.`,
  })(BadgeFilter.prototype, key);
}

@InputType({
  description: 'Order of a list. Badges with equal values are ordered by provider and then by ID.',
})
export class BadgeOrder {
  @Field(() => OrderField, { defaultValue: 'NAME', description: 'Field to sort by.' })
  field!: OrderField;

  @Field(() => OrderDirection, { defaultValue: 'ASC', description: 'Sort direction.' })
  direction!: OrderDirection;
}

@ArgsType()
export class BadgesArgs {
  @Field(() => Int, {
    nullable: true,
    description: `Number of badges to return from the start, 0 to ${MAX_PAGE_SIZE}. ${DEFAULT_PAGE_SIZE} if neither \`first\` nor \`last\` is set.`,
  })
  first?: number | null;

  @Field(() => String, { nullable: true, description: 'Returns the badges after this cursor.' })
  after?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: `Number of badges to return from the end, 0 to ${MAX_PAGE_SIZE}. Cannot be combined with \`first\`.`,
  })
  last?: number | null;

  @Field(() => String, { nullable: true, description: 'Returns the badges before this cursor.' })
  before?: string | null;

  @Field(() => BadgeFilter, {
    nullable: true,
    description: 'Restricts the list to matching badges.',
  })
  filter?: BadgeFilter | null;

  @Field(() => BadgeOrder, {
    nullable: true,
    description: 'Order of the list. Sorted by name in ascending order if omitted.',
  })
  orderBy?: BadgeOrder | null;
}
