/**
 * Stops the service under load, in two ways: node bench/stopping/run.ts --rounds 50 --restarts 20
 * First `npm start` gets SIGTERM in its whole process group, again and again, while writes are under way: every
 * request that was accepted must be answered, and the process must end with 0 within its delay and three seconds.
 * Then two processes on one Redis are restarted in turn, behind a balancer that looks at readiness and repeats
 * nothing, under 25 operations a second: every one of them must be answered.
 */
import { parseArgs } from 'node:util';
import { createChildren, conclude } from '../support/children.ts';
import { startSandbox } from '../support/sandbox.ts';
import { restartInTurn } from './rolling.ts';
import { stopAgainAndAgain } from './signals.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    restarts: { type: 'string', default: '20' },
  },
});

const children = createChildren();
const sandbox = await startSandbox(children);
const findings = [
  await stopAgainAndAgain(children, sandbox, Number(values.rounds)),
  await restartInTurn(children, sandbox, Number(values.restarts)),
];
conclude(
  findings.flatMap(({ figures }) => figures),
  findings.flatMap(({ problems }) => problems),
);
