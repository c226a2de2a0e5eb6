import { z } from 'zod';

/** How a line of the service begins that tells what it uses. */
export const MARK = 'usage: ';
/** How far a signal turns the clock of the service on. */
export const JUMP_MS = 40_000;

const usageSchema = z.object({ stallMs: z.number(), busyMs: z.number(), rss: z.number() });
export type Usage = z.output<typeof usageSchema>;

export function readUsage(line: string): Usage | undefined {
  return line.startsWith(MARK) ? usageSchema.parse(JSON.parse(line.slice(MARK.length))) : undefined;
}

/** What the service used from one moment to another. */
export interface Used {
  /** The longest time for which nothing else could go on. */
  stallMs: number;
  /** The longest work at a time, by the clock of the thread: what else runs on the machine does not count. */
  busyMs: number;
  /** By how much its memory was above that at the beginning. */
  growthMB: number;
}

const MB = 1024 * 1024;

/** `before`: as it was without an attack; the most of it counts, since memory comes and goes. */
export function toUsed(before: readonly Usage[], during: readonly Usage[]): Used {
  const rssOf = (usages: readonly Usage[]): number => Math.max(...usages.map(({ rss }) => rss));
  return {
    stallMs: Math.max(...during.map(({ stallMs }) => stallMs)),
    busyMs: Math.max(...during.map(({ busyMs }) => busyMs)),
    growthMB: Math.max(0, (rssOf(during) - rssOf(before)) / MB),
  };
}
