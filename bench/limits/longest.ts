import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// Garbage of earlier cases is collected first.
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** In CPU time. */
export interface Measured {
  allMs: number;
  /** The longest time for which the event loop was blocked. */
  longestMs: number;
}

export interface MeasuredCase {
  name: string;
  measured: Measured;
  /** The result. */
  outcome?: string;
}

/** Measures how long a piece of asynchronous work takes, and the longest delay of others. */
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

/** CPU time of this thread, so that other processes do not count. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

export function showMeasured({ allMs, longestMs }: Measured): string {
  return `${allMs.toFixed(0).padStart(7)} ms, ${longestMs.toFixed(1)} ms at a time`;
}
