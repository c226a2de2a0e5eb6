import type { ProductionService } from '../../test/support/service-process.ts';

/** A change of the breaker's state, from the service's log. */
export type BreakerEvent =
  /** `at`: monotonic milliseconds. */
  { at: number; state: 'open'; openMs: number } | { at: number; state: 'closed' };

/** All changes from now on, in order. */
export function listenToBreaker(
  service: ProductionService,
  provider: string,
  listener: (event: BreakerEvent) => void,
): void {
  service.onLog((line) => {
    if (line?.provider !== provider) return;
    const at = performance.now();
    if (line.msg.endsWith('are paused after repeated failures')) {
      listener({ at, state: 'open', openMs: Number(line.openMs) });
    } else if (line.msg.endsWith('have resumed')) listener({ at, state: 'closed' });
  });
}
