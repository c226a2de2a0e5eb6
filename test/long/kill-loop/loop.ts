import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../../support/random.ts';
import { createEmbeddedStore } from '../../../src/state/sqlite/store.ts';
import { check } from './check.ts';
import { type Acknowledged, readLine } from './records.ts';

/** The process is killed within this time after the first acknowledged write… */
const KILL_WITHIN_MS = 250;
/** …and in one of so many runs within this time after the start, while the store is being opened. */
const EARLY_EVERY = 10;
const EARLY_WITHIN_MS = 200;

export interface KillFigures {
  /** Writes that were acknowledged, by kind. */
  acknowledged: Record<Acknowledged['kind'], number>;
  /** Stored writes that were not acknowledged before the kill. */
  unacknowledged: number;
  killedBeforeAWrite: number;
  /** How long it took to open the folder again, each time, milliseconds. */
  openings: number[];
  /** Lost, torn, reordered or incomplete writes. */
  problems: string[];
}

/** Repeatedly kills a process that writes to the folder, and checks what is stored. */
export async function killAgainAndAgain(
  folder: string,
  { runs, seed }: { runs: number; seed: number },
): Promise<KillFigures> {
  const random = createRandom(seed);
  const written: Acknowledged[][] = [];
  const figures: KillFigures = {
    acknowledged: { set: 0, append: 0, count: 0 },
    unacknowledged: 0,
    killedBeforeAWrite: 0,
    openings: [],
    problems: [],
  };

  async function look(which: Iterable<number>): Promise<number> {
    const start = performance.now();
    const store = createEmbeddedStore({ folder, now: Date.now });
    figures.openings.push(performance.now() - start);
    const isLost = store.origin === 'lost' && written.flat().length > 0;
    if (store.origin === 'copy' || isLost)
      figures.problems.push(`the folder is taken for ${store.origin}`);
    let unacknowledged = 0;
    for (const run of which) {
      const finding = await check(store, run, written[run] ?? []);
      figures.problems.push(...finding.problems.map((problem) => `run ${run}: ${problem}`));
      unacknowledged += finding.unacknowledged;
    }
    await store.close();
    return unacknowledged;
  }

  for (let run = 0; run < runs; run++) {
    const isEarly = run % EARLY_EVERY === 0;
    const acknowledged = await writeUntilKilled([folder, String(run)], {
      isEarly,
      delayMs: random() * (isEarly ? EARLY_WITHIN_MS : KILL_WITHIN_MS),
    });
    written.push(acknowledged);
    for (const { kind } of acknowledged) figures.acknowledged[kind] += 1;
    if (acknowledged.length === 0) figures.killedBeforeAWrite += 1;
    figures.unacknowledged += await look([run]);
  }
  // Writes of one run must also survive all later kills.
  await look(written.keys());
  return figures;
}

async function writeUntilKilled(
  args: readonly string[],
  { isEarly, delayMs }: { isEarly: boolean; delayMs: number },
): Promise<Acknowledged[]> {
  const writer = spawn(process.execPath, [join(import.meta.dirname, 'writer.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  writer.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  writer.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const closed = once(writer, 'close');

  if (!isEarly) await Promise.race([once(writer.stdout, 'data'), closed]);
  await sleep(delayMs);
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
