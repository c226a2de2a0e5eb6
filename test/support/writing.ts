import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { OperationKind } from '../../src/providers/provider.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';
import type { RecordedRequest } from '../../src/sandbox/stand-in.ts';
import { createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import { sendOperation } from './graphql-client.ts';
import { type TestService, type TestServiceOptions, startTestService } from './service.ts';

export interface MutationCall {
  kind: OperationKind;
  input: object;
  key?: string | null;
  expectedVersion?: unknown;
  /** The actor that the router vouches for. */
  caller?: string;
}

/** A payload with every field that it can have. */
export interface Payload {
  badge?: Record<string, unknown> | null;
  outcome: string;
  awardedBadges?: Record<string, unknown>[];
  memberBadges?: Record<string, unknown>[] | null;
  deletedBadge?: Record<string, unknown> | null;
  deletedBadgeId?: string | null;
  deletedBadgeType?: string | null;
  changes: {
    field: string;
    sharedField: string | null;
    before: unknown;
    beforeKnown: boolean;
    after: unknown;
  }[];
  warnings: { code: string; message: string; fields: string[][] }[];
  userErrors: Record<string, unknown>[];
}

/** Every field of a badge, as the fragment `Whole`. */
export const WHOLE_BADGE = `
  fragment Whole on Badge {
    __typename
    ... on BadgeFields { id provider name description imageUrl version }
    ... on ReturningAIBadge {
      title action quantity image darkImage lightImage enabledDarkAndLight
      award awardCurrency awardXpQuantity awardCurrencyQuantity attachRequired awarded
    }
    ... on TagMangoBadge {
      creator createdAt updatedAt enableAutomation pointsThreshold
      pointCategoryForAutomation automationEnabledMangoes
    }
  }`;

const SHOWN: Readonly<Record<OperationKind, string>> = {
  create: 'badge { ...Whole }',
  update: 'badge { ...Whole }',
  delete: 'deletedBadgeId deletedBadgeType deletedBadge { ...Whole }',
  award: 'awardedBadges { ...Whole } memberBadges { ...Whole }',
  revoke: 'badge { ...Whole }',
};

/** A mutation of `$input` under `$key` that selects everything that its payload offers. */
export function toDocument(kind: OperationKind): string {
  const isVersioned = kind === 'update' || kind === 'delete';
  const name = kind.charAt(0).toUpperCase() + kind.slice(1);
  return `
    mutation ($input: ${name}BadgeInput!, $key: String${isVersioned ? ', $expectedVersion: String' : ''}) {
      ${kind}Badge(
        input: $input
        idempotencyKey: $key
        ${isVersioned ? 'expectedVersion: $expectedVersion' : ''}
      ) {
        outcome
        ${SHOWN[kind]}
        changes { field sharedField before beforeKnown after }
        warnings { code message fields }
        userErrors {
          __typename code message fields
          ... on BadgeConflictError { currentBadge { ...Whole } }
          ... on BadgeProviderError { provider retryable retryAfterMs }
        }
      }
    }
    ${WHOLE_BADGE}`;
}

/** Sends one mutation as a router does, and expects a payload. */
export async function mutate(url: string, call: MutationCall): Promise<Payload> {
  const { kind, input, key = null, expectedVersion, caller } = call;
  const headers = caller === undefined ? {} : { 'x-badges-actor': caller };
  const { text } = await sendOperation(
    url,
    { query: toDocument(kind), variables: { input, key, expectedVersion } },
    { headers },
  );
  const answer = JSON.parse(text) as { data?: Record<string, Payload>; errors?: unknown };
  const payload = answer.data?.[`${kind}Badge`];
  if (answer.errors || !payload) throw new Error(`no payload: ${JSON.stringify(answer)}`);
  return payload;
}

export const codesOf = ({ userErrors }: Payload) => userErrors.map(({ code }) => code);
export const warningsOf = ({ warnings }: Payload) => warnings.map(({ code }) => code);

/** The fields whose unknown values were the reason for rejecting an update. One error names all of them. */
export function fieldsUnknownIn({ userErrors }: { userErrors: readonly object[] }): string[] {
  expect(userErrors).toMatchObject([
    {
      __typename: 'BadgeInputError',
      code: 'HIDDEN_FIELDS_UNKNOWN',
      message: expect.stringMatching(/Nothing was sent/),
    },
  ]);
  const [error] = userErrors as { message: string; fields: string[][] }[];
  const [, names = ''] = /does not show these fields: ([\w, ]+)\./.exec(error?.message ?? '') ?? [];
  const fields = names.split(', ');
  expect(error?.fields).toEqual(fields.map((field) => ['input', 'returningAI', field]));
  return fields;
}

/** The writes that reached the providers. */
export function writesOf({ returningAI, tagMango }: Sandbox): RecordedRequest[] {
  return [...returningAI.requests, ...tagMango.requests].filter(
    ({ method, operation }) => method !== 'GET' && operation !== 'userInfo',
  );
}

export interface WritingService {
  readonly url: string;
  readonly sandbox: Sandbox;
  /** Lines of the log since the last start. */
  readonly log: Record<string, unknown>[];
  mutate(call: MutationCall): Promise<Payload>;
  query(text: string): Promise<Record<string, unknown>>;
  writes(): RecordedRequest[];
  /** Restarts the service and its store with the same folder and the same providers. */
  restart(): Promise<void>;
  /** Starts a second service on the same store and providers, like another replica. The caller closes it. */
  startTwin(options: TestServiceOptions): Promise<TestService>;
  close(): Promise<void>;
}

export interface WritingOptions extends Omit<TestServiceOptions, 'store'> {
  sandbox?: SandboxOptions;
  /** The store's clock for expiry. */
  storeNow?: () => number;
  /** The store's clock for durations, if it differs from `storeNow`. */
  storeMonotonic?: () => number;
  /** Wraps the store that is opened at every start. */
  wrapStore?: (store: StateStore) => StateStore;
}

/** Starts the real service on an embedded store, with stand-ins that outlive its restarts. */
export async function startWritingService({
  sandbox: sandboxOptions,
  storeNow = Date.now,
  storeMonotonic = storeNow,
  wrapStore = (store) => store,
  ...options
}: WritingOptions = {}): Promise<WritingService> {
  const sandbox = await startSandbox(sandboxOptions);
  const folder = mkdtempSync(join(tmpdir(), 'badges-writing-'));
  let store: StateStore;
  let service: TestService;

  const startOnStore = (overrides: TestServiceOptions): Promise<TestService> =>
    startTestService({
      providerValues: sandbox.providerValues,
      attemptTimeoutMs: 1_000,
      ...options,
      store,
      ...overrides,
    });
  async function start(): Promise<void> {
    store = wrapStore(createEmbeddedStore({ folder, now: storeNow, monotonic: storeMonotonic }));
    service = await startOnStore({});
  }
  async function stop(): Promise<void> {
    await service.close();
    await store.close();
  }

  await start();
  return {
    get url() {
      return `${service.url}/graphql`;
    },
    get log() {
      return service.log;
    },
    sandbox,
    mutate: (call) => mutate(`${service.url}/graphql`, call),
    async query(text) {
      const { data, errors } = await service.execute<Record<string, unknown>, object>(text);
      if (errors) throw new Error(`no data: ${JSON.stringify(errors)}`);
      return data;
    },
    writes: () => writesOf(sandbox),
    async restart() {
      await stop();
      await start();
    },
    startTwin: startOnStore,
    async close() {
      await stop();
      rmSync(folder, { recursive: true });
      await sandbox.close();
    },
  };
}
