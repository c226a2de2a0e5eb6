/**
 * What the worst requests cost that the caps allow: node bench/limits/run.ts --connections 50 --seconds 10
 * First all that the service does with each before it executes it: none may take 50 ms. Then the search for a name in
 * the lists that take longest: it may delay nothing by 50 ms. Then a flood of all requests against a service: its probe
 * must answer below 100 ms each time.
 */
import { parseArgs, styleText } from 'node:util';
import { createBadgesSchema } from '../../dist/badges/schema.js';
import { conclude, createChildren } from '../support/children.ts';
import { toSize } from '../support/options.ts';
import { quantile } from '../support/tally.ts';
import { check, worstOf } from './check.ts';
import { families } from './documents.ts';
import { flood } from './flood.ts';
import { measureNames } from './names.ts';

const MOST_MS = 50;
const ROUNDS = 9;

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '10' },
  },
});
const size = {
  connections: toSize('connections', values.connections),
  seconds: toSize('seconds', values.seconds),
};
const { schema } = await createBadgesSchema();
const worst = families.map((family) => ({ ...family, asked: worstOf(schema, family) }));
const problems: string[] = [];

console.log(`Parsed, validated and its cost counted; median of ${ROUNDS}`);
for (const { name, asked } of worst) {
  const verdict = check(schema, asked);
  const ms = medianMs(() => check(schema, asked));
  const bytes = JSON.stringify(asked).length;
  const isSlow = ms >= MOST_MS;
  const line = `${name.padEnd(48)}${String(bytes).padStart(9)} bytes${ms.toFixed(1).padStart(8)} ms  ${verdict}`;
  console.log(isSlow ? styleText('red', line) : line);
  if (isSlow) problems.push(`${name} took ${ms.toFixed(0)} ms`);
  if (verdict === 'limit') problems.push(`${name} is not within the caps`);
}

console.log('All names of a list looked at, the longest that others wait');
const names = await measureNames(MOST_MS);
names.lines.forEach((line) => console.log(line));
problems.push(...names.problems);

const children = createChildren();
console.log(`A flood of all of them over ${size.connections} connections for ${size.seconds} s`);
const finding = await flood(
  children,
  worst.map(({ asked }) => asked),
  size,
);
conclude(finding.figures, [...problems, ...finding.problems]);

function medianMs(run: () => void): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const begun = performance.now();
    run();
    return performance.now() - begun;
  });
  return quantile(times, 0.5);
}
