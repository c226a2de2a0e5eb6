import type { Shelf } from './shelf.ts';
import type { SharedSnapshots } from './shared-snapshots.ts';
import type { Reading, Snapshot } from './snapshot.ts';

/** The moment at which a read begins, as far as it decides whether its result may be shown later. */
export interface Begun {
  readonly at: number;
  readonly generation: number;
  readonly epoch: number;
}

/** How far a read has come. Undefined: it has asked nobody yet, so that whoever comes now may join it. */
export interface Progress {
  begun: Begun | undefined;
}

/** The snapshot of one list that this process holds, and whether it may be shown. */
export interface Holder<T> {
  begin(): Begun;
  /** Whether nothing was forgotten since, here or, as far as can be known, elsewhere. */
  isCurrent(begun: Begun): boolean;
  /** Whether what the read brings may be shown to a reader who comes now. */
  mayJoin(progress: Progress): boolean;
  /** Whether something was forgotten since this moment. */
  isForgotten(asOf: number): boolean;
  /** `freshMs` counts from the snapshot's own time. What is not current, or older than what is held, is dropped. */
  hold(snapshot: Snapshot<T>, begun: Begun, kept: { freshMs: number; bytes: number }): void;
  /** Undefined: nothing that may be shown. */
  show(): Reading<T> | undefined;
  forget(): void;
}

export interface HolderOptions<T> {
  name: string;
  shelf: Shelf<T>;
  /** The greatest age of what is shown after its fresh time, milliseconds. */
  staleMs: number;
  shared?: Pick<SharedSnapshots, 'epoch'> | undefined;
  /** Monotonic milliseconds. */
  now: () => number;
}

export function createHolder<T>({
  name,
  shelf,
  staleMs,
  shared,
  now,
}: HolderOptions<T>): Holder<T> {
  let generation = 0;
  let forgottenAt = -Infinity;
  const epoch = (): number => shared?.epoch() ?? 0;

  function isCurrent(begun: Begun): boolean {
    return begun.generation === generation && begun.epoch === epoch();
  }

  return {
    begin: () => ({ at: now(), generation, epoch: epoch() }),
    isCurrent,
    isForgotten: (asOf) => asOf < forgottenAt,
    mayJoin: ({ begun }) => begun === undefined || isCurrent(begun),
    hold(snapshot, begun, { freshMs, bytes }) {
      const held = shelf.get(name);
      const heldAsOf = held?.epoch === begun.epoch ? held.snapshot.asOf : -Infinity;
      const isOlder = heldAsOf > snapshot.asOf && heldAsOf <= now();
      if (!isCurrent(begun) || isOlder) return;
      const freshUntil = snapshot.asOf + freshMs;
      shelf.set(name, { snapshot, freshUntil, epoch: begun.epoch, bytes });
    },
    show() {
      const held = shelf.get(name);
      if (held?.epoch !== epoch()) return undefined;
      const { snapshot, freshUntil } = held;
      const age = now() - snapshot.asOf;
      // A negative age: the clock was set back, and nobody knows.
      if (age < 0) return undefined;
      if (now() < freshUntil) return { snapshot, state: 'CACHED' };
      return age < staleMs ? { snapshot, state: 'STALE' } : undefined;
    },
    forget() {
      generation += 1;
      forgottenAt = now();
      shelf.delete(name);
    },
  };
}
