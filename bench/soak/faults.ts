import { setTimeout as sleep } from 'node:timers/promises';
import { pick } from '../../test/support/random.ts';
import type { StandIn } from '../../test/support/sandbox-process.ts';
import { type Counts, count } from '../../test/support/tally.ts';
import { type Drawn, createDeck } from './fault-deck.ts';

export interface FaultRun {
  /** Counts of the faults that were switched on. */
  shown: Counts;
  /** Switches all faults off for good. */
  stop(): Promise<void>;
}

/** How long a fault lasts, and how long the pause before it: from, to, milliseconds. */
const LASTS_MS = [2_000, 6_000] as const;
const PAUSE_MS = [1_000, 10_000] as const;

/** Faults of every kind, one after the other, at either stand-in. */
export async function startFaults(
  standIns: readonly StandIn[],
  random: () => number,
  tell: (fault: string) => void,
): Promise<FaultRun> {
  const places = await Promise.all(
    standIns.map(async (standIn) => ({ standIn, ...(await standIn.about()) })),
  );
  const { kinds = {}, presets = [] } = places[0] ?? {};
  const draw = createDeck({ kinds: Object.keys(kinds), presets }, random);
  const ends = new AbortController();
  const shown: Counts = {};

  async function switchOn({ fault, isEverywhere }: Drawn): Promise<void> {
    const { standIn, operations } = pick(places, random);
    // Lists are requested most often.
    const one = pick(['listBadges', pick(operations, random)], random);
    if (await standIn.setFault(isEverywhere ? '*' : one, fault)) return;
    // Not every operation can simulate every fault.
    for (const place of places) if (await place.standIn.setFault('*', fault)) return;
    throw new Error(`No stand-in shows ${JSON.stringify(fault)}`);
  }

  async function run(): Promise<void> {
    const { signal } = ends;
    while (!signal.aborted) {
      await pauseWithin(PAUSE_MS, random, signal);
      if (signal.aborted) return;
      const drawn = draw();
      await switchOn(drawn);
      const name = JSON.stringify(drawn.fault);
      count(shown, name);
      tell(name);
      await pauseWithin(LASTS_MS, random, signal);
      await Promise.all(standIns.map((standIn) => standIn.clearFaults()));
    }
  }

  const running = run();
  return {
    shown,
    stop() {
      ends.abort();
      return running;
    },
  };
}

async function pauseWithin(
  [from, to]: readonly [number, number],
  random: () => number,
  signal: AbortSignal,
): Promise<void> {
  await sleep(from + (to - from) * random(), undefined, { signal }).catch(() => undefined);
}
