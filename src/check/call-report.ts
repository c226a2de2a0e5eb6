import type { ProviderError } from '../http/provider-error.ts';
import type { Provider } from '../providers/provider.ts';
import { type Line, type ShowName, compareAnswer } from './compare.ts';
import type { Contract } from './contract.ts';
import type { Called } from './observed-client.ts';

/** The line that says how an operation is asked for. */
export const ROUTE = '(the route)';

/** What one operation was seen to do. */
export interface CallReport {
  /** Its name in the contract file. */
  operation: string;
  /** What came, in a few words. Null: the call failed. */
  outcome: string | null;
  /** Why the call failed, and what to do. Null: it did not. */
  failure: string | null;
  ms: number;
  lines: Line[];
}

/** Compares what came with the contract file, also where the client could make nothing of it. */
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
    /** What may be wrong when the call was refused. */
    settings: readonly string[];
    outcome: string;
    /** Plain names are shown if left out. */
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

/** Something that an operation was seen to do, beside what the contract file says that it does. */
export function toBehaviourLine(
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

/** In a sentence, with what an operator can do. */
export function toFailure(error: ProviderError, settings: readonly string[]): string {
  const { message, kind, providerMessage } = error;
  // Only of a write: what is said of a read may repeat whom it was asked for.
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

/** What was seen so far, by operation. */
export interface Notes {
  /** The first answer of an operation is held to the contract file; what fails later is noted too. */
  answered(operation: string, called: Called): void;
  /** Something that an operation was seen to do. */
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
