import {
  GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
  defaultFieldResolver,
} from 'graphql';
import type { InputProblem, ProviderContext } from '../providers/provider.ts';
import { type BadgeSource, type SourcesUsed, createBadgeSource } from './reading/source.ts';
import { type ProviderAccess, type Tenant, type TenantProvider, requireAccess } from './tenant.ts';

/** A wrong argument of a query. Wrong inputs of mutations are user errors instead. */
export function invalidInput(message: string): GraphQLError {
  const { stackTraceLimit } = Error;
  // A request may have a thousand of them, and nobody sees their stacks.
  Error.stackTraceLimit = 0;
  try {
    return new GraphQLError(message, { extensions: { code: 'INVALID_INPUT' } });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

const itemErrors = new Map<string, GraphQLError>();

/**
 * The error of an item of a list, the same one whenever the message is: to make one for each of thousands of items
 * takes longer than all else of them. The library tells the path of each in a copy. The message may quote nothing.
 */
export function invalidItem(message: string): GraphQLError {
  const error = itemErrors.get(message) ?? invalidInput(message);
  itemErrors.set(message, error);
  return error;
}

/** Enough to mend an input by. */
const MAX_PROBLEMS = 20;

/**
 * A problem at each argument or input field whose text holds half a character: one surrogate of a pair. No UTF-8 could
 * carry it to a provider or back, so that it would be written as something else.
 */
export function refuseHalfCharacters(args: object): InputProblem[] {
  const problems: InputProblem[] = [];
  const look = (value: unknown, field: readonly string[], shown: string): void => {
    if (problems.length === MAX_PROBLEMS) return;
    if (typeof value === 'string') {
      if (!value.isWellFormed()) problems.push(toProblem(field, shown));
    } else if (Array.isArray(value)) {
      // The place in a list is no field: the message tells it.
      value.forEach((item, index) => look(item, field, `${shown}[${index}]`));
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) look(inner, [...field, name], name);
    }
  };
  look(args, [], '');
  return problems;
}

function toProblem(field: readonly string[], shown: string): InputProblem {
  return {
    code: 'INVALID_INPUT',
    field,
    message: `"${shown}" must be valid Unicode text, but it contains half of a surrogate pair.`,
  };
}

export const SCOPES = ['badges:read', 'badges:write'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who asks, for whom, and what for at most. */
export interface Caller {
  /** For records; keys of different callers never meet. */
  readonly actor: string;
  readonly tenant: Tenant;
  readonly scopes: ReadonlySet<Scope>;
  /** Why `actor` is not its name: it may read, and change nothing. */
  readonly actorProblem?: string;
  /** What it should have shown to see any badge. */
  readonly lacks?: 'token' | 'tenant';
}

interface WithCaller {
  caller: Caller;
}

/** Tells a router the schema, which is no badge. */
export const OPEN_FIELDS: readonly string[] = ['_service'];

/** Each root field first looks at who asks, whatever a router in front has looked at. */
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

/** Of representations only the key is read, each by itself. */
function requireWholeText({
  representations: _,
  ...args
}: Readonly<Record<string, unknown>>): void {
  const [problem] = refuseHalfCharacters(args);
  if (problem) throw invalidInput(problem.message);
}

function forbidden(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'FORBIDDEN' } });
}

/** What one GraphQL request carries. */
export interface BadgesContext extends ProviderContext {
  readonly requestId: string;
  readonly caller: Caller;
  /** When the operation must have its answer, monotonic milliseconds. */
  readonly deadlineAt: number;
  readonly tenant: Tenant;
  readonly used: SourcesUsed;
  /** For each field of entities, the tags of each of its representations. */
  readonly entityTags: (readonly string[])[][];
  /** Errors that stand beside data of the same field: part of a list is missing. */
  readonly partialErrors: GraphQLError[];
  sourceOf(provider: TenantProvider): BadgeSource;
}

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
    sourceOf(provider) {
      const source = sources.get(provider) ?? createBadgeSource(provider, used, bounds);
      sources.set(provider, source);
      return source;
    },
    clientOf(providerKey) {
      // What is read past the snapshots has no age, so that an answer with it must not be kept.
      used.keepMs = 0;
      return accessTo(providerKey).client;
    },
    withRecentWrites: (providerKey, badges) =>
      accessTo(providerKey).recentWrites.completeSome(badges),
  };
}
