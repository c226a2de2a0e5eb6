/*
 * Marks the lines of the contract files that a check has seen to hold at a real provider:
 *   npm run providers:mark -- providers-seen.json
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { markSeenLines } from './seen-lines.ts';

const [file = 'providers-seen.json'] = argv.slice(2);
const folder = join(import.meta.dirname, '../../src/providers');
if (!existsSync(file)) {
  console.error(
    `There is no file ${file}. Write it with npm run providers:check -- --scratch-badge --out ${file}`,
  );
  process.exit(1);
}
const marked = markSeenLines(readFileSync(file, 'utf8'), (contract) =>
  readFileSync(join(folder, contract), 'utf8'),
);
for (const [contract, { text, count }] of marked) {
  writeFileSync(join(folder, contract), text);
  console.log(`${contract}: ${count} ${count === 1 ? 'line was' : 'lines were'} seen.`);
}
