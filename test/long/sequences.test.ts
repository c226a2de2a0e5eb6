import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sequences } from './sequences/commands.ts';
import { type Counted, type Home, createHome, play } from './sequences/world.ts';
import { TIMEOUT_MS, runsOf, seedOf, showFigures } from './size.ts';

/**
 * Random sequences of mutations with keys, faults before and after they are applied, repeats, kills and restarts,
 * through the real writing pipeline on the embedded store. A failure is shrunk to its shortest sequence.
 */
const RUNS = runsOf({ short: 300, full: 10_000 });
const seed = seedOf();

let folder: string;
let home: Home;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sequences-'));
  home = createHome(folder);
});
afterAll(async () => {
  await home.store.close();
  rmSync(folder, { recursive: true });
});

test(
  'in any sequence of mutations, faults, repeats, kills and restarts, no key stands for two writes',
  async () => {
    const counted: Counted = {
      mutations: 0,
      sends: 0,
      repeats: 0,
      restarts: 0,
      kills: 0,
      outcomes: {},
    };
    let played = 0;
    const result = await fc.check(
      fc.asyncProperty(sequences, async (commands) => {
        played += 1;
        await play(home, { name: `s${played}`, commands, counted });
      }),
      { numRuns: RUNS, seed },
    );
    showFigures('sequences', [
      ['seed', seed],
      ['sequences', played],
      ['mutations', counted.mutations],
      ['of them repeats of a key with a write', counted.repeats],
      ['writes sent', counted.sends],
      ['kills in the middle of a write', counted.kills],
      ['restarts, kills included', counted.restarts],
      ...Object.entries(counted.outcomes).sort(([, a], [, b]) => b - a),
    ]);
    if (result.failed) {
      const report = await fc.asyncDefaultReportMessage(result);
      throw new Error(report, { cause: result.errorInstance });
    }
    expect(played).toBe(RUNS);
    expect(counted.repeats).toBeGreaterThan(0);
    expect(counted.kills).toBeGreaterThan(0);
  },
  TIMEOUT_MS,
);
