import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runErase } from './badges/erasing/run-erase.ts';
import { EraseError, readEraseOptions } from './badges/erasing/selection.ts';
import { AUDIT_LOG, readAuditRecord } from './badges/writing/audit.ts';
import { doubtMemories } from './badges/writing/memory-doubt.ts';
import { CheckError } from './check/options.ts';
import { openTerminal, toStopSignal } from './check/terminal.ts';
import { ConfigError, DEFAULT_TENANT, describeConfig, readConfig } from './config/read-config.ts';
import type { Config } from './config/read-config.ts';
import { secretsOf } from './config/secrets-of.ts';
import { DEFAULT_FOLDER, writingProblem } from './config/state-folder.ts';
import { createConfigWatch } from './config/watch-config.ts';
import type { TenantSettings } from './providers/settings.ts';
import type { Sandbox } from './sandbox/index.ts';
import { createLogger, withoutSecrets } from './server/logger.ts';
import type { Logger } from './server/logger.ts';
import { startService } from './service.ts';
import type { RunningService } from './service.ts';
import { backUp } from './state/embedded-backup.ts';
import { requireStopped } from './state/embedded-owner.ts';
import { openLog } from './state/open-log.ts';
import { openState } from './state/open-state.ts';
import type { OpenState } from './state/open-state.ts';
import { checkCertificate } from './state/redis-certificate.ts';
import { StateError } from './state/state-store.ts';

/** How often the files of secrets and tenants are looked at. */
const LOOK_EVERY_MS = 1_000;
/** How much of the time may go into that. */
const LOOK_PART = 0.01;

/** How long a stop waits for the state to be closed; it is safe without. */
const LAST_MS = 250;
/** A signal that comes again sooner is the same one, passed on. */
const REPEAT_MS = 500;

/** How long a start waits for the providers' lists before it takes requests without them. */
const WARM_UP_MS = 2_000;

/** Of unreadable records that an export names; more would tell no more of where to look. */
const MOST_POSITIONS = 20;

const [command, ...args] = process.argv.slice(2);

/** Also former ones: what was told to others may come back. */
const secrets = new Set<string>();
// A report of a crash holds the environment otherwise.
if (process.report) process.report.excludeEnv = true;

try {
  const config = readConfig();
  keepSecret(config);
  if (command === '--check-config') await checkConfig(config);
  else if (command === '--export-audit') await exportAudit(config);
  else if (command === '--backup-state') backUpState(config, args);
  else if (command === '--state-restored') await doubtState(config);
  else if (command === '--erase-state') await eraseState(config, args);
  else if (command === '--check-providers') process.exitCode = await checkProviders(config);
  else await run(config);
} catch (error) {
  const message = explain(error);
  if (message === undefined) throw error;
  tell(message);
  process.exit(1);
}

function keepSecret(config: Parameters<typeof secretsOf>[0]): void {
  secretsOf(config).forEach((secret) => secrets.add(secret));
}

function tell(message: string): void {
  console.error(withoutSecrets(message, secrets));
}

/** Beside what `readConfig` has checked: what can be seen of this machine, and of Redis where it shows a certificate. */
async function checkConfig(config: Config): Promise<void> {
  const { redisUrl, stateFolder = DEFAULT_FOLDER, isSandbox } = config;
  const notes = config.ignoredVariables.map(toIgnored);
  const keepsFolder = redisUrl === undefined && !(isSandbox && config.stateFolder === undefined);
  const ofFolder = keepsFolder ? writingProblem(stateFolder) : undefined;
  if (ofFolder !== undefined) throw new ConfigError([`STATE_DIR: ${stateFolder} ${ofFolder}`]);
  if (redisUrl !== undefined && redisUrl.startsWith('rediss:')) {
    const { isReached, fault } = await checkCertificate(redisUrl);
    if (fault !== undefined) throw new ConfigError([`REDIS_URL: ${fault}`]);
    if (!isReached) notes.push('Redis was not reached, so that its certificate is not checked');
  }
  console.log(['The configuration is good.', ...describeConfig(config), ...notes].join('\n'));
}

function toIgnored(name: string): string {
  return `${name} is set, and has no effect`;
}

/** What an operator can mend is said in a sentence; anything else is a fault of ours and shows its stack. */
function explain(error: unknown): string | undefined {
  const isTold =
    error instanceof ConfigError ||
    error instanceof StateError ||
    error instanceof CheckError ||
    error instanceof EraseError;
  if (isTold) return error.message;
  const isListening =
    error instanceof Error &&
    'syscall' in error &&
    /^(listen|getaddrinfo)/.test(String(error.syscall));
  return isListening
    ? `Cannot listen: ${error.message}. Set HOST and PORT to a free address.`
    : undefined;
}

async function run(config: Config): Promise<void> {
  const logger = await createLogger({ ...config, secrets: () => secrets });
  // Also while it starts: the first process of a container has no handler of its own. Nobody is served yet then.
  let stop = async (): Promise<void> => undefined;
  onStop(logger, async (signal) => {
    logger.info(`${signal}: the service stops.`);
    await stop();
    logger.info('Stopped.');
    process.exit(0);
  });
  const sandbox = config.isSandbox ? await startSandbox() : undefined;
  if (sandbox) logger.info('Demo data: the sandbox answers in the place of every provider.');
  else describeConfig(config).forEach((line) => logger.info(line));
  config.ignoredVariables.forEach((name) => logger.warn(toIgnored(name)));
  const folder = openFolder(config);
  process.once('exit', folder.remove);
  const state = await openState({
    redisUrl: config.redisUrl,
    folder: folder.path,
    now: monotonicMs,
    wallTime: Date.now,
    keptMs: config.keptMs,
    log: { info: (message) => logger.info(message), warn: (message) => logger.warn(message) },
  });
  if (state.adoptCopy) {
    await doubtMemories(state.store);
    state.adoptCopy();
  }
  const service = await startService({
    ...config,
    tenants: sandbox ? [toSandboxTenant(sandbox)] : config.tenants,
    store: state.store,
    shared: state.shared,
    retention: { keeper: state.keeper, keptMs: config.keptMs },
    warmUpMs: WARM_UP_MS,
    otherSecrets: () => secrets,
    logger,
    now: monotonicMs,
    wallTime: Date.now,
  });
  logger.info(`GraphQL is at ${service.url}/graphql`);
  if (config.hasPlayground) logger.info(`The playground is at ${service.url}/`);
  sandbox?.controls.forEach(({ title, url }) => logger.info(`Faults of ${title}: ${url}`));
  const stopWatching = sandbox ? undefined : watch(config, { service, state }, logger);

  stop = async () => {
    const delay = `Requests are served for ${config.shutdownDelayMs} ms more`;
    logger.info(`${delay}, while readiness answers 503. Then those under way may end.`);
    stopWatching?.();
    await service.close();
    await Promise.race([Promise.all([state.close(), sandbox?.close()]), pause(LAST_MS)]);
  };
}

/**
 * Calls `stop` at the first signal. A repeat of it is ignored, since npm passes on what the whole process group has
 * got already; only a person who presses Ctrl-C once more ends the process at once.
 */
function onStop(logger: Logger, stop: (signal: NodeJS.Signals) => Promise<void>): void {
  let isStopping = false;
  let interruptedAt: number | undefined;
  function onSignal(signal: NodeJS.Signals): void {
    const isInterrupt = signal === 'SIGINT';
    const isByHand = isInterrupt && monotonicMs() - (interruptedAt ?? Infinity) >= REPEAT_MS;
    if (isByHand) {
      logger.warn('SIGINT again: ending at once. What became of requests under way is unknown.');
      process.exit(130);
    }
    if (!isStopping) void stop(signal);
    if (isInterrupt && interruptedAt === undefined) {
      interruptedAt = monotonicMs();
      logger.info('Press Ctrl-C once more to end at once, and lose requests under way.');
    }
    isStopping = true;
  }
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
}

/** Takes what changes in the files of secrets and tenants. Returns how to stop. */
function watch(
  config: Config,
  { service, state }: { service: RunningService; state: OpenState },
  logger: Logger,
): () => void {
  const look = createConfigWatch({
    read: () => readConfig(),
    current: config,
    onChange(next) {
      keepSecret({ ...config, ...next });
      const tenants = service.apply(next);
      if (next.redisUrl !== undefined && !state.takeRedisUrl(next.redisUrl)) {
        logger.warn('REDIS_URL leads to another server now, which is used after a restart only');
      }
      logger.info({ tenants }, 'the settings have changed, and the new ones are in use');
    },
    onProblem: ({ message }) =>
      logger.error(`Settings have changed and cannot be used; the former ones are. ${message}`),
  });
  let timer = setTimeout(again, LOOK_EVERY_MS).unref();
  function again(): void {
    const begun = performance.now();
    look();
    // With a thousand tenants a look takes long, and nothing else is done meanwhile.
    const pauseMs = Math.max(LOOK_EVERY_MS, (performance.now() - begun) / LOOK_PART);
    timer = setTimeout(again, pauseMs).unref();
  }
  return () => clearTimeout(timer);
}

function toSandboxTenant({ providerValues }: Pick<Sandbox, 'providerValues'>): TenantSettings {
  return { id: DEFAULT_TENANT, providerValues, requestLimits: {} };
}

/** Holds the providers to their contract files; those of the sandbox where no other is configured. */
async function checkProviders(config: Config): Promise<number> {
  // Loaded only when it is used.
  const check = await import('./check/check-providers.ts');
  const sandbox = config.isSandbox ? await startSandbox() : undefined;
  const { redisUrl } = config;
  const log = { info: tell, warn: tell };
  const times = { now: monotonicMs, wallTime: Date.now };
  const state =
    redisUrl === undefined
      ? undefined
      : await openState({ ...times, redisUrl, folder: DEFAULT_FOLDER, log });
  if (sandbox) tell('No provider is configured: the sandbox is checked in its place.');
  try {
    return await check.checkProviders(args, {
      ...config,
      ...times,
      tenants: sandbox ? [toSandboxTenant(sandbox)] : config.tenants,
      shared: state?.shared,
      print: (text) => console.log(withoutSecrets(text, secrets)),
      onProgress: tell,
      ask: openTerminal(),
      signal: toStopSignal(tell),
    });
  } finally {
    await state?.close();
    await sandbox?.close();
  }
}

/** One file with all that is stored now; also while the service runs. */
function backUpState({ redisUrl, stateFolder }: Config, [file]: readonly string[]): void {
  if (redisUrl !== undefined) {
    throw new StateError('unavailable', 'The state is in Redis: back up Redis with its own means.');
  }
  if (file === undefined) {
    throw new StateError('unavailable', 'Name the new file: npm run state:backup -- <file>');
  }
  const folder = stateFolder ?? DEFAULT_FOLDER;
  backUp({ folder, file });
  tell(`${file} holds the state of ${folder}.`);
}

/** After an older copy was put back in a way that no start can notice. */
async function doubtState({ redisUrl, stateFolder }: Config): Promise<void> {
  const folder = stateFolder ?? DEFAULT_FOLDER;
  const log = { info: tell, warn: tell };
  const state = await openState({ redisUrl, folder, now: monotonicMs, wallTime: Date.now, log });
  try {
    const memories = await doubtMemories(state.store);
    state.adoptCopy?.();
    tell(
      `Remembered values are in doubt now, of ${memories} badge(s): they are sent only with hiddenFields: REUSE.`,
    );
  } finally {
    await state.close();
  }
}

/** Removes what is stored of a tenant, or of one of its badges or members. */
async function eraseState(config: Config, given: readonly string[]): Promise<void> {
  const { isDryRun, ...selection } = readEraseOptions(given);
  const { redisUrl, stateFolder } = config;
  const folder = stateFolder ?? DEFAULT_FOLDER;
  const log = { info: () => undefined, warn: tell };
  if (redisUrl === undefined) requireStopped({ folder });
  const state = await openState({ redisUrl, folder, now: monotonicMs, wallTime: Date.now, log });
  try {
    await runErase(selection, {
      ...state,
      isDryRun,
      isConfigured: config.tenants.some(({ id }) => id === selection.tenant),
      tell,
      now: monotonicMs,
    });
  } finally {
    await state.close();
  }
}

/** Every audit record as a line of JSON, oldest first; also while the service runs. */
async function exportAudit({ redisUrl, stateFolder }: Config): Promise<void> {
  const folder = stateFolder ?? DEFAULT_FOLDER;
  // What is not a record is no part of the export.
  const log = { info: tell, warn: tell };
  const logs = await openLog({ redisUrl, folder, now: monotonicMs, wallTime: Date.now, log });
  const unreadable: string[] = [];
  for await (const { position, entry } of logs.readForward(AUDIT_LOG)) {
    const reading = readAuditRecord(entry);
    if ('unreadable' in reading) unreadable.push(position);
    else console.log(JSON.stringify(reading.record));
  }
  await logs.close();
  if (unreadable.length > 0) tell(toUnreadableNote(unreadable));
}

function toUnreadableNote(positions: readonly string[]): string {
  const named = positions.slice(0, MOST_POSITIONS).join(', ');
  const more = positions.length > MOST_POSITIONS ? ', …' : '';
  return `Audit records that this version cannot read, and that are left out of the export: ${positions.length}, at the positions ${named}${more} of the log "${AUDIT_LOG}". They are still in the store.`;
}

/** Where state is kept. Demo data is no more worth keeping than the sandbox, which forgets all at its end. */
function openFolder({ stateFolder, isSandbox }: Config): { path: string; remove: () => void } {
  if (stateFolder !== undefined || !isSandbox) {
    return { path: stateFolder ?? DEFAULT_FOLDER, remove: () => undefined };
  }
  const path = mkdtempSync(join(tmpdir(), 'badges-sandbox-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Measures durations. It does not follow the machine's clock when that is corrected. */
function monotonicMs(): number {
  return Math.floor(performance.now());
}

/** Loaded only when it is used: production never does. */
async function startSandbox() {
  const { startSandbox: start } = await import('./sandbox/index.ts');
  return start();
}
