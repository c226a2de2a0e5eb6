import { setTimeout as sleep } from 'node:timers/promises';
import { type Children, makeFolder } from '../../test/support/children.ts';
import { type Finding, showCounts } from '../../test/support/tally.ts';
import type { Sandbox } from '../../test/support/sandbox-process.ts';
import { startProductionService } from '../../test/support/service-process.ts';
import { type BreakerEvent, listenToBreaker } from './breaker-events.ts';
import { toFinding } from './explanation.ts';
import { type SteadyLoad, startSteadyLoad } from './steady-load.ts';

export interface OutageOptions {
  name: string;
  /** The fault of every call to the provider's list. */
  fault: object;
  forMs: number;
  freshSeconds: number;
  asksASecond: number;
}

const PROVIDER = 'TAG_MANGO';
/** The breaker is open for a minute at most. */
const MAX_RECOVERY_MS = 75_000;
const POLL_MS = 20;

/** Counts and explains the calls to a provider during an outage, under steady load on a warm cache. */
export async function letFail(
  children: Children,
  { variables, standIns }: Sandbox,
  options: OutageOptions,
): Promise<Finding> {
  const standIn = standIns[PROVIDER];
  const callsSoFar = async () => (await standIn.arrivals()).total;
  const service = await startProductionService(children, {
    ...variables,
    STATE_DIR: makeFolder(children),
    BADGES_FRESH_SECONDS: String(options.freshSeconds),
  });
  const events: BreakerEvent[] = [];
  listenToBreaker(service, PROVIDER, (event) => events.push(event));
  const load = startSteadyLoad(service.url, PROVIDER, options.asksASecond);

  // Right after a list was read, no call is under way that could be counted on the wrong side.
  const warm = await callsSoFar();
  while ((await callsSoFar()) === warm) await sleep(POLL_MS);
  await sleep(POLL_MS);
  const before = await callsSoFar();
  await standIn.setFault('listBadges', options.fault);
  const begun = performance.now();
  console.log(`${options.name}: TagMango is down`);

  const printer = startPrinter(load, {
    begun,
    events,
    calls: async () => (await callsSoFar()) - before,
  });
  await sleep(options.forMs);
  await standIn.clearFaults();
  const ended = performance.now();
  console.log(`${options.name}: TagMango is well again`);
  while (events.at(-1)?.state !== 'closed' && performance.now() < ended + MAX_RECOVERY_MS) {
    await sleep(POLL_MS);
  }
  const calls = (await callsSoFar()) - before;
  while (!load.firstFreshAfter(ended) && performance.now() < ended + MAX_RECOVERY_MS) {
    await sleep(POLL_MS);
  }
  const freshAt = load.firstFreshAfter(ended);
  const answers = printer.stop();
  await load.stop();
  await service.end('SIGKILL');
  return toFinding({ name: options.name, begun, ended, events, calls, freshAt, answers });
}

interface PrinterOptions {
  begun: number;
  events: readonly BreakerEvent[];
  calls: () => Promise<number>;
}

/** Prints a line per second. Stopping returns the responses of the whole time by source. */
function startPrinter(load: SteadyLoad, { begun, events, calls }: PrinterOptions) {
  const answers = { states: {}, codes: {}, latencies: new Array<number>() };
  let callsBefore = 0;
  load.take();

  function note(): string {
    const { states, codes, latencies } = load.take();
    add(answers.states, states);
    add(answers.codes, codes);
    answers.latencies.push(...latencies);
    return showCounts({ ...states, ...codes });
  }
  async function print(): Promise<void> {
    const seconds = ((performance.now() - begun) / 1_000).toFixed(0).padStart(3);
    const answered = note();
    const total = await calls();
    const breaker = events.at(-1)?.state ?? 'closed';
    console.log(`${seconds} s  ${total} calls (+${total - callsBefore})  ${breaker}  ${answered}`);
    callsBefore = total;
  }
  const timer = setInterval(() => void print(), 1_000);
  return {
    stop() {
      clearInterval(timer);
      note();
      return answers;
    },
  };
}

function add(to: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, times] of Object.entries(counts)) to[name] = (to[name] ?? 0) + times;
}
