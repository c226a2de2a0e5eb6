/**
 * What happens with more badges, tenants and processes: npm run bench:growth -- --badges 10,1000,10000 --tenants 1,100,1000 --processes 1,2
 * For each combination: memory, how long an answer takes for which changed lists are read again or found in Redis, how
 * long the event loop and health checks wait meanwhile, what a request costs once all is in memory, and traffic with
 * Redis.
 * No work may take 50 ms of the CPU at a time. Times by the clock, in brackets and of health checks (99 of 100 and the
 * longest), also hold V8's collector and other work on the machine.
 */
import { parseArgs } from 'node:util';
import { withChildren } from '../../test/support/children.ts';
import { findRedis } from '../../test/support/redis.ts';
import { conclude, toSize } from '../support/command.ts';
import { type Cell, type Measured, measure } from './measure.ts';

const MAX_WORK_MS = 50;
const MB = 1024 * 1024;
const REPRESENTATIONS = 10;

const { values } = parseArgs({
  options: {
    badges: { type: 'string', default: '10,1000,10000' },
    tenants: { type: 'string', default: '1,100,1000' },
    processes: { type: 'string', default: '1,2' },
    'load-ms': { type: 'string', default: '1000' },
  },
});
const toSizes = (name: 'badges' | 'tenants' | 'processes'): number[] =>
  values[name].split(',').map((text) => toSize(name, text));

const loadMs = toSize('load-ms', values['load-ms']);
const redisPath = findRedis();
const cells = toSizes('processes').flatMap((processes) =>
  toSizes('badges').flatMap((badges) =>
    toSizes('tenants').map((tenants): Cell => {
      if (processes !== 1 && processes !== 2) throw new Error('--processes must be 1 or 2');
      return { tenants, badges, processes };
    }),
  ),
);

const HEAD = [
  'Processes',
  'Badges',
  'Tenants',
  'Memory',
  'Refresh',
  'Second process',
  'Event loop',
  'Health',
  'Request',
  'To Redis',
  'From Redis',
];
const showTimes = ([median, longest]: readonly number[]): string =>
  median === undefined ? '–' : `${median.toFixed(0)} (${longest?.toFixed(0)}) ms`;
const showBytes = (bytes: number | undefined): string =>
  bytes === undefined ? '–' : `${(bytes / 1_000).toFixed(bytes < 10_000 ? 1 : 0)} kB`;
const count = (number: number): string => number.toLocaleString('en');
const toRow = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function showMeasured(of: Measured): string {
  const tenants =
    of.asked < of.tenants ? `${count(of.tenants)}, ${of.asked} asked` : count(of.tenants);
  return toRow([
    String(of.processes),
    count(of.badges),
    tenants,
    `${(of.residentBytes / MB).toFixed(0)} MiB`,
    showTimes(of.refreshMs),
    showTimes(of.sharedMs),
    `${of.busyMs.toFixed(0)} (${of.stallMs.toFixed(0)}) ms`,
    showTimes(of.healthMs),
    `${of.cpuUs.toFixed(0)} µs`,
    showBytes(of.redis?.toRedis),
    showBytes(of.redis?.fromRedis),
  ]);
}

console.log(`${toRow(HEAD)}\n${toRow(HEAD.map(() => '---'))}`);
const problems: string[] = [];
const all: Measured[] = [];
for (const cell of cells) {
  const { badges, tenants, processes } = cell;
  if (processes > 1 && redisPath === undefined) {
    console.log('Skipped: redis-server is not installed');
    continue;
  }
  const measured = await withChildren((children) => measure(children, { cell, redisPath, loadMs }));
  all.push(measured);
  console.log(showMeasured(measured));
  if (measured.busyMs >= MAX_WORK_MS) {
    const where = `${badges} badges, ${tenants} tenants, ${processes} process(es)`;
    problems.push(`Work took ${measured.busyMs.toFixed(0)} ms of the CPU at a time with ${where}`);
  }
}
const dearest = Math.max(...all.map(({ cpuUs }) => cpuUs));
conclude(
  [
    [
      'Entities a second that one core resolves, in the worst case above',
      count(Math.floor((REPRESENTATIONS * 1e6) / dearest)),
    ],
  ],
  problems,
);
