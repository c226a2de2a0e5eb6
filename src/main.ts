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
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function run(config: Config): Promise<void> {
  const logger = createLogger(config);
  const sandbox = config.isSandbox ? await startSandbox() : undefined;
  if (sandbox) logger.info('Demo data: the sandbox answers in the place of every provider.');
  const service = await startService({
    ...config,
    providerValues: sandbox?.providerValues ?? config.providerValues,
    logger,
    now: Date.now,
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

/** Loaded only when it is used: production never does. */
async function startSandbox() {
  const { startSandbox: start } = await import('./sandbox/index.ts');
  return start();
}
