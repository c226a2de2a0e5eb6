/** What is chosen at random for one write. */
export interface Plan {
  writer: number;
  /** One for each replica. */
  replicas: ReplicaPlan[];
  /** Whether Redis still holds the list that was read before the write. */
  isShared: boolean;
}

export interface ReplicaPlan {
  /** Its snapshot of the list before the write. */
  local: 'cold' | 'warm' | 'stale';
  /** A read in progress during the write. */
  read: ReadPlan | null;
  /** The delay of replies from Redis during the write, in milliseconds. */
  delayMs: number;
}

/** The stages of a write, in order. */
export const MOMENTS = ['before', 'sent', 'applied', 'answered', 'read'] as const;
export type Moment = (typeof MOMENTS)[number];

export interface ReadPlan {
  beginAt: Moment;
  /** When the provider's response to it is released. Null: it is not delayed. */
  releaseAt: Moment | null;
  /** Whether the next reader may read the list, too: this one took longer than its ticket lasts. */
  isSlow: boolean;
}

/** Far below the timeout of a command. */
const MAX_DELAY_MS = 30;
const LAST_BEGIN = MOMENTS.indexOf('applied');

export function createPlan(random: () => number, replicas: number): Plan {
  const below = (count: number) => Math.floor(random() * count);
  const isLikely = (share: number) => random() < share;

  function toRead(): ReadPlan {
    const begin = below(LAST_BEGIN + 1);
    const release = begin + 1 + below(MOMENTS.length - begin - 1);
    return {
      beginAt: MOMENTS[begin] ?? 'before',
      releaseAt: isLikely(0.8) ? (MOMENTS[release] ?? 'read') : null,
      isSlow: isLikely(0.5),
    };
  }

  return {
    writer: below(replicas),
    replicas: Array.from({ length: replicas }, () => ({
      local: (['cold', 'cold', 'warm', 'stale'] as const)[below(4)] ?? 'cold',
      read: isLikely(0.8) ? toRead() : null,
      delayMs: isLikely(0.4) ? below(MAX_DELAY_MS) : 0,
    })),
    isShared: isLikely(0.3),
  };
}
