import { expect } from '@jest/globals';
import { providers } from '../../../src/providers/index.ts';
import type { OperationKind, Provider } from '../../../src/providers/provider.ts';
import type { ProviderStandIn, RecordedRequest } from '../../../src/sandbox/stand-in.ts';
import { type SkippingClock, alwaysClosed, createSkippingClock } from '../../support/clock.ts';
import { type TestService, startTestService } from '../../support/service.ts';

/** One property of every provider. */
export interface Check {
  /** A sentence about what a user sees. */
  name: string;
  /** Rejects if the property does not hold. */
  run: (provider: Provider) => Promise<void>;
}

export interface Payload {
  badge?: Shown | null;
  outcome: string;
  awardedBadges?: Shown[];
  memberBadges?: Shown[] | null;
  deletedBadge?: Shown | null;
  deletedBadgeId?: string | null;
  deletedBadgeType?: string | null;
  changes: {
    field: string;
    sharedField: string | null;
    before: unknown;
    beforeKnown: boolean;
    after: unknown;
  }[];
  warnings: { code: string; fields: string[][] }[];
  userErrors: {
    __typename: string;
    code: string;
    fields: string[][];
    message: string;
    currentBadge?: Shown | null;
  }[];
}
export type Shown = Readonly<Record<string, unknown>> & {
  id: string;
  name: string;
  version: string;
};

export interface Listed {
  badges: {
    totalCount: number | null;
    nodes: Shown[];
    sources: { provider: string; state: string; code: string | null; droppedRecords: number }[];
  } | null;
  badge: Shown | null;
  _entities: (Shown | null)[];
}

export interface Args {
  idempotencyKey?: string;
  dryRun?: boolean;
  /** For updates and deletions. */
  expectedVersion?: string | null | undefined;
}

/** The real service on the stand-ins of all providers, as a check of one provider sees it. */
export interface World {
  service: TestService;
  clock: SkippingClock;
  standIn: ProviderStandIn;
  /** Reads the provider's badges as a list, one by its ID, and one as an entity. */
  read: (id?: string) => Promise<{ data: Listed; codes: string[]; text: string }>;
  mutate: (kind: OperationKind, input: object, args?: Args) => Promise<Payload>;
  /** The requests to the stand-in that were not reads. */
  writes: () => RecordedRequest[];
  /** Advances the clock until nothing earlier is fresh, stale or cooling down. */
  outlive: () => void;
  /** Resets the stand-in to its demo badges without faults, and forgets everything that was read. */
  reset: () => void;
}

/** Pauses take no time, and no stand-in enforces its request window. */
export async function inWorld(
  provider: Provider,
  run: (world: World) => Promise<void>,
): Promise<void> {
  const clock = createSkippingClock();
  const unlimited = { port: 0, requestLimit: 1_000_000 };
  const service = await startTestService({
    sandbox: Object.fromEntries(providers.map(({ key }) => [key, unlimited])),
    configured: providers.map(({ key }) => key),
    attemptTimeoutMs: 1_000,
    now: clock.now,
    random: () => 0,
    http: { clock, budget: undefined, createBreaker: () => alwaysClosed },
  });
  try {
    await run(toWorld(provider, service, clock));
  } finally {
    await service.close();
  }
}

function toWorld(provider: Provider, service: TestService, clock: SkippingClock): World {
  const standIn = standInOf(provider, service);
  const { badges, awards, faults, requests } = standIn;
  const full = structuredClone([...badges]);
  const outlive = (): void => clock.skip(3_600_000);
  return {
    service,
    clock,
    standIn,
    async read(id = provider.example.badgeId) {
      const answer = await service.execute<Listed, object>(toQuery(provider), { id });
      const codes = (answer.errors ?? []).map(({ extensions }) => String(extensions?.code));
      return { data: answer.data, codes, text: JSON.stringify(answer) };
    },
    async mutate(kind, input, args = {}) {
      const variables = { input: { [provider.key]: input }, ...args };
      const { data, errors } = await service.execute<Record<string, Payload | null>, object>(
        toMutation(provider, kind),
        variables,
      );
      const payload = data?.[`${kind}Badge`];
      if (errors || !payload) throw new Error(`no payload of ${kind}: ${JSON.stringify(errors)}`);
      return payload;
    },
    writes: () =>
      standIn.requests.filter(({ operation }) => {
        return provider.check.reads.every((read) => read.operation !== operation);
      }),
    outlive,
    reset() {
      faults.clear();
      badges.clear();
      for (const [id, badge] of structuredClone(full)) badges.set(id, badge);
      awards.clear();
      requests.length = 0;
      outlive();
    },
  };
}

export function standInOf({ key, name }: Provider, { sandbox }: TestService): ProviderStandIn {
  const standIn = sandbox.standIns.get(key);
  if (standIn) return standIn;
  throw new Error(`${name.title} has no stand-in`);
}

/** The example of a kind that writes, without a key or a version. Undefined: the provider has no such operation. */
export function exampleOf(provider: Provider, kind: OperationKind): object | undefined {
  const example = provider.example.operations.find(
    (each) => each.kind === kind && !each.dryRun && each.expectedVersion === undefined,
  );
  if (!example && provider.operations[kind]) {
    throw new Error(`${provider.key} has no plain example of ${kind}`);
  }
  return provider.operations[kind] ? example?.input : undefined;
}

/** Every kind of write of the provider, with the input of its example. */
export function examplesOf(provider: Provider): { kind: OperationKind; input: object }[] {
  const kinds: OperationKind[] = ['create', 'update', 'award', 'revoke', 'delete'];
  return kinds.flatMap((kind) => {
    const input = exampleOf(provider, kind);
    return input ? [{ kind, input }] : [];
  });
}

export const codesOf = ({ userErrors }: Payload): string[] => userErrors.map(({ code }) => code);

/** Adds a description of the value, so that a failure can be understood by itself. */
export function expectFor(about: Record<string, unknown>, seen: unknown, expected: unknown): void {
  expect({ ...about, seen }).toEqual({ ...about, seen: expected });
}

function toQuery({ name, badgeClass, example }: Provider): string {
  return `query ($id: ID!) {
    badges(first: 100, filter: { providers: [${name.enumValue}] }) {
      totalCount
      nodes { ...Whole }
      sources { provider state code droppedRecords }
    }
    badge(provider: ${name.enumValue}, id: $id) { ...Whole }
    _entities(representations: [{ __typename: "${badgeClass.name}", id: "${example.badgeId}" }]) {
      ... on ${badgeClass.name} { ...Whole }
    }
  }
  ${toFragment(badgeClass.name, example.selection)}`;
}

const RESULTS: Readonly<Record<OperationKind, string>> = {
  create: 'badge { ...Whole }',
  update: 'badge { ...Whole }',
  delete: 'deletedBadgeId deletedBadgeType deletedBadge { ...Whole }',
  award: 'awardedBadges { ...Whole } memberBadges { ...Whole }',
  revoke: 'badge { ...Whole }',
};

function toMutation({ badgeClass, example }: Provider, kind: OperationKind): string {
  const type = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}BadgeInput`;
  const isVersioned = kind === 'update' || kind === 'delete';
  return `mutation (
    $input: ${type}!, $idempotencyKey: String, $dryRun: Boolean = false
    ${isVersioned ? '$expectedVersion: String' : ''}
  ) {
    ${kind}Badge(
      input: $input, idempotencyKey: $idempotencyKey, dryRun: $dryRun
      ${isVersioned ? 'expectedVersion: $expectedVersion' : ''}
    ) {
      outcome
      ${RESULTS[kind]}
      changes { field sharedField before beforeKnown after }
      warnings { code fields }
      userErrors {
        __typename code fields message
        ... on BadgeConflictError { currentBadge { ...Whole } }
      }
    }
  }
  ${toFragment(badgeClass.name, example.selection)}`;
}

function toFragment(typeName: string, selection: string): string {
  return `fragment Whole on Badge {
    __typename
    ... on BadgeFields { id name description imageUrl version }
    ... on ${typeName} { ${selection} }
  }`;
}
