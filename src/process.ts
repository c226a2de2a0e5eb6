import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EraseError } from './badges/erasing/erase.ts';
import { doubtMemories } from './badges/writing/memory.ts';
import { CheckError } from './check/options.ts';
import {
  type Config,
  describeConfig,
  readConfig,
  readVariables,
  secretsOf,
} from './config/read-config.ts';
import { ConfigError, readVersion } from './config/source.ts';
import { DEFAULT_TENANT } from './config/tenants-file.ts';
import { DEFAULT_FOLDER } from './config/variables.ts';
import { type OpenState, openState } from './state/open-state.ts';
import { monotonicMs } from './state/rate-limit.ts';
import { StateError } from './state/state-store.ts';
import { type Logger, createLogger, createRequestLog, withoutSecrets } from './telemetry/logger.ts';
import { combineObservers } from './telemetry/observer.ts';
import { flushSpans } from './telemetry/tracing.ts';
import { watch } from './watch.ts';

/** How long a shutdown waits for the state to be closed. Not closing it is safe. */
const LAST_MS = 250;
/** How long a shutdown waits for the collector of traces, if there is that much time left. */
const MAX_FLUSH_MS = 2_000;
/** A signal that repeats sooner is the same one, forwarded by a parent process. */
const REPEAT_MS = 500;

/** How long the start waits for the providers' lists before requests are accepted without them. */
const WARM_UP_MS = 2_000;

const [command, ...args] = process.argv.slice(2);

/** Current and former secrets. Other systems may repeat former ones. */
const secrets = new Set<string>();
// Otherwise crash reports contain the environment.
if (process.report) process.report.excludeEnv = true;

try {
  if (command === undefined) await run(readSettings());
  else process.exitCode = await runCommand(command);
} catch (error) {
  const message = explain(error);
  if (message === undefined) throw error;
  tell(message);
  process.exit(1);
}

function readSettings(): Config {
  const config = readConfig();
  keepSecrets(config);
  return config;
}

function keepSecrets(config: Parameters<typeof secretsOf>[0]): void {
  secretsOf(config).forEach((secret) => secrets.add(secret));
}

function tell(message: string): void {
  console.error(withoutSecrets(message, secrets));
}

/** Commands are loaded only when they are used. */
async function runCommand(name: string): Promise<number> {
  const { findCommand } = await import('./commands.ts');
  const found = findCommand(name, args);
  if ('text' in found) {
    (found.isWrong ? console.error : console.log)(found.text);
    return found.isWrong ? 1 : 0;
  }
  const config = readSettings();
  const print = (text: string): void => console.log(withoutSecrets(text, secrets));
  const context = { config, args, print, tell, now: monotonicMs, startDemo };
  return (await found.run(context)) ?? 0;
}

/** The message of an error that an operator can fix. Undefined for an internal error, which is shown with its stack. */
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

/** What the service stands on. */
interface Ground {
  logger: Logger;
  state: OpenState;
  demo: Awaited<ReturnType<typeof startDemo>> | undefined;
  /** Resolves to whether the state was closed. */
  closeState: () => Promise<boolean>;
}

async function run(config: Config): Promise<void> {
  const logger = await createLogger({ ...config, secrets });
  let isStopping = false;
  let stop = async (): Promise<boolean> => true;
  // Set before the start: without a handler, the first process of a container ignores signals.
  onStop(logger, async (signal) => {
    isStopping = true;
    logger.info(`${signal} received. The service is stopping.`);
    const isClosed = await stop();
    logger.info('Stopped.');
    process.exit(isClosed ? 0 : 1);
  });
  const demo = config.isSandbox ? await startDemo() : undefined;
  if (demo) logger.info('Demo data: the sandbox replaces every provider.');
  else describeConfig(config).forEach((line) => logger.info(line));
  config.remarks.forEach((line) => logger.warn(line));
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
  const closeState = once(() =>
    tryToClose('state', logger, async () => {
      await Promise.race([Promise.all([state.close(), demo?.close()]), pause(LAST_MS)]);
    }),
  );
  // A signal may come before anything else is open.
  stop = closeState;
  try {
    const ground = { logger, state, demo, closeState };
    const started = await start(config, ground);
    if (!isStopping) stop = serve(config, { ...ground, ...started });
  } catch (error) {
    // The start goes on after a signal, without its state, until the process exits.
    if (isStopping) return;
    await closeState();
    throw error;
  }
}

/** Calls `work` the first time only. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let begun: Promise<T> | undefined;
  return () => (begun ??= work());
}

async function start(config: Config, { logger, state, demo }: Ground) {
  if (state.adoptCopy) {
    await doubtMemories(state.store);
    state.adoptCopy();
  }
  const telemetry = await createTelemetry(config, logger);
  // Commands do not load it.
  const { startService } = await import('./service.ts');
  const service = await startService({
    ...config,
    tenants: demo?.tenants ?? config.tenants,
    store: state.store,
    shared: state.shared,
    retention: { keeper: state.keeper, keptMs: config.keptMs },
    warmUpMs: WARM_UP_MS,
    otherSecrets: () => secrets,
    logger,
    observer: telemetry.observer,
    metrics: telemetry.metrics,
    now: monotonicMs,
    wallTime: Date.now,
  });
  return { service, telemetry };
}

/** Announces the service, and watches its settings. Returns a function that stops it, and resolves to whether all was closed. */
function serve(
  config: Config,
  {
    logger,
    state,
    demo,
    closeState,
    service,
    telemetry,
  }: Ground & Awaited<ReturnType<typeof start>>,
): () => Promise<boolean> {
  logger.info(`GraphQL is at ${service.url}/graphql (version ${readVersion()})`);
  if (config.hasPlayground) logger.info(`The playground is at ${service.url}/`);
  demo?.controls.forEach(({ title, url }) => logger.info(`Faults of ${title}: ${url}`));
  const stopWatching = demo
    ? undefined
    : watch({ config, given: readVariables(), service, state, logger, keepSecrets });

  return async () => {
    const { shutdownDelayMs, operationDeadlineMs } = config;
    const endsBy = monotonicMs() + shutdownDelayMs + operationDeadlineMs;
    const delay = `Requests are accepted for another ${shutdownDelayMs} ms while readiness returns 503. `;
    logger.info(`${shutdownDelayMs > 0 ? delay : ''}Requests in progress may finish.`);
    stopWatching?.();
    const isServiceClosed = await tryToClose('service', logger, () => service.close());
    telemetry.close();
    const [isStateClosed] = await Promise.all([
      closeState(),
      flush(logger, endsBy - monotonicMs()),
    ]);
    return isServiceClosed && isStateClosed;
  };
}

/** Whether it was closed. A failure is logged, so that the rest of a shutdown is done nevertheless. */
async function tryToClose(
  what: string,
  logger: Logger,
  close: () => Promise<void>,
): Promise<boolean> {
  try {
    await close();
    return true;
  } catch (error) {
    const reason = explain(error);
    const message = `The ${what} could not be closed, so the process exits with 1.`;
    if (reason === undefined) logger.error({ err: error }, `${message} Please report it`);
    else logger.error(`${message} ${reason}`);
    return false;
  }
}

/** Exports the spans that are left. A collector that is down does not delay the end for long, or change the exit code. */
async function flush(logger: Logger, leftMs: number): Promise<void> {
  const late = pause(Math.min(MAX_FLUSH_MS, Math.max(LAST_MS, leftMs)), 'late');
  try {
    if ((await Promise.race([flushSpans(), late])) !== 'late') return;
  } catch {
    // The SDK reports why.
  }
  logger.warn('Some traces were not exported. Check the collector.');
}

/** The log of requests, and the metrics. Loaded only if the service runs. */
async function createTelemetry(config: Config, logger: Logger) {
  const { createMetrics, createMetricsObserver } = await import('./telemetry/metrics.ts');
  const log = createRequestLog({ logger, sample: config.logSample });
  const metrics = config.hasMetrics
    ? await createMetrics({
        version: readVersion(),
        operations: config.metricsOperations,
        now: monotonicMs,
      })
    : undefined;
  const counting = metrics ? [createMetricsObserver(metrics)] : [];
  return { metrics, observer: combineObservers([log.observer, ...counting]), close: log.close };
}

/**
 * Calls `stop` at the first signal. Repeats are ignored, because npm forwards signals that the whole process group has
 * received already. Only pressing Ctrl-C again ends the process immediately.
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

/** The folder of the state. The sandbox loses its data when it ends, so its state is kept in a temporary folder. */
function openFolder({ stateFolder, isSandbox }: Config): { path: string; remove: () => void } {
  if (stateFolder !== undefined || !isSandbox) {
    return { path: stateFolder ?? DEFAULT_FOLDER, remove: () => undefined };
  }
  const path = mkdtempSync(join(tmpdir(), 'badges-sandbox-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Starts the sandbox, which replaces every provider. Loaded only when it is used, which production never does. */
async function startDemo() {
  const { startSandbox } = await import('./sandbox/index.ts');
  const sandbox = await startSandbox();
  const { providerValues, controls } = sandbox;
  const tenants = [{ id: DEFAULT_TENANT, providerValues, requestLimits: {} }];
  return { tenants, controls, close: () => sandbox.close() };
}
