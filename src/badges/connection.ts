import 'reflect-metadata';
import { GraphQLDateTime } from 'graphql-scalars';
import {
  ArgsType,
  Directive,
  Field,
  InputType,
  Int,
  ObjectType,
  registerEnumType,
} from 'type-graphql';
import type { BadgeFields } from '../providers/badge-fields.ts';
import { providers } from '../providers/index.ts';
import { Badge, BadgeProvider } from './badge.ts';
import { BadgeErrorCode } from './error-code.ts';
import { OrderDirection, OrderField } from './reading/order.ts';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from './reading/page.ts';

const SOURCE_STATES = {
  FRESH: 'Read from the provider for this request.',
  CACHED: 'Read a short while ago, within its fresh time.',
  STALE:
    'Read longer ago than its fresh time, since no newer list could be had soon; `asOf` says when.',
  FAILED: 'Could not be read: its badges are missing from the list; see `code`.',
  SKIPPED: 'Left out by the filter, or this service has no access to the provider.',
} as const;
export type BadgeSourceState = keyof typeof SOURCE_STATES;
const states = Object.keys(SOURCE_STATES) as BadgeSourceState[];
const BadgeSourceState = Object.fromEntries(states.map((state) => [state, state]));

registerEnumType(BadgeSourceState, {
  name: 'BadgeSourceState',
  description: "Where a provider's part of a list comes from.",
  valuesConfig: Object.fromEntries(
    states.map((state) => [state, { description: SOURCE_STATES[state] }]),
  ),
});

@ObjectType({ description: "How a provider's part of a list came about." })
export class BadgeSourceStatus {
  @Field(() => BadgeProvider, { description: 'The provider that this row is about.' })
  provider!: string;

  @Field(() => BadgeSourceState, { description: 'Where its part comes from.' })
  state!: BadgeSourceState;

  @Field(() => BadgeErrorCode, {
    nullable: true,
    description: 'Why it failed, or why what is shown is stale. Null otherwise.',
  })
  code!: BadgeErrorCode | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Milliseconds after which a newer list may be had: as the provider said, or a guess. Null when nobody knows.',
  })
  retryAfterMs!: number | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: 'Its part shows the provider as of this moment. Null when it has no part.',
  })
  asOf!: Date | null;

  @Field(() => Int, {
    description: 'Records that could not be read and are missing from the list.',
  })
  droppedRecords!: number;
}

@ObjectType({ description: 'Where a page ends, and whether there is more.' })
@Directive('@shareable')
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether more follows when paging forward.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether more precedes when paging backward.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first edge. Null if none.' })
  startCursor!: string | null;

  @Field(() => String, { nullable: true, description: 'Cursor of the last edge. Null if none.' })
  endCursor!: string | null;
}

@ObjectType({ description: 'A badge at its place in a list.' })
export class BadgeEdge {
  @Field(() => String, {
    description: 'Marks this place, for `after` and `before` in the same order.',
  })
  cursor!: string;

  @Field(() => Badge, { description: 'The badge.' })
  node!: BadgeFields;
}

@ObjectType({ description: 'A page of badges of all providers, in one order.' })
export class BadgeConnection {
  @Field(() => [BadgeEdge], { description: 'The badges of this page with their cursors.' })
  edges!: BadgeEdge[];

  @Field(() => [Badge], { description: 'The badges of this page.' })
  get nodes(): BadgeFields[] {
    return this.edges.map(({ node }) => node);
  }

  @Field(() => PageInfo, { description: 'How to go on from here.' })
  pageInfo!: PageInfo;

  @Field(() => Int, {
    nullable: true,
    description:
      'How many badges the filter lets through, on all pages. Null when a provider could not be read.',
  })
  totalCount!: number | null;

  @Field(() => [BadgeSourceStatus], { description: 'One row for each provider.' })
  @Directive(`@listSize(assumedSize: ${providers.length})`)
  sources!: BadgeSourceStatus[];
}

@InputType({ description: 'Which badges a list holds. What is left out lets all through.' })
export class BadgeFilter {
  @Field(() => [BadgeProvider], { nullable: true, description: 'Only badges of these providers.' })
  providers?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Only badges whose name holds this text. Upper and lower case are the same, and so are composed and decomposed accents. Of a name the first 10,000 characters count.',
  })
  nameContains?: string | null;
}

@InputType({
  description: 'The order of a list. Equals are ordered by provider and then by id.',
})
export class BadgeOrder {
  @Field(() => OrderField, { defaultValue: 'NAME', description: 'What to order by.' })
  field!: OrderField;

  @Field(() => OrderDirection, { defaultValue: 'ASC', description: 'Which end comes first.' })
  direction!: OrderDirection;
}

@ArgsType()
export class BadgesArgs {
  @Field(() => Int, {
    nullable: true,
    description: `How many from the start, 0 to ${MAX_PAGE_SIZE}; ${DEFAULT_PAGE_SIZE} if neither first nor last is given.`,
  })
  first?: number | null;

  @Field(() => String, { nullable: true, description: 'Only what follows this cursor.' })
  after?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: `How many from the end, 0 to ${MAX_PAGE_SIZE}. Never with first.`,
  })
  last?: number | null;

  @Field(() => String, { nullable: true, description: 'Only what precedes this cursor.' })
  before?: string | null;

  @Field(() => BadgeFilter, { nullable: true, description: 'Which badges.' })
  filter?: BadgeFilter | null;

  @Field(() => BadgeOrder, { nullable: true, description: 'In which order; by name if left out.' })
  orderBy?: BadgeOrder | null;
}
