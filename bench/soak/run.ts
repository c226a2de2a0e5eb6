/**
 * Mixed load on one process for a long time, with faults of every kind switched on and off at both providers:
 * node bench/soak/run.ts --minutes 60 --faults
 * What must hold: memory is flat, no socket is left when the load has stopped, no rejection went unhandled, and the
 * process ends by itself after SIGTERM, because nothing keeps it alive.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createChildren, makeFolder } from '../../test/support/children.ts';
import { conclude, toSize } from '../support/command.ts';
import { createRandom } from '../../test/support/random.ts';
import { type Sandbox, startSandbox } from '../../test/support/sandbox-process.ts';
import { startProductionService } from '../../test/support/service-process.ts';
import { type Counts, count, createTally, quantile } from '../../test/support/tally.ts';
import { startFaults } from './faults.ts';
import { startLoad } from './load.ts';
import { addAll, toFinding } from './report.ts';
import { usageOf } from '../../test/support/process-usage.ts';

/** Idle connections to the providers are closed sooner. */
const IDLE_MS = 10_000;
const STOPS_WITHIN_MS = 12_000;
/** Much shorter than the default, so that reads encounter faults, which outlast snapshots. */
const TIMES = { BADGES_FRESH_SECONDS: '5', BADGES_STALE_SECONDS: '20' };
/** The number of parts for which figures are taken. */
const STRETCHES = 120;
const MIN_STRETCH_MS = 1_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    clients: { type: 'string', default: '50' },
    'think-ms': { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    faults: { type: 'boolean', default: false },
  },
});
const minutes = toSize('minutes', values.minutes);
const seed = toSize('seed', values.seed);
const forMs = minutes * 60_000;
const progressMs = Math.max(10_000, forMs / STRETCHES);

const children = createChildren();
const sandbox = await startSandbox(children);
const service = await startProductionService(children, {
  ...sandbox.variables,
  STATE_DIR: makeFolder(children),
  ...TIMES,
  NODE_OPTIONS: `--unhandled-rejections=strict --trace-uncaught --import ${join(import.meta.dirname, 'stay.ts')}`,
});
const logged: Counts = {};
const alien: string[] = [];
service.onLog((line, text) => {
  if (!line) alien.push(text);
  else if (line.level > 30) count(logged, line.msg);
});

await sleep(IDLE_MS);
const providerPorts = Object.values(sandbox.standIns).map(({ port }) => port);
const before = usageOf(service.pid, providerPorts);
console.log(`${minutes} min, seed ${seed}, process ${service.pid}`);
const begun = performance.now();
const load = await startLoad({
  url: service.url,
  clients: toSize('clients', values.clients),
  meanThinkMs: toSize('think-ms', values['think-ms']),
  random: createRandom(seed),
});
const faults = values.faults
  ? await startFaults(Object.values(sandbox.standIns), createRandom(seed + 1), (fault) =>
      console.log(`${toMinutes(performance.now() - begun)}: a fault, ${fault}`),
    )
  : undefined;

const rssMb: number[] = [];
const reads = createTally();
await watch();
await faults?.stop();
await load.stop();
await sleep(IDLE_MS);
const after = service.hasEnded() ? undefined : usageOf(service.pid, providerPorts);
const stopping = performance.now();
const ending = await Promise.race([
  service.end('SIGTERM'),
  sleep(STOPS_WITHIN_MS, undefined, { ref: false }),
]);
const stoppedMs = performance.now() - stopping;

const { figures, problems } = toFinding({
  minutes,
  rssMb,
  reads,
  writes: load.writes,
  calls: await readCalls(sandbox),
  faults: faults?.shown ?? {},
  before,
  after,
  ending,
  stoppedMs,
  logged,
  alien,
});
conclude(figures, problems);

/** Waits until the time is over or the process has ended. */
async function watch(): Promise<void> {
  const stretchMs = Math.max(MIN_STRETCH_MS, forMs / STRETCHES);
  let shownAt = 0;
  for (let at = 0; at < forMs && !service.hasEnded();) {
    await sleep(Math.max(0, begun + at + stretchMs - performance.now()));
    if (service.hasEnded()) return;
    const now = performance.now() - begun;
    const tally = load.take();
    const usage = usageOf(service.pid, providerPorts);
    rssMb.push(usage.rssMb);
    addAll(reads, tally);
    if (now >= shownAt + progressMs) {
      shownAt = now;
      console.log(
        `${toMinutes(now)}: ${reads.requests} reads, ${load.writes.requests} writes, p99 ${quantile(tally.latencies, 0.99).toFixed(0)} ms, ${usage.rssMb.toFixed(0)} MB, ${usage.files} files, ${usage.sockets} sockets`,
      );
    }
    at = now;
  }
}

/** The calls to each provider. */
async function readCalls({ standIns }: Sandbox): Promise<Counts> {
  const calls = Object.entries(standIns).map(async ([provider, standIn]) => {
    return [provider, (await standIn.arrivals()).total] as const;
  });
  return Object.fromEntries(await Promise.all(calls));
}

function toMinutes(ms: number): string {
  return `${(ms / 60_000).toFixed(2)} min`;
}
