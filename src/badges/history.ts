import 'reflect-metadata';
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
} from 'type-graphql';
import { createSlices } from '../http/json.ts';
import { DateTime } from '../providers/graph-types.ts';
import type { Provider } from '../providers/provider.ts';
import type { LogEntry, StateStore } from '../state/state-store.ts';
import { BadgeProvider, PageInfo } from './connection.ts';
import type { BadgesContext } from './context.ts';
import { invalidInput } from './error-code.ts';
import { toBadgeChange, toBadgeOperation } from './mutations.ts';
import { BadgeChange, BadgeOperation, BadgeOutcome } from './payloads.ts';
import { requireBadgeId } from './queries.ts';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, checkPageSize } from './reading/page.ts';
import { type AuditRecord, badgeLog, readAuditRecord } from './writing/audit.ts';
import { KEY_KEPT_MS } from './writing/idempotency.ts';
import { OUTCOMES } from './writing/outcome.ts';
import type { OnUnreadable } from './writing/stored-record.ts';

/** Entries contain the texts before and after a change, so a page of long ones ends early. */
const PAGE_CHARACTERS = 1_000_000;
/** The maximum number of entries read for one page, including unreadable ones. */
const MAX_READ = 1_000;
const MIN_READ = 20;

interface HistoryPageOptions {
  log: string;
  /** The number of readable entries in a page. */
  size: number;
  /** Only entries older than this position are read. Null to begin with the newest. */
  after: string | null;
  onUnreadable: OnUnreadable;
  /** Whose history it is: all of its pages take one turn together. */
  of?: object;
}

interface HistoryPage {
  /** Newest first. */
  records: { position: string; record: AuditRecord }[];
  /** The number of unreadable entries between the starts of this page and the next. */
  droppedEntries: number;
  hasNextPage: boolean;
  /** The next page begins after it. Null if the page has no entry. */
  endPosition: string | null;
}

/** Reads a page of the log of one badge, without unreadable entries. */
export async function readHistoryPage(
  store: Pick<StateStore, 'readBackward'>,
  { log, size, after, onUnreadable, of }: HistoryPageOptions,
): Promise<HistoryPage> {
  const records: HistoryPage['records'] = [];
  let droppedEntries = 0;
  let characters = 0;
  let read = 0;
  /** The position of the last entry of this page. */
  let endPosition: string | null = null;

  const slices = createSlices(of);
  for await (const { position, entry } of readBackward(store, { log, after, size })) {
    await slices.spend(entry.length);
    const reading = readAuditRecord(entry);
    if ('unreadable' in reading) {
      droppedEntries += 1;
      onUnreadable({ kind: 'audit record', key: `${log} ${position}`, reason: reading.unreadable });
    } else {
      characters += entry.length;
      const isFull =
        records.length === size || (records.length > 0 && characters > PAGE_CHARACTERS);
      if (isFull) return { records, droppedEntries, hasNextPage: true, endPosition };
      records.push({ position, record: reading.record });
    }
    endPosition = position;
    read += 1;
    if (read === MAX_READ) return { records, droppedEntries, hasNextPage: true, endPosition };
  }
  return { records, droppedEntries, hasNextPage: false, endPosition };
}

/** The entries of a log, newest first. */
async function* readBackward(
  store: Pick<StateStore, 'readBackward'>,
  { log, after, size }: Pick<HistoryPageOptions, 'log' | 'after' | 'size'>,
): AsyncGenerator<LogEntry> {
  const limit = Math.max(size + 1, MIN_READ);
  let before = after;
  for (;;) {
    const entries = await store.readBackward(log, { limit, ...(before !== null && { before }) });
    yield* entries;
    const last = entries.at(-1);
    if (!last) return;
    before = last.position;
  }
}

@ObjectType({ description: 'A mutation of a badge, sent through this service.' })
class BadgeHistoryEntry {
  @Field(() => ID, { description: 'ID of this entry.' })
  id!: string;

  @Field(() => DateTime, { description: 'When the mutation was received.' })
  at!: Date;

  @Field(() => String, {
    description:
      'Caller that sent the mutation: the `sub` claim of its token, or the caller reported by the router.',
  })
  caller!: string;

  @Field(() => BadgeOperation, { description: 'Kind of mutation.' })
  operation!: BadgeOperation;

  @Field(() => BadgeOutcome, { description: 'Outcome of the mutation.' })
  outcome!: keyof typeof OUTCOMES;

  @Field(() => [BadgeChange], {
    description: 'Changes that the mutation made or was meant to make.',
  })
  changes!: readonly BadgeChange[];

  @Field(() => ID, {
    nullable: true,
    description:
      "The provider's ID of the member that an award or a revocation was for, including rejected ones. Null for other mutations, and if no member was found by e-mail. Entries written by earlier versions have it in `changes` only.",
  })
  memberId!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Idempotency key of the mutation. Null if none was set.',
  })
  idempotencyKey!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'A retry with this idempotency key does not write again until this time at the earliest, 24 hours after the mutation was received. Null if there is no key, or if nothing was written and the key can therefore be used again.',
  })
  idempotencyKeyExpiresAt!: Date | null;
}

@ObjectType({ description: 'An edge in the history of a badge.' })
class BadgeHistoryEdge {
  @Field(() => String, { description: 'Cursor of this entry, for `after`.' })
  cursor!: string;

  @Field(() => BadgeHistoryEntry, { description: 'The history entry.' })
  node!: BadgeHistoryEntry;
}

@ObjectType({ description: "A page of a badge's history, newest entry first." })
class BadgeHistoryConnection {
  @Field(() => [BadgeHistoryEdge], { description: 'Entries of this page with their cursors.' })
  edges!: BadgeHistoryEdge[];

  @Field(() => [BadgeHistoryEntry], { description: 'Entries of this page.' })
  get nodes(): BadgeHistoryEntry[] {
    return this.edges.map(({ node }) => node);
  }

  @Field(() => PageInfo, {
    description:
      'Pagination information. If `hasNextPage` is true, `endCursor` is set even if the page has no edges, unless `first` is 0.',
  })
  pageInfo!: PageInfo;

  @Field(() => Int, {
    description:
      'Number of entries omitted from this page because this version of the service cannot read them.',
  })
  droppedEntries!: number;
}

@ArgsType()
class BadgeHistoryArgs {
  @Field(() => BadgeProvider, { description: 'Provider of the badge.' })
  provider!: string;

  @Field(() => ID, { description: "The provider's ID of the badge." })
  id!: string;

  @Field(() => Int, {
    nullable: true,
    // Routers estimate the cost of a query from it.
    defaultValue: DEFAULT_PAGE_SIZE,
    description: `Maximum number of entries to return, 0 to ${MAX_PAGE_SIZE}.`,
  })
  first?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Returns the entries after (older than) this cursor.',
  })
  after?: string | null;
}

@Resolver()
export class BadgeHistoryQueries {
  @Query(() => BadgeHistoryConnection, {
    nullable: true,
    description:
      'Mutations of a badge that were sent through this service and passed input validation, newest first. Also available for deleted badges. Edits made elsewhere are not included.',
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
      of: context.tenant,
    });
    context.used.keepMs = 0;
    const edges = page.records.map(({ position, record }) => ({
      cursor: toCursor(position),
      node: toHistoryEntry(record, of),
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

function toHistoryEntry(record: AuditRecord, provider: Provider): BadgeHistoryEntry {
  const operation = toBadgeOperation(record.operation);
  const { id, at, caller, outcome, changes, memberId, idempotencyKey } = record;
  return Object.assign(new BadgeHistoryEntry(), {
    id,
    at: new Date(at),
    caller,
    operation,
    outcome: isOutcome(outcome) ? outcome : 'UNKNOWN',
    changes: changes.map((change) => toBadgeChange(change, { provider, operation })),
    memberId: memberId ?? null,
    idempotencyKey,
    idempotencyKeyExpiresAt: isKeyKept(record) ? new Date(Date.parse(at) + KEY_KEPT_MS) : null,
  });
}

/** A rejected or unchanged mutation releases its key. */
function isKeyKept({ idempotencyKey, outcome }: AuditRecord): boolean {
  return idempotencyKey !== null && outcome !== 'REFUSED' && outcome !== 'UNCHANGED';
}

function isOutcome(text: string): text is keyof typeof OUTCOMES {
  return Object.hasOwn(OUTCOMES, text);
}

function toCursor(position: string): string {
  return Buffer.from(position).toString('base64url');
}

/** The length of the cursor of the longest position. */
const CURSOR_CHARACTERS = 64;

function toPosition(cursor: string): string {
  if (cursor.length > CURSOR_CHARACTERS)
    throw invalidInput(
      'Argument "after" is not a cursor of a badge history. Use a cursor from an earlier page.',
    );
  const position = Buffer.from(cursor, 'base64url').toString();
  const isPosition = /^\d{1,20}(-\d{1,20})?$/.test(position);
  if (isPosition && toCursor(position) === cursor) return position;
  throw invalidInput(
    'Argument "after" is not a cursor of a badge history. Use a cursor from an earlier page.',
  );
}
