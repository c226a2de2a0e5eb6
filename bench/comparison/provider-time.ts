import { request } from 'undici';
import type { Children } from '../../test/support/children.ts';
import { type Client, createClient } from '../../test/support/graphql-client.ts';
import { toRename } from '../../test/support/load-operations.ts';
import type { Sandbox } from '../../test/support/sandbox-process.ts';
import { ROUTER_SECRET } from '../../test/support/service-process.ts';
import { quantile } from '../../test/support/tally.ts';
import { askBadge } from './documents.ts';
import { type Outcome, showQuartiles } from './goals.ts';
import { askOnce, load } from './load.ts';
import { readAllBadges, startService, startStandIns } from './targets.ts';
import { toRequest } from './workloads.ts';

const BADGES_OF_EACH = 50;
const PROVIDER_MS = 50;
const MOST_ADDED_MS = 2;
const PROVIDER = 'RETURNING_AI';
/** Every read is cold. */
const WITHOUT_CACHE = { BADGES_FRESH_SECONDS: '0', BADGES_STALE_SECONDS: '0' };
const AS_BY_DEFAULT = { BADGES_FRESH_SECONDS: '30', BADGES_STALE_SECONDS: '300' };
const WRITERS = 16;

export interface ProviderTimeOptions {
  /** Of reads, and of updates. */
  samples: number;
  /** Of the mutations without delay. */
  ms: number;
}

/** Of the provider that has no documented limit of requests. */
export async function measureProviderTime(
  children: Children,
  options: ProviderTimeOptions,
): Promise<Outcome[]> {
  const sandbox = await startStandIns(children, BADGES_OF_EACH);
  const { variables } = sandbox;
  const cold = await startService(children, 'fast', { ...variables, ...WITHOUT_CACHE });
  const service = await startService(children, 'fast', { ...variables, ...AS_BY_DEFAULT });
  const edges = await readAllBadges(service);
  const ids = edges.flatMap(({ node }) => (node.provider === PROVIDER ? [node.id] : []));
  const mutations = await measureMutations(service, ids, options.ms);
  const [reader, writer] = [createClient(cold.url, 1), createClient(service.url, 1)];
  await sandbox.standIns[PROVIDER].setFault('*', { kind: 'delay', ms: PROVIDER_MS });
  const reads = await measureAdded(sandbox, options.samples, async (number) =>
    ask(reader, {
      query: askBadge().query,
      variables: { provider: PROVIDER, id: ids[number % ids.length] },
    }),
  );
  const updates = await measureAdded(sandbox, options.samples, async (number) =>
    ask(writer, toRename({ provider: PROVIDER, id: ids[number % ids.length] ?? '' }, `A${number}`)),
  );
  await Promise.all([reader.close(), writer.close()]);
  return [mutations, toOutcome('A cold read', reads), toOutcome('`updateBadge`', updates)];
}

/** Resolves with its milliseconds. */
async function ask(client: Client, operation: Parameters<Client['ask']>[0]): Promise<number> {
  const { ms, text } = await client.ask(operation);
  if (!text.includes('"data"') || /"errors"|"userErrors":\[\{/.test(text)) throw new Error(text);
  return ms;
}

interface Added {
  /** Calls to the provider for each request. */
  calls: number;
  /** Milliseconds beyond those of as many calls made directly, of each request. */
  added: number[];
}

/** Requests and direct calls to the provider take turns. */
async function measureAdded(
  { standIns, variables }: Sandbox,
  samples: number,
  send: (number: number) => Promise<number>,
): Promise<Added> {
  const standIn = standIns[PROVIDER];
  const callDirectly = async (): Promise<number> => {
    const begun = performance.now();
    const answer = await request(`${variables.RETURNING_AI_BASE_URL}/badges`, {
      headers: { 'x-api-key': variables.RETURNING_AI_API_KEY ?? '' },
    });
    await answer.body.text();
    return performance.now() - begun;
  };
  for (let number = 0; number < 5; number += 1) await send(number);
  const before = (await standIn.arrivals()).total;
  const taken: number[] = [];
  const direct: number[] = [];
  for (let number = 0; number < samples; number += 1) {
    taken.push(await send(number + 5));
    direct.push(await callDirectly());
  }
  const calls = ((await standIn.arrivals()).total - before) / samples - 1;
  const own = calls * quantile(direct, 0.5);
  return { calls, added: taken.map((ms) => ms - own) };
}

function toOutcome(what: string, { calls, added }: Added): Outcome {
  return {
    subject: `${what}, ${calls} ${calls === 1 ? 'call' : 'calls'} of ${PROVIDER_MS} ms: what is added to the provider’s own time`,
    figure: `${showQuartiles(added, 2)} ms`,
    wanted: `at most ${MOST_ADDED_MS} ms at the median`,
    isMet: quantile(added, 0.5) <= MOST_ADDED_MS,
  };
}

async function measureMutations(
  service: Parameters<typeof load>[0],
  ids: readonly string[],
  ms: number,
): Promise<Outcome> {
  const update = (number: number): Buffer => {
    const id = ids[Math.abs(number) % ids.length] ?? '';
    const { query, variables = {} } = toRename({ provider: PROVIDER, id }, `B${number}`);
    return toRequest(ROUTER_SECRET, { query, operationName: 'Update' }, variables);
  };
  const connections = WRITERS;
  const warmUp = await load(service, { request: update }, { connections, ms });
  const answer = JSON.stringify(await askOnce(service, update(-1)));
  if (!answer.includes('"userErrors":[]')) throw new Error(answer);
  const { cpuUs, perSecond, latencies } = await load(
    service,
    { request: update },
    { connections, ms, from: warmUp.requests + WRITERS },
  );
  const [p50, p99] = [0.5, 0.99].map((part) => quantile(latencies, part).toFixed(1));
  return {
    subject: `\`updateBadge\`, a provider without delay, ${WRITERS} connections`,
    figure: `${cpuUs.toFixed(0)} µs, ${perSecond.toFixed(0)}/s, p50 ${p50} ms, p99 ${p99} ms`,
  };
}
