/**
 * Measures the effects of a hostile client, provider or issuer on all others:
 *   node bench/attacks/run.ts --seconds 15 --only "duplicate ids" --dist ../other-build/dist
 * Each attack runs by itself against a service of its own in production settings with two tenants. Meanwhile another
 * process asks for the other tenant's badges, and one for `/health/live`, both every 20 ms.
 */
import { join, resolve } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { createChildren } from '../../test/support/children.ts';
import { conclude, toSize } from '../support/command.ts';
import { ATTACKS } from './attacks.ts';
import { carryOut } from './carry-out.ts';
import { HEADER, problemsOf, toRow } from './report.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '15' },
    only: { type: 'string' },
    dist: { type: 'string', default: join(import.meta.dirname, '../../dist') },
  },
});
const attacks = ATTACKS.filter(({ name }) => values.only === undefined || name === values.only);
if (attacks.length === 0) {
  throw new Error(`--only must be one of: ${ATTACKS.map(({ name }) => name).join(', ')}`);
}

const options = { dist: resolve(values.dist), seconds: toSize('seconds', values.seconds) };
const children = createChildren();
const problems: string[] = [];
console.log(`${options.seconds} s each, by the build in ${options.dist}\n${HEADER}`);
for (const attack of attacks) {
  const outcome = await carryOut(children, attack, options);
  const found = problemsOf(outcome);
  const row = toRow(outcome);
  console.log(found.length === 0 ? row : styleText('red', row));
  problems.push(...found);
}
conclude([['attacks', attacks.length]], problems);
