import { ConfigError, readConfig } from './config.ts';
import type { Config } from './config.ts';
import { createLogger } from './server/logger.ts';
import { startService } from './service.ts';

const [command] = process.argv.slice(2);

try {
  const config = readConfig();
  if (command === '--check-config') console.log('The configuration is good.');
  else await run(config);
} catch (error) {
  const message = explain(error);
  if (message === undefined) throw error;
  console.error(message);
  process.exit(1);
}

/** What an operator can mend is said in a sentence; anything else is a fault of ours and shows its stack. */
function explain(error: unknown): string | undefined {
  if (error instanceof ConfigError) return error.message;
  if (!(error instanceof Error) || !('address' in error) || !('port' in error)) return undefined;
  return `Cannot listen at ${String(error.address)}:${String(error.port)}: ${error.message}. Set HOST and PORT to a free address.`;
}

async function run(config: Config): Promise<void> {
  const logger = createLogger(config);
  const sandbox = config.isSandbox ? await startSandbox() : undefined;
  if (sandbox) logger.info('Demo data: the sandbox answers in the place of every provider.');
  const service = await startService({
    ...config,
    providerValues: sandbox?.providerValues ?? config.providerValues,
    logger,
    now: epochMs,
  });
  logger.info(`GraphQL is at ${service.url}/graphql`);
  if (config.hasPlayground) logger.info(`The playground is at ${service.url}/`);

  const stop = (signal: NodeJS.Signals): void => {
    logger.info(`${signal}: stopping, requests under way may end`);
    void service
      .close()
      .then(() => sandbox?.close())
      .then(() => process.exit(0));
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
}

/** Epoch milliseconds that never go back when the machine's clock is set. */
function epochMs(): number {
  return Math.floor(performance.timeOrigin + performance.now());
}

/** Loaded only when it is used: production never does. */
async function startSandbox() {
  const { startSandbox: start } = await import('./sandbox/index.ts');
  return start();
}
