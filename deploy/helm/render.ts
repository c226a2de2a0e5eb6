/** Lints the chart, and writes the manifests that tests look at: npm run chart:render. Needs helm 3.18 or newer. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RENDERED, render, valueSets } from './chart.ts';

mkdirSync(RENDERED, { recursive: true });
for (const name of valueSets()) {
  writeFileSync(join(RENDERED, `${name}.yaml`), render(name));
  console.log(`Written: ${name}.yaml`);
}
