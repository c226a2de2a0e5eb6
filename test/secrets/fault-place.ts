import { Refusal } from '../../src/sandbox/behaviour.ts';
import type { FaultInput } from '../../src/sandbox/faults.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import type { StandIn } from '../../src/sandbox/stand-in.ts';
import type { PoisonedFault } from './fault-list.ts';
import { createPoison } from './poison.ts';
import { type Places, type PlantedTenant, plantTenant, startPlantedSandbox } from './tenant.ts';

export type Phase = 'good' | 'all' | 'writes';

/** One fault, with companies of its own: what one has met is nothing to the breakers of another. */
export interface FaultPlace {
  name: string;
  /** Meets it at every call. */
  reader: PlantedTenant;
  /** Meets it at its writes only. */
  writer: PlantedTenant;
  places: Places;
  /** Undefined: nothing is there to be switched. */
  sandbox: Sandbox | undefined;
  switchTo: (phase: Phase) => void;
}

const READS: readonly string[] = ['listBadges', 'lookupUser', 'userInfo'];

/** `turn`: which spelling of our keys comes first. */
export async function startFaultPlace(
  { name, toFault }: PoisonedFault,
  { integration, turn }: { integration: string; turn: number },
): Promise<FaultPlace> {
  const { reader, writer } = plantPair(name);
  const sandbox = await startPlantedSandbox([reader, writer]);
  return {
    name,
    reader,
    writer,
    sandbox,
    places: {
      returningAI: sandbox.returningAI.origin,
      tagMango: sandbox.tagMango.origin,
      integration,
    },
    switchTo(phase) {
      const { keys } = phase === 'all' ? reader : writer;
      for (const at of ['returningAI', 'tagMango'] as const) {
        // What it was sent, it can give back.
        switchOne(sandbox[at], phase, toFault(at, createPoison(keys[at].value, turn)));
      }
    },
  };
}

function switchOne(
  { faults, operations }: StandIn,
  phase: Phase,
  fault: FaultInput | undefined,
): void {
  faults.clear();
  if (phase === 'good' || !fault) return;
  if (phase === 'all') return faults.set('*', fault);
  for (const operation of operations) {
    if (READS.includes(operation)) continue;
    try {
      faults.set(operation, fault);
    } catch (error) {
      // Its answer holds no badges that could be changed.
      if (!(error instanceof Refusal)) throw error;
    }
  }
}

/** Where all three are the same place, that nobody can switch. */
export function toFaultPlace(name: string, origin: string): FaultPlace {
  return {
    name,
    ...plantPair(name),
    sandbox: undefined,
    places: { returningAI: origin, tagMango: origin, integration: origin },
    switchTo: () => undefined,
  };
}

function plantPair(name: string): Pick<FaultPlace, 'reader' | 'writer'> {
  const id = name.replace(/\W+/g, '-');
  return { reader: plantTenant(`${id}-r`), writer: plantTenant(`${id}-w`) };
}
