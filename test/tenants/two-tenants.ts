import { type IncomingMessage, request } from 'node:http';
import type { TenantSettings } from '../../src/providers/settings.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { createSkippingClock } from '../support/clock.ts';
import { HALL_OF_FAME, MAJOR } from '../support/operation-cases.ts';
import { returningAIStored, tagMangoStored } from '../support/records.ts';
import { type TestService, type TestServiceOptions, startTestService } from '../support/service.ts';

export const TENANTS = ['acme', 'bolt'] as const;
export type TenantId = (typeof TENANTS)[number];

/** What a test asks for one tenant. */
export interface Call {
  query: string;
  variables?: object;
  actor?: string;
}

export interface Answer<Data> {
  status: number;
  data?: Data;
  errors?: { message: string; extensions: { code: string } }[];
}

/** The real service for two tenants, each with stand-ins of its own that hold badges of the same ids. */
export interface TwoTenants {
  service: TestService;
  sandboxes: Readonly<Record<TenantId, Sandbox>>;
  ask<Data>(tenant: TenantId, call: Call): Promise<Data>;
  /** With these values of `x-badges-tenant`, each in a line of its own. */
  askAs<Data>(headers: readonly string[], call: Call): Promise<Answer<Data>>;
  close(): Promise<void>;
}

export interface TwoTenantsOptions extends TestServiceOptions {
  /** How many requests of TagMango's window each may use; as many as it likes if left out. */
  requestLimits?: Readonly<Record<TenantId, number>>;
}

/** No pause takes any time. */
export async function startTwoTenants({
  requestLimits,
  ...options
}: TwoTenantsOptions = {}): Promise<TwoTenants> {
  const clock = createSkippingClock();
  const sandboxes = { acme: await startOwn('acme'), bolt: await startOwn('bolt') };
  const service = await startTestService({
    tenants: TENANTS.map((id) => ({
      id,
      providerValues: toValues(id, sandboxes[id]),
      requestLimits: { tagMango: requestLimits?.[id] },
    })),
    defaultTenant: undefined,
    attemptTimeoutMs: 1_500,
    now: clock.now,
    random: () => 0,
    http: { clock, ...(requestLimits ? {} : { budget: undefined }) },
    ...options,
  });
  const askAs: TwoTenants['askAs'] = (headers, call) => send(service.url, headers, call);
  return {
    service,
    sandboxes,
    askAs,
    async ask<Data>(tenant: TenantId, call: Call) {
      const { data, errors } = await askAs<Data>([tenant], call);
      if (errors || !data) throw new Error(`no data: ${JSON.stringify(errors)}`);
      return data;
    },
    async close() {
      await service.close();
      await Promise.all(Object.values(sandboxes).map((sandbox) => sandbox.close()));
    },
  };
}

/** Stand-ins that take this tenant's keys only. */
async function startOwn(tenant: TenantId): Promise<Sandbox> {
  const sandbox = await startSandbox({
    returningAI: { badges: [returningAIStored({ title: `${tenant} · Major` })] },
    tagMango: { badges: [tagMangoStored({ name: `${tenant} · Hall of Fame` })] },
  });
  for (const { keys } of [sandbox.returningAI, sandbox.tagMango]) {
    keys.clear();
    keys.add(`${tenant}-key`);
  }
  return sandbox;
}

function toValues(tenant: TenantId, { providerValues }: Sandbox): TenantSettings['providerValues'] {
  const key = `${tenant}-key`;
  return {
    returningAI: { ...providerValues.returningAI, RETURNING_AI_API_KEY: key },
    tagMango: { ...providerValues.tagMango, TAG_MANGO_API_KEY: key },
  };
}

/** Not by `fetch`, which makes one line of several. */
async function send<Data>(
  url: string,
  tenants: readonly string[],
  { query, variables, actor = 'ann' }: Call,
): Promise<Answer<Data>> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = {
    'content-type': 'application/json',
    'x-badges-actor': actor,
    ...(tenants.length > 0 && { 'x-badges-tenant': [...tenants] }),
  };
  const sent = request(`${url}/graphql`, { method: 'POST', headers });
  sent.on('response', resolve).on('error', reject).end(JSON.stringify({ query, variables }));
  const response = await promise;
  const text = (await response.setEncoding('utf8').toArray()).join('');
  return {
    status: response.statusCode ?? 0,
    ...(JSON.parse(text) as Omit<Answer<Data>, 'status'>),
  };
}

/** The badge that a provider holds for every tenant. */
export const IDS = { RETURNING_AI: MAJOR, TAG_MANGO: HALL_OF_FAME };

export interface Listed {
  badges: {
    nodes: { name: string }[];
    sources: { provider: string; state: string; code: string | null }[];
    pageInfo: { startCursor: string };
  } | null;
}

/** Both badges in the order of their ids, which is the same at every tenant. */
export const LIST = `query ($after: String) {
  badges(after: $after, orderBy: { field: ID, direction: ASC }) {
    nodes { ... on BadgeFields { name } }
    sources { provider state code }
    pageInfo { startCursor }
  }
}`;

export interface Updated {
  updateBadge: {
    badge: { name: string } | null;
    changes: { field: string; before: unknown; after: unknown }[];
    userErrors: { code: string; currentBadge?: { name: string } }[];
  };
}

const UPDATE = `mutation ($input: UpdateBadgeInput!, $version: String, $key: String) {
  updateBadge(input: $input, expectedVersion: $version, idempotencyKey: $key) {
    badge { ... on BadgeFields { name } }
    changes { field before after }
    userErrors {
      code
      ... on BadgeConflictError { currentBadge { ... on BadgeFields { name } } }
    }
  }
}`;

/** An update of the TagMango badge. */
export function toUpdate(values: object, args: { key?: string; version?: string } = {}): Call {
  return {
    query: UPDATE,
    variables: { input: { tagMango: { id: IDS.TAG_MANGO, ...values } }, ...args },
  };
}

export function toReturningAIUpdate(values: object): Call {
  return {
    query: UPDATE,
    variables: { input: { returningAI: { id: IDS.RETURNING_AI, ...values } } },
  };
}
