import { type Children, makeFolder } from '../../test/support/children.ts';
import { type Answer, createClient } from '../../test/support/graphql-client.ts';
import {
  type Finding,
  addAnswer,
  createTally,
  showCounts,
  showLatencies,
} from '../../test/support/tally.ts';
import { LIST } from '../../test/support/load-operations.ts';
import type { Sandbox, StandIn } from '../../test/support/sandbox-process.ts';
import { startProductionService } from '../../test/support/service-process.ts';

/** So late that every query has come before the providers answer, and not so late that it counts as slow. */
const ANSWER_AFTER_MS = 1_000;

/** Many concurrent queries to a process with an empty cache: they share one call to each provider. */
export async function askCold(
  children: Children,
  { variables, standIns }: Sandbox,
  queries: number,
): Promise<Finding> {
  const all = Object.values(standIns);
  // What the service reads when it starts must not succeed, or it would hold the lists.
  await setFaults(all, { name: 'unavailable' });
  const STATE_DIR = makeFolder(children);
  const service = await startProductionService(children, { ...variables, STATE_DIR });
  await setFaults(all, { kind: 'delay', ms: ANSWER_AFTER_MS });
  const before = await callsOf(all);

  const client = createClient(service.url, queries);
  const answers = await Promise.all(Array.from({ length: queries }, () => client.ask(LIST)));
  const calls = (await callsOf(all)).map((total, index) => total - (before[index] ?? 0));
  await client.close();
  await service.end('SIGKILL');
  await Promise.all(all.map((standIn) => standIn.clearFaults()));

  const tally = createTally();
  answers.forEach((answer) => addAnswer(tally, answer));
  const whole = answers.filter(isWhole).length;
  const problems: string[] = [];
  if (calls.some((each) => each !== 1))
    problems.push(`cold queries made ${calls.join(' and ')} calls`);
  if (whole !== queries) problems.push(`${queries - whole} cold queries had no whole answer`);
  return {
    figures: [
      ['cold queries at once, whole answers', `${queries}, ${whole}`],
      ['calls to each provider', calls.join(', ')],
      ['lists by source', showCounts(tally.states)],
      ['error codes', showCounts(tally.codes)],
      ['p50 / p95 / p99 / longest', showLatencies(tally.latencies)],
    ],
    problems,
  };
}

async function setFaults(all: readonly StandIn[], fault: object): Promise<void> {
  await Promise.all(all.map((standIn) => standIn.setFault('listBadges', fault)));
}

async function callsOf(all: readonly StandIn[]): Promise<number[]> {
  return Promise.all(all.map(async (standIn) => (await standIn.arrivals()).total));
}

function isWhole({ status, body }: Answer): boolean {
  const { totalCount, nodes } = body.data?.badges ?? {};
  return status === 200 && !body.errors && totalCount === 16 && nodes?.length === 16;
}
