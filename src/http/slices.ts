/**
 * Long work in slices, so that whatever else the process has to do waits a few milliseconds for it at most. Work is
 * counted in steps, and not in time: it is cut in the same places everywhere.
 */
export interface Slices {
  /** Notes work that was done. Where it gives a promise, others have their turn before that is kept. */
  spend(steps: number): Promise<void> | undefined;
}

/** A step is to look at one character: so many take about two milliseconds. */
const SLICE_STEPS = 200_000;

export function createSlices(): Slices {
  let left = SLICE_STEPS;
  return {
    spend(steps) {
      left -= steps;
      if (left > 0) return undefined;
      left = SLICE_STEPS;
      return nextTurn();
    },
  };
}

/** All of the process: one goes on in each round of the event loop, however many there are. */
const waiting: (() => void)[] = [];

/** Resolves after everything else that is ready has had its turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(goOn);
  });
}

function goOn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(goOn);
}
