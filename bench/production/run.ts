/**
 * Builds the content of a container, and tests it: node bench/production/run.ts
 * It installs the built service without development packages into a folder of its own, and runs it with
 * NODE_ENV=production against the sandbox: on this Node, and on the least one that package.json allows.
 */
import { createChildren, makeFolder } from '../../test/support/children.ts';
import { conclude } from '../support/command.ts';
import { startSandbox } from '../../test/support/sandbox-process.ts';
import { install } from './installation.ts';
import { tryCommands } from './commands.ts';
import { installNode, leastNodeVersion } from './least-node.ts';
import { tryWithout } from './missing-packages.ts';
import { tryOut } from './trial.ts';

/** The maximum size of the installed packages. */
const MAX_MEGABYTES = 80;

const children = createChildren();
console.log('Installs the built service and its packages, without those of development');
const sandbox = await startSandbox(children);
const { main, megabytes, packages } = install(makeFolder(children));
const leastVersion = leastNodeVersion();
console.log(`Installs Node ${leastVersion}, the least that package.json allows`);
const leastNode = installNode(leastVersion, makeFolder(children));

console.log(
  `Runs it on Node ${process.versions.node}: a query, a mutation, a kill, a start, a stop`,
);
const here = await tryOut(children, { node: process.execPath, main, sandbox });
const stateFolder = makeFolder(children);
console.log('Runs it with settings that ask for what is not installed, and its other commands');
const missing = await tryWithout(children, { main, sandbox, stateFolder });
const commands = tryCommands(main, sandbox, stateFolder);
console.log(`Runs it on Node ${leastVersion}, as before`);
const least = await tryOut(children, { node: leastNode, main, sandbox });
const on = (version: string, { figures }: typeof here) =>
  figures.map(([name, figure]): [string, string | number] => [`Node ${version}: ${name}`, figure]);
conclude(
  [
    ['MB of installed packages', megabytes.toFixed(1)],
    ['packages', packages],
    ...on(process.versions.node, here),
    ...on(leastVersion, least),
  ],
  [
    ...(megabytes < MAX_MEGABYTES
      ? []
      : [`the installed packages take ${MAX_MEGABYTES} MB or more`]),
    ...here.problems.map((problem) => `Node ${process.versions.node}: ${problem}`),
    ...missing,
    ...commands,
    ...least.problems.map((problem) => `Node ${leastVersion}: ${problem}`),
  ],
);
