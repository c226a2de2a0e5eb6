import { GraphQLError, type GraphQLResolveInfo, responsePathAsArray } from 'graphql';
import 'reflect-metadata';
import {
  Arg,
  Args,
  Ctx,
  Directive,
  Field,
  Float,
  ID,
  Info,
  InputType,
  Int,
  ObjectType,
  Query,
  Resolver,
} from 'type-graphql';
import type { Reading } from '../cache/snapshot-entry.ts';
import { type MaybePromise, andThen, isObject, mapAll } from '../http/json.ts';
import { ProviderError } from '../http/provider-error.ts';
import type { BadgeFields } from '../providers/badge-list.ts';
import { providers } from '../providers/index.ts';
import { AS_COUNTED } from '../providers/input-checks.ts';
import type { Provider } from '../providers/provider.ts';
import {
  Badge,
  BadgeConnection,
  type BadgeEdge,
  type BadgeFilter,
  BadgeProvider,
  type BadgeSourceStatus,
  BadgesArgs,
  MAX_WANTED_CHARACTERS,
} from './connection.ts';
import { type BadgesContext, badgeTag, listTag } from './context.ts';
import { invalidInput, invalidItem, readCode, toOddIdMessage } from './error-code.ts';
import { toBadgeOperation } from './mutations.ts';
import { BadgeOperation } from './payloads.ts';
import type { BadgeIndex, OrderField, OrderedBadge, OrderedBy } from './reading/badge-index.ts';
import { type Page, type PageBounds, inOneOrder, toPage, toPageBounds } from './reading/page.ts';
import type { TenantProvider } from './tenant.ts';

/** Reports errors beside the data of the same field. A resolver can return only one of the two. */
function reportPartialErrors(
  context: BadgesContext,
  errors: readonly ProviderError[],
  info: GraphQLResolveInfo,
): void {
  for (const error of errors) {
    context.partialErrors.push(
      new GraphQLError(error.message, {
        nodes: info.fieldNodes,
        path: responsePathAsArray(info.path),
        originalError: error,
      }),
    );
  }
}

/** Null if the provider has no such badge. `provider` is a value of the enum `BadgeProvider`. */
function findBadge(
  context: BadgesContext,
  provider: string,
  id: string,
): MaybePromise<BadgeFields | null> {
  const of = requireBadgeId(context, provider, id);
  return context.sourceOf(of).badge(of.provider.canonicalId(id));
}

/** The provider with this enum value. Throws an input error if it cannot have a badge with this ID. */
export function requireBadgeId(
  context: BadgesContext,
  provider: string,
  id: string,
): TenantProvider {
  const of = context.tenant.providers.find((each) => each.provider.name.enumValue === provider);
  if (!of) throw invalidInput('Argument "provider" is not a provider that this service knows.');
  if (of.provider.isBadgeId(id)) return of;
  throw invalidItem(toOddIdMessage(of.provider));
}

interface BadgeListing {
  /** Null if none of the requested providers could be read. */
  connection: BadgeConnection | null;
  /** One error for each provider that failed. */
  errors: ProviderError[];
}

/** One page of the badges of all providers that can be read. */
export function listBadges(context: BadgesContext, args: BadgesArgs): MaybePromise<BadgeListing> {
  const order: OrderedBy = {
    field: args.orderBy?.field ?? 'NAME',
    direction: args.orderBy?.direction ?? 'ASC',
  };
  const bounds = toPageBounds(args, order);
  if ((args.filter?.textContains?.length ?? 0) > MAX_WANTED_CHARACTERS) {
    throw invalidInput(
      `Field "textContains" must have at most ${MAX_WANTED_CHARACTERS} characters, ${AS_COUNTED}.`,
    );
  }
  const parts = mapAll(context.tenant.providers, (of) =>
    readPart(context, of, { filter: args.filter ?? {}, order }),
  );
  return andThen(parts, (read) => toListing(read, order, bounds));
}

function toListing(
  parts: readonly Part[],
  order: OrderedBy,
  bounds: PageBounds,
): MaybePromise<BadgeListing> {
  const errors = parts.map(({ error }) => error).filter((error) => error !== undefined);
  const hasAnswer = parts.some(
    ({ status }) => status.state !== 'FAILED' && status.state !== 'SKIPPED',
  );
  if (errors.length > 0 && !hasAnswer) return { connection: null, errors };

  const matching = parts.map(({ badges }) => badges);
  const totalCount = matching.reduce((count, { length }) => count + length, 0);
  return andThen(inOneOrder(matching, order.field), (merged) => {
    const page = toPage(merged, order, bounds);
    const connection = new Connection(page, {
      totalCount: errors.length > 0 ? null : totalCount,
      sources: parts.map(({ status }) => status),
    });
    return { connection, errors };
  });
}

/** Its badges are listed as edges or as nodes, each only if it is read. */
class Connection implements BadgeConnection {
  readonly pageInfo: Page;
  readonly totalCount: number | null;
  readonly sources: BadgeSourceStatus[];

  constructor(pageInfo: Page, { totalCount, sources }: Pick<Connection, 'totalCount' | 'sources'>) {
    this.pageInfo = pageInfo;
    this.totalCount = totalCount;
    this.sources = sources;
  }

  get edges(): BadgeEdge[] {
    return this.pageInfo.edges;
  }

  get nodes(): BadgeFields[] {
    return this.pageInfo.nodes;
  }
}

interface Part {
  /** In ascending order. */
  badges: readonly OrderedBadge[];
  status: BadgeSourceStatus;
  error?: ProviderError;
}

interface Wanted {
  filter: BadgeFilter;
  order: { field: OrderField };
}

function readPart(context: BadgesContext, of: TenantProvider, wanted: Wanted): MaybePromise<Part> {
  const provider = of.provider.name.enumValue;
  if (!isAsked(of.provider, wanted.filter) || !of.access)
    return { badges: [], status: { provider, state: 'SKIPPED', ...NO_REASON, ...NO_LIST } };
  const toPartOf = (reading: Reading<BadgeIndex>) => toPart(context, of, { reading, ...wanted });
  const source = context.sourceOf(of);
  const held = source.peek();
  if (held) return toPartOf(held);
  return source.list().then(toPartOf, (error: unknown) => {
    if (!(error instanceof ProviderError)) throw error;
    const status = { provider, state: 'FAILED' as const, ...toReason(error), ...NO_LIST };
    return { badges: [], status, error };
  });
}

function toPart(
  { tenant }: BadgesContext,
  { provider }: TenantProvider,
  { reading, filter, order }: Wanted & { reading: Reading<BadgeIndex> },
): MaybePromise<Part> {
  const { snapshot, state, failure } = reading;
  const index = snapshot.value;
  const reason = failure instanceof ProviderError ? toReason(failure) : NO_REASON;
  const status = {
    provider: provider.name.enumValue,
    state,
    code: reason.code,
    retryAfterMs: reason.retryAfterMs,
    asOf: new Date(tenant.toWallTime(snapshot.asOf)),
    droppedRecords: index.droppedRecords,
  };
  const matching = andThen(index.orderedBy(order.field), (ordered) =>
    select(index, ordered, { provider, filter }),
  );
  return andThen(matching, (badges) => ({ badges, status }));
}

/** Whether badges of the provider can match the filter. */
function isAsked({ key, name }: Provider, filter: BadgeFilter): boolean {
  const { providers: named } = filter;
  if (named && named.length > 0 && !named.includes(name.enumValue)) return false;
  return providers.every((other) => other.key === key || filter[other.key] == null);
}

function select(
  index: BadgeIndex,
  ordered: readonly OrderedBadge[],
  { provider, filter }: { provider: Provider; filter: BadgeFilter },
): MaybePromise<readonly OrderedBadge[]> {
  const own = filter[provider.key];
  const isMatch = provider.filter;
  const matching =
    isMatch && isObject(own) ? ordered.filter(({ badge }) => isMatch.matches(badge, own)) : ordered;
  return filter.textContains ? index.search(matching, filter.textContains) : matching;
}

type Reason = Pick<BadgeSourceStatus, 'code' | 'retryAfterMs'>;

function toReason({ kind, retryAfterMs }: ProviderError): Reason {
  return { code: readCode(kind), retryAfterMs: retryAfterMs ?? null };
}

const NO_REASON: Reason = { code: null, retryAfterMs: null };
const NO_LIST = { asOf: null, droppedRecords: 0 };

const providerByTypeName = new Map(
  providers.map((provider) => [provider.badgeClass.name, provider]),
);

/** Resolves the representations of a router independently: an invalid one does not affect the others. */
export function resolveEntities(
  _root: unknown,
  { representations }: { representations: readonly unknown[] },
  context: BadgesContext,
): readonly (BadgeFields | null | Promise<BadgeFields | null>)[] {
  context.used.batchSize += representations.length;
  context.entityTags.push(() => representations.map(toTags));
  return (
    peekEntities(representations, context) ??
    representations.map((representation) => resolveEntity(representation, context))
  );
}

/** All of them without waiting. Undefined if one has to wait, or is an error. */
function peekEntities(
  representations: readonly unknown[],
  context: BadgesContext,
): (BadgeFields | null)[] | undefined {
  const entities: (BadgeFields | null)[] = [];
  for (const representation of representations) {
    const { provider, id } = readKey(representation);
    if (!provider || typeof id !== 'string' || !provider.isBadgeId(id)) return undefined;
    const of = context.tenant.providers.find((each) => each.provider === provider);
    const badge = of && context.sourceOf(of).peekBadge(provider.canonicalId(id));
    if (badge === undefined) return undefined;
    entities.push(badge);
  }
  return entities;
}

function toTags(representation: unknown): string[] {
  const { provider, id } = readKey(representation);
  return provider && typeof id === 'string' ? [listTag(provider), badgeTag(provider, id)] : [];
}

const NO_ENTITY =
  'A representation must have a "__typename" that is an entity type of this subgraph.';

async function resolveEntity(
  representation: unknown,
  context: BadgesContext,
): Promise<BadgeFields | null> {
  const { provider, id } = readKey(representation);
  if (provider === undefined) throw invalidItem(NO_ENTITY);
  if (typeof id !== 'string') throw invalidItem('A representation must have its "id" as a string.');
  return findBadge(context, provider.name.enumValue, id);
}

/** Reads the key of a representation. Its other fields are ignored. */
function readKey(representation: unknown): { provider: Provider | undefined; id: unknown } {
  const { __typename: typeName, id } = isObject(representation) ? representation : {};
  const provider = typeof typeName === 'string' ? providerByTypeName.get(typeName) : undefined;
  return { provider, id };
}

/** More would not fit on a page either. */
export const MAX_KEYS = 100;

@InputType({ description: 'What identifies a badge: its provider and its ID there.' })
export class BadgeKey {
  @Field(() => BadgeProvider, { description: 'Provider of the badge.' })
  provider!: string;

  @Field(() => ID, { description: "The provider's ID of the badge." })
  id!: string;
}

/** In the order of the keys. An error stands for the badge that it is about, and has its path in the response. */
async function findBadges(
  context: BadgesContext,
  keys: readonly BadgeKey[],
): Promise<(BadgeFields | null | Error)[]> {
  if (keys.length > MAX_KEYS) {
    throw invalidInput(`Argument "keys" must have at most ${MAX_KEYS} entries.`);
  }
  context.used.batchSize += keys.length;
  return Promise.all(
    keys.map(async ({ provider, id }) => {
      try {
        return await findBadge(context, provider, id);
      } catch (error) {
        if (error instanceof Error) return error;
        throw error;
      }
    }),
  );
}

@Resolver()
export class BadgeQueries {
  @Query(() => Badge, {
    nullable: true,
    description:
      'Looks up a badge by ID. Null without an error means that the provider has no such badge. An outage is always reported as an error, and so is an ID that the provider cannot have issued (INVALID_INPUT).',
  })
  badge(
    @Arg('provider', () => BadgeProvider, { description: 'Provider of the badge.' })
    provider: string,
    @Arg('id', () => ID, { description: "The provider's ID of the badge." }) id: string,
    @Ctx() context: BadgesContext,
  ): MaybePromise<BadgeFields | null> {
    return findBadge(context, provider, id);
  }

  @Query(() => [Badge], {
    nullable: 'items',
    description: `Looks up badges by key, at most ${MAX_KEYS}, in the order of the keys. Takes one read for each provider. Null without an error means that the provider has no such badge. Each badge that could not be read is null with an error of its own, whose path has its place in the list.`,
  })
  @Directive(`@listSize(assumedSize: ${MAX_KEYS})`)
  badgesByKeys(
    @Arg('keys', () => [BadgeKey], { description: 'Keys of the badges. A key may occur twice.' })
    keys: BadgeKey[],
    @Ctx() context: BadgesContext,
  ): Promise<(BadgeFields | null | Error)[]> {
    return findBadges(context, keys);
  }

  @Query(() => BadgeConnection, {
    nullable: true,
    description:
      'Lists the badges of all providers. If a provider cannot be read, the list contains the badges of the others and the response also contains an error, so use an error policy that keeps both data and errors. Null if no provider could be read.',
  })
  @Directive(
    '@listSize(slicingArguments: ["first", "last"], sizedFields: ["edges", "nodes"], requireOneSlicingArgument: false)',
  )
  badges(
    @Args(() => BadgesArgs) args: BadgesArgs,
    @Ctx() context: BadgesContext,
    @Info() info: GraphQLResolveInfo,
  ): MaybePromise<BadgeConnection | null> {
    return andThen(listBadges(context, args), ({ connection, errors }) => {
      reportPartialErrors(context, errors, info);
      return connection;
    });
  }
}

@ObjectType({
  description: 'A rate limit of a provider: no period of `windowMs` may see more than `requests`.',
})
class BadgeRequestWindow {
  @Field(() => Int, {
    description:
      'Maximum number of requests in the period, from all callers of the tenant. This service keeps a part of them in reserve.',
  })
  requests!: number;

  @Field(() => Int, { description: 'Length of the period in milliseconds.' })
  windowMs!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'How much of what may be sent at once is free, from 0 (the next request has to wait) to 1 (all of it). Null if the provider is not configured, or if the state that the replicas share is unavailable.',
  })
  freeShare!: number | null;
}

@ObjectType({
  description: 'What a provider can do, so that a page can hide what it cannot.',
})
class BadgeProviderStatus {
  @Field(() => BadgeProvider, { description: 'The provider.' })
  provider!: string;

  @Field(() => String, { description: 'Name of the provider, for display.' })
  title!: string;

  @Field(() => String, { description: 'Type name of its badges.' })
  badgeType!: string;

  @Field(() => String, {
    description:
      'Its field in the inputs of its mutations and, if its badges have filters of their own, in BadgeFilter.',
  })
  inputField!: string;

  @Field(() => Boolean, {
    description:
      'Whether the provider is configured. If not, its badges are missing from lists, and reading or writing one fails with PROVIDER_NOT_CONFIGURED.',
  })
  configured!: boolean;

  @Field(() => [BadgeOperation], {
    description: 'Mutations that the provider supports, whether it is configured or not.',
  })
  operations!: BadgeOperation[];

  @Field(() => [BadgeRequestWindow], {
    description: 'Rate limits of the provider, all of which hold at once. Empty if it states none.',
  })
  requestWindows!: BadgeRequestWindow[];
}

async function toStatus({ provider, access }: TenantProvider): Promise<BadgeProviderStatus> {
  const { name, key, badgeClass, operations, requestWindows } = provider;
  const windows =
    access?.windows ?? requestWindows.map((window) => ({ ...window, freeShare: null }));
  return {
    provider: name.enumValue,
    title: name.title,
    badgeType: badgeClass.name,
    inputField: key,
    configured: access !== undefined,
    operations: Object.keys(operations).map(toBadgeOperation).sort(),
    requestWindows: await Promise.all(
      windows.map(async ({ requests, windowMs, freeShare }) => ({
        requests,
        windowMs,
        freeShare: freeShare && (await freeShare()),
      })),
    ),
  };
}

@Resolver()
export class CapabilityQueries {
  @Query(() => [BadgeProviderStatus], {
    nullable: true,
    description:
      'Lists the supported providers with what each can do. No provider is called, so an outage changes nothing of it.',
  })
  @Directive(`@listSize(assumedSize: ${providers.length})`)
  async badgeProviders(@Ctx() context: BadgesContext): Promise<BadgeProviderStatus[]> {
    // What is free changes with every request.
    context.used.keepMs = 0;
    return Promise.all(context.tenant.providers.map(toStatus));
  }
}
