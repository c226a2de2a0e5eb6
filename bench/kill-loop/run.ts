/**
 * Kills a process that writes to the embedded store, again and again, and looks each time whether
 * all that it had acknowledged is there: node bench/kill-loop/run.ts --runs 200 --seed 1
 * What SIGKILL cannot show is the loss of power; against that, SQLite syncs every commit.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createEmbeddedStore } from '../../dist/state/sqlite/store.js';
import { createRandom } from '../support/random.ts';
import { check } from './check.ts';
import { type Acknowledged, readLine } from './records.ts';

/** The kill comes within so many ms after the first acknowledged write… */
const KILL_WITHIN_MS = 250;
/** …and once in so many runs, within so many ms after the start: while the store is being opened. */
const EARLY_EVERY = 10;
const EARLY_WITHIN_MS = 200;
const PROGRESS_EVERY = 20;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
  },
});
const runs = Number(values.runs);
const random = createRandom(Number(values.seed));
const folder = mkdtempSync(join(tmpdir(), 'kill-loop-'));
const figures = { set: 0, append: 0, count: 0, unacknowledged: 0, killedBeforeAWrite: 0 };
const problems: string[] = [];
const openings: number[] = [];
const written: Acknowledged[][] = [];

console.log(`${runs} runs, seed ${values.seed}`);
for (let run = 0; run < runs; run++) {
  const acknowledged = await writeUntilKilled(run);
  written.push(acknowledged);
  for (const { kind } of acknowledged) figures[kind] += 1;
  if (acknowledged.length === 0) figures.killedBeforeAWrite += 1;
  figures.unacknowledged += await look([run]);
  if ((run + 1) % PROGRESS_EVERY === 0)
    console.log(`${run + 1} runs: ${total()} writes acknowledged, ${problems.length} problems`);
}
// What one run wrote must also have survived all the kills after it.
await look(written.keys());

const milliseconds = openings.sort((a, b) => a - b).map((ms) => ms.toFixed(1));
const table: [string, number | string][] = [
  ['kills', runs],
  ['of them before the first write', figures.killedBeforeAWrite],
  ['sets acknowledged', figures.set],
  ['changes by compare-and-set acknowledged', figures.count],
  ['appends (to two logs each) acknowledged', figures.append],
  ['acknowledged in all', total()],
  ['found though not acknowledged', figures.unacknowledged],
  ['ms to open again, median', milliseconds.at(milliseconds.length / 2) ?? ''],
  ['ms to open again, longest', milliseconds.at(-1) ?? ''],
  ['problems (lost, torn, in part, mistaken)', problems.length],
];
for (const [name, figure] of table) console.log(`${name.padEnd(42)}${String(figure).padStart(10)}`);
for (const problem of problems) console.log(problem);

if (problems.length === 0) rmSync(folder, { recursive: true });
else console.log(`The state is left in ${folder}`);
process.exitCode = problems.length === 0 ? 0 : 1;

async function writeUntilKilled(run: number): Promise<Acknowledged[]> {
  const writer = spawn(
    process.execPath,
    [join(import.meta.dirname, 'writer.ts'), folder, String(run)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  let errors = '';
  writer.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  writer.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const closed = once(writer, 'close');

  const early = run % EARLY_EVERY === 0;
  const delay = random() * (early ? EARLY_WITHIN_MS : KILL_WITHIN_MS);
  if (!early) await Promise.race([once(writer.stdout, 'data'), closed]);
  await sleep(delay);
  const killed = writer.kill('SIGKILL');
  await closed;
  if (!killed) throw new Error(`The writer ended by itself: ${errors}`);
  // What follows the last line end is a line that was cut off.
  return output
    .split('\n')
    .slice(0, -1)
    .map(readLine)
    .filter((line) => line !== null);
}

async function look(which: Iterable<number>): Promise<number> {
  const start = performance.now();
  const store = createEmbeddedStore({ folder, now: Date.now });
  openings.push(performance.now() - start);
  const isLost = store.origin === 'lost' && total() > 0;
  if (store.origin === 'copy' || isLost) problems.push(`the folder is taken for ${store.origin}`);
  let unacknowledged = 0;
  for (const run of which) {
    const finding = await check(store, run, written[run] ?? []);
    problems.push(...finding.problems.map((problem) => `run ${run}: ${problem}`));
    unacknowledged += finding.unacknowledged;
  }
  await store.close();
  return unacknowledged;
}

function total(): number {
  return figures.set + figures.append + figures.count;
}
