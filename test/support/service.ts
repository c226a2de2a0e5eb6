import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { type GraphQLFormattedError, print } from 'graphql';
import { pino } from 'pino';
import { providers } from '../../src/providers/index.ts';
import type { TenantSettings } from '../../src/providers/settings.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';
import { type ServiceOptions, startService } from '../../src/service.ts';
import { createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import type { Change } from '../../src/tenants/tenants.ts';
import { closeIdleConnections, sendOperation } from './graphql-client.ts';

export interface TestService {
  url: string;
  sandbox: Sandbox;
  /** Lines of the service's log, parsed. */
  log: Record<string, unknown>[];
  /** Replaces settings while it runs. */
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
  /** Keys of the only tenant's providers. The first two if omitted. */
  configured?: readonly string[];
  /** Settings of the only tenant's providers. Those of the sandbox if omitted. */
  providerValues?: TenantSettings['providerValues'];
}

/** Tests of these two do not depend on other providers. test/conformance tests every provider. */
const FIRST_PROVIDERS = ['returningAI', 'tagMango'];

function only<T>(keys: readonly string[], of: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(of).filter(([key]) => keys.includes(key)));
}

/** By the key of a provider, only what belongs to those that most tests are about. */
export function ofFirst<T>(of: Readonly<Record<string, T>>): Record<string, T> {
  return only(FIRST_PROVIDERS, of);
}

/** The variables that configure those providers only. */
export function variablesOfFirst({ standIns }: Pick<Sandbox, 'standIns'>): Record<string, string> {
  const variables = FIRST_PROVIDERS.map((key) => standIns.get(key)?.variables);
  return Object.assign({}, ...variables) as Record<string, string>;
}

/** All other providers there are. */
export const otherProviders = providers.filter(({ key }) => !FIRST_PROVIDERS.includes(key));

/** Starts the real service over real sockets, with its own stand-ins. */
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
    // It takes most of the time of a start.
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
        providerValues: only(configured, providerValues ?? sandbox.providerValues),
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
    // Unless a test passes its own clock, the system clock measures durations.
    wallTime: overrides.now ?? Date.now,
    // Tests make more calls per second than a provider allows.
    http: { budget: undefined },
    fastPath: { shadow: 0 },
    ...overrides,
  });
  const { url } = service;
  // Modules of test files are never unloaded, and most hold the service until the worker ends. So it lets go of its parts.
  let parts: { service: typeof service; sandbox: Sandbox } | undefined = { service, sandbox };
  const partsOf = () => {
    if (!parts) throw new Error('The service of the test is closed');
    return parts;
  };
  return {
    url,
    get sandbox() {
      return partsOf().sandbox;
    },
    log,
    apply({ tenants, routerSecrets }) {
      const { service } = partsOf();
      service.routerSecrets.replace(routerSecrets);
      return service.tenants.replace(tenants);
    },
    execute: (document, variables) => execute(`${url}/graphql`, document, variables),
    async close() {
      const { service, sandbox } = partsOf();
      closeIdleConnections();
      await service.close();
      if (!overrides.store) await store.close();
      rmSync(folder, { recursive: true });
      await sandbox.close();
      parts = undefined;
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
