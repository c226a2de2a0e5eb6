import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Children } from '../../test/support/children.ts';
import type { Attack } from './attacks.ts';
import type { Heard, Sent } from './callers.ts';
import { type Usage, type Used, toUsed } from './usage.ts';
import { type World, startWorld } from './world.ts';

/** The results of an attack. */
export interface Outcome extends Used {
  name: string;
  what: string;
  keptMB: number;
  other: Heard;
  health: Heard;
  attacker: Heard;
  logMB: number;
  stateMB: number;
  hasEnded: boolean;
}

export interface CarryOutOptions {
  dist: string;
  seconds: number;
}

const EVERY_MS = 20;
/** As by default. */
const FRESH_SECONDS = 30;
const NICENESS = 10;
/** Warms up compilers and memory. */
const WARM_UP_MS = 5_000;
/** Gives V8 back the memory that a collection has taken from it. */
const AGAIN_MS = 1_000;
const COLLECT_MS = 100;
const MAX_COLLECT_MS = 10_000;
const MB = 1024 * 1024;
const OTHER: Sent = {
  query: '{ badges(first: 20) { totalCount nodes { ... on BadgeFields { id name } } } }',
};

/** Carries out an attack on a new service, and measures its effects on other clients. */
export async function carryOut(
  children: Children,
  attack: Attack,
  { dist, seconds }: CarryOutOptions,
): Promise<Outcome> {
  const world = await startWorld(children, {
    dist,
    freshSeconds: attack.freshSeconds ?? FRESH_SECONDS,
  });
  try {
    return await attackWorld(world, attack, seconds);
  } finally {
    await world.end();
  }
}

async function attackWorld(world: World, attack: Attack, seconds: number): Promise<Outcome> {
  const { callers, tokens, origin } = world;
  await prepare(world, attack);
  const before = await warmUp(world, attack.jumpsBefore ?? 0);
  const logBefore = world.logBytes();
  const stateBefore = sizeOf(world.stateFolder);

  await world.provider.tell(attack.provider ?? 'plain');
  await world.issuer.tell({ mood: attack.issuer ?? 'good', keys: tokens.publicKeys });
  world.takeUsages();
  beginOthers(world);
  const { connections } = attack;
  const requests = await attack.requests(tokens);
  // Real attackers use other machines, so the cost of attacking is not measured.
  callers.attacker.begin({ origin, requests, connections, niceness: NICENESS });
  await jump(world, attack.jumps ?? 0, seconds * 1_000);
  const [other, health] = [await callers.other.stop(), await callers.health.stop()];
  const during = world.takeUsages();
  const used = toUsed({ before, during, collected: await collect(world) });
  const hasEnded = world.service.hasEnded();
  return {
    ...used,
    name: attack.name,
    what: attack.what,
    keptMB: attack.keptMB ?? 0,
    other,
    health,
    attacker: await callers.attacker.stop(),
    logMB: (world.logBytes() - logBefore) / MB,
    stateMB: (sizeOf(world.stateFolder) - stateBefore) / MB,
    hasEnded,
  };
}

function beginOthers({ callers, tokens, origin }: World): void {
  const asked = { ...OTHER, token: tokens.ofOther };
  callers.other.begin({ origin, requests: [asked], everyMs: EVERY_MS });
  callers.health.begin({ origin, requests: [{}], everyMs: EVERY_MS });
}

/** One after the other, and once. */
async function prepare({ callers, tokens, origin }: World, attack: Attack): Promise<void> {
  const requests = (await attack.prepare?.(tokens)) ?? [];
  if (requests.length === 0) return;
  callers.attacker.begin({ origin, requests, connections: 1, most: requests.length });
  const { failed } = await callers.attacker.stop();
  if (failed > 0) console.log(`${failed} of ${requests.length} requests before the attack failed`);
}

async function warmUp(world: World, jumps: number): Promise<Usage[]> {
  const { callers, tokens, origin } = world;
  beginOthers(world);
  await world.provider.tell('full');
  const query = '{ badges { totalCount } }';
  callers.attacker.begin({ origin, requests: [{ query, token: tokens.ofAttacker }], everyMs: 50 });
  await jump(world, jumps, WARM_UP_MS);
  const collected = await collect(world);
  await sleep(AGAIN_MS);
  await Promise.all(Object.values(callers).map((each) => each.stop()));
  return [...collected, ...world.takeUsages()];
}

/** Lets time pass, and the service believe that more has. */
async function jump({ service }: World, times: number, forMs: number): Promise<void> {
  for (let jumps = 0; jumps < times; jumps += 1) {
    await sleep(forMs / (times + 1));
    if (!service.hasEnded()) process.kill(service.pid, 'SIGUSR2');
  }
  await sleep(forMs / (times + 1));
}

/** The usage until all garbage is collected, so that what is in use and what is kept is known. */
async function collect(world: World): Promise<Usage[]> {
  const { service } = world;
  const usages: Usage[] = [];
  if (!service.hasEnded()) process.kill(service.pid, 'SIGWINCH');
  for (let waitedMs = 0; waitedMs < MAX_COLLECT_MS; waitedMs += COLLECT_MS) {
    if (service.hasEnded() || usages.some(({ kept }) => kept !== undefined)) break;
    await sleep(COLLECT_MS);
    usages.push(...world.takeUsages());
  }
  return usages;
}

function sizeOf(folder: string): number {
  return readdirSync(folder).reduce((bytes, file) => bytes + statSync(join(folder, file)).size, 0);
}
