import DataLoader from 'dataloader';
import {
  GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLFormattedError,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type OperationDefinitionNode,
  defaultFieldResolver,
} from 'graphql';
import type { getMetadataStorage } from 'type-graphql';
import type { Reading, Snapshot } from '../cache/snapshot-entry.ts';
import type { CallBounds } from '../http/admission.ts';
import type { MaybePromise } from '../http/json.ts';
import { ProviderError } from '../http/provider-error.ts';
import type { BadgeFields } from '../providers/badge-list.ts';
import type { InputProblem, Provider, ProviderContext } from '../providers/provider.ts';
import { invalidInput } from './error-code.ts';
import type { BadgeIndex } from './reading/badge-index.ts';
import type { ProviderAccess, Tenant, TenantProvider, WriteEnded } from './tenant.ts';

export const SCOPES = ['badges:read', 'badges:write'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who sends a request, for which tenant, and what it may do. */
export interface Caller {
  /** Name for records and idempotency keys, which different callers do not share. */
  readonly actor: string;
  readonly tenant: Tenant;
  readonly scopes: ReadonlySet<Scope>;
  /** Why `actor` is not the caller's name. Such a caller may read but not write. */
  readonly actorProblem?: string;
  /** What is missing for access to any badge. */
  readonly lacks?: 'token' | 'tenant';
}

/** What one GraphQL request carries. */
export interface BadgesContext extends ProviderContext {
  readonly requestId: string;
  readonly caller: Caller;
  /** When the operation must be answered, in monotonic milliseconds. */
  readonly deadlineAt: number;
  readonly tenant: Tenant;
  readonly used: SourcesUsed;
  /** For each `_entities` field, gives the cache tags of each of its representations. */
  readonly entityTags: (() => (readonly string[])[])[];
  /** Errors beside data of the same field: part of a list is missing. */
  readonly partialErrors: GraphQLError[];
  /** How the request went, for telemetry. */
  readonly course: RequestCourse;
  sourceOf: (provider: TenantProvider) => BadgeSource;
  /** Calls it with the enum value of each provider whose list was shown, or could not be. */
  eachSource(tell: (provider: string, state: SourceState) => void): void;
}

interface RequestCourse {
  /** In the order of their ends. */
  readonly writes: WriteEnded[];
  /** Undefined until it is answered. */
  answered: AnsweredOperation | undefined;
}

interface AnsweredOperation {
  /** Undefined: the document is invalid, or names no such operation. */
  operation: OperationDefinitionNode | undefined;
  errors: readonly GraphQLFormattedError[];
  hasData: boolean;
}

type SourceState = Reading<unknown>['state'] | 'FAILED';

export function createBadgesContext(
  caller: Caller,
  requestId: string,
  deadlineMs = caller.tenant.deadlineMs,
): BadgesContext {
  const { tenant } = caller;
  const used: SourcesUsed = {
    oldestAsOf: undefined,
    keepMs: Infinity,
    tags: new Set(),
    batchSize: 0,
  };
  const deadlineAt = tenant.now() + deadlineMs;
  const bounds = { purpose: 'query', deadlineAt } as const;
  const sources = new Map<TenantProvider, BadgeSource>();
  function accessTo(providerKey: string): ProviderAccess {
    const of = tenant.providers.find(({ provider }) => provider.key === providerKey);
    if (!of) throw new Error(`There is no provider ${providerKey}`);
    return requireAccess(of);
  }
  return {
    requestId,
    caller,
    deadlineAt,
    bounds,
    tenant,
    used,
    entityTags: [],
    partialErrors: [],
    course: { writes: [], answered: undefined },
    eachSource(tell) {
      for (const [{ provider }, source] of sources) {
        const state = source.state();
        if (state) tell(provider.name.enumValue, state);
      }
    },
    sourceOf(provider) {
      let source = sources.get(provider);
      if (!source) {
        source = createBadgeSource(provider, used, bounds);
        sources.set(provider, source);
      }
      return source;
    },
    clientOf(providerKey) {
      // Data that bypasses the snapshots has no known age, so a response with it must not be cached.
      used.keepMs = 0;
      return accessTo(providerKey).client;
    },
    withRecentWrites: (providerKey, badges) =>
      accessTo(providerKey).recentWrites.completeSome(badges),
  };
}

/** Throws a `ProviderError` if the provider is not configured. */
export function requireAccess({ provider, access }: TenantProvider): ProviderAccess {
  if (access) return access;
  throw new ProviderError('is not configured', {
    kind: 'not-configured',
    effect: 'not-sent',
    provider: provider.name,
  });
}

/** What a response was created from. It determines how long the response may be cached. */
interface SourcesUsed {
  /** Monotonic milliseconds. Undefined if nothing was read. */
  oldestAsOf: number | undefined;
  /** Maximum time for caching, in milliseconds. 0 for data that is incomplete, stale, or of unknown age. */
  keepMs: number;
  /** Cache tags of the response. */
  readonly tags: Set<string>;
  /** How many representations or keys were given. */
  batchSize: number;
}

/** The cache tag of every response with badges of this provider. */
export function listTag({ name }: Pick<Provider, 'name'>): string {
  return `badges:${name.enumValue}`;
}

/** The cache tag of every response that contains this badge, or found that it does not exist. */
export function badgeTag(provider: Pick<Provider, 'name' | 'canonicalId'>, id: string): string {
  return `badge:${provider.name.enumValue}:${provider.canonicalId(id)}`;
}

/** A provider's badges as one request sees them. All methods reject only with a `ProviderError`. */
export interface BadgeSource {
  /** The whole list. It stays the same during the request until the request writes. */
  list(): Promise<Reading<BadgeIndex>>;
  /** The same without waiting. Undefined if it has to be waited for. */
  peek(): Reading<BadgeIndex> | undefined;
  /** Null if the provider has no such badge. All lookups of a request share one list. */
  badge(id: string): MaybePromise<BadgeFields | null>;
  /** The result of `badge`. Undefined if it has to wait, or would reject. Adds no cache tag of the badge. */
  peekBadge(id: string): BadgeFields | null | undefined;
  /** The current list, bypassing every cache. */
  listNew(bounds: CallBounds): Promise<Snapshot<BadgeIndex>>;
  /**
   * Called after a write: no request that starts later, at any replica, sees a list that was read before it. Waits at
   * most `withinMs` for a replica that does not respond.
   */
  forgetLists(withinMs: number): Promise<void>;
  /** How the list was shown last. Undefined: it was not needed. */
  state(): SourceState | undefined;
  /** Makes the result of a write available to later lookups of this request. */
  remember(badge: BadgeFields): void;
}

/** A missing badge may be created at any moment, and an unreadable record may be fixed. */
export const INCOMPLETE_KEEP_MS = 5_000;

function createBadgeSource(of: TenantProvider, used: SourcesUsed, bounds: CallBounds): BadgeSource {
  let reading: Promise<Reading<BadgeIndex>> | undefined;
  /** The result of `reading`, once it is there. */
  let shown: Reading<BadgeIndex> | undefined;
  /** Whether the loader may hold another state of a badge than the list, after a write. */
  let mayDiffer = false;
  let state: SourceState | undefined;
  /** Made when a badge has to be waited for, which is rare. */
  let loader: DataLoader<string, BadgeFields | null> | undefined;
  const loaderHere = () => (loader ??= new DataLoader(findAll));

  async function read(): Promise<Reading<BadgeIndex>> {
    const { snapshots } = requireAccess(of);
    state = 'FAILED';
    return note(await snapshots.read(bounds));
  }

  function note(result: Reading<BadgeIndex>): Reading<BadgeIndex> {
    state = result.state;
    if (state === 'STALE') used.keepMs = 0;
    if (result.snapshot.value.droppedRecords > 0) keepAtMost(INCOMPLETE_KEEP_MS);
    used.tags.add(listTag(of.provider));
    used.oldestAsOf = Math.min(used.oldestAsOf ?? Infinity, result.snapshot.asOf);
    return result;
  }

  function keepAtMost(ms: number): void {
    used.keepMs = Math.min(used.keepMs, ms);
  }

  function list(): Promise<Reading<BadgeIndex>> {
    return (reading ??= read());
  }

  function peek(): Reading<BadgeIndex> | undefined {
    if (reading) return shown;
    const held = of.access?.snapshots.peek();
    if (!held) return undefined;
    shown = note(held);
    reading = Promise.resolve(held);
    return held;
  }

  async function findAll(ids: readonly string[]): Promise<(BadgeFields | null | Error)[]> {
    const { snapshot } = await list();
    return ids.map((id) => find(snapshot.value, id));
  }

  function find(index: BadgeIndex, id: string): BadgeFields | null | Error {
    try {
      const badge = index.find(id);
      if (!badge) keepAtMost(INCOMPLETE_KEEP_MS);
      return badge;
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      error.provider = of.provider.name;
      return error;
    }
  }

  function peekBadge(id: string): BadgeFields | null | undefined {
    const index = mayDiffer ? undefined : peek()?.snapshot.value;
    const found = index && find(index, id);
    return found instanceof Error ? undefined : found;
  }

  return {
    list,
    peek,
    state: () => state,
    peekBadge,
    badge(id) {
      used.tags.add(badgeTag(of.provider, id));
      const found = peekBadge(id);
      return found === undefined ? loaderHere().load(id) : found;
    },
    listNew: async (newBounds) => requireAccess(of).snapshots.readNew(newBounds),
    async forgetLists(withinMs) {
      reading = undefined;
      shown = undefined;
      loader?.clearAll();
      await of.access?.snapshots.clear(withinMs);
    },
    remember(badge) {
      mayDiffer = true;
      loaderHere().clear(badge.id).prime(badge.id, badge);
    },
  };
}

interface WithCaller {
  caller: Caller;
}

/** Fields without a guard. They show the schema to a router, and no badges. */
export const OPEN_FIELDS: readonly string[] = ['_service'];

type RootMethod = ReturnType<typeof getMetadataStorage>['queries'][number];

/**
 * Replaces type-graphql's resolvers of these methods, which copy all arguments to instances of classes first. The
 * methods get the arguments as GraphQL.js has checked them.
 */
export function callMethodsDirectly(schema: GraphQLSchema, methods: readonly RootMethod[]): void {
  const fields = {
    ...schema.getQueryType()?.getFields(),
    ...schema.getMutationType()?.getFields(),
  };
  for (const { target, methodName, schemaName, params = [], ...rest } of methods) {
    const field = fields[schemaName];
    const own = target.prototype as Readonly<Record<string, Method>>;
    if (!field || !own[methodName]) throw new Error(`${schemaName} has no field or no method`);
    if (rest.roles || rest.middlewares?.length) {
      throw new Error(`${schemaName} has roles or middlewares, which only type-graphql applies`);
    }
    const readers = params.toSorted((a, b) => a.index - b.index).map(toParameterReader);
    field.resolve = (_root, args: Arguments, context, info) =>
      own[methodName]?.(...readers.map((read) => read(args, context, info)));
  }
}

type Arguments = Readonly<Record<string, unknown>>;
type Method = (...values: readonly unknown[]) => unknown;
type ReadParameter = (args: Arguments, context: unknown, info: GraphQLResolveInfo) => unknown;

/** Throws for what only type-graphql can pass. */
function toParameterReader(parameter: NonNullable<RootMethod['params']>[number]): ReadParameter {
  switch (parameter.kind) {
    case 'arg':
      return (args) => args[parameter.name];
    case 'args':
      return (args) => args;
    case 'context':
      if (parameter.propertyName !== undefined) break;
      return (_args, context) => context;
    case 'info':
      return (_args, _context, info) => info;
    default:
      break;
  }
  throw new Error(`Only type-graphql passes such a parameter of the kind ${parameter.kind}`);
}

/** Makes each root field check the caller first, independently of what a router has checked. */
export function guardRootFields(schema: GraphQLSchema): void {
  guard(schema.getQueryType(), (caller, args) => {
    requireScope(caller, 'badges:read');
    requireWholeText(args);
  });
  guard(schema.getMutationType(), (caller) => {
    requireScope(caller, 'badges:write');
    if (!caller.tenant.hasMutations)
      throw forbidden('This replica is read-only. Send mutations to another replica.');
    if (caller.actorProblem !== undefined) {
      throw new GraphQLError(caller.actorProblem, { extensions: { code: 'BAD_REQUEST' } });
    }
  });
}

type Check = (caller: Caller, args: Readonly<Record<string, unknown>>) => void;

function guard(type: GraphQLObjectType | null | undefined, check: Check): void {
  for (const field of Object.values(type?.getFields() ?? {})) {
    if (OPEN_FIELDS.includes(field.name)) continue;
    const resolve: GraphQLFieldResolver<unknown, WithCaller> =
      field.resolve ?? defaultFieldResolver;
    field.resolve = (root, args: Record<string, unknown>, context: WithCaller, info) => {
      check(context.caller, args);
      return resolve(root, args, context, info);
    };
  }
}

function requireScope({ lacks, scopes }: Caller, scope: Scope): void {
  if (lacks === 'token') {
    throw new GraphQLError('A bearer token is required. Send it in the authorization header.', {
      extensions: { code: 'UNAUTHENTICATED' },
    });
  }
  if (lacks === 'tenant') throw forbidden('Header "x-badges-tenant" must name a tenant.');
  if (!scopes.has(scope)) throw forbidden(`The token lacks the scope ${scope}.`);
}

/** Representations are excluded: only their keys are read, and each is checked when it is resolved. */
function requireWholeText(args: Readonly<Record<string, unknown>>): void {
  const [problem] = refuseHalfCharacters(
    'representations' in args ? { ...args, representations: undefined } : args,
  );
  if (problem) throw invalidInput(problem.message);
}

function forbidden(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'FORBIDDEN' } });
}

/** More problems would not help the caller. */
const MAX_PROBLEMS = 20;

/**
 * Finds every string with an unpaired surrogate, and returns a problem for its argument or input field. UTF-8 cannot
 * represent an unpaired surrogate, so a provider would store something else.
 */
export function refuseHalfCharacters(args: object): InputProblem[] {
  const problems: InputProblem[] = [];
  const check = (value: unknown, field: readonly string[], shown: string): void => {
    if (problems.length === MAX_PROBLEMS) return;
    if (typeof value === 'string') {
      if (!value.isWellFormed()) problems.push(toProblem(field, shown));
    } else if (Array.isArray(value)) {
      // The position in a list is not part of the field path, only of the message.
      value.forEach((item, index) => check(item, field, `${shown}[${index}]`));
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) check(inner, [...field, name], name);
    }
  };
  check(args, [], '');
  return problems;
}

function toProblem(field: readonly string[], shown: string): InputProblem {
  return {
    code: 'INVALID_INPUT',
    fields: [field],
    message: `"${shown}" must be valid Unicode text, but it contains half of a surrogate pair.`,
  };
}
