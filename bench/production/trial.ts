import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, type Children, makeFolder } from '../../test/support/children.ts';
import {
  type AnswerBody,
  type Client,
  codesOf,
  createClient,
} from '../../test/support/graphql-client.ts';
import type { Finding } from '../../test/support/tally.ts';
import { LIST, toRename } from '../../test/support/load-operations.ts';
import type { Sandbox } from '../../test/support/sandbox-process.ts';
import { startProductionService } from '../../test/support/service-process.ts';

export interface TrialOptions {
  /** The Node to run on. */
  node: string;
  /** The service's script. */
  main: string;
  sandbox: Sandbox;
}

interface Started {
  child: Child;
  client: Client;
  url: string;
  readyMs: number;
}

type Provider = keyof Sandbox['standIns'];
type Badge = NonNullable<NonNullable<NonNullable<AnswerBody['data']>['badges']>['nodes']>[number];

const ARRIVES_WITHIN_MS = 10_000;
const STOPS_WITHIN_MS = 10_000;
const PROVIDER: Provider = 'TAG_MANGO';

/**
 * The life of a deployed process: it starts, answers a query, a mutation and its repetition, is killed during another
 * mutation, starts again, closes the record of that one, and stops at SIGTERM.
 */
export async function tryOut(children: Children, options: TrialOptions): Promise<Finding> {
  const { node, main, sandbox } = options;
  const problems: string[] = [];
  const expect = (what: string, holds: boolean) => holds || problems.push(what);
  const stateFolder = makeFolder(children);
  const begin = () => start(children, { node, main, sandbox, stateFolder });

  const first = await begin();
  const badge = await askQuery(first, expect);
  await askMutation(first, { badge, sandbox, expect });
  const megabytes = residentMegabytes(first.child.pid);
  await killInMutation(first, badge, sandbox);

  const second = await begin();
  expect('the record of a killed mutation is closed', await hasUnknown(second, badge));
  const stopMs = await stop(second, expect);
  return {
    figures: [
      ['ms to ready', `${first.readyMs.toFixed(0)}, ${second.readyMs.toFixed(0)}`],
      ['MB of memory, after a query and a mutation', megabytes],
      ['ms to stop', stopMs.toFixed(0)],
    ],
    problems,
  };
}

type Expect = (what: string, holds: boolean) => void;

async function start(
  children: Children,
  { node, main, sandbox, stateFolder }: TrialOptions & { stateFolder: string },
): Promise<Started> {
  const begun = performance.now();
  const env = { STATE_DIR: stateFolder, ...sandbox.variables };
  const child = await startProductionService(children, env, { script: main, node });
  const { url } = child;
  const ready = await fetch(new URL('/health/ready', url));
  if (ready.status !== 200)
    throw new Error(`the service listens, and its readiness is ${ready.status}`);
  return { child, url, client: createClient(url, 2), readyMs: performance.now() - begun };
}

async function askQuery({ client }: Started, expect: Expect): Promise<Badge> {
  const { body } = await client.ask(LIST);
  const nodes = body.data?.badges?.nodes ?? [];
  const providers = new Set(nodes.map(({ provider }) => provider));
  expect('a query shows badges of both providers', providers.size === 2 && !body.errors);
  const badge = nodes.find(({ provider }) => provider === PROVIDER);
  if (!badge) throw new Error(`no badge of ${PROVIDER} is shown: ${JSON.stringify(body)}`);
  return badge;
}

async function askMutation(
  { client }: Started,
  { badge, sandbox, expect }: { badge: Badge; sandbox: Sandbox; expect: Expect },
): Promise<void> {
  const before = await updatesOf(sandbox);
  const rename = toRename(badge, `${badge.name} of production`, 'a-key');
  const [answer, repeat] = [await client.ask(rename), await client.ask(rename)];
  expect('a mutation is applied', answer.status === 200 && codesOf(answer).length === 0);
  expect(
    'its repeat says the same',
    JSON.stringify(repeat.body.data) === JSON.stringify(answer.body.data),
  );
  expect('both make one write', (await updatesOf(sandbox)) === before + 1);
}

async function updatesOf({ standIns }: Sandbox): Promise<number> {
  return (await standIns[PROVIDER].arrivals()).byOperation.updateBadge ?? 0;
}

/** With SIGKILL, while the provider has the request and has not answered it. */
async function killInMutation({ child, client }: Started, badge: Badge, sandbox: Sandbox) {
  const standIn = sandbox.standIns[PROVIDER];
  const before = await updatesOf(sandbox);
  await standIn.setFault('updateBadge', { kind: 'hang' });
  const lost = client.ask(toRename(badge, `${badge.name} of a killed process`, 'another-key'));
  const giveUpAt = performance.now() + ARRIVES_WITHIN_MS;
  while ((await updatesOf(sandbox)) === before) {
    if (performance.now() > giveUpAt) throw new Error('a mutation never came to the provider');
    await sleep(10);
  }
  await child.end('SIGKILL');
  await lost;
  await client.close();
  await standIn.clearFaults();
}

const HISTORY = `query History($provider: BadgeProvider!, $id: ID!) {
  badgeHistory(provider: $provider, id: $id) { nodes { outcome } }
}`;

async function hasUnknown({ url }: Started, { provider, id }: Badge): Promise<boolean> {
  const client = createClient(url, 1);
  const { text } = await client.ask({ query: HISTORY, variables: { provider, id } });
  await client.close();
  const outcomes = [...text.matchAll(/"outcome":"(\w+)"/g)].map(([, one]) => one);
  return outcomes.join() === 'UNKNOWN,APPLIED';
}

async function stop({ child, client }: Started, expect: Expect): Promise<number> {
  await client.close();
  const begun = performance.now();
  const late = setTimeout(() => void child.end('SIGKILL'), STOPS_WITHIN_MS).unref();
  const { code, signal } = await child.end('SIGTERM');
  clearTimeout(late);
  expect(`SIGTERM ends it with 0, and not ${code ?? signal}`, code === 0);
  return performance.now() - begun;
}

/** Where the system provides it. */
function residentMegabytes(pid: number): string {
  if (process.platform !== 'linux') return 'not shown by this system';
  const [, kilobytes] =
    /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return (Number(kilobytes) / 1024).toFixed(0);
}
