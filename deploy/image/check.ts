/**
 * Builds and runs the image without a container engine: npm run image:check
 * The steps of deploy/Dockerfile run on this machine's own file system in place of the base image, and its entry point as
 * process 1 of an ordinary user on a read-only file system. Needs Linux and root.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tryCommands } from '../../bench/production/commands.ts';
import { tryOut } from '../../bench/production/trial.ts';
import { conclude } from '../../bench/support/command.ts';
import { createChildren, makeFolder } from '../../test/support/children.ts';
import { startSandbox } from '../../test/support/sandbox-process.ts';
import { buildImage } from './build.ts';
import { type Container, PATH, USER, obstacle, run } from './container.ts';
import { environmentOf, execOf, imageOf, readDockerfile } from './dockerfile.ts';
import { inspectLayer, inspectProcess } from './inspect.ts';

const reason = obstacle();
if (reason !== undefined) {
  console.log(`Skipped: the image is not built, because ${reason}.`);
  process.exit(0);
}

const dockerfile = readDockerfile();
const stage = imageOf(dockerfile);
const [entryPoint, health] = [execOf(stage, 'ENTRYPOINT'), execOf(stage, 'HEALTHCHECK')];
const children = createChildren();
const folder = makeFolder(children);

console.log('Builds the image');
const image = buildImage(dockerfile, process.execPath, folder);
const { megabytes, problems } = inspectLayer(image);

console.log('Runs it: a query, a mutation, a kill, a start, a stop, commands');
const node = writeStarter(image);
const sandbox = await startSandbox(children);
const main = 'dist/main.js';
const life = await tryOut(children, { node, main, sandbox });
const stateFolder = makeFolder(children);
const facts = await inspectProcess(children, { node, sandbox, stateFolder, health });
const commands = tryCommands(main, sandbox, stateFolder, node);
conclude(
  [
    ['MB on top of the base image', megabytes.toFixed(1)],
    ...life.figures.filter(([name]) => name.startsWith('ms')),
  ],
  [...problems, ...life.problems, ...facts, ...commands, ...healthOfNothing(image)],
);

function containerOf(layer: string): Container {
  return {
    folder: mkdtempSync(join(folder, 'run-')),
    layer,
    mode: 'run',
    user: USER,
    workdir: '/app',
    env: { PATH, ...environmentOf(stage) },
  };
}

/** A script that is called like Node with the service's script, and starts the image with the same arguments instead. */
function writeStarter(layer: string): string {
  const container = containerOf(layer);
  const { file, args, options } = run(container, entryPoint);
  const quote = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const variables = Object.entries(options.env).map(([name, value]) => `${name}=${quote(value)}`);
  const [, ...rest] = args;
  const starter = join(folder, 'start-image');
  const lines = [
    '#!/bin/sh',
    'set -eu',
    'shift',
    'volume=$STATE_DIR',
    `export ${variables.join(' ')}`,
    'export CONTAINER_VOLUMES="$volume /state"',
    `chown ${USER}:${USER} "$volume"`,
    `own=$(mktemp -d ${quote(join(folder, 'run-XXXXXX'))})`,
    `exec ${quote(file)} "$own" ${rest.map(quote).join(' ')} "$@"`,
  ];
  writeFileSync(starter, `${lines.join('\n')}\n`);
  chmodSync(starter, 0o755);
  return starter;
}

function healthOfNothing(layer: string): string[] {
  const { file, args, options } = run(containerOf(layer), health);
  const { status } = spawnSync(file, args, { ...options, stdio: 'ignore' });
  return status === 1 ? [] : [`without a service HEALTHCHECK ends with ${status}`];
}
