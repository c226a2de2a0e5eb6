import { counted, readEraseOptions, runErase } from './badges/erasing/erase.ts';
import { AUDIT_LOG, readAuditRecord } from './badges/writing/audit.ts';
import { doubtMemories } from './badges/writing/memory.ts';
import { openTerminal, toStopSignal } from './check/options.ts';
import { type Config, describeConfig } from './config/read-config.ts';
import { ConfigError, readVersion } from './config/source.ts';
import { DEFAULT_FOLDER, writingProblem } from './config/variables.ts';
import type { TenantSettings } from './providers/settings.ts';
import { openLog, openState } from './state/open-state.ts';
import { checkCertificate } from './state/redis/client.ts';
import { backUp } from './state/sqlite/copies.ts';
import { requireStopped } from './state/sqlite/database.ts';
import { StateError } from './state/state-store.ts';

// Commands for operators, each with an npm script of its own.

interface CommandContext {
  config: Config;
  /** Arguments after the command. */
  args: readonly string[];
  /** Writes the result to standard output, without secrets. */
  print: (text: string) => void;
  /** Writes progress and remarks to standard error, without secrets. */
  tell: (text: string) => void;
  /** Monotonic milliseconds. */
  now: () => number;
  startDemo: () => Promise<Demo>;
}

/** The sandbox, which replaces every provider. */
export interface Demo {
  tenants: readonly TenantSettings[];
  close: () => Promise<void>;
}

/** Resolves with the exit code, or with nothing for 0. Rejects with an error whose message is for the operator. */
export type Command = (context: CommandContext) => Promise<number | void>;

interface OperatorCommand {
  run: Command;
  /** What follows the command. Undefined: nothing. Options are checked by the command itself. */
  takes?: '<file>' | '[options]';
  /** For the list of commands. */
  about: string;
}

export const COMMANDS: ReadonlyMap<string, OperatorCommand> = new Map<string, OperatorCommand>([
  ['--check-config', { run: checkConfig, about: 'Checks the settings and starts nothing.' }],
  [
    '--check-providers',
    {
      run: checkProviders,
      takes: '[options]',
      about: 'Compares the real providers with the contract files.',
    },
  ],
  ['--export-audit', { run: exportAudit, about: 'Prints every audit record as a line of JSON.' }],
  [
    '--backup-state',
    {
      run: backUpState,
      takes: '<file>',
      about: 'Writes everything in the state folder to one new file.',
    },
  ],
  ['--state-restored', { run: doubtState, about: 'Declares that an older copy was restored.' }],
  [
    '--erase-state',
    {
      run: eraseState,
      takes: '[options]',
      about: 'Erases what is stored of a tenant, or of one of its badges or members.',
    },
  ],
]);

const HELP = '--help';
const VERSION = '--version';
const MAIN = 'node dist/main.js';

/** What the arguments ask for: a command, or a text that needs no settings. `isWrong`: the text says what is wrong. */
export function findCommand(
  name: string,
  args: readonly string[],
): { run: Command } | { text: string; isWrong: boolean } {
  if ([name, ...args].includes(HELP)) return { text: describeCommands(), isWrong: false };
  const command = COMMANDS.get(name);
  const extra = command?.takes === '[options]' ? [] : args.slice(command?.takes ? 1 : 0);
  if (!command && name !== VERSION) {
    const text = `${name} is not a command. ${MAIN} ${HELP} lists the commands.`;
    return { text, isWrong: true };
  }
  if (extra.length > 0) {
    const most = command?.takes ? 'one file' : 'no arguments';
    return { text: `${name} takes ${most}. Remove ${extra.join(' ')}.`, isWrong: true };
  }
  return command ? { run: command.run } : { text: readVersion(), isWrong: false };
}

function describeCommands(): string {
  const lines = [
    ...[...COMMANDS].map(([name, { takes, about }]) => [`${name} ${takes ?? ''}`, about] as const),
    [HELP, 'Lists the commands.'] as const,
    [VERSION, 'Prints the version.'] as const,
  ];
  const width = Math.max(...lines.map(([use]) => use.length));
  return [
    `Usage: ${MAIN} [command]`,
    'Starts the service, or runs a command:',
    ...lines.map(([use, about]) => `  ${use.padEnd(width)}  ${about}`),
    'The settings are environment variables. docs/configuration.md of the repository explains them.',
  ].join('\n');
}

/** Maximum number of unreadable records that an export lists. More would not help to find them. */
const MAX_POSITIONS = 20;

/** Checks what `readConfig` cannot: the state folder, and the certificate of Redis. */
async function checkConfig({ config, print }: CommandContext): Promise<void> {
  const { redisUrl, stateFolder = DEFAULT_FOLDER, isSandbox } = config;
  const notes = [...config.remarks];
  const keepsFolder = redisUrl === undefined && !(isSandbox && config.stateFolder === undefined);
  const ofFolder = keepsFolder ? writingProblem(stateFolder) : undefined;
  if (ofFolder !== undefined) throw new ConfigError([`STATE_DIR: ${stateFolder} ${ofFolder}`]);
  if (redisUrl !== undefined && redisUrl.startsWith('rediss:')) {
    const { isReached, fault } = await checkCertificate(redisUrl);
    if (fault !== undefined) throw new ConfigError([`REDIS_URL: ${fault}`]);
    if (!isReached) notes.push('Redis could not be reached, so its certificate was not checked');
  }
  print(['The configuration is valid.', ...describeConfig(config), ...notes].join('\n'));
}

const UNSHARED = 'the check does not share the rate limits of the service';

/** Checks the providers against their contract files. Without configured providers it checks the sandbox. */
async function checkProviders(context: CommandContext): Promise<number> {
  const { config, args, print, tell, now, startDemo } = context;
  // Loaded only when it is used.
  const check = await import('./check/check-providers.ts');
  const demo = config.isSandbox ? await startDemo() : undefined;
  const { redisUrl } = config;
  const log = { info: tell, warn: tell };
  const times = { now, wallTime: Date.now };
  const state =
    redisUrl === undefined
      ? undefined
      : await openState({ ...times, redisUrl, folder: DEFAULT_FOLDER, log, outage: UNSHARED });
  if (demo) tell('No provider is configured. Checking the sandbox instead.');
  try {
    return await check.checkProviders(args, {
      ...config,
      ...times,
      tenants: demo?.tenants ?? config.tenants,
      shared: state?.shared,
      print,
      onProgress: tell,
      ask: openTerminal(),
      signal: toStopSignal(tell),
    });
  } finally {
    await state?.close();
    await demo?.close();
  }
}

/** Copies the whole state to one file. Works while the service runs. */
async function backUpState({ config, args: [file], tell }: CommandContext): Promise<void> {
  const { redisUrl, stateFolder } = config;
  if (redisUrl !== undefined) {
    throw new StateError('unavailable', 'The state is in Redis. Use the backup tools of Redis.');
  }
  if (file === undefined || file.startsWith('-')) {
    throw new StateError('unavailable', `Specify the new file: ${MAIN} --backup-state <file>`);
  }
  const folder = stateFolder ?? DEFAULT_FOLDER;
  backUp({ folder, file });
  tell(`${file} contains the state of ${folder}.`);
}

/** For an operator who has restored an older copy in a way that the start cannot detect. */
async function doubtState(context: CommandContext): Promise<void> {
  const { config, tell } = context;
  const options = stateOptions(context);
  if (config.redisUrl === undefined) requireStopped(options);
  const state = await openState(options);
  try {
    const memories = await doubtMemories(state.store);
    state.adoptCopy?.();
    tell(
      `Remembered values of ${counted(memories, 'badge')} are no longer trusted: they are sent only with hiddenFields: REUSE.`,
    );
  } finally {
    await state.close();
  }
}

/** Removes stored data of a tenant, or of one of its badges or members. */
async function eraseState(context: CommandContext): Promise<void> {
  const { config, args, tell, now } = context;
  const { isDryRun, ...selection } = readEraseOptions(args);
  const options = stateOptions(context);
  if (config.redisUrl === undefined) requireStopped(options);
  const log = { info: () => undefined, warn: tell };
  const state = await openState({ ...options, log });
  try {
    await runErase(selection, {
      ...state,
      isDryRun,
      isConfigured: config.tenants.some(({ id }) => id === selection.tenant),
      tell,
      now,
    });
  } finally {
    await state.close();
  }
}

/** Prints every audit record as a line of JSON, oldest first. Works while the service runs. */
async function exportAudit(context: CommandContext): Promise<void> {
  const { print, tell } = context;
  const logs = await openLog(stateOptions(context));
  const unreadable: string[] = [];
  try {
    for await (const { position, entry } of logs.readForward(AUDIT_LOG)) {
      const reading = readAuditRecord(entry);
      if ('unreadable' in reading) unreadable.push(position);
      else print(JSON.stringify(reading.record));
    }
  } finally {
    await logs.close();
  }
  if (unreadable.length > 0) tell(toUnreadableNote(unreadable));
}

function toUnreadableNote(positions: readonly string[]): string {
  const named = positions.slice(0, MAX_POSITIONS).join(', ');
  const more = positions.length > MAX_POSITIONS ? ', …' : '';
  const [are, at, they] =
    positions.length === 1 ? ['is', 'position', 'It remains'] : ['are', 'positions', 'They remain'];
  return `${counted(positions.length, 'audit record')} cannot be read by this version and ${are} missing from the export, at the ${at} ${named}${more} of the log "${AUDIT_LOG}". ${they} in the store.`;
}

/** Options for opening the state of the service. Remarks go to standard error, so that results stay clean. */
function stateOptions({ config, tell, now }: CommandContext) {
  const { redisUrl, stateFolder: folder = DEFAULT_FOLDER } = config;
  const log = { info: tell, warn: tell };
  const outage = 'this command needs it';
  return { redisUrl, folder, now, wallTime: Date.now, log, outage };
}
