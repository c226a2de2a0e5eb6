import { GraphQLError, defaultFieldResolver } from 'graphql';
import type { GraphQLFieldResolver, GraphQLObjectType, GraphQLSchema } from 'graphql';
import { refuseHalfCharacters } from './half-characters.ts';
import { invalidInput } from './input-error.ts';
import type { Tenant } from './tenant.ts';

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
      throw forbidden('This replica only reads: it takes no mutations');
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
    throw new GraphQLError('A bearer token of the caller is needed', {
      extensions: { code: 'UNAUTHENTICATED' },
    });
  }
  if (lacks === 'tenant') throw forbidden('x-badges-tenant must name a tenant');
  if (!scopes.has(scope)) throw forbidden(`The token lacks the scope ${scope}`);
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
