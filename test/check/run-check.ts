import { type CheckSurroundings, checkProviders } from '../../src/check/check-providers.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { ofFirst } from '../support/service.ts';

export interface CheckRun {
  code: 0 | 1;
  /** All that was told of what was seen. */
  output: string;
  /** All that was told while it went on. */
  progress: string[];
}

/** Runs a check on the stand-ins, as `--check-providers` does. */
export async function runCheck(
  sandbox: Pick<Sandbox, 'providerValues'>,
  args: readonly string[] = [],
  surroundings: Partial<CheckSurroundings> = {},
): Promise<CheckRun> {
  const output: string[] = [];
  const progress: string[] = [];
  const code = await checkProviders(args, {
    tenants: [
      { id: 'default', providerValues: ofFirst(sandbox.providerValues), requestLimits: {} },
    ],
    defaultTenant: 'default',
    isProduction: false,
    attemptTimeoutMs: 3_000,
    operationDeadlineMs: 8_000,
    replicas: 1,
    shared: undefined,
    now: () => performance.now(),
    wallTime: () => Date.parse('2026-03-01T12:00:00Z'),
    print: (text) => void output.push(text),
    onProgress: (message) => void progress.push(message),
    ask: undefined,
    // A suite makes more calls in a second than a check.
    http: { budget: undefined },
    signal: new AbortController().signal,
    ...surroundings,
  });
  return { code, output: output.join('\n'), progress };
}

/** The lines of the output that hold all of these. */
export function linesWith({ output }: Pick<CheckRun, 'output'>, ...parts: string[]): string[] {
  return output
    .split('\n')
    .filter((line) => parts.every((part) => line.includes(part)))
    .map((line) => line.trim().replaceAll(/ {2,}/g, '  '));
}
