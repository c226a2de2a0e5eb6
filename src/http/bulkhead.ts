import type { Clock } from './clock.ts';

/** How many calls of one provider may be under way at once. */
export interface Bulkhead {
  /** Waits for a place until `until`, monotonic milliseconds; undefined when there was none. What it resolves with gives the place back. */
  enter(isQuery: boolean, until: number): Promise<(() => void) | undefined>;
}

/** As many as there are connections, so that no call that was let through waits for one. */
export const PLACES = 16;
/** The others are kept for mutations. */
const PLACES_OF_QUERIES = 12;

export function createBulkhead(clock: Clock): Bulkhead {
  const waiting: { isQuery: boolean; start: () => void }[] = [];
  let taken = 0;
  let takenByQueries = 0;

  const hasPlace = (isQuery: boolean): boolean =>
    taken < PLACES && !(isQuery && takenByQueries >= PLACES_OF_QUERIES);

  function take(isQuery: boolean): void {
    taken += 1;
    if (isQuery) takenByQueries += 1;
  }

  function give(isQuery: boolean): void {
    taken -= 1;
    if (isQuery) takenByQueries -= 1;
    const first =
      waiting.find((each) => !each.isQuery && hasPlace(false)) ??
      waiting.find((each) => each.isQuery && hasPlace(true));
    if (!first) return;
    waiting.splice(waiting.indexOf(first), 1);
    take(first.isQuery);
    first.start();
  }

  return {
    async enter(isQuery, until) {
      if (hasPlace(isQuery)) take(isQuery);
      else if (!(await waitForPlace(isQuery, until))) return undefined;
      return () => give(isQuery);
    },
  };

  function waitForPlace(isQuery: boolean, until: number): Promise<boolean> {
    return new Promise((resolve) => {
      const patience = new AbortController();
      const waiter = {
        isQuery,
        start: () => {
          resolve(true);
          patience.abort();
        },
      };
      waiting.push(waiter);
      void clock.pause(Math.max(0, until - clock.now()), patience.signal).then(() => {
        const place = waiting.indexOf(waiter);
        if (place >= 0) waiting.splice(place, 1);
        // After `start` this says nothing any more.
        resolve(false);
      });
    });
  }
}
