import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { quantile } from '../support/tally.ts';
import { MAIN } from '../support/service-process.ts';
import { killAgainAndAgain } from './kill-loop/loop.ts';
import { TIMEOUT_MS, runsOf, seedOf, showFigures } from './size.ts';

/** SIGKILL does not simulate a power loss. For that, SQLite syncs every commit. */
const RUNS = runsOf({ short: 12, full: 200 });
const seed = seedOf();

test(
  'a process killed while it writes loses no acknowledged write',
  async () => {
    if (!existsSync(MAIN)) throw new Error('dist/ is missing: run npm run build');
    const folder = mkdtempSync(join(tmpdir(), 'kill-loop-'));
    const figures = await killAgainAndAgain(folder, { runs: RUNS, seed });
    const { acknowledged, openings, problems } = figures;
    const total = acknowledged.set + acknowledged.append + acknowledged.count;
    showFigures('kill-loop', [
      ['seed', seed],
      ['kills', RUNS],
      ['of them before the first write', figures.killedBeforeAWrite],
      ['sets acknowledged', acknowledged.set],
      ['changes by compare-and-set acknowledged', acknowledged.count],
      ['appends (to two logs each) acknowledged', acknowledged.append],
      ['acknowledged in all', total],
      ['found though not acknowledged', figures.unacknowledged],
      ['ms to open again, median', quantile(openings, 0.5).toFixed(1)],
      ['ms to open again, longest', quantile(openings, 1).toFixed(1)],
    ]);
    // The folder is kept if its state is damaged.
    expect({ seed, folder, problems }).toEqual({ seed, folder, problems: [] });
    expect(total).toBeGreaterThan(0);
    rmSync(folder, { recursive: true });
  },
  TIMEOUT_MS,
);
