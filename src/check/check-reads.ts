import type { ProviderCheck } from '../providers/provider.ts';
import type { ProviderValues } from '../providers/settings.ts';
import { toCallReport } from './call-report.ts';
import type { CallReport } from './call-report.ts';
import { showNoName, showPlainName } from './compare.ts';
import type { Contract } from './contract.ts';
import type { ObservedClient } from './observed-client.ts';

/** Makes every read that the settings allow, one after the other. */
export async function checkReads(
  client: ObservedClient,
  { reads }: Pick<ProviderCheck, 'reads'>,
  { contract, values }: { contract: Contract; values: ProviderValues },
): Promise<CallReport[]> {
  const reports: CallReport[] = [];
  for (const { operation, settings, send, isOfMember = false } of reads) {
    if (settings.some((name) => values[name] === undefined)) continue;
    const called = await client.call(operation, 'query', send);
    const outcome = describe(called.value);
    const showName = isOfMember ? showNoName : showPlainName;
    reports.push(toCallReport(operation, called, { contract, settings, outcome, showName }));
  }
  return reports;
}

/** Says nothing of what is in the answer. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return 'there is no such member, as expected';
  const isList = typeof value === 'object' && 'badges' in value && Array.isArray(value.badges);
  return isList ? `${String((value.badges as unknown[]).length)} badges` : 'answered';
}
