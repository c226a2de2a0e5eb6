import type { Provider } from '../providers/provider.ts';
import { toBehaviourLine, toCallReport } from './call-report.ts';
import type { CallReport } from './call-report.ts';
import type { Contract } from './contract.ts';
import type { Called } from './observed-client.ts';

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
      const options = { contract, settings, outcome: 'tried on a badge of its own' };
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
