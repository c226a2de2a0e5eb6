import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EraseError } from './badges/erasing/selection.ts';
import { doubtMemories } from './badges/writing/memory.ts';
import { CheckError } from './check/options.ts';
import {
  type Config,
  describeConfig,
  readConfig,
  readVariables,
  secretsOf,
  toRemarks,
} from './config/read-config.ts';
import { ConfigError } from './config/source.ts';
import { DEFAULT_TENANT } from './config/tenants-file.ts';
import { DEFAULT_FOLDER } from './config/variables.ts';
import { startService } from './service.ts';
import { openState } from './state/open-state.ts';
import { StateError } from './state/state-store.ts';
import { type Logger, createLogger, withoutSecrets } from './telemetry/logger.ts';
import { watch } from './watch.ts';

/** How long a stop waits for the state to be closed; it is safe without. */
const LAST_MS = 250;
/** A signal that comes again sooner is the same one, passed on. */
const REPEAT_MS = 500;

/** How long a start waits for the providers' lists before it takes requests without them. */
const WARM_UP_MS = 2_000;

const [command, ...args] = process.argv.slice(2);

/** Also former ones: what was told to others may come back. */
const secrets = new Set<string>();
// A report of a crash holds the environment otherwise.
if (process.report) process.report.excludeEnv = true;

try {
  const config = readConfig();
  keepSecrets(config);
  if (command === undefined) await run(config);
  else process.exitCode = await runCommand(command, config);
} catch (error) {
  const message = explain(error);
  if (message === undefined) throw error;
  tell(message);
  process.exit(1);
}

function keepSecrets(config: Parameters<typeof secretsOf>[0]): void {
  secretsOf(config).forEach((secret) => secrets.add(secret));
}

function tell(message: string): void {
  console.error(withoutSecrets(message, secrets));
}

/** Loaded only when it is used: the service itself needs none. */
async function runCommand(name: string, config: Config): Promise<number> {
  const { COMMANDS } = await import('./commands.ts');
  const run = COMMANDS.get(name);
  if (!run) {
    const known = [...COMMANDS.keys()].join(', ');
    throw new ConfigError([`${name} is not a command. The commands are ${known}.`]);
  }
  const print = (text: string): void => console.log(withoutSecrets(text, secrets));
  const context = { config, args, print, tell, now: monotonicMs, startDemo };
  return (await run(context)) ?? 0;
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
    logger.info(`${signal} received. The service is stopping.`);
    await stop();
    logger.info('Stopped.');
    process.exit(0);
  });
  const demo = config.isSandbox ? await startDemo() : undefined;
  if (demo) logger.info('Demo data: the sandbox replaces every provider.');
  else describeConfig(config).forEach((line) => logger.info(line));
  toRemarks(config).forEach((line) => logger.warn(line));
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
    tenants: demo?.tenants ?? config.tenants,
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
  demo?.controls.forEach(({ title, url }) => logger.info(`Faults of ${title}: ${url}`));
  const stopWatching = demo
    ? undefined
    : watch({ config, given: readVariables(), service, state, logger, keepSecrets });

  stop = async () => {
    const delay = `Requests are accepted for another ${config.shutdownDelayMs} ms`;
    logger.info(`${delay} while readiness returns 503. Then requests in progress may finish.`);
    stopWatching?.();
    await service.close();
    await Promise.race([Promise.all([state.close(), demo?.close()]), pause(LAST_MS)]);
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
      logger.warn(
        'Second SIGINT received. The process exits now, and the outcome of requests in progress is unknown.',
      );
      process.exit(130);
    }
    if (!isStopping) void stop(signal);
    if (isInterrupt && interruptedAt === undefined) {
      interruptedAt = monotonicMs();
      logger.info('Press Ctrl-C again to exit immediately and abandon requests in progress.');
    }
    isStopping = true;
  }
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
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

/** The sandbox in the place of every provider. Loaded only when it is used: production never does. */
async function startDemo() {
  const { startSandbox } = await import('./sandbox/index.ts');
  const sandbox = await startSandbox();
  const { providerValues, controls } = sandbox;
  const tenants = [{ id: DEFAULT_TENANT, providerValues, requestLimits: {} }];
  return { tenants, controls, close: () => sandbox.close() };
}
