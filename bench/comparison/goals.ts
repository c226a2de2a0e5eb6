import type { TargetId } from './targets.ts';

/** How much work per CPU a target should do, as a multiple of what another does in the same rounds. */
export interface Goal {
  workload: RegExp;
  target: TargetId;
  against: TargetId;
  least: number;
}

export const GOALS: readonly Goal[] = [
  { workload: /^_entities of 1\b/, target: 'fast', against: 'parse', least: 0.8 },
  { workload: /^_entities of 10\b/, target: 'fast', against: 'parse', least: 0.9 },
  { workload: /^_entities of (100|500)\b/, target: 'fast', against: 'parse', least: 1.3 },
  { workload: /^badges .*(same page|50 pages)$/, target: 'fast', against: 'mercurius', least: 2 },
  { workload: /^badges .*new pages$/, target: 'fast', against: 'mercurius', least: 1 },
  { workload: /^_entities/, target: 'full', against: 'apollo', least: 1 },
];
