import {
  type Finding,
  type Counts,
  count,
  showCounts,
  showLatencies,
} from '../../support/tally.ts';
import { showShare } from '../../support/fast-answers.ts';
import type { Company } from './company.ts';
import type { Seen } from './load.ts';
import type { Played } from './troubles.ts';

/** Of all requests. Every fifth is a write, after which the lists are read again. */
const LEAST_FAST = 0.1;

export interface Findings {
  seen: Seen;
  companies: readonly Company[];
  seconds: number;
  /** Of the requests, 0 to 1. */
  fastShare: number;
  played: readonly Played[];
  /** The number of locks found; undefined if they cannot be checked. */
  locks: number | undefined;
  /** The number of stored values by tenant. */
  kept: Counts;
  /** Audit records by tenant and outcome. */
  audited: Counts;
  violations: Counts;
}

/** The table, and the violations. */
export function toFigures(findings: Findings): Finding {
  const { seen, companies, seconds, played, violations } = findings;
  const sum = (counts: Counts) => Object.values(counts).reduce((total, each) => total + each, 0);
  const total = Object.values(seen.requests).reduce((all, counts) => all + sum(counts), 0);
  const troubles: Counts = {};
  played.forEach(({ tenant, name }) => count(troubles, `${tenant} ${name}`));
  const ofTenants = companies.flatMap(({ id, fronts }): Finding['figures'] => [
    [`${id}, requests`, showCounts(seen.requests[id])],
    [`${id}, codes while well`, showCounts(seen.codes.well[id])],
    [`${id}, codes in trouble`, showCounts(seen.codes.troubled[id])],
    [`${id}, sources`, showCounts(seen.states[id])],
    [`${id}, updates`, showCounts(seen.updates[id])],
    [`${id}, writes that arrived`, fronts.returningAI.writes + fronts.tagMango.writes],
  ]);
  return {
    figures: [
      ['requests', total],
      ['requests a second', (total / seconds).toFixed(0)],
      ['seconds', seconds.toFixed(0)],
      ['while well, p50 / p95 / p99 / longest', showLatencies(seen.latencies)],
      ['answered fast', showShare(findings.fastShare)],
      ...ofTenants,
      ['updates with', showCounts(seen.baits)],
      ['warnings', showCounts(seen.warnings)],
      ['troubles', showCounts(troubles)],
      ['locks seen', findings.locks ?? 'none can be seen'],
      ['kept values and entries', showCounts(findings.kept)],
      ['audit records', showCounts(findings.audited)],
      ['violations', showCounts(violations)],
    ],
    problems: [
      ...Object.entries(violations).map(([kind, times]) => `${kind}, ${times} times`),
      ...toBlindSpots(findings),
    ],
  };
}

/** Cases that must have occurred, or the run proves nothing. */
function toBlindSpots({ seen, companies, fastShare, played, locks }: Findings): string[] {
  const idle = companies
    .filter(({ id }) => Object.keys(seen.updates[id]).length === 0)
    .map(({ id }) => id);
  const hidden = companies.filter(({ id }) => {
    const isPlayed = played.some(({ tenant }) => tenant === id);
    return isPlayed && Object.keys(seen.codes.troubled[id]).length === 0;
  });
  return [
    ...(locks === 0 ? ['no lock was ever seen'] : []),
    ...(fastShare < LEAST_FAST ? [`only ${showShare(fastShare)} were answered fast`] : []),
    ...idle.map((id) => `${id} has written nothing`),
    ...hidden.map(({ id }) => `the troubles of ${id} never showed`),
    ...(played.length === 0 ? ['no provider had any trouble'] : []),
  ];
}
