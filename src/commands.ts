import { readEraseOptions, runErase } from './badges/erasing/erase.ts';
import { AUDIT_LOG, readAuditRecord } from './badges/writing/audit.ts';
import { doubtMemories } from './badges/writing/memory.ts';
import { openTerminal, toStopSignal } from './check/options.ts';
import { type Config, describeConfig } from './config/read-config.ts';
import { ConfigError } from './config/source.ts';
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

export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['--check-config', checkConfig],
  ['--check-providers', checkProviders],
  ['--export-audit', exportAudit],
  ['--backup-state', backUpState],
  ['--state-restored', doubtState],
  ['--erase-state', eraseState],
]);

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
      : await openState({ ...times, redisUrl, folder: DEFAULT_FOLDER, log });
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
  if (file === undefined) {
    throw new StateError('unavailable', 'Specify the new file: npm run state:backup -- <file>');
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
      `Remembered values of ${memories} badge(s) are no longer trusted: they are sent only with hiddenFields: REUSE.`,
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
  for await (const { position, entry } of logs.readForward(AUDIT_LOG)) {
    const reading = readAuditRecord(entry);
    if ('unreadable' in reading) unreadable.push(position);
    else print(JSON.stringify(reading.record));
  }
  await logs.close();
  if (unreadable.length > 0) tell(toUnreadableNote(unreadable));
}

function toUnreadableNote(positions: readonly string[]): string {
  const named = positions.slice(0, MAX_POSITIONS).join(', ');
  const more = positions.length > MAX_POSITIONS ? ', …' : '';
  return `${positions.length} audit record(s) cannot be read by this version and are missing from the export, at the positions ${named}${more} of the log "${AUDIT_LOG}". They remain in the store.`;
}

/** Options for opening the state of the service. Remarks go to standard error, so that results stay clean. */
function stateOptions({ config, tell, now }: CommandContext) {
  const { redisUrl, stateFolder: folder = DEFAULT_FOLDER } = config;
  return { redisUrl, folder, now, wallTime: Date.now, log: { info: tell, warn: tell } };
}
