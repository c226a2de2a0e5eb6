import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { format } from 'prettier';
import { quantile } from '../../test/support/tally.ts';
import { type Outcome, showQuartiles } from './goals.ts';
import type { Round } from './load.ts';
import type { Measured } from './measure.ts';
import { TITLES, type TargetId } from './targets.ts';

const PAGE = join(import.meta.dirname, '../../docs/performance.md');
const BEGIN = '<!-- Written by npm run bench -- --write -->';
const END = '<!-- End -->';

export interface Report {
  /** As it was called. */
  command: string;
  badges: number;
  measured: readonly Measured[];
  outcomes: readonly Outcome[];
}

type Show = (rounds: readonly Round[]) => string;

const showCpu: Show = (rounds) => showQuartiles(rounds.map(({ cpuUs }) => cpuUs));
const showRate: Show = (rounds) =>
  quantile(
    rounds.map(({ perSecond }) => perSecond),
    0.5,
  ).toFixed(0);
const showTimes: Show = (rounds) => {
  const latencies = rounds.flatMap((round) => round.latencies);
  return [0.5, 0.99].map((part) => quantile(latencies, part).toFixed(1)).join(' / ');
};

/** A line for each target. */
export function showMeasured({ name, rounds, differing }: Measured): string[] {
  const lines = [...rounds].map(
    ([id, each]) =>
      `  ${TITLES[id].padEnd(34)}${showCpu(each)} µs, ${showRate(each)}/s, p50 / p99 ${showTimes(each)} ms`,
  );
  return [name, ...lines, ...differing.map((title) => `  ${title} answers otherwise`)];
}

/** Replaces what the page says of the last run. */
export async function writePage(report: Report): Promise<void> {
  const page = readFileSync(PAGE, 'utf8');
  const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (before === -1 || after === -1) throw new Error(`${PAGE} has no place for the figures`);
  const text = `${page.slice(0, before)}${BEGIN}\n\n${toMarkdown(report)}\n\n${page.slice(after)}`;
  writeFileSync(PAGE, await format(text, { parser: 'markdown', printWidth: 100 }));
}

function toMarkdown({ command, badges, measured, outcomes }: Report): string {
  const [cpu] = cpus();
  const day = new Date().toISOString().slice(0, 10);
  const [bounded, others] = [true, false].map((isBounded) =>
    outcomes.filter(({ wanted }) => (wanted !== undefined) === isBounded),
  );
  return [
    `All figures of this section are of one run of \`${command}\` on ${day}: Node ${process.version}, ${cpus().length} cores (${cpu?.model.trim()}), ${badges} badges.`,
    '### CPU per request',
    'Microseconds of the server’s process: the median of the rounds, and the quartiles in brackets. Less is better.',
    toTable(measured, showCpu),
    ...CHARTS.flatMap((name) => toChart(measured, name)),
    '### Requests a second',
    'The median of the rounds.',
    toTable(measured, showRate),
    '### Latency under full load',
    'p50 / p99 in milliseconds, of all requests of all rounds.',
    toTable(measured, showTimes),
    '### Goals',
    'Multiples are of the work per CPU in the same rounds: the median, and the quartiles in brackets.',
    toRows(['Goal', 'Figure', 'Wanted', ''], bounded ?? []),
    '### Other figures',
    toRows(['What', 'Figure'], others ?? []),
  ].join('\n\n');
}

const toRow = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const toHead = (cells: readonly string[]) => `${toRow(cells)}\n${toRow(cells.map(() => '---'))}`;

function toTable(measured: readonly Measured[], show: Show): string {
  const ids = Object.keys(TITLES) as TargetId[];
  const rows = measured.map(({ name, rounds }) =>
    toRow([
      name,
      ...ids.map((id) => {
        const found = rounds.get(id);
        return found ? show(found) : '–';
      }),
    ]),
  );
  return [toHead(['', ...ids.map((id) => TITLES[id])]), ...rows].join('\n');
}

function toRows(head: readonly string[], outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ subject, figure, wanted, isMet }) =>
    toRow([
      subject,
      figure,
      ...(wanted === undefined ? [] : [wanted, isMet ? 'met' : '**not met**']),
    ]),
  );
  return [toHead(head), ...rows].join('\n');
}

/** Workloads that have one. */
const CHARTS = [
  '_entities of 10',
  'badges of 50, full, same page',
  'badges of 50, full, new pages',
];

function toChart(measured: readonly Measured[], name: string): string[] {
  const found = measured.find((each) => each.name === name);
  if (!found) return [];
  const bars = [...found.rounds].map(([id, rounds]) => {
    const cpuUs = quantile(
      rounds.map((round) => round.cpuUs),
      0.5,
    );
    return { title: TITLES[id], perCpuSecond: Math.round(1e6 / cpuUs) };
  });
  return [
    [
      '```mermaid',
      'xychart-beta horizontal',
      `  title "${name}: requests for each second of CPU"`,
      `  x-axis [${bars.map(({ title }) => `"${title}"`).join(', ')}]`,
      '  y-axis "requests"',
      `  bar [${bars.map(({ perCpuSecond }) => perCpuSecond).join(', ')}]`,
      '```',
    ].join('\n'),
  ];
}
