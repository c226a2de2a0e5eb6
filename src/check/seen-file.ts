import type { Line } from './compare.ts';
import type { ProviderReport } from './report.ts';

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
