/**
 * Counts the calls to the providers with an empty cache and during an outage:
 * node bench/outage/run.ts --clients 1000 --seconds 60 [--rounds unavailable,hang]
 * A thousand cold queries at once must make one call to each provider. Then TagMango's list is down for so long, in
 * each round in another way: the number of calls must be what the openings of the breaker in the log explain.
 */
import { parseArgs } from 'node:util';
import { createChildren } from '../../test/support/children.ts';
import { conclude, toSize } from '../support/command.ts';
import { startSandbox } from '../../test/support/sandbox-process.ts';
import { askCold } from './cold.ts';
import { letFail } from './outage.ts';

const FAULTS: Readonly<Record<string, object>> = {
  unavailable: { name: 'unavailable' },
  hang: { kind: 'hang' },
};

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '60' },
    rounds: { type: 'string', default: Object.keys(FAULTS).join() },
    'asks-a-second': { type: 'string', default: '100' },
    /** Shorter than the default, so that the outage takes effect soon. */
    'fresh-seconds': { type: 'string', default: '5' },
  },
});
const times = {
  forMs: toSize('seconds', values.seconds) * 1_000,
  freshSeconds: toSize('fresh-seconds', values['fresh-seconds']),
  asksASecond: toSize('asks-a-second', values['asks-a-second']),
};
const rounds = values.rounds.split(',').map((name) => {
  const fault = FAULTS[name];
  if (!fault) throw new Error(`${name} is no round; there are ${Object.keys(FAULTS).join(', ')}`);
  return { name, fault };
});

const children = createChildren();
const sandbox = await startSandbox(children);
const findings = [await askCold(children, sandbox, toSize('clients', values.clients))];
for (const round of rounds) {
  findings.push(await letFail(children, sandbox, { ...round, ...times }));
}
conclude(
  findings.flatMap(({ figures }) => figures),
  findings.flatMap(({ problems }) => problems),
);
