import type { Provider } from '../providers/provider.ts';
import { type CallReport, ROUTE } from './call-report.ts';
import type { ScratchReport } from './check-scratch.ts';
import type { Line } from './compare.ts';

/** All that was seen of one provider of one tenant. */
export interface ProviderReport {
  /** For people. */
  title: string;
  provider: Provider;
  host: string;
  calls: CallReport[];
  /** Undefined: no badge was made. */
  scratch: ScratchReport | undefined;
}

/** The longest text of a column; what is longer moves the rest of its line. */
const WIDEST = 40;

export function toText({ title, host, calls, scratch }: ProviderReport): string {
  const sections = [...calls.map(toSection), ...(scratch?.calls ?? []).map(toSection)];
  return [`${title} at ${host}`, ...sections].join('\n\n');
}

function toSection({ operation, outcome, failure, ms, lines }: CallReport): string {
  const [route] = lines.filter(({ path }) => path === ROUTE);
  const founded = route?.documented ? 'documented' : 'inferred';
  const asked = `${route?.documented ?? route?.inferred ?? ''}, ${founded}`;
  const head = `  ${operation} (${asked}): ${outcome ?? 'FAILED'}, after ${Math.round(ms)} ms`;
  const others = lines.filter((line) => line !== route);
  return [head, ...(failure === null ? [] : [`  ${failure}`]), ...toTable(others)].join('\n');
}

function toTable(lines: readonly Line[]): string[] {
  if (lines.length === 0) return [];
  const rows = [
    ['', 'documented', 'inferred', 'seen', ''],
    ...lines.map((line) => [
      line.path,
      line.documented ?? '-',
      line.inferred ?? '-',
      line.seen ?? '-',
      toVerdict(line),
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) =>
    Math.min(WIDEST, Math.max(...rows.map((row) => row[column]?.length ?? 0))),
  );
  return rows.map((row) => {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    return `    ${cells.join('  ')}`.trimEnd();
  });
}

function toVerdict({ drift, seen, seenOn }: Line): string {
  if (drift.length > 0) return `DRIFT: ${drift.join(', ')}`;
  return seen !== null && seenOn !== null ? `as on ${seenOn}` : '';
}

export interface Summary {
  /** How many lines were seen and agree, were seen or missed against the contract, and were not to be seen. */
  agreeing: number;
  drifting: number;
  unseen: number;
  failed: number;
}

export function summarize(reports: readonly ProviderReport[]): Summary {
  const calls = reports.flatMap((report) => [...report.calls, ...(report.scratch?.calls ?? [])]);
  const lines = calls.flatMap((call) => call.lines);
  const drifting = lines.filter(({ drift }) => drift.length > 0).length;
  const unseen = lines.filter(({ drift, seen }) => drift.length === 0 && seen === null).length;
  return {
    agreeing: lines.length - drifting - unseen,
    drifting,
    unseen,
    failed: calls.filter(({ failure }) => failure !== null).length,
  };
}

export function toConclusion({ agreeing, drifting, unseen, failed }: Summary): string {
  const parts = [
    `${agreeing} lines agree with the contract files`,
    ...(drifting > 0 ? [`${drifting} differ`] : []),
    ...(unseen > 0 ? [`${unseen} could not be seen`] : []),
    ...(failed > 0 ? [failed === 1 ? '1 call failed' : `${failed} calls failed`] : []),
  ];
  return `${drifting + failed > 0 ? 'Not in agreement' : 'In agreement'}: ${parts.join(', ')}.`;
}

/** Changes when a reader of the file would have to. */
const FORMAT = 1;

/**
 * What a check saw, for the record, and for the contract files: `npm run providers:mark` writes it into them. No value
 * that a provider holds is in it, no id, and no name of a tenant.
 */
export interface SeenFile {
  format: typeof FORMAT;
  /** Of the check, `2026-03-01`. */
  day: string;
  providers: {
    provider: string;
    host: string;
    /** Its contract file, below `src/providers/`. */
    contract: string;
    operations: { operation: string; failed: boolean; lines: SeenLine[] }[];
  }[];
}

type SeenLine = Pick<Line, 'path' | 'documented' | 'inferred' | 'seen' | 'drift' | 'pointer'>;

export function toSeenFile(reports: readonly ProviderReport[], wallTime: number): SeenFile {
  return {
    format: FORMAT,
    day: new Date(wallTime).toISOString().slice(0, 10),
    providers: reports.map(({ provider, host, calls, scratch }) => ({
      provider: provider.name.enumValue,
      host,
      contract: provider.check.contract.pathname.split('/').slice(-2).join('/'),
      operations: [...calls, ...(scratch?.calls ?? [])].map(({ operation, failure, lines }) => ({
        operation,
        failed: failure !== null,
        lines: lines.filter(({ seen, drift }) => seen !== null || drift.length > 0).map(toSeenLine),
      })),
    })),
  };
}

function toSeenLine({ path, documented, inferred, seen, drift, pointer }: Line): SeenLine {
  return { path, documented, inferred, seen, drift, pointer };
}
