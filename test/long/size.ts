/** The size of long runs: SIZE is `short` (as in `npm test`) or `full`, RUNS is a number of cases, and SEED repeats a run. */
const { SIZE = 'short', RUNS, SEED } = process.env;
if (SIZE !== 'short' && SIZE !== 'full') throw new Error('SIZE must be short or full');
if (RUNS !== undefined && !/^[1-9]\d*$/.test(RUNS))
  throw new Error('RUNS must be a whole number from 1');
if (SEED !== undefined && !/^\d+$/.test(SEED)) throw new Error('SEED must be a whole number');

export const isShort = SIZE === 'short' && RUNS === undefined;

/** Jest's timeout in milliseconds. */
export const TIMEOUT_MS = isShort ? 120_000 : 7_200_000;

/** SEED, or a random one. A short run may have a fixed seed with which it covers all expected cases. */
export function seedOf({ short }: { short?: number } = {}): number {
  if (SEED !== undefined) return Number(SEED);
  return isShort && short !== undefined ? short : Math.floor(Math.random() * 2 ** 31);
}

export function runsOf(sizes: Readonly<Record<'short' | 'full', number>>): number {
  return RUNS === undefined ? sizes[SIZE === 'full' ? 'full' : 'short'] : Number(RUNS);
}

export type Figures = readonly (readonly [name: string, figure: string | number])[];

/** Prints the figures of a run, unless it is a short one. */
export function showFigures(title: string, figures: Figures): void {
  if (isShort) return;
  const width = Math.max(...figures.map(([name]) => name.length)) + 2;
  const lines = figures.map(([name, figure]) => `  ${name.padEnd(width)}${figure}\n`);
  process.stdout.write(`\n${title}\n${lines.join('')}`);
}
