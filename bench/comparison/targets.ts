import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { type Children, makeFolder } from '../../test/support/children.ts';
import { type Sandbox, startSandbox } from '../../test/support/sandbox-process.ts';
import { ROUTER_SECRET, startProductionService } from '../../test/support/service-process.ts';
import { sendOperation } from '../../test/support/graphql-client.ts';
import { ALL_BADGES, type BenchEdge, type Question } from './documents.ts';
import type { Target } from './load.ts';
import { readSdl } from './read-sdl.ts';

/** By the name on the command line. */
export const TITLES = {
  fast: 'this service',
  full: 'this service, full path',
  mercurius: 'Mercurius with JIT',
  apollo: 'Apollo Server with type-graphql',
  'apollo-fastify': 'Apollo Server on Fastify',
  yoga: 'Yoga with Pothos',
  parse: 'limit: parse, look up, stringify',
  stored: 'limit: stored bytes',
} as const;
export type TargetId = keyof typeof TITLES;

export const isTargetId = (id: string): id is TargetId => id in TITLES;

const SETTINGS: Readonly<Record<'fast' | 'full', Readonly<Record<string, string>>>> = {
  fast: { FAST_PATH: 'true' },
  full: { FAST_PATH: 'false' },
};
const PEERS: Readonly<Record<string, string>> = {
  mercurius: 'mercurius.ts',
  apollo: 'apollo-type-graphql.ts',
  'apollo-fastify': 'apollo-fastify.ts',
  yoga: 'yoga-pothos.ts',
};
const LIMITS: Readonly<Record<string, readonly string[]>> = { parse: [], stored: ['--stored'] };
const PEERS_FOLDER = join(import.meta.dirname, '../peers');
/** Compiles decorators, which Node does not know. */
const COMPILER = join(import.meta.dirname, '../../test/support/from-sources.ts');
const LISTENING = /listens at (\d+)/;

export interface StandIns extends Sandbox {
  /** The milliseconds that each call took there, since this was last called. */
  takeTimes: () => Promise<number[]>;
}

/** The tenants have keys of their own, `key-<provider>-<number>`. */
export async function startStandIns(
  children: Children,
  badgesOfEach: number,
  tenants = 0,
): Promise<StandIns> {
  const sandbox = await startSandbox(children, {
    script: join(import.meta.dirname, 'stand-in.ts'),
    args: [String(badgesOfEach), String(tenants)],
  });
  const { CALL_TIMES_URL = '', ...variables } = sandbox.variables;
  return {
    ...sandbox,
    variables,
    takeTimes: async () => (await (await request(CALL_TIMES_URL)).body.json()) as number[],
  };
}

export interface Service extends Target {
  end(signal: NodeJS.Signals): Promise<unknown>;
}

/** With a list that stays fresh as long as the bench runs, unless the settings say otherwise. */
export async function startService(
  children: Children,
  id: 'fast' | 'full',
  settings: Readonly<Record<string, string>>,
  nodeArgs: readonly string[] = [],
): Promise<Service> {
  const env = {
    BADGES_FRESH_SECONDS: '3600',
    BADGES_STALE_SECONDS: '3600',
    MALLOC_ARENA_MAX: '2',
    STATE_DIR: makeFolder(children),
    ...SETTINGS[id],
    ...settings,
  };
  const { url, pid, end } = await startProductionService(children, env, { nodeArgs });
  return { title: TITLES[id], url, pid, end };
}

interface Page {
  data: {
    badges: { pageInfo: { endCursor: string; hasNextPage: boolean }; edges: BenchEdge[] };
  };
}

export async function readAllBadges({ url }: Target): Promise<BenchEdge[]> {
  const all: BenchEdge[] = [];
  let after: string | null = null;
  let hasNext = true;
  while (hasNext) {
    const { text } = await sendOperation(
      url,
      { query: ALL_BADGES, variables: { after } },
      { headers: { 'router-authorization': ROUTER_SECRET } },
    );
    const { pageInfo, edges } = (JSON.parse(text) as Page).data.badges;
    all.push(...edges);
    after = pageInfo.endCursor;
    hasNext = pageInfo.hasNextPage;
  }
  return all;
}

/** Writes what the others serve to a file, and returns its path. */
export function writeWorld(
  children: Children,
  { edges, questions }: { edges: readonly BenchEdge[]; questions: readonly Question[] },
): string {
  const file = join(makeFolder(children), 'world.json');
  writeFileSync(file, JSON.stringify({ sdl: readSdl(), edges, questions }));
  return file;
}

/** A peer or a limit over the badges of the file. */
export async function startOther(
  children: Children,
  id: Exclude<TargetId, 'fast' | 'full'>,
  file: string,
): Promise<Service> {
  const peer = PEERS[id];
  if (peer !== undefined) installPeers();
  const script =
    peer === undefined ? join(import.meta.dirname, 'limit-server.ts') : join(PEERS_FOLDER, peer);
  const { ready, pid, end } = await children.start({
    name: TITLES[id],
    script,
    args: [file, ...(LIMITS[id] ?? [])],
    nodeArgs: peer === undefined ? [] : ['--import', COMPILER],
    env: { NODE_ENV: 'production', MALLOC_ARENA_MAX: '2' },
    readyWhen: LISTENING,
  });
  return { title: TITLES[id], url: `http://127.0.0.1:${ready[1]}/graphql`, pid, end };
}

/** The peers are a package of their own, so that a plain `npm ci` does not bring them. */
function installPeers(): void {
  if (existsSync(join(PEERS_FOLDER, 'node_modules'))) return;
  console.log('Installing the peers into bench/peers/node_modules …');
  const { status } = spawnSync('npm', ['ci'], { cwd: PEERS_FOLDER, stdio: 'inherit' });
  if (status !== 0) throw new Error('The peers were not installed: run npm ci in bench/peers');
}
