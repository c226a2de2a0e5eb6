import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { type GraphQLFormattedError, print } from 'graphql';
import { pino } from 'pino';
import type { TenantSettings } from '../../src/providers/settings.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';
import { type ServiceOptions, startService } from '../../src/service.ts';
import { createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import type { Change } from '../../src/tenants/tenants.ts';
import { sendOperation } from './graphql-client.ts';

export interface TestService {
  url: string;
  sandbox: Sandbox;
  /** Lines of the service's log, parsed. */
  log: Record<string, unknown>[];
  /** Gives it other settings while it runs. */
  apply(next: Pick<ServiceOptions, 'tenants' | 'routerSecrets'>): Change;
  execute<Data, Variables>(
    document: TypedDocumentNode<Data, Variables> | string,
    variables?: Variables,
  ): Promise<Answer<Data>>;
  close(): Promise<void>;
}

export interface Answer<Data> {
  data: Data;
  errors: GraphQLFormattedError[] | undefined;
  status: number;
  headers: Headers;
}

export interface TestServiceOptions extends Partial<ServiceOptions> {
  sandbox?: SandboxOptions;
  /** By the keys of the providers that the only tenant has; those that most tests are about if left out. */
  configured?: readonly string[];
  /** Of the only tenant; those of the sandbox if left out. */
  providerValues?: TenantSettings['providerValues'];
}

/** What a test says of them stays true when there is a third one; what holds for every one is in test/conformance. */
const FIRST_PROVIDERS = ['returningAI', 'tagMango'];

function only<T>(keys: readonly string[], of: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(of).filter(([key]) => keys.includes(key)));
}

/** The real service over real sockets, on stand-ins of its own. */
export async function startTestService({
  sandbox: sandboxOptions,
  configured = FIRST_PROVIDERS,
  providerValues,
  ...overrides
}: TestServiceOptions = {}): Promise<TestService> {
  const sandbox = await startSandbox(sandboxOptions);
  const log: Record<string, unknown>[] = [];
  const logger = pino(
    { level: 'info' },
    { write: (line) => void log.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const folder = mkdtempSync(join(tmpdir(), 'badges-test-'));
  const store = overrides.store ?? createEmbeddedStore({ folder, now: Date.now });
  const service = await startService({
    host: '127.0.0.1',
    port: 0,
    isProduction: false,
    // It takes longer to start than all else.
    hasPlayground: false,
    hasIntrospection: true,
    hasCacheTags: false,
    freshSeconds: 30,
    staleSeconds: 300,
    replicas: 1,
    attemptTimeoutMs: 3_000,
    operationDeadlineMs: 8_000,
    store,
    tenants: [
      {
        id: 'default',
        providerValues: providerValues ?? only(configured, sandbox.providerValues),
        requestLimits: {},
      },
    ],
    defaultTenant: 'default',
    routerSecrets: [],
    tokens: undefined,
    hasMutations: true,
    hasAuthDirectives: false,
    logger,
    now: Date.now,
    // Without one of its own, the machine's clock is the one that measures durations.
    wallTime: overrides.now ?? Date.now,
    // A suite makes more calls in a second than a community in a day.
    http: { budget: undefined },
    fastPath: { shadow: 0 },
    ...overrides,
  });
  return {
    url: service.url,
    sandbox,
    log,
    apply({ tenants, routerSecrets }) {
      service.routerSecrets.replace(routerSecrets);
      return service.tenants.replace(tenants);
    },
    execute: (document, variables) => execute(`${service.url}/graphql`, document, variables),
    async close() {
      await service.close();
      if (!overrides.store) await store.close();
      rmSync(folder, { recursive: true });
      await sandbox.close();
    },
  };
}

/** Sends one operation as a client does. */
export async function execute<Data, Variables>(
  url: string,
  document: TypedDocumentNode<Data, Variables> | string,
  variables?: Variables,
): Promise<Answer<Data>> {
  const query = typeof document === 'string' ? document : print(document);
  const { status, headers, text } = await sendOperation(url, { query, variables });
  const { data, errors } = JSON.parse(text) as Pick<Answer<Data>, 'data' | 'errors'>;
  return { data, errors, status, headers };
}
