import { isDeepStrictEqual } from 'node:util';
import { type LoadOptions, type Round, type Target, askOnce, load } from './load.ts';
import type { TargetId } from './targets.ts';
import { VARIETY, type Workload } from './workloads.ts';

export type Targets = ReadonlyMap<TargetId, Target>;

/** The rounds of each target took turns, so that those of the same number can be compared. */
export interface Measured {
  name: string;
  rounds: ReadonlyMap<TargetId, readonly Round[]>;
  /** Titles of targets whose data differ from those of the first one. */
  differing: readonly string[];
}

export interface MeasureOptions {
  rounds: number;
  ms: number;
  connections: number;
  /** How long each target is warmed up for each workload, in milliseconds. */
  warmUpMs: number;
}

/** Of the requests of a workload, before it is measured. */
const COMPARED = 5;
/**
 * Before it is measured, each request of a rotation is answered several times: a server that learns documents or tokens
 * then has learned them, and its compiler has seen the code that answers them later.
 */
const WARM_UP_REQUESTS = 4 * VARIETY;

export async function measure(
  workload: Workload,
  targets: Targets,
  { rounds, ms, connections, warmUpMs }: MeasureOptions,
): Promise<Measured> {
  const measured = new Map([...targets.keys()].map((id) => [id, new Array<Round>()]));
  const sent = new Map<Target, number>();
  const send = async (target: Target, options: Pick<LoadOptions, 'ms' | 'atLeast'>) => {
    const from = sent.get(target) ?? 0;
    const round = await load(target, workload, { connections, from, ...options });
    sent.set(target, from + round.sent);
    return round;
  };
  for (const target of targets.values()) {
    await send(target, { ms: warmUpMs, atLeast: WARM_UP_REQUESTS });
  }
  const differing = await findDiffering(workload, [...targets.values()]);
  for (let round = 0; round < rounds; round += 1) {
    for (const [id, target] of targets) measured.get(id)?.push(await send(target, { ms }));
  }
  return { name: workload.name, rounds: measured, differing };
}

async function findDiffering(
  { request, variety }: Workload,
  targets: readonly Target[],
): Promise<string[]> {
  const differing = new Set<string>();
  for (let number = 0; number < Math.min(variety, COMPARED); number += 1) {
    const all: unknown[] = [];
    for (const target of targets) all.push(dataOf(await askOnce(target, request(number))));
    const others = targets.filter((_target, at) => !isDeepStrictEqual(all[at], all[0]));
    for (const { title } of others) differing.add(title);
  }
  return [...differing];
}

/** What no other answer equals if there is none, or an error beside it. */
function dataOf(answer: unknown): unknown {
  const { data, errors } = answer as { data?: unknown; errors?: unknown };
  return errors === undefined && data !== undefined ? data : Symbol('no data');
}
