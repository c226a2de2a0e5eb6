import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const CHART = join(import.meta.dirname, 'badges-subgraph');
const VALUES = /^ci\/(.+)-values\.yaml$/;
/** helm takes an old version for granted where it cannot ask a cluster. */
const KUBERNETES = '1.37.2';

/** Files outside the chart of which it has copies, because helm reads nothing outside. */
export const COPIED: readonly [from: string, to: string][] = [
  [join(CHART, '../../prometheus/alerts.yaml'), join(CHART, 'files/alerts.yaml')],
  [join(CHART, '../../grafana/dashboard.json'), join(CHART, 'files/dashboard.json')],
];

/** Where the manifests are kept that the chart makes of each set of values. */
export const RENDERED = join(import.meta.dirname, '../../test/deploy/rendered');

/** The names of the sets of values in `ci/`. */
export function valueSets(): string[] {
  const files = globSync('ci/*.yaml', { cwd: CHART });
  return files.flatMap((file) => VALUES.exec(file)?.[1] ?? []).sort();
}

export const valuesFileOf = (name: string): string => join(CHART, `ci/${name}-values.yaml`);

/** The first line of rendered manifests. It shows whether they are of this chart where helm is not installed. */
export function fingerprint(): string {
  const hash = createHash('sha256');
  const files = globSync('**/*', { cwd: CHART, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files) {
    hash.update(file.slice(CHART.length)).update(readFileSync(file));
  }
  return `# Written by npm run chart:render, of the chart ${hash.digest('hex')}`;
}

/** Lints the chart, and renders it. Needs helm, and throws what it complains about. */
export function render(name: string): string {
  const values = ['--values', valuesFileOf(name)];
  helm(['lint', '--strict', '--quiet', CHART, '--kube-version', KUBERNETES, ...values]);
  const of = ['--namespace', 'badges', '--kube-version', KUBERNETES];
  const text = helm(['template', 'badges', CHART, ...of, ...values]);
  return `${fingerprint()}\n${text}`;
}

export function hasHelm(): boolean {
  try {
    helm(['version']);
    return true;
  } catch {
    return false;
  }
}

function helm(args: readonly string[]): string {
  return execFileSync('helm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
