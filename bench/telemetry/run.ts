/**
 * What telemetry costs per warm read, in one run: npm run bench:telemetry -- [--rounds 15] [--ms 400]
 * One service without telemetry, a second such one to show what the measurement itself varies by, one with metrics and
 * a log of 1 % of the requests, and one with traces of 1 % beside them, if deploy/telemetry is installed. Their rounds
 * take turns; the figure is the CPU time of a request as a multiple of that without telemetry in the same round.
 */
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createChildren } from '../../test/support/children.ts';
import { ROUTER_SECRET } from '../../test/support/service-process.ts';
import { quantile } from '../../test/support/tally.ts';
import { askBadges, askEntities } from '../comparison/documents.ts';
import { showQuartiles, toMultiples } from '../comparison/goals.ts';
import { type Round, load } from '../comparison/load.ts';
import { type Service, readAllBadges, startService, startStandIns } from '../comparison/targets.ts';
import { inRotation, toRepresentations, toRequest } from '../comparison/workloads.ts';
import { conclude, toSize } from '../support/command.ts';
import { measureListeners } from './listeners.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    ms: { type: 'string', default: '400' },
    connections: { type: 'string', default: '64' },
  },
});
const rounds = toSize('rounds', values.rounds);
const ms = toSize('ms', values.ms);
const connections = toSize('connections', values.connections);

const MAX_COST = 1.05;
const WARM_UP_MS = 2_000;
const BADGES_OF_EACH = 500;
const SDK = join(import.meta.dirname, '../../deploy/telemetry');

const OFF = { METRICS: 'false', LOG_SAMPLE: '0' };
const ON = { METRICS: 'true', LOG_SAMPLE: '0.01' };

const children = createChildren();
const collector = createServer((request, response) => {
  request.resume().on('end', () => response.end());
}).listen(0, '127.0.0.1');
collector.unref();
await once(collector, 'listening');
const { port } = collector.address() as AddressInfo;
const { variables } = await startStandIns(children, BADGES_OF_EACH);

const start = (settings: object, nodeArgs: readonly string[] = []): Promise<Service> =>
  startService(children, 'fast', { ...variables, ...settings }, nodeArgs);
const targets = new Map<string, Service>([
  ['without', await start(OFF)],
  ['without, again', await start(OFF)],
  ['log and metrics', await start(ON)],
]);
if (existsSync(join(SDK, 'node_modules'))) {
  const traced = {
    ...ON,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.01',
  };
  const args = ['--import', join(SDK, 'register.mjs')];
  targets.set('log, metrics and traces', await start(traced, args));
}

const [first] = targets.values();
if (!first) throw new Error('No service was started');
const edges = await readAllBadges(first);
const entities = (size: number) => {
  const question = askEntities('Screen');
  const representations = toRepresentations(edges.slice(0, size));
  return inRotation(
    `_entities of ${size}`,
    [question],
    [toRequest(ROUTER_SECRET, question, { representations })],
  );
};
const page = askBadges('full');
const workloads = [
  entities(1),
  entities(10),
  inRotation('badges of 50', [page], [toRequest(ROUTER_SECRET, page, { first: 50 })]),
];

const listenersUs = await measureListeners();
const figures: [string, string][] = [
  ['the listeners of a fast answer alone', `${listenersUs.toFixed(2)} µs of CPU`],
];
const problems: string[] = [];
for (const workload of workloads) {
  const measured = new Map([...targets.keys()].map((name) => [name, new Array<Round>()]));
  for (const target of targets.values()) {
    await load(target, workload, { connections, ms: WARM_UP_MS });
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, target] of targets) {
      measured.get(name)?.push(await load(target, workload, { connections, ms }));
    }
  }
  const base = measured.get('without') ?? [];
  const cpuUs = quantile(
    base.map((round) => round.cpuUs),
    0.5,
  );
  figures.push([`${workload.name}, without`, `${cpuUs.toFixed(1)} µs of CPU`]);
  for (const [name, own] of measured) {
    if (name === 'without') continue;
    const costs = toMultiples(own, base);
    const subject = `${workload.name}, ${name}`;
    figures.push([subject, `${showQuartiles(costs, 3)} times that`]);
    if (quantile(costs, 0.5) > MAX_COST) problems.push(`${subject}: above ${MAX_COST}`);
  }
}
children.endAll();
conclude(figures, problems);
