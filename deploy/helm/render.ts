/** Lints the chart, and writes the manifests that tests look at: npm run chart:render. Needs helm 3.18 or newer. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COPIED, RENDERED, hasHelm, render, valueSets } from './chart.ts';

if (!hasHelm()) {
  console.error('npm run chart:render needs helm 3.18 or newer, and finds no helm in PATH.');
  process.exit(1);
}

for (const [from, to] of COPIED) copyFileSync(from, to);
mkdirSync(RENDERED, { recursive: true });
for (const name of valueSets()) {
  writeFileSync(join(RENDERED, `${name}.yaml`), render(name));
  console.log(`Written: ${name}.yaml`);
}
