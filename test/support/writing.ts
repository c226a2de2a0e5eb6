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
  /** What the router says of who asks. */
  caller?: string;
}

/** A payload with every field of the graph that it can have. */
export interface Payload {
  badge?: Record<string, unknown> | null;
  badges?: Record<string, unknown>[];
  deletedBadgeId?: string | null;
  changes: { field: string; before: string | null; after: string }[];
  warnings: { code: string; message: string; fields: string[] }[];
  userErrors: Record<string, unknown>[];
}

const SHOWN: Readonly<Record<OperationKind, string>> = {
  create: 'badge { ...Whole }',
  update: 'badge { ...Whole }',
  delete: 'deletedBadgeId',
  award: 'badges { ...Whole }',
  revoke: 'badge { ...Whole }',
};

function toDocument(kind: OperationKind): string {
  const name = kind.charAt(0).toUpperCase() + kind.slice(1);
  return `
    mutation ($input: ${name}BadgeInput!, $key: String) {
      ${kind}Badge(input: $input, idempotencyKey: $key) {
        ${SHOWN[kind]}
        changes { field before after }
        warnings { code message fields }
        userErrors {
          __typename code message field
          ... on BadgeConflictError { currentBadge { ...Whole } }
          ... on BadgeProviderError { provider retryable retryAfterMs }
        }
      }
    }
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
}

/** Sends one mutation as a router does, and expects a payload. */
export async function mutate(url: string, call: MutationCall): Promise<Payload> {
  const { kind, input, key = null, caller } = call;
  const headers = caller === undefined ? {} : { 'x-badges-actor': caller };
  const { text } = await sendOperation(
    url,
    { query: toDocument(kind), variables: { input, key } },
    { headers },
  );
  const answer = JSON.parse(text) as { data?: Record<string, Payload>; errors?: unknown };
  const payload = answer.data?.[`${kind}Badge`];
  if (answer.errors || !payload) throw new Error(`no payload: ${JSON.stringify(answer)}`);
  return payload;
}

export const codesOf = ({ userErrors }: Payload) => userErrors.map(({ code }) => code);
export const warningsOf = ({ warnings }: Payload) => warnings.map(({ code }) => code);

/** The fields that an update was refused for, since their values are not known: one error names them all. */
export function fieldsUnknownIn({ userErrors }: { userErrors: readonly object[] }): string[] {
  expect(userErrors).toMatchObject([
    {
      __typename: 'BadgeInputError',
      code: 'HIDDEN_FIELDS_UNKNOWN',
      field: ['input', 'returningAI'],
      message: expect.stringMatching(/Nothing was sent/),
    },
  ]);
  const [error] = userErrors as { message: string }[];
  const [, names = ''] = /does not show these fields: ([\w, ]+)\./.exec(error?.message ?? '') ?? [];
  return names.split(', ');
}

/** What reached a provider that changes something. */
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
  /** Stops the service and its store and starts both again, on the same folder and the same providers. */
  restart(): Promise<void>;
  /** A second service on the same store and providers, as another replica is. The caller closes it. */
  startTwin(options: TestServiceOptions): Promise<TestService>;
  close(): Promise<void>;
}

export interface WritingOptions extends Omit<TestServiceOptions, 'store'> {
  sandbox?: SandboxOptions;
  /** Of the store: what it keeps for a while expires by it. */
  storeNow?: () => number;
  /** Of the store: what measures its durations, where that is another clock. */
  storeMonotonic?: () => number;
  /** Around the store that is opened at every start. */
  wrapStore?: (store: StateStore) => StateStore;
}

/** The real service on an embedded store, with providers that outlive it. */
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
