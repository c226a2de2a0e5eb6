import { createInterface } from 'node:readline/promises';
import { parseArgs, types } from 'node:util';
import type { Provider } from '../providers/provider.ts';

/** An error that the operator can correct. The message says how. */
export class CheckError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CheckError';
  }
}

export interface CheckOptions {
  /** Undefined: all tenants. */
  tenant: string | undefined;
  hasScratchBadge: boolean;
  /** The titles or hosts of the providers that may be written to. */
  confirmed: readonly string[];
  /** The file for the observations. Undefined: none. */
  out: string | undefined;
}

/** The default file for the observations on a scratch badge. */
const DEFAULT_OUT = 'providers-seen.json';

export function readCheckOptions(args: readonly string[]): CheckOptions {
  const { values } = parse(args);
  const hasScratchBadge = values['scratch-badge'];
  if (values.confirm.length > 0 && !hasScratchBadge) {
    throw new CheckError('--confirm has no effect without --scratch-badge.');
  }
  return {
    tenant: values.tenant,
    hasScratchBadge,
    confirmed: values.confirm,
    out: values.out ?? (hasScratchBadge ? DEFAULT_OUT : undefined),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        tenant: { type: 'string' },
        'scratch-badge': { type: 'boolean', default: false },
        confirm: { type: 'string', multiple: true, default: [] },
        out: { type: 'string' },
      },
    });
  } catch (error) {
    const reason = types.isNativeError(error) ? error.message : '';
    throw new CheckError(
      `${reason}\nOptions: --tenant <id>, --scratch-badge, --confirm <provider's title or host>, --out <file>.`,
    );
  }
}

/** Undefined: standard input is not a terminal. */
export function openTerminal(): ((question: string) => Promise<string>) | undefined {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) return undefined;
  return async (question) => {
    const terminal = createInterface({ input: stdin, output: stderr });
    try {
      return await terminal.question(question);
    } finally {
      terminal.close();
    }
  };
}

/** Aborted by the first SIGINT or SIGTERM, so that the scratch badge is removed. The second one ends the process. */
export function toStopSignal(tell: (message: string) => void): AbortSignal {
  const controller = new AbortController();
  function stop(): void {
    if (controller.signal.aborted) process.exit(1);
    tell('Stopping after the current call. Press Ctrl-C again to exit immediately.');
    controller.abort();
  }
  process.on('SIGINT', stop).on('SIGTERM', stop);
  return controller.signal;
}

interface Confirmation {
  provider: Provider;
  host: string;
  /** Human-readable. */
  title: string;
  /** The name of the scratch badge. */
  name: string;
}

interface ConfirmOptions {
  /** Titles or hosts that were confirmed on the command line. If empty, the operator is asked. */
  confirmed: readonly string[];
  /** Undefined: there is no terminal. */
  ask: ((question: string) => Promise<string>) | undefined;
  print: (text: string) => void;
}

/** Prints exactly what will be done, and resolves to whether the operator agrees. */
export async function confirmScratch(
  confirmation: Confirmation,
  { confirmed, ask, print }: ConfirmOptions,
): Promise<boolean> {
  const { provider, title } = confirmation;
  print(describe(confirmation));
  if (confirmed.length > 0) return confirmed.some((name) => isFor(name, confirmation));
  if (!ask) throw noConfirmation(provider.name.title);
  const answer = await ask(
    `Type ${provider.name.title} to continue with ${title}, or anything else to skip it: `,
  );
  return isFor(answer, { provider, host: '' });
}

export function noConfirmation(title: string): CheckError {
  return new CheckError(
    `--scratch-badge writes to a provider, and this terminal is not interactive: add --confirm ${JSON.stringify(title)}.`,
  );
}

/** Whether `name` is the title of this provider, or the host of its base URL. */
export function isFor(
  name: string,
  { provider, host }: Pick<Confirmation, 'provider' | 'host'>,
): boolean {
  const fold = (text: string): string => text.trim().toLowerCase();
  const names = [provider.name.title, host].filter((text) => text !== '');
  return names.some((text) => fold(text) === fold(name));
}

function describe({ provider, host, title, name }: Confirmation): string {
  const { operations, check } = provider;
  const updates = 3 + check.scratch.nullFields.length;
  const end = operations.delete
    ? 'deletes the badge at the end.'
    : `leaves the badge in place, because ${provider.name.title} can only delete badges in its dashboard.`;
  return [
    `A scratch badge at ${title} (${host}): the check`,
    `  - creates one badge named "${name}", which members may see;`,
    `  - updates its texts, numbers, images and flags with ${updates} requests, each sent once;`,
    '  - reads the list of badges after each update until it shows the update, for up to half a minute;',
    '  - does not change any other badge, and does not award this one;',
    `  - ${end}`,
  ].join('\n');
}
