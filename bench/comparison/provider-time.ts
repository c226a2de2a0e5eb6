import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Children, makeFolder } from '../../test/support/children.ts';
import { toRename } from '../../test/support/load-operations.ts';
import { ROUTER_SECRET } from '../../test/support/service-process.ts';
import { quantile } from '../../test/support/tally.ts';
import { askBadge } from './documents.ts';
import { type Outcome, showQuartiles } from './goals.ts';
import { type Target, askOnce, load } from './load.ts';
import { type StandIns, readAllBadges, startService, startStandIns } from './targets.ts';
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
  /** Of reads, and of updates, one at a time. */
  ms: number;
  /** Of each load without delay, which also warms the service up. */
  loadMs: number;
}

/** Of the provider that has no documented limit of requests. */
export async function measureProviderTime(
  children: Children,
  { ms, loadMs }: ProviderTimeOptions,
): Promise<Outcome[]> {
  const standIns = await startStandIns(children, BADGES_OF_EACH);
  const { variables } = standIns;
  const cold = await startService(children, 'fast', { ...variables, ...WITHOUT_CACHE });
  const service = await startService(children, 'fast', { ...variables, ...AS_BY_DEFAULT });
  const edges = await readAllBadges(service);
  const ids = edges.flatMap(({ node }) => (node.provider === PROVIDER ? [node.id] : []));
  const mutations = await measureMutations(service, ids, loadMs);
  const read = toRead(ids);
  const bareServer = await startBareCalls(children, variables);
  for (const target of [cold, bareServer])
    await load(target, { request: read }, { connections: WRITERS, ms: loadMs });
  await standIns.standIns[PROVIDER].setFault('*', { kind: 'delay', ms: PROVIDER_MS });
  const reads = await measureAdded(standIns, { target: cold, request: read, ms });
  const updates = await measureAdded(standIns, {
    target: service,
    request: toUpdate(ids, 'A'),
    ms,
  });
  const bare = await measureAdded(standIns, {
    target: bareServer,
    request: toUpdate(ids, 'C'),
    ms,
  });
  return [
    mutations,
    toOutcome('A cold read', reads),
    toOutcome('`updateBadge`', updates),
    {
      subject: `A bare server, ${bare.calls} calls of ${PROVIDER_MS} ms, each with a durable commit after it: what is added to the provider’s own time`,
      figure: `${showQuartiles(bare.added, 2)} ms`,
    },
  ];
}

/** The limit of an update on this machine and its disk. */
async function startBareCalls(
  children: Children,
  variables: Readonly<Record<string, string>>,
): Promise<Target> {
  const { RETURNING_AI_BASE_URL: baseUrl = '', RETURNING_AI_API_KEY: key = '' } = variables;
  const { ready, pid } = await children.start({
    name: 'the bare server',
    script: join(import.meta.dirname, 'bare-calls.ts'),
    args: [baseUrl, key, makeFolder(children)],
    env: { NODE_ENV: 'production' },
    readyWhen: /Listening on port (\d+)/,
  });
  return { title: 'bare calls', url: `http://127.0.0.1:${ready[1]}/graphql`, pid };
}

type ToRequest = (number: number) => Buffer;

function toRead(ids: readonly string[]): ToRequest {
  const question = askBadge();
  return (number) => {
    const variables = { provider: PROVIDER, id: ids[number % ids.length] };
    return toRequest(ROUTER_SECRET, question, variables);
  };
}

/** Each to another name, which begins with the given text. */
function toUpdate(ids: readonly string[], name: string): ToRequest {
  return (number) => {
    const id = ids[Math.abs(number) % ids.length] ?? '';
    const { query, variables = {} } = toRename({ provider: PROVIDER, id }, `${name}${number}`);
    return toRequest(ROUTER_SECRET, { query, operationName: 'Update' }, variables);
  };
}

async function checkAnswer(target: Target, bytes: Buffer): Promise<void> {
  const answer = JSON.stringify(await askOnce(target, bytes));
  const isGood = answer.includes('"data"') && !/"errors"|"userErrors":\[\{/.test(answer);
  if (!isGood) throw new Error(answer);
}

interface Added {
  /** Calls to the provider for each request. */
  calls: number;
  /** Milliseconds of each request beyond those that its own calls took, as the provider measured them. */
  added: number[];
}

/** One request at a time. */
async function measureAdded(
  { takeTimes }: StandIns,
  { target, request, ms }: { target: Target; request: ToRequest; ms: number },
): Promise<Added> {
  await checkAnswer(target, request(0));
  await takeTimes();
  const { latencies } = await load(target, { request }, { connections: 1, ms, from: 1 });
  // The last request, which nobody waits for any more.
  await setTimeout(10 * PROVIDER_MS);
  const times = await takeTimes();
  const calls = Math.round(times.length / (latencies.length + 1));
  const own = latencies.map((_, at) =>
    times.slice(at * calls, (at + 1) * calls).reduce((sum, each) => sum + each, 0),
  );
  return { calls, added: latencies.map((taken, at) => taken - (own[at] ?? NaN)) };
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
  service: Target,
  ids: readonly string[],
  ms: number,
): Promise<Outcome> {
  const request = toUpdate(ids, 'B');
  const connections = WRITERS;
  const warmUp = await load(service, { request }, { connections, ms });
  await checkAnswer(service, request(-1));
  const from = warmUp.sent;
  const { cpuUs, perSecond, latencies } = await load(
    service,
    { request },
    { connections, ms, from },
  );
  const [p50, p99] = [0.5, 0.99].map((part) => quantile(latencies, part).toFixed(1));
  return {
    subject: `\`updateBadge\`, a provider without delay, ${WRITERS} connections`,
    figure: `${cpuUs.toFixed(0)} µs, ${perSecond.toFixed(0)}/s, p50 ${p50} ms, p99 ${p99} ms`,
  };
}
