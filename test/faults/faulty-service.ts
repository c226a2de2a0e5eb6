import type { CircuitBreaker, Verdict } from '../../src/http/admission.ts';
import { type SkippingClock, createSkippingClock } from '../support/clock.ts';
import {
  HALL_OF_FAME,
  MAJOR,
  STORED,
  resetStandIns,
  writesTo,
} from '../support/operation-cases.ts';
import { HIDDEN_VALUES, returningAIStored } from '../support/records.ts';
import {
  type Answer,
  type TestService,
  type TestServiceOptions,
  startTestService,
} from '../support/service.ts';
import { type MutationCall, type Payload, mutate } from '../support/writing.ts';

/** One of the two providers, as a reader and as a writer meet it. */
export interface Side {
  at: 'returningAI' | 'tagMango';
  title: string;
  provider: string;
  typeName: string;
  baseUrl: string;
  /** A badge that it holds, the first one of its list. */
  id: string;
  name: string;
  count: number;
  update: MutationCall;
  /** An update that cannot do without reading the badge. */
  updateOfVersion: MutationCall;
  create: MutationCall;
}

export const RETURNING_AI: Side = {
  at: 'returningAI',
  title: 'Returning.AI',
  provider: 'RETURNING_AI',
  typeName: 'ReturningAIBadge',
  baseUrl: 'RETURNING_AI_BASE_URL',
  id: MAJOR,
  name: 'Major',
  count: 2,
  update: {
    kind: 'update',
    input: { returningAI: { id: MAJOR, ...HIDDEN_VALUES, title: 'New' } },
  },
  updateOfVersion: {
    kind: 'update',
    input: { returningAI: { id: MAJOR, title: 'New' } },
    expectedVersion: 'not compared',
  },
  create: { kind: 'create', input: { returningAI: { title: 'New' } } },
};
export const TAG_MANGO: Side = {
  at: 'tagMango',
  title: 'TagMango',
  provider: 'TAG_MANGO',
  typeName: 'TagMangoBadge',
  baseUrl: 'TAG_MANGO_BASE_URL',
  id: HALL_OF_FAME,
  name: 'Hall of Fame',
  count: 2,
  update: { kind: 'update', input: { tagMango: { id: HALL_OF_FAME, name: 'New' } } },
  updateOfVersion: {
    kind: 'update',
    input: { tagMango: { id: HALL_OF_FAME, name: 'New' } },
    expectedVersion: 'not compared',
  },
  create: { kind: 'create', input: { tagMango: { name: 'New' } } },
};
export const SIDES = [RETURNING_AI, TAG_MANGO] as const;

/** A row of `badges.sources`. */
export interface Source {
  provider: string;
  state: string;
  code: string | null;
  asOf: string | null;
  retryAfterMs: number | null;
  droppedRecords: number;
}

/** What one query shows that asks for a provider's badges in all three ways. */
export interface Shown {
  badges: { totalCount: number | null; sources: Source[] } | null;
  badge: { id: string; name: string } | null;
  _entities: ({ id: string; name: string } | null)[];
}

/** What has nothing to do with time is answered within it, and within its half, also on a busy machine. */
export const ATTEMPT_MS = 2_000;

export type Calls = 'reads' | 'writes';

export interface FaultyService {
  service: TestService;
  clock: SkippingClock;
  standIn(side: Side): TestService['sandbox']['returningAI' | 'tagMango'];
  /** What the breaker of the provider's badges was told of its reads (or of its writes), in its order. */
  verdictsOf(side: Side, calls?: Calls): Verdict[];
  /** The next answer to the operation takes this long by the clock of the service, and no time of the machine. */
  slow(side: Side, operation: string, ms: number): void;
  /** Asks for the provider's badges as a list, one by its id, and one as an entity, all in one request. */
  read(side: Side): Promise<Answer<Shown>>;
  mutate(call: MutationCall): Promise<Payload>;
  /** How many requests that change something reached either provider. */
  writes(): number;
  /** Full stand-ins without faults, and nothing read, told or cooling down. */
  reset(): void;
  close(): Promise<void>;
}

/** The real service; its breakers let everything through and write down what they are told. No pause takes any time. */
export async function startFaultyService(options: TestServiceOptions = {}): Promise<FaultyService> {
  const clock = createSkippingClock();
  const verdicts: Record<Calls, Verdict[][]> = { reads: [], writes: [] };
  const service = await startTestService({
    // More tests in a second than the provider's own window lets through.
    sandbox: { ...STORED, tagMango: { ...STORED.tagMango, requestLimit: 100_000 } },
    attemptTimeoutMs: ATTEMPT_MS,
    now: clock.now,
    random: () => 0,
    ...options,
    http: {
      clock,
      budget: undefined,
      createBreaker(calls) {
        const told: Verdict[] = [];
        verdicts[calls].push(told);
        return toRecorder(told);
      },
      ...options.http,
    },
  });

  // Returning.AI comes first, with its badges before its members; TagMango has one API.
  const verdictsOf = ({ at }: Side, calls: Calls = 'reads') =>
    verdicts[calls].at(at === 'returningAI' ? 0 : -1) ?? [];
  return {
    service,
    clock,
    standIn: ({ at }) => service.sandbox[at],
    verdictsOf,
    slow({ at }, operation, ms) {
      const { faults } = service.sandbox[at];
      const take = faults.take.bind(faults);
      faults.take = (asked, url) => {
        if (asked === operation) {
          faults.take = take;
          clock.skip(ms);
        }
        return take(asked, url);
      };
    },
    read: (side) => service.execute<Shown, object>(toQuery(side)),
    mutate: (call) => mutate(`${service.url}/graphql`, call),
    writes: () => writesTo(service.sandbox).length,
    reset() {
      resetStandIns(service.sandbox);
      const { returningAI } = service.sandbox;
      returningAI.badges.set('another', returningAIStored({ id: 'another', title: 'Another' }));
      for (const told of [...verdicts.reads, ...verdicts.writes]) told.length = 0;
      service.log.length = 0;
      clock.skip(3_600_000);
    },
    close: () => service.close(),
  };
}

function toRecorder(verdicts: Verdict[]): CircuitBreaker {
  return { waitMs: () => 0, enter: () => (verdict) => void verdicts.push(verdict) };
}

function toQuery({ provider, typeName, id }: Side): string {
  return `{
    badges(filter: { providers: [${provider}] }) {
      totalCount
      sources { provider state code asOf retryAfterMs droppedRecords }
    }
    badge(provider: ${provider}, id: "${id}") { ... on BadgeFields { id name } }
    _entities(representations: [{ __typename: "${typeName}", id: "${id}" }]) {
      ... on BadgeFields { id name }
    }
  }`;
}

/** The row of the provider that was asked. */
export function sourceOf({ data }: Answer<Shown>, { provider }: Side): Source | undefined {
  return data.badges?.sources.find((each) => each.provider === provider);
}

/** The code at each place of an answer that has an error. */
export function codesByPath({ errors = [] }: Pick<Answer<unknown>, 'errors'>) {
  return Object.fromEntries(
    errors.map(({ path, extensions }) => [(path ?? []).join('.'), extensions?.code]),
  );
}
