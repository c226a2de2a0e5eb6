import 'reflect-metadata';
import { GraphQLDateTime } from 'graphql-scalars';
import {
  Args,
  ArgsType,
  Ctx,
  Directive,
  Field,
  ID,
  Int,
  ObjectType,
  Query,
  Resolver,
  registerEnumType,
} from 'type-graphql';
import type { FieldChange } from '../providers/provider.ts';
import { BadgeProvider } from './badge.ts';
import { PageInfo } from './connection.ts';
import type { BadgesContext } from './context.ts';
import { requireBadgeId } from './reading/find-badge.ts';
import { invalidInput } from './input-error.ts';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, checkPageSize } from './reading/page.ts';
import { BadgeChange } from './payloads.ts';
import { badgeLog } from './writing/audit.ts';
import type { AuditRecord } from './writing/audit.ts';
import { readHistoryPage } from './writing/history-page.ts';
import { KEY_KEPT_MS } from './writing/key-record.ts';
import { OUTCOMES } from './writing/outcome.ts';

const outcomes = Object.keys(OUTCOMES) as (keyof typeof OUTCOMES)[];
const BadgeOutcome = Object.fromEntries(outcomes.map((outcome) => [outcome, outcome]));

registerEnumType(BadgeOutcome, {
  name: 'BadgeOutcome',
  description: 'What came of a mutation.',
  valuesConfig: Object.fromEntries(
    outcomes.map((outcome) => [outcome, { description: OUTCOMES[outcome] }]),
  ),
});

@ObjectType({ description: 'A mutation of a badge that was sent through this service.' })
export class BadgeHistoryEntry {
  @Field(() => ID, { description: 'Of this entry.' })
  id!: string;

  @Field(() => GraphQLDateTime, { description: 'When the mutation came.' })
  at!: Date;

  @Field(() => String, {
    description: 'Who sent it: of a token its `sub`, else as the router says.',
  })
  caller!: string;

  @Field(() => String, { description: 'create, update, delete, award or revoke.' })
  operation!: string;

  @Field(() => BadgeOutcome, { description: 'What came of it.' })
  outcome!: keyof typeof OUTCOMES;

  @Field(() => [BadgeChange], { description: 'What it changed, or was to change.' })
  changes!: readonly FieldChange[];

  @Field(() => ID, {
    nullable: true,
    description:
      "Whom an award or a revocation was for, also a refused one: the provider's id of the member. Null if it was for nobody, or if an e-mail led to nobody; entries of earlier versions have it in `changes` only.",
  })
  memberId!: string | null;

  @Field(() => String, { nullable: true, description: 'The key that it was sent with.' })
  idempotencyKey!: string | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description:
      'Until then at least, a repeat with this key writes nothing: 24 hours after the mutation came. Null without a key, and if nothing was written, so that the key is free.',
  })
  idempotencyKeyExpiresAt!: Date | null;
}

@ObjectType({ description: 'A mutation at its place in the history of a badge.' })
export class BadgeHistoryEdge {
  @Field(() => String, { description: 'Marks this place, for `after`.' })
  cursor!: string;

  @Field(() => BadgeHistoryEntry, { description: 'The mutation.' })
  node!: BadgeHistoryEntry;
}

@ObjectType({ description: 'A page of the history of a badge, newest first.' })
export class BadgeHistoryConnection {
  @Field(() => [BadgeHistoryEdge], { description: 'The mutations with their cursors.' })
  edges!: BadgeHistoryEdge[];

  @Field(() => [BadgeHistoryEntry], { description: 'The mutations.' })
  get nodes(): BadgeHistoryEntry[] {
    return this.edges.map(({ node }) => node);
  }

  @Field(() => PageInfo, {
    description:
      'How to go on from here. `endCursor` leads on from a page without edges too, where `hasNextPage` is true.',
  })
  pageInfo!: PageInfo;

  @Field(() => Int, {
    description:
      'Entries of this page that this version of the service cannot read, and that are left out of it.',
  })
  droppedEntries!: number;
}

@ArgsType()
class BadgeHistoryArgs {
  @Field(() => BadgeProvider, { description: 'The service that holds the badge.' })
  provider!: string;

  @Field(() => ID, { description: "The provider's own id of the badge." })
  id!: string;

  @Field(() => Int, {
    nullable: true,
    // Routers count by it.
    defaultValue: DEFAULT_PAGE_SIZE,
    description: `How many, 0 to ${MAX_PAGE_SIZE}.`,
  })
  first?: number | null;

  @Field(() => String, { nullable: true, description: 'Only what is older than this.' })
  after?: string | null;
}

@Resolver()
export class BadgeHistoryQueries {
  @Query(() => BadgeHistoryConnection, {
    nullable: true,
    description:
      'Mutations of a badge that were sent through this service and passed their input checks, newest first; also of a badge that is gone. Edits elsewhere are not in it.',
  })
  @Directive(
    '@listSize(slicingArguments: ["first"], sizedFields: ["edges", "nodes"], requireOneSlicingArgument: false)',
  )
  async badgeHistory(
    @Args(() => BadgeHistoryArgs) { provider, id, first, after }: BadgeHistoryArgs,
    @Ctx() context: BadgesContext,
  ): Promise<BadgeHistoryConnection> {
    const { provider: of } = requireBadgeId(context, provider, id);
    checkPageSize('first', first);
    const { store, id: tenantId, onUnreadable } = context.tenant;
    const page = await readHistoryPage(store, {
      log: badgeLog(tenantId, provider, of.canonicalId(id)),
      size: first ?? DEFAULT_PAGE_SIZE,
      after: after == null ? null : toPosition(after),
      onUnreadable,
    });
    context.used.keepMs = 0;
    const edges = page.records.map(({ position, record }) => ({
      cursor: toCursor(position),
      node: toHistoryEntry(record),
    }));
    return Object.assign(new BadgeHistoryConnection(), {
      edges,
      droppedEntries: page.droppedEntries,
      pageInfo: {
        hasNextPage: page.hasNextPage,
        hasPreviousPage: after != null,
        startCursor: edges.at(0)?.cursor ?? null,
        endCursor: page.endPosition === null ? null : toCursor(page.endPosition),
      },
    });
  }
}

function toHistoryEntry(record: AuditRecord): BadgeHistoryEntry {
  const { id, at, caller, operation, outcome, changes, memberId, idempotencyKey } = record;
  return Object.assign(new BadgeHistoryEntry(), {
    id,
    at: new Date(at),
    caller,
    operation,
    outcome: isOutcome(outcome) ? outcome : 'UNKNOWN',
    changes: changes.map(({ field, before, after }) => ({ field, before, after })),
    memberId: memberId ?? null,
    idempotencyKey,
    idempotencyKeyExpiresAt: isKeyKept(record) ? new Date(Date.parse(at) + KEY_KEPT_MS) : null,
  });
}

/** A clear refusal frees the key. */
function isKeyKept({ idempotencyKey, outcome }: AuditRecord): boolean {
  return idempotencyKey !== null && outcome !== 'REFUSED' && outcome !== 'UNCHANGED';
}

function isOutcome(text: string): text is keyof typeof OUTCOMES {
  return Object.hasOwn(OUTCOMES, text);
}

function toCursor(position: string): string {
  return Buffer.from(position).toString('base64url');
}

/** Of the longest position. */
const CURSOR_CHARACTERS = 64;

function toPosition(cursor: string): string {
  if (cursor.length > CURSOR_CHARACTERS) throw invalidInput('after is not a cursor of a history');
  const position = Buffer.from(cursor, 'base64url').toString();
  const isPosition = /^\d{1,20}(-\d{1,20})?$/.test(position);
  if (isPosition && toCursor(position) === cursor) return position;
  throw invalidInput('after is not a cursor of a history');
}
