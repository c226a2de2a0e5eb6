/**
 * Measures the most expensive requests that the limits allow: npm run bench:limits -- --connections 50 --seconds 10 --seeds 1,2,3
 * First, all that the service does with a request before it executes it must take less than 50 ms. Then all these
 * requests are sent to a service at once, while this process is still small: its health check must answer within 100 ms
 * each time. Then the search for a name in the lists that take longest, the answers that a provider may give to each
 * call (made from the seeds), and stored data: none of it may delay others by 50 ms. Run it with V8's options of
 * `main.ts`, as the npm script does.
 */
import { parseArgs, styleText } from 'node:util';
import { createBadgesSchema } from '../../dist/badges/schema.js';
import { createChildren } from '../../test/support/children.ts';
import { conclude, toSize } from '../support/command.ts';
import { quantile } from '../../test/support/tally.ts';
import { check, worstOf } from './check.ts';
import { families } from './documents.ts';
import { flood } from './flood.ts';
import { type MeasuredCase, showMeasured } from './longest.ts';
import { measureAnswers } from './measure-answers.ts';
import { measureNames } from './names.ts';
import { measureStored } from './stored.ts';

const MAX_MS = 50;
const ROUNDS = 9;

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '10' },
    seeds: { type: 'string', default: '1,2,3' },
    only: { type: 'string' },
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
  const isSlow = ms >= MAX_MS;
  const line = `${name.padEnd(48)}${String(bytes).padStart(9)} bytes${ms.toFixed(1).padStart(8)} ms  ${verdict}`;
  console.log(isSlow ? styleText('red', line) : line);
  if (isSlow) problems.push(`${name} took ${ms.toFixed(0)} ms`);
  if (verdict === 'limit') problems.push(`${name} is not within the caps`);
}

const children = createChildren();
console.log(`A flood of all of them over ${size.connections} connections for ${size.seconds} s`);
const finding = await flood(
  children,
  worst.map(({ asked }) => asked),
  size,
);
problems.push(...finding.problems);

console.log('All names of a list looked at, the longest that others wait');
const names = await measureNames(MAX_MS);
names.lines.forEach((line) => console.log(line));
problems.push(...names.problems);

for (const seed of values.seeds.split(',').map((text) => toSize('seeds', text))) {
  console.log(`Answers of providers, the longest that others wait; seed ${seed}`);
  report(await measureAnswers(children, { seed, only: values.only }));
  console.log(`What is stored, the longest that others wait; seed ${seed}`);
  report(await measureStored(seed));
}
conclude(finding.figures, problems);

function report(cases: readonly MeasuredCase[]): void {
  for (const { name, measured, outcome } of cases) {
    const isSlow = measured.longestMs >= MAX_MS;
    const line = `${name.padEnd(76)}${showMeasured(measured)}; ${outcome ?? ''}`;
    console.log(isSlow ? styleText('red', line) : line);
    if (isSlow) problems.push(`${name} took ${measured.longestMs.toFixed(0)} ms at a time`);
  }
  const longest = Math.max(...cases.map(({ measured }) => measured.longestMs));
  console.log(`${cases.length} cases, the longest ${longest.toFixed(1)} ms at a time`);
}

function medianMs(run: () => void): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const begun = performance.now();
    run();
    return performance.now() - begun;
  });
  return quantile(times, 0.5);
}
