import { styleText } from 'node:util';

/** Parses a size from the command line. Throws unless it is a number above 0. */
export function toSize(name: string, text: string): number {
  const size = Number(text);
  if (text !== '' && size > 0 && Number.isFinite(size)) return size;
  throw new Error(`--${name} must be a number above 0, and is "${text}"`);
}

/** Prints the figures and the violated bounds; the exit code is 0 if all bounds hold. */
export function conclude(
  figures: readonly (readonly [string, string | number])[],
  problems: readonly string[],
): never {
  const width = Math.max(...figures.map(([name]) => name.length)) + 2;
  for (const [name, figure] of figures) console.log(`${name.padEnd(width)}${figure}`);
  for (const problem of problems) console.log(styleText('red', `FAILED: ${problem}`));
  if (problems.length === 0) console.log('All bounds hold.');
  process.exit(problems.length === 0 ? 0 : 1);
}
