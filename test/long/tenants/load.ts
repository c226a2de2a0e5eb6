import { type Client, createClient } from '../../support/graphql-client.ts';
import { pick } from '../../support/random.ts';
import { type Counts, count } from '../../support/tally.ts';
import { type AnswerBody, codesIn } from './answer.ts';
import type { Exchange } from './check.ts';
import type { Company } from './company.ts';
import type { TenantId } from './marks.ts';
import { createPlan } from './plan.ts';
import type { Planned } from './requests.ts';
import { planFirst } from './updates.ts';
import type { Versions } from './versions.ts';

/** Counts of requests and responses for the table. */
export interface Seen {
  /** By tenant and operation. */
  requests: Record<TenantId, Counts>;
  /** By tenant and code, with and without faults. */
  codes: Record<'well' | 'troubled', Record<TenantId, Counts>>;
  /** By tenant, provider and state. */
  states: Record<TenantId, Counts>;
  /** By tenant and provider: updates that were answered with their badge and without an error. */
  updates: Record<TenantId, Counts>;
  warnings: Counts;
  /** Of requests of tenants without faults, in milliseconds. */
  latencies: number[];
  /** Requests that would fail without isolation. */
  baits: Counts;
}

export interface LoadOptions {
  companies: readonly Company[];
  /** Of the graphs of all processes. */
  urls: readonly string[];
  requests: number;
  versions: Versions;
  random: () => number;
  check: (exchange: Exchange) => void;
}

export interface Load {
  seen: Seen;
  sent(): number;
  /** Sends the writes that later ones depend on. */
  prepare(): Promise<void>;
  /** Resolves when all requests are answered. */
  run(): Promise<void>;
  close(): Promise<void>;
}

const WORKERS_EACH = 10;

interface Caller {
  company: Company;
  /** One for each process. */
  clients: readonly Client[];
}

/** The same number of workers for each tenant, so that a slow tenant does not delay the load of the others. */
export function createLoad(options: LoadOptions): Load {
  const { companies, urls, random, versions, check } = options;
  const seen = createSeen();
  let sent = 0;

  async function ask(company: Company, client: Client, planned: Planned): Promise<void> {
    const goodTime = company.mood.goodTime();
    const answer = await client.ask(planned, { 'x-badges-actor': planned.actor });
    const { status, ms, failure } = answer;
    const heard = { status, text: failure ?? answer.text };
    const isWell = goodTime !== null && goodTime === company.mood.goodTime();
    const exchange = { tenant: company.id, planned, heard, body: toBody(heard), isWell };
    note(seen, exchange);
    if (isWell) seen.latencies.push(ms);
    check(exchange);
  }

  async function work({ company, clients }: Caller): Promise<void> {
    const { id: tenant, mood } = company;
    const next = createPlan({ tenant, random, mood, versions, sent: () => sent });
    const workers = Array.from({ length: WORKERS_EACH }, async () => {
      while (sent < options.requests) {
        sent += 1;
        await ask(company, pick(clients, random), next());
      }
    });
    await Promise.all(workers);
  }

  async function prepare({ company, clients }: Caller): Promise<void> {
    for (const planned of planFirst(company.id)) {
      await ask(company, pick(clients, random), planned);
    }
  }

  const callers = companies.map((company): Caller => ({
    company,
    clients: urls.map((url) =>
      createClient(url, WORKERS_EACH, { headers: { 'x-badges-tenant': company.id } }),
    ),
  }));
  const byAll = async (act: (caller: Caller) => Promise<void>): Promise<void> => {
    await Promise.all(callers.map(act));
  };
  return {
    seen,
    sent: () => sent,
    prepare: () => byAll(prepare),
    run: () => byAll(work),
    async close() {
      await Promise.all(callers.flatMap(({ clients }) => clients.map((each) => each.close())));
    },
  };
}

function toBody({ status, text }: Exchange['heard']): AnswerBody {
  return status === 0 ? {} : (JSON.parse(text) as AnswerBody);
}

const byTenant = (): Record<TenantId, Counts> => ({ acme: {}, ACME: {}, bolt: {} });

function createSeen(): Seen {
  return {
    requests: byTenant(),
    codes: { well: byTenant(), troubled: byTenant() },
    states: byTenant(),
    updates: byTenant(),
    warnings: {},
    latencies: [],
    baits: {},
  };
}

function note(seen: Seen, { tenant, planned, body, isWell }: Exchange): void {
  count(seen.requests[tenant], planned.operation);
  const codes = seen.codes[isWell ? 'well' : 'troubled'][tenant];
  codesIn(body).forEach((code) => count(codes, code));
  const { badges, result } = body.data ?? {};
  badges?.sources.forEach(({ provider, state }) =>
    count(seen.states[tenant], `${provider} ${state}`),
  );
  result?.warnings.forEach(({ code }) => count(seen.warnings, code));
  if (planned.conflict === 'certain') count(seen.baits, 'another’s version expected');
  if (planned.idempotencyKey !== null) count(seen.baits, 'a key that others use');
  const isDone = result?.userErrors.length === 0 && planned.operation === 'update';
  if (isDone && result.badge) count(seen.updates[tenant], result.badge.provider);
}
