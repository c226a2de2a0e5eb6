/**
 * What telemetry costs per warm read, in one run: npm run bench:telemetry -- [--starts 8] [--rounds 5] [--ms 300]
 * Two services without telemetry, whose mean is what the others are compared with, one with metrics and a log of 1 % of
 * the requests, and one with traces of 1 % beside them, if deploy/telemetry is installed. Requests say whether they are
 * traced, as those of a router do. Rounds take turns. Two processes of one kind differ by up to a tenth as long as they
 * run, so all are started several times.
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
import { showQuartiles } from '../comparison/goals.ts';
import { load } from '../comparison/load.ts';
import { type Service, readAllBadges, startService, startStandIns } from '../comparison/targets.ts';
import {
  type Workload,
  inRotation,
  toRepresentations,
  toRequest,
} from '../comparison/workloads.ts';
import { conclude, toSize } from '../support/command.ts';
import { measureListeners } from './listeners.ts';

const { values } = parseArgs({
  options: {
    starts: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '5' },
    ms: { type: 'string', default: '300' },
    connections: { type: 'string', default: '64' },
  },
});
const starts = toSize('starts', values.starts);
const rounds = toSize('rounds', values.rounds);
const ms = toSize('ms', values.ms);
const connections = toSize('connections', values.connections);

const MAX_COST = 1.05;
const WARM_UP_MS = 1_000;
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

interface Kind {
  name: string;
  settings: Readonly<Record<string, string>>;
  nodeArgs?: readonly string[];
}

const WITHOUT: readonly Kind[] = [
  { name: 'without', settings: OFF },
  { name: 'without, again', settings: OFF },
];
const TRACED: Kind = {
  name: 'log, metrics and traces',
  settings: {
    ...ON,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.01',
  },
  nodeArgs: ['--import', join(SDK, 'register.mjs')],
};
const kinds: readonly Kind[] = [
  ...WITHOUT,
  { name: 'log and metrics', settings: ON },
  ...(existsSync(join(SDK, 'node_modules')) ? [TRACED] : []),
];

/** Of a hundred requests a router that samples 1 % marks one. */
const TRACE_PARENTS = Array.from({ length: 100 }, (_, at) => {
  const id = String(at + 1);
  return `00-${id.padStart(32, '0')}-${id.padStart(16, '0')}-0${at === 0 ? 1 : 0}`;
});

async function createWorkloads(service: Service): Promise<Workload[]> {
  const edges = await readAllBadges(service);
  const question = askEntities('Screen');
  const page = askBadges('full');
  const entitiesOf = (size: number, headers = {}) => {
    const representations = toRepresentations(edges.slice(0, size));
    return toRequest(ROUTER_SECRET, question, { representations }, headers);
  };
  const pageOf = (size: number, headers = {}) =>
    toRequest(ROUTER_SECRET, page, { first: size }, headers);
  const traced = (toBytes: (headers: object) => Buffer) =>
    TRACE_PARENTS.map((traceparent) => toBytes({ traceparent }));
  return [
    inRotation('_entities of 1', [question], traced(entitiesOf.bind(null, 1))),
    inRotation('_entities of 10', [question], traced(entitiesOf.bind(null, 10))),
    inRotation('badges of 50', [page], traced(pageOf.bind(null, 50))),
    inRotation(UNDECIDED, [question], [entitiesOf(10)]),
  ];
}

/** This service decides itself which of these are recorded. It has no goal: a router that traces decides for it. */
const UNDECIDED = '_entities of 10 without traceparent';

/** CPU time of a request in each start, microseconds, by workload and kind. */
const cpuUs = new Map<string, Map<string, number[]>>();

function note(workload: string, kind: string, us: number): void {
  const ofWorkload = cpuUs.get(workload) ?? new Map<string, number[]>();
  cpuUs.set(workload, ofWorkload.set(kind, [...(ofWorkload.get(kind) ?? []), us]));
}

async function measureStart(started: ReadonlyMap<string, Service>): Promise<void> {
  const [first] = started.values();
  if (!first) throw new Error('No service was started');
  for (const workload of await createWorkloads(first)) {
    const measured = new Map([...started.keys()].map((kind) => [kind, new Array<number>()]));
    for (const service of started.values()) {
      await load(service, workload, { connections, ms: WARM_UP_MS });
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const [kind, service] of started) {
        measured.get(kind)?.push((await load(service, workload, { connections, ms })).cpuUs);
      }
    }
    for (const [kind, us] of measured) note(workload.name, kind, quantile(us, 0.5));
  }
}

const figures: [string, string][] = [
  ['the listeners of a fast answer alone', `${(await measureListeners()).toFixed(2)} µs of CPU`],
];
for (let start = 0; start < starts; start += 1) {
  const started = new Map<string, Service>();
  // Each kind is as often the first as any other.
  for (const at of kinds.keys()) {
    const kind = kinds[(start + at) % kinds.length] as Kind;
    const settings = { ...variables, ...kind.settings };
    started.set(kind.name, await startService(children, 'fast', settings, kind.nodeArgs));
  }
  await measureStart(started);
  for (const service of started.values()) await service.end('SIGTERM');
  console.log(`Start ${start + 1} of ${starts} is measured`);
}

const problems: string[] = [];
for (const [workload, ofWorkload] of cpuUs) {
  const [one = [], other = []] = WITHOUT.map(({ name }) => ofWorkload.get(name));
  const base = one.map((us, start) => (us + (other[start] ?? NaN)) / 2);
  figures.push([`${workload}, without`, `${quantile(base, 0.5).toFixed(1)} µs of CPU`]);
  for (const { name } of kinds.slice(1)) {
    const costs = (ofWorkload.get(name) ?? []).map((us, start) => us / (base[start] ?? NaN));
    const subject = `${workload}, ${name}`;
    figures.push([subject, `${showQuartiles(costs, 3)} times that`]);
    const hasGoal = workload !== UNDECIDED || name !== TRACED.name;
    if (hasGoal && quantile(costs, 0.5) > MAX_COST) problems.push(`${subject}: above ${MAX_COST}`);
  }
}
children.endAll();
conclude(figures, problems);
