/**
 * Work per CPU, in one run: npm run bench -- [--quick] [--only <pattern>] [--targets fast,full,mercurius] [--write]
 * The service in production settings with the fast path and without, its peers over the same schema and badges, and
 * two limits. Their answers are checked to be equal; their rounds take turns. The main figure is the CPU time of the
 * server's own process for each request. Then come figures of this service alone: time of the provider, live lists,
 * growth and start. --write puts all of them into docs/performance.md.
 */
import { parseArgs } from 'node:util';
import { createChildren } from '../../test/support/children.ts';
import { conclude, toSize } from '../support/command.ts';
import { BADGES_OF_EACH, compareAll } from './compare.ts';
import { type Outcome, checkGoals } from './goals.ts';
import { measureGrowth } from './growth.ts';
import { measureLive } from './live.ts';
import { measureProviderTime } from './provider-time.ts';
import { writePage } from './report.ts';
import { TITLES, type TargetId, isTargetId } from './targets.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    ms: { type: 'string' },
    'warm-up-ms': { type: 'string' },
    connections: { type: 'string', default: '64' },
    only: { type: 'string', default: '' },
    targets: { type: 'string', default: Object.keys(TITLES).join() },
    write: { type: 'boolean', default: false },
  },
});
const options = {
  rounds: toSize('rounds', values.rounds ?? (values.quick ? '5' : '13')),
  ms: toSize('ms', values.ms ?? (values.quick ? '80' : '220')),
  warmUpMs: toSize('warm-up-ms', values['warm-up-ms'] ?? (values.quick ? '250' : '2000')),
  connections: toSize('connections', values.connections),
};
const chosen = values.targets.split(',').map((id): TargetId => {
  if (isTargetId(id)) return id;
  throw new Error(`--targets knows ${Object.keys(TITLES).join(', ')}, and not "${id}"`);
});
const only = new RegExp(values.only);
const children = createChildren();
const measured = await compareAll({ ...options, ids: chosen, only });
const outcomes = [...checkGoals(measured), ...(await measureOwn())];
if (values.write) {
  const command = `npm run bench -- ${values.quick ? '--quick ' : ''}--write`;
  await writePage({ command, badges: 2 * BADGES_OF_EACH, measured, outcomes });
}
conclude(outcomes.map(toFigure), [
  ...measured.flatMap(({ name, differing }) =>
    differing.map((title) => `${name}: ${title} answers otherwise`),
  ),
  ...outcomes.filter(({ isMet }) => isMet === false).map(toProblem),
]);

/** What only this service does. */
async function measureOwn(): Promise<Outcome[]> {
  const { rounds, ms, connections } = options;
  const situations: Readonly<Record<string, () => Promise<Outcome[]>>> = {
    'time of the provider': async () =>
      measureProviderTime(children, { ms: values.quick ? 3_000 : 10_000, loadMs: 8 * ms }),
    'live lists': async () => measureLive(children, { rounds: values.quick ? 2 : 11, connections }),
    'growth and start': async () =>
      measureGrowth(children, { rounds, ms, connections, starts: rounds }),
  };
  const outcomes: Outcome[] = [];
  for (const [name, measureSituation] of Object.entries(situations)) {
    if (chosen.includes('fast') && only.test(name)) outcomes.push(...(await measureSituation()));
  }
  return outcomes;
}

function toFigure({ subject, figure, wanted }: Outcome): [string, string] {
  return [subject, wanted === undefined ? figure : `${figure}, wanted: ${wanted}`];
}

function toProblem({ subject, figure, wanted }: Outcome): string {
  return `${subject}: ${figure}, wanted: ${wanted}`;
}
