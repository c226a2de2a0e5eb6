import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { type MeteredService, startMetered } from '../telemetry/metered.ts';

const folder = join(import.meta.dirname, '../../deploy');
const readText = (path: string) => readFileSync(join(folder, path), 'utf8');

const dashboardSchema = z.object({
  panels: z.array(
    z.object({
      title: z.string(),
      targets: z.array(z.object({ expr: z.string() })).default([]),
    }),
  ),
});
const alertsSchema = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          annotations: z.object({ summary: z.string() }),
        }),
      ),
    }),
  ),
});

const { panels } = dashboardSchema.parse(JSON.parse(readText('grafana/dashboard.json')));
const rules = alertsSchema
  .parse(parse(readText('prometheus/alerts.yaml')))
  .groups.flatMap((group) => group.rules);

/** The names of metrics and labels in an expression. */
function namesIn(expression: string): { metrics: string[]; labels: string[] } {
  const metrics = expression.match(/\b(badges|process|nodejs)_\w+/g) ?? [];
  const matchers = [...expression.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)];
  const groups = [...expression.matchAll(/\bby \(([^)]*)\)/g)];
  return {
    metrics: [...metrics],
    labels: [
      ...matchers.map(([, name = '']) => name),
      ...groups.flatMap(([, names = '']) => names.split(/,\s*/)),
    ],
  };
}

/** Those that Prometheus adds: where a sample comes from, and the bound of a bucket. */
const LABELS_OF_PROMETHEUS = ['job', 'instance', 'le'];

let metered: MeteredService;
const types = new Map<string, string>();
beforeAll(async () => {
  metered = await startMetered();
  const text = await metered.metrics.text();
  for (const [, name = '', type = ''] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm))
    types.set(name, type);
});
afterAll(() => metered.close());

function isMetric(name: string): boolean {
  const base = name.replace(/_(bucket|sum|count)$/, '');
  return types.get(name) !== undefined && types.get(name) !== 'histogram'
    ? true
    : base !== name && types.get(base) === 'histogram';
}

describe.each([
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr }))),
  ...rules.map(({ alert, expr }) => ({ title: alert, expr })),
])('$title', ({ expr }) => {
  test('asks for metrics and labels that the service has', () => {
    const { metrics, labels } = namesIn(expr);
    expect(metrics.length + (expr.match(/\bup\{/g)?.length ?? 0)).toBeGreaterThan(0);
    expect(metrics.filter((name) => !isMetric(name))).toEqual([]);
    const documented = new Set([
      ...LABELS_OF_PROMETHEUS,
      ...metrics.flatMap((name) => labelsOf(name.replace(/_(bucket|sum|count)$/, ''))),
    ]);
    expect(labels.filter((label) => !documented.has(label))).toEqual([]);
  });
});

/** According to docs/operating.md, whose table is tested elsewhere against the service. */
function labelsOf(metric: string): string[] {
  const page = readFileSync(join(folder, '../docs/operating.md'), 'utf8');
  const row = page
    .split('\n')
    .find((line) => line.startsWith('|') && line.includes(`\`${metric}\``));
  const [, , cell = ''] = row?.split('|') ?? [];
  return [...cell.matchAll(/`(\w+)`/g)].map(([, label = '']) => label);
}

test('every metric of the service is in the dashboard', () => {
  const shown = panels.flatMap(({ targets }) =>
    targets.flatMap(({ expr }) => namesIn(expr).metrics),
  );
  const bases = new Set(shown.map((name) => name.replace(/_(bucket|sum|count)$/, '')));
  const own = [...types.keys()].filter((name) => name.startsWith('badges_'));
  expect(own.length).toBeGreaterThan(20);
  expect(own.filter((name) => !bases.has(name))).toEqual([]);
});

test('every alert has its own line on the page', () => {
  const page = readText('../docs/deploying.md');
  expect(rules.filter(({ alert }) => !page.includes(`| \`${alert}\``))).toEqual([]);
});

test('the rules fire when they should, where promtool is installed', () => {
  const file = join(folder, 'prometheus/alerts.test.yaml');
  try {
    execFileSync('promtool', ['test', 'rules', file], { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    console.log('The rules were not run, because promtool is not installed.');
  }
});
