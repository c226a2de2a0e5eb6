/**
 * Does what a container does, and tries out what stands there then: node bench/production/run.ts
 * It installs the built service without development packages into a folder of its own, and runs it with
 * NODE_ENV=production against the sandbox: on this Node, and on the least one that package.json allows.
 */
import { conclude, createChildren } from '../support/children.ts';
import { makeFolder } from '../support/folder.ts';
import { startSandbox } from '../support/sandbox.ts';
import { install } from './installation.ts';
import { installNode, leastNodeVersion } from './least-node.ts';
import { tryWithout } from './missing-packages.ts';
import { tryOut } from './trial.ts';

/** What the installed packages may take. */
const MOST_MEGABYTES = 80;

const children = createChildren();
const sandbox = await startSandbox(children);
const { main, megabytes, packages } = install(makeFolder(children));
const leastVersion = leastNodeVersion();
const leastNode = installNode(leastVersion, makeFolder(children));

const here = await tryOut(children, { node: process.execPath, main, sandbox });
const missing = await tryWithout(children, { main, sandbox, stateFolder: makeFolder(children) });
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
    ...(megabytes < MOST_MEGABYTES
      ? []
      : [`the installed packages take ${MOST_MEGABYTES} MB or more`]),
    ...here.problems.map((problem) => `Node ${process.versions.node}: ${problem}`),
    ...missing,
    ...least.problems.map((problem) => `Node ${leastVersion}: ${problem}`),
  ],
);
