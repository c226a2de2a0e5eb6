import { spawnSync } from 'node:child_process';
import {
  chownSync,
  cpSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  statSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { type Container, PATH, ROOT, USER, run } from './container.ts';
import { CONTEXT, type Dockerfile, type Stage, type Step, environmentOf } from './dockerfile.ts';

interface Building {
  folder: string;
  /** The Node of the base image. */
  node: string;
  /** By the name of each finished stage. */
  layers: Map<string, string>;
}

const NODE_PATH = '/usr/local/bin/node';
const HOME = '/home/builder';
/** What this machine adds to a layer to stand for the base image. */
export const OF_BASE = [NODE_PATH, HOME];

/**
 * Carries out the Dockerfile's steps in an empty folder, and returns the layer of the image. Steps of the stages that
 * build run as an ordinary user; those of the last stage prepare the image as root, as they do in a container engine.
 */
export function buildImage({ stages }: Dockerfile, node: string, folder: string): string {
  const building: Building = { folder, node, layers: new Map() };
  const layers = stages.map((stage, index) => buildStage(stage, building, `stage-${index}`));
  return layers.at(-1) ?? '';
}

/** A Node, and the settings of npm with which this machine reaches its registry. */
function addBase(layer: string, node: string): void {
  put(node, join(layer, NODE_PATH));
  mkdirSync(join(layer, HOME), { recursive: true });
  const settings = join(homedir(), '.npmrc');
  if (existsSync(settings)) put(settings, join(layer, HOME, '.npmrc'));
  give(join(layer, HOME));
}

function buildStage(stage: Stage, building: Building, name: string): string {
  const layer = join(building.folder, name);
  mkdirSync(layer);
  addBase(layer, building.node);
  const isImage = stage.name === undefined;
  let workdir = '/';
  for (const step of stage.steps) {
    if (step.keyword === 'WORKDIR') {
      workdir = resolve(workdir, step.text);
      mkdirSync(join(layer, workdir), { recursive: true });
      if (!isImage) give(join(layer, workdir));
    } else if (step.keyword === 'COPY') copy(step, { building, layer, workdir, isImage });
    else if (step.keyword === 'RUN') {
      const place = { layer, workdir, user: isImage ? ROOT : USER };
      execute(step.text, { ...place, folder: join(building.folder, `${name}-run`) }, stage);
    }
  }
  if (stage.name !== undefined) building.layers.set(stage.name, layer);
  return layer;
}

function execute(command: string, place: Omit<Container, 'mode' | 'env'>, stage: Stage): void {
  console.log(`  RUN ${command.replaceAll(/\s+/g, ' ')}`);
  const env = { HOME, PATH, ...environmentOf(stage) };
  const { file, args, options } = run({ ...place, mode: 'build', env }, ['sh', '-c', command]);
  const { status, stdout, stderr } = spawnSync(file, args, { ...options, encoding: 'utf8' });
  if (status !== 0) throw new Error(`RUN ${command} ends with ${status}:\n${stdout}${stderr}`);
}

interface Copying {
  building: Building;
  layer: string;
  workdir: string;
  isImage: boolean;
}

/** As COPY does: the content of a folder, or files into a folder whose name ends in a slash. */
function copy({ text, flags }: Step, { building, layer, workdir, isImage }: Copying): void {
  const names = text.split(/\s+/);
  const target = names.pop() ?? '';
  const { from } = flags;
  const source = from === undefined ? CONTEXT : building.layers.get(from);
  if (source === undefined) throw new Error(`COPY --from=${from} names no stage`);
  const to = join(layer, resolve(workdir, target));
  for (const name of names) {
    const path = join(source, name);
    const isInto = target.endsWith('/') && !statSync(path).isDirectory();
    const copied = isInto ? join(to, basename(name)) : to;
    put(path, copied);
    own(copied, isImage ? ROOT : USER);
  }
  if (!isImage) give(join(layer, workdir));
}

/** COPY gives everything to the user who runs the steps. */
function own(path: string, user: number): void {
  const below = statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true, encoding: 'utf8' })
    : [];
  for (const each of ['', ...below]) lchownSync(join(path, each), user, user);
}

/** Without the packages of this machine, which .dockerignore leaves out. */
function put(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  const isOwn = from.startsWith(`${CONTEXT}/`);
  cpSync(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !isOwn || basename(path) !== 'node_modules',
  });
}

function give(folder: string): void {
  chownSync(folder, USER, USER);
}
