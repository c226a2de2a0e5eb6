import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { types } from 'node:util';
import { createRedactOthers } from '../http/provider-text.ts';
import { providers } from '../providers/index.ts';
import type { Provider, ProviderCheck } from '../providers/provider.ts';
import { type ProviderValues, type TenantSettings, secretValuesOf } from '../providers/settings.ts';
import { checkScratch } from './check-scratch.ts';
import { showNoName, showPlainName } from './compare.ts';
import { type Contract, readContract } from './contract.ts';
import {
  type ObservedClient,
  type ObservedClientOptions,
  createObservedClient,
} from './observed-client.ts';
import {
  CheckError,
  type CheckOptions,
  confirmScratch,
  isFor,
  noConfirmation,
  readCheckOptions,
} from './options.ts';
import {
  type CallReport,
  type ProviderReport,
  type ScratchReport,
  summarize,
  toCallReport,
  toConclusion,
  toSeenFile,
  toText,
} from './report.ts';

/** Makes every read that the settings permit, one after the other. */
async function checkReads(
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

/** Describes the answer without any of its values. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return 'there is no such member, as expected';
  const isList = typeof value === 'object' && 'badges' in value && Array.isArray(value.badges);
  return isList ? `${String((value.badges as unknown[]).length)} badges` : 'answered';
}

export interface CheckSurroundings extends Omit<
  ObservedClientOptions,
  'topic' | 'provider' | 'values' | 'requestLimit' | 'redactOthers'
> {
  tenants: readonly TenantSettings[];
  /** The output does not name this tenant. Undefined: it names every tenant. */
  defaultTenant: string | undefined;
  /** How long to wait for the list to show a write, milliseconds; half a minute if left out. */
  longestLagMs?: number;
  /** Resolves after this time; by the machine's clock if left out. */
  pause?: (ms: number) => Promise<void>;
  /** Prints the report. */
  print: (text: string) => void;
  /** Asks a question at the terminal. Undefined: there is no terminal. */
  ask: ((question: string) => Promise<string>) | undefined;
  /** Aborted: no further call is made, except to remove the scratch badge. */
  signal: AbortSignal;
}

const MAX_LAG_MS = 30_000;

/** A provider that is configured for a tenant. */
interface Subject {
  tenant: TenantSettings;
  provider: Provider;
  values: ProviderValues;
  title: string;
  host: string;
}

/** Compares the configured providers with their contract files. Returns the exit code, 0 if they agree. Throws a `CheckError`. */
export async function checkProviders(
  args: readonly string[],
  surroundings: CheckSurroundings,
): Promise<0 | 1> {
  const options = readCheckOptions(args);
  const subjects = findSubjects(options, surroundings);
  if (options.out !== undefined) checkWritable(options.out);
  const reports: ProviderReport[] = [];
  for (const subject of subjects) {
    if (surroundings.signal.aborted) break;
    const report = await checkSubject(subject, options, surroundings);
    surroundings.print(`${toText(report)}\n`);
    reports.push(report);
  }
  if (options.out !== undefined) {
    const seen = toSeenFile(reports, surroundings.wallTime());
    writeFileSync(options.out, `${JSON.stringify(seen, null, 2)}\n`);
    surroundings.print(`What was seen is in ${options.out}.`);
  }
  const summary = summarize(reports);
  surroundings.print(toConclusion(summary));
  const isCutShort = surroundings.signal.aborted;
  return summary.drifting + summary.failed === 0 && !isCutShort ? 0 : 1;
}

function findSubjects(
  { tenant, hasScratchBadge, confirmed }: CheckOptions,
  { tenants, defaultTenant, ask }: CheckSurroundings,
): Subject[] {
  const chosen = tenants.filter(({ id }) => tenant === undefined || id === tenant);
  if (chosen.length === 0) throw new CheckError(`There is no tenant ${JSON.stringify(tenant)}.`);
  if (hasScratchBadge && chosen.length > 1) {
    throw new CheckError('--scratch-badge requires a single tenant: add --tenant <id>.');
  }
  const subjects = chosen.flatMap((one) =>
    providers.flatMap((provider) => {
      const values = one.providerValues[provider.key];
      if (!values) return [];
      const of = one.id === defaultTenant ? '' : ` of ${one.id}`;
      const title = `${provider.name.title}${of}`;
      return [{ tenant: one, provider, values, title, host: hostOf(provider, values) }];
    }),
  );
  const [first] = subjects;
  if (!first) throw new CheckError('No provider is configured, so there is nothing to check.');
  if (hasScratchBadge && confirmed.length === 0 && !ask)
    throw noConfirmation(first.provider.name.title);
  for (const name of confirmed) {
    if (subjects.some((subject) => isFor(name, subject))) continue;
    const names = subjects.map(({ provider, host }) => `${provider.name.title} or ${host}`);
    throw new CheckError(`--confirm does not name a configured provider. Use ${names.join(', ')}.`);
  }
  return subjects;
}

function hostOf({ settings }: Provider, values: ProviderValues): string {
  const [name = ''] = Object.keys(settings).filter((key) => settings[key]?.isBaseUrl);
  return new URL(values[name] ?? '').host;
}

async function checkSubject(
  subject: Subject,
  options: CheckOptions,
  surroundings: CheckSurroundings,
): Promise<ProviderReport> {
  const { provider, tenant, values, title, host } = subject;
  const contract = readContract(provider.check.contract);
  const client = createObservedClient({
    ...surroundings,
    topic: `${tenant.id}/${provider.name.enumValue}`,
    provider,
    values,
    requestLimit: tenant.requestLimits[provider.key],
    redactOthers: createRedactOthers(() => surroundings.tenants.flatMap(secretsOf)),
  });
  try {
    const calls = await checkReads(client, provider.check, { contract, values });
    const scratch = options.hasScratchBadge
      ? await tryScratch(subject, { client, contract, options, surroundings })
      : undefined;
    return { title, provider, host, calls, scratch };
  } finally {
    await client.close();
  }
}

function secretsOf({ providerValues }: TenantSettings): string[] {
  return providers.flatMap(({ key, settings }) =>
    secretValuesOf(settings, providerValues[key] ?? {}),
  );
}

async function tryScratch(
  { provider, title, host }: Subject,
  given: {
    client: ObservedClient;
    contract: Contract;
    options: CheckOptions;
    surroundings: CheckSurroundings;
  },
): Promise<ScratchReport | undefined> {
  const { client, contract, options, surroundings } = given;
  const { ask, print } = surroundings;
  const name = `API check ${randomBytes(4).toString('hex')}`;
  const confirmation = { provider, host, title, name };
  if (!(await confirmScratch(confirmation, { confirmed: options.confirmed, ask, print }))) {
    print(`${title} was skipped, because it was not confirmed.\n`);
    return undefined;
  }
  const report = await checkScratch({
    longestLagMs: MAX_LAG_MS,
    pause: sleep,
    ...surroundings,
    ...{ provider, client, contract, name },
  });
  const { left } = report;
  if (left) {
    const where =
      left.id === undefined ? '(with unknown ID) may still be' : `(ID ${left.id}) is still`;
    print(`The badge "${left.name}" ${where} at ${title}. Delete it in the dashboard.\n`);
  } else print(`The badge "${name}" has been deleted.\n`);
  return report;
}

function checkWritable(path: string): void {
  try {
    closeSync(openSync(path, 'a'));
  } catch (error) {
    const code = types.isNativeError(error) && 'code' in error ? String(error.code) : 'unknown';
    throw new CheckError(`--out: ${path} cannot be written (${code}).`);
  }
}
