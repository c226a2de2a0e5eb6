/** How much the long runs do: SIZE is `short`, as in `npm test`, or `full`; RUNS is a number of its own, and SEED repeats a run. */
const { SIZE = 'short', RUNS, SEED } = process.env;
if (SIZE !== 'short' && SIZE !== 'full') throw new Error('SIZE must be short or full');
if (RUNS !== undefined && !/^[1-9]\d*$/.test(RUNS))
  throw new Error('RUNS must be a whole number from 1');
if (SEED !== undefined && !/^\d+$/.test(SEED)) throw new Error('SEED must be a whole number');

const isShort = SIZE === 'short' && RUNS === undefined;

/** For Jest, milliseconds. */
export const TIMEOUT_MS = isShort ? 120_000 : 7_200_000;

/** SEED, or another one each time; a short run may have one of its own, with which it reaches what it is to reach. */
export function seedOf({ short }: { short?: number } = {}): number {
  if (SEED !== undefined) return Number(SEED);
  return isShort && short !== undefined ? short : Math.floor(Math.random() * 2 ** 31);
}

export function runsOf(sizes: Readonly<Record<'short' | 'full', number>>): number {
  return RUNS === undefined ? sizes[SIZE === 'full' ? 'full' : 'short'] : Number(RUNS);
}

export type Figures = readonly (readonly [name: string, figure: string | number])[];

/** Prints what a run has counted, unless it is the short one. */
export function showFigures(title: string, figures: Figures): void {
  if (isShort) return;
  const width = Math.max(...figures.map(([name]) => name.length)) + 2;
  const lines = figures.map(([name, figure]) => `  ${name.padEnd(width)}${figure}\n`);
  process.stdout.write(`\n${title}\n${lines.join('')}`);
}
