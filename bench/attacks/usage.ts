import { z } from 'zod';

/** The prefix of lines with the usage of the service. */
export const MARK = 'usage: ';
/** How far a signal moves the service's clock forward. */
export const JUMP_MS = 40_000;

const usageSchema = z.object({
  stallMs: z.number(),
  busyMs: z.number(),
  inUse: z.number().optional(),
  kept: z.number().optional(),
  rss: z.number(),
});
export type Usage = z.output<typeof usageSchema>;

export function readUsage(line: string): Usage | undefined {
  return line.startsWith(MARK) ? usageSchema.parse(JSON.parse(line.slice(MARK.length))) : undefined;
}

/** The usage of the service in a period. */
export interface Used {
  /** The longest time for which the event loop was blocked. */
  stallMs: number;
  /** The longest single piece of work, in CPU time of the thread. */
  busyMs: number;
  /** By how much more of its memory was in use than at the beginning, after garbage was collected. */
  growthMB: number;
  /** By how much more of all its memory was left after V8 had given back what it could. */
  keptGrowthMB: number;
  /** By how much all its memory was larger at most. */
  rssGrowthMB: number;
  /** How much of that may be garbage. */
  garbageMB: number;
}

const MB = 1024 * 1024;
/** V8 collects old objects once there are so many more percent than a collection left, by `src/v8.ts`. */
export const GARBAGE_PERCENT = 80;

export interface Phases {
  /** Without an attack, its garbage collected at the end. */
  before: readonly Usage[];
  during: readonly Usage[];
  /** After it, while garbage was collected: that is no work of the attack. */
  collected: readonly Usage[];
}

/** The most of each phase counts, since memory comes and goes. */
export function toUsed({ before, during, collected }: Phases): Used {
  const after = [...during, ...collected];
  const inUse = mostInUse(after) - mostInUse(before);
  const kept = mostKept(after) - mostKept(before);
  const resident = mostResident(during) - mostResident(before);
  return {
    stallMs: Math.max(...during.map(({ stallMs }) => stallMs)),
    busyMs: Math.max(...during.map(({ busyMs }) => busyMs)),
    growthMB: Math.max(0, inUse / MB),
    keptGrowthMB: Math.max(0, kept / MB),
    rssGrowthMB: Math.max(0, resident / MB),
    garbageMB: ((GARBAGE_PERCENT / 100) * mostInUse(after)) / MB,
  };
}

function mostInUse(usages: readonly Usage[]): number {
  return Math.max(...usages.map(({ inUse = 0 }) => inUse));
}

/** Not a number if it was not told, which is within no bound. */
function mostKept(usages: readonly Usage[]): number {
  const told = usages.flatMap(({ kept }) => kept ?? []);
  return told.length === 0 ? NaN : Math.max(...told);
}

function mostResident(usages: readonly Usage[]): number {
  return Math.max(...usages.map(({ rss }) => rss));
}
