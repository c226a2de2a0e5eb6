import { setTimeout as pause } from 'node:timers/promises';
import { StateError } from '../../state/state-store.ts';

const EVERY_MS = 1_000;
/** Then nobody asks any more: keys are kept no longer. */
const AT_MOST_MS = 24 * 60 * 60 * 1_000;

/**
 * Brings to an end in the background what the store could not take, or took without saying so. Nobody waits for it;
 * should this process end before, whoever finds its traces knows how to read them. `work` may run several times.
 */
export function insist(work: () => Promise<unknown>): void {
  void (async () => {
    const until = performance.now() + AT_MOST_MS;
    while (performance.now() < until) {
      await pause(EVERY_MS, undefined, { ref: false });
      try {
        await work();
        return;
      } catch (error) {
        if (!(error instanceof StateError)) throw error;
      }
    }
  })();
}
