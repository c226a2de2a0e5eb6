import { z } from 'zod';
import { recordsProblem } from './fault-kinds/records.ts';
import type { BadgesInAnswers } from './fault-kinds/records.ts';
import { faultSchema, times } from './faults.ts';
import type { Fault, FaultInput } from './faults.ts';
import { PRESET_NAMES, toPreset } from './presets.ts';
import { Refusal } from './refusal.ts';

const namedFaultSchema = z.strictObject({
  name: z.enum(PRESET_NAMES),
  isApplied: z.boolean().optional(),
  times,
});

/** A fault by the name of its preset. */
export type NamedFault = z.output<typeof namedFaultSchema>;
type SwitchedFault = Fault | NamedFault;

/** Faults by operation, as the contract file names it; `*` stands for all. */
export interface FaultSwitch {
  /** Throws a `Refusal` for what this operation cannot show. */
  set(operation: string, fault: FaultInput | z.input<typeof namedFaultSchema>): void;
  clear(operation?: string): void;
  /** The fault that the next request of this operation meets, if any; counts down `times`. */
  take(operation: string, url: string): Fault | undefined;
  entries(): Record<string, SwitchedFault>;
}

export interface FaultSwitchOptions {
  /** The provider's own error body for a status; `url` is the path that was asked, with its query. */
  toErrorBody: (status: number, message: string, url: string) => object;
  badges: BadgesInAnswers;
}

export function createFaultSwitch({ toErrorBody, badges }: FaultSwitchOptions): FaultSwitch {
  const faults = new Map<string, SwitchedFault>();

  function toFault(fault: SwitchedFault, url: string): Fault {
    if (!('name' in fault)) return fault;
    const preset = toPreset(fault.name, (status) =>
      toErrorBody(status, 'A fault of the sandbox', url),
    );
    const { isApplied = preset.isApplied } = fault;
    return parse(faultSchema, { ...preset, isApplied });
  }

  function set(operation: string, input: unknown): void {
    const fault = parseFault(input);
    const shown = toFault(fault, '/');
    const problem =
      shown.kind === 'records' ? recordsProblem(operation, shown.change, badges) : undefined;
    if (problem) throw new Refusal(400, problem);
    faults.set(operation, fault);
  }

  function take(operation: string, url: string): Fault | undefined {
    const key = faults.has(operation) ? operation : '*';
    const fault = faults.get(key);
    if (fault?.times === 1) faults.delete(key);
    else if (fault?.times !== undefined) faults.set(key, { ...fault, times: fault.times - 1 });
    return fault && toFault(fault, url);
  }

  return {
    set,
    clear: (operation) =>
      void (operation === undefined ? faults.clear() : faults.delete(operation)),
    take,
    entries: () => Object.fromEntries(faults),
  };
}

/** Reads what somebody typed. Throws a `Refusal`. */
export function parseFault(input: unknown): SwitchedFault {
  const isNamed = typeof input === 'object' && input !== null && 'name' in input;
  return isNamed ? parse(namedFaultSchema, input) : parse(faultSchema, input);
}

function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new Refusal(400, z.prettifyError(parsed.error));
}
