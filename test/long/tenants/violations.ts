import { type Counts, count } from '../../support/tally.ts';

/** Violations found during a run. */
export interface Violations {
  add(kind: string, detail: string): void;
  /** By kind. */
  readonly counts: Counts;
  /** The first of each kind, in full. */
  readonly details: readonly string[];
}

const DETAILS_OF_A_KIND = 3;
const MAX_DETAIL = 1_500;

export function createViolations(): Violations {
  const counts: Counts = {};
  const details: string[] = [];
  return {
    counts,
    details,
    add(kind, detail) {
      count(counts, kind);
      if ((counts[kind] ?? 0) > DETAILS_OF_A_KIND) return;
      details.push(`${kind}: ${detail.slice(0, MAX_DETAIL)}`);
    },
  };
}
