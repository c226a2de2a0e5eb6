import type { ProviderError } from '../http/provider-error.ts';
import type { Provider } from '../providers/provider.ts';
import { type Line, type ShowName, compareAnswer } from './compare.ts';
import type { Contract } from './contract.ts';
import type { Called } from './observed-client.ts';

/** The path of the line with the route of an operation. */
const ROUTE = '(the route)';

/** The observed behaviour of one operation. */
export interface CallReport {
  /** Its name in the contract file. */
  operation: string;
  /** The result in a few words. Null: the call failed. */
  outcome: string | null;
  /** Why the call failed, and what to do. Null: it succeeded. */
  failure: string | null;
  ms: number;
  lines: Line[];
}

/** Compares an answer with the contract file, even if the client could not read it. */
export function toCallReport(
  operation: string,
  { json, error, ms }: Called,
  {
    contract,
    settings,
    outcome,
    showName,
  }: {
    contract: Contract;
    /** The settings to check if the call was rejected. */
    settings: readonly string[];
    outcome: string;
    /** `showPlainName` if left out. */
    showName?: ShowName;
  },
): CallReport {
  const compared =
    json === undefined ? [] : compareAnswer(contract.answerOf(operation), json, showName);
  return {
    operation,
    outcome: error ? null : outcome,
    failure: error ? toFailure(error, settings) : null,
    ms,
    lines: [toRouteLine(contract, operation, error), ...compared],
  };
}

function toRouteLine(
  contract: Contract,
  operation: string,
  error: ProviderError | undefined,
): Line {
  const { text, mark, pointer } = contract.routeOf(operation);
  return {
    path: ROUTE,
    documented: mark.isInferred ? null : text,
    inferred: mark.isInferred ? text : null,
    seen: error ? null : 'answers',
    drift: [],
    pointer,
    seenOn: mark.seenOn,
  };
}

/** An observed behaviour of an operation, compared with the contract file. */
function toBehaviourLine(
  contract: Contract,
  operation: string,
  { name, seen }: { name: string; seen: string },
): Line {
  const stated = contract.behaviourOf(operation).get(name);
  const isInferred = stated?.mark.isInferred ?? false;
  return {
    path: name,
    documented: stated && !isInferred ? stated.text : null,
    inferred: stated && isInferred ? stated.text : null,
    seen,
    drift: stated && stated.text !== seen ? ['differs from the contract'] : [],
    pointer: stated?.pointer ?? null,
    seenOn: stated?.mark.seenOn ?? null,
  };
}

/** The fault in a sentence, with what an operator can do. */
function toFailure(error: ProviderError, settings: readonly string[]): string {
  const { message, kind, providerMessage } = error;
  // Only set for writes: messages about reads may repeat the member that was looked up.
  const said = providerMessage === undefined ? '' : ` It says: ${JSON.stringify(providerMessage)}.`;
  const sentence = `The provider ${message} (${kind}).${said}`;
  const names = settings.join(', ');
  switch (kind) {
    case 'auth-failed':
      return `${sentence} Check ${names}.`;
    case 'timeout':
    case 'unavailable':
      return `${sentence} Check that this machine can connect to it, and check ${names}.`;
    case 'not-found':
      return `${sentence} Check the address in ${settings[0] ?? 'its settings'}.`;
    case 'rate-limited':
      return `${sentence} Try again in a minute.`;
    default:
      return sentence;
  }
}

/** The observations so far, by operation. */
export interface Notes {
  /** Compares the first answer of an operation with the contract file, and notes later failures. */
  answered(operation: string, called: Called): void;
  /** Notes an observed behaviour of an operation. */
  saw(operation: string, name: string, seen: string): void;
  reports(): CallReport[];
}

export function createNotes({ check }: Provider, contract: Contract): Notes {
  const reports = new Map<string, CallReport>();
  const settings = check.reads[0]?.settings ?? [];

  return {
    answered(operation, called) {
      const options = { contract, settings, outcome: 'tested on a scratch badge' };
      const report = toCallReport(operation, called, options);
      const known = reports.get(operation);
      if (!known) reports.set(operation, report);
      else known.failure ??= report.failure;
    },
    saw(operation, name, seen) {
      const line = toBehaviourLine(contract, operation, { name, seen });
      reports.get(operation)?.lines.push(line);
    },
    reports: () => [...reports.values()],
  };
}

export interface ScratchReport {
  calls: CallReport[];
  /** The badge that is still there, or may be. Null: none. */
  left: { id: string | undefined; name: string } | null;
}

/** All observations of one provider of one tenant. */
export interface ProviderReport {
  /** Human-readable. */
  title: string;
  provider: Provider;
  host: string;
  calls: CallReport[];
  /** Undefined: no scratch badge was created. */
  scratch: ScratchReport | undefined;
}

/** The maximum width of a column. Longer texts move the rest of their line. */
const MAX_WIDTH = 40;

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
    Math.min(MAX_WIDTH, Math.max(...rows.map((row) => row[column]?.length ?? 0))),
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

interface Summary {
  /** The number of lines that were seen and agree, that differ from the contract, and that could not be seen. */
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

/** Changes if readers of the file have to change. */
const FORMAT = 1;

/**
 * The observations of a check, which `npm run providers:mark` writes to the contract files. Contains no values and ids of
 * a provider, and no name of a tenant.
 */
interface SeenFile {
  format: typeof FORMAT;
  /** The day of the check, such as `2026-03-01`. */
  day: string;
  providers: {
    provider: string;
    host: string;
    /** The path of its contract file in `src/providers/`. */
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
