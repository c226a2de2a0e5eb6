/**
 * Plays random sequences of mutations with keys, faults before and after they are applied, repeats, kills and
 * restarts through the real writing pipeline on the embedded store, and looks after each step that no key ever
 * stands for two writes that were or may have been applied: node bench/sequences/run.ts --runs 10000 --seed 1
 * A failure is shrunk to its shortest sequence, and shown.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { sequences } from './commands.ts';
import { type Figures, createHome, play } from './world.ts';

const PROGRESS_EVERY = 500;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
});
const numRuns = Number(values.runs);
const seed = Number(values.seed);
const folder = mkdtempSync(join(tmpdir(), 'sequences-'));
const home = createHome(folder);
const figures: Figures = {
  mutations: 0,
  sends: 0,
  repeats: 0,
  restarts: 0,
  kills: 0,
  outcomes: {},
};
const start = performance.now();
let played = 0;

console.log(`${numRuns} sequences, seed ${seed}`);
const result = await fc.check(
  fc.asyncProperty(sequences, async (commands) => {
    played += 1;
    await play(home, { name: `s${played}`, commands, figures });
    if (played % PROGRESS_EVERY === 0) {
      const seconds = ((performance.now() - start) / 1_000).toFixed(0);
      console.log(`${played} sequences, ${figures.mutations} mutations, ${seconds} s`);
    }
  }),
  { numRuns, seed },
);

const table: [string, number][] = [
  ['sequences', played],
  ['mutations', figures.mutations],
  ['of them repeats of a key with a write', figures.repeats],
  ['writes sent', figures.sends],
  ['kills in the middle of a write', figures.kills],
  ['restarts, kills included', figures.restarts],
  ...Object.entries(figures.outcomes).sort(([, a], [, b]) => b - a),
  ['sequences with a key of two writes, or a false outcome', result.failed ? 1 : 0],
];
for (const [name, figure] of table) console.log(`${name.padEnd(58)}${String(figure).padStart(10)}`);
if (result.failed) console.log(result.errorInstance, await fc.asyncDefaultReportMessage(result));

await home.store.close();
rmSync(folder, { recursive: true });
process.exit(result.failed ? 1 : 0);
