import { type Finding, quantile } from '../../support/tally.ts';

const MAX_GROWTH = 0.2;
const MAX_GROWTH_MB = 40;

/**
 * In shorter runs, caches and compilers are still warming up during the second tenth. On a slow machine they are so in
 * longer ones too: that of 50,000 documents had 255 to 275 MB, and the last 311 to 323. The second tenth of 300,000 had
 * 315 MB, and the last 347.
 */
const MIN_DOCUMENTS = 30_000;

/** Compares the second tenth of a run with its last. */
export function toMemoryFinding(rssMb: readonly number[], documents: number): Finding {
  const tenth = Math.floor(rssMb.length / 10);
  const early = quantile(rssMb.slice(tenth, 2 * tenth), 0.5);
  const late = quantile(rssMb.slice(-tenth), 0.5);
  const isLong = documents >= MIN_DOCUMENTS;
  const most = Math.max(early * (1 + MAX_GROWTH), early + MAX_GROWTH_MB);
  return {
    figures: [
      ['resident memory, second tenth', `${early.toFixed(0)} MB`],
      ['last tenth', `${late.toFixed(0)} MB`],
      ['allowed', isLong ? `${most.toFixed(0)} MB` : 'too short a run to say'],
      ['highest', `${Math.max(...rssMb).toFixed(0)} MB`],
    ],
    problems:
      late <= most || !isLong
        ? []
        : [`memory has grown from ${early.toFixed(0)} to ${late.toFixed(0)} MB`],
  };
}
