import type { Behaviour } from './behaviour.ts';

/** The badges of a stand-in: what it holds now, and what its list shows, which may lag. */
export interface BadgeShelf<Badge> {
  /** By id. Tests change it as somebody in the dashboard would: at once, also in the list. */
  badges: Map<string, Badge>;
  /** A write through the API, which the list may show late. */
  write(id: string, badge: Badge): void;
  remove(id: string): void;
  listed(): Badge[];
}

interface LateWrite<Badge> {
  id: string;
  before: Badge | undefined;
  isListedFrom: number;
}

export function createBadgeShelf<Badge>(
  behaviour: Pick<Behaviour, 'listLagMs'>,
  now: () => number,
): BadgeShelf<Badge> {
  const badges = new Map<string, Badge>();
  let late: LateWrite<Badge>[] = [];

  function note(id: string): void {
    const { listLagMs } = behaviour;
    if (listLagMs === 0) return;
    late.push({ id, before: badges.get(id), isListedFrom: now() + listLagMs });
  }

  return {
    badges,
    write(id, badge) {
      note(id);
      badges.set(id, badge);
    },
    remove(id) {
      note(id);
      badges.delete(id);
    },
    listed() {
      late = late.filter(({ isListedFrom }) => isListedFrom > now());
      const shown = new Map(badges);
      for (const { id, before } of late.toReversed()) {
        if (before === undefined) shown.delete(id);
        else shown.set(id, before);
      }
      return [...shown.values()];
    },
  };
}
