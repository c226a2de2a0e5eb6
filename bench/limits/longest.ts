import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// Garbage of the cases before, and of what made this one, is no work of it.
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** In time of the processor. */
export interface Measured {
  allMs: number;
  /** The longest time in which nothing else could go on. */
  longestMs: number;
}

export interface MeasuredCase {
  name: string;
  measured: Measured;
  /** What came of it. */
  outcome?: string;
}

/** How long something takes that others may interrupt, and how long they wait for that at most. */
export async function measure(run: () => Promise<unknown>): Promise<Measured> {
  collectGarbage();
  const begun = cpuMs();
  let last = begun;
  let longestMs = 0;
  const look = (): void => {
    const now = cpuMs();
    longestMs = Math.max(longestMs, now - last);
    last = now;
  };
  let isRunning = true;
  const tick = (): void => {
    look();
    if (isRunning) setImmediate(tick);
  };
  setImmediate(tick);
  try {
    await run();
  } finally {
    isRunning = false;
    look();
  }
  return { allMs: cpuMs() - begun, longestMs };
}

/** Of this thread: what others do on the machine is no work of ours. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

export function showMeasured({ allMs, longestMs }: Measured): string {
  return `${allMs.toFixed(0).padStart(7)} ms, ${longestMs.toFixed(1)} ms at a time`;
}
