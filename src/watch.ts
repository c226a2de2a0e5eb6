import {
  createRedisUrlWatch,
  createSecretListWatch,
  createTenantsWatch,
} from './config/file-watch.ts';
import type { Config, secretsOf } from './config/read-config.ts';
import { type ConfigError, type Given, createFileTexts } from './config/source.ts';
import { METRICS_TOKENS, ROUTER_SECRETS, type SecretList } from './config/variables.ts';
import { readYamlElsewhere } from './config/yaml-tree.ts';
import type { TenantSettings } from './providers/settings.ts';
import type { RunningService } from './service.ts';
import type { OpenState } from './state/open-state.ts';
import type { Logger } from './telemetry/logger.ts';

/** How often the files with secrets and tenants are checked. */
const LOOK_EVERY_MS = 500;
/** Maximum number of tenants in one line of the log. */
const MAX_NAMES = 20;

interface WatchOptions {
  /** The configuration with which the service was started. */
  config: Config;
  given: Given;
  service: {
    tenants: Pick<RunningService['tenants'], 'replace'>;
    routerSecrets: Pick<RunningService['routerSecrets'], 'replace' | 'keepOnly'>;
    metricsTokens: Pick<RunningService['metricsTokens'], 'replace' | 'keepOnly'>;
  };
  state: Pick<OpenState, 'takeRedisUrl'>;
  logger: Logger;
  /** Called with new secrets before they are used, so that the log omits them. */
  keepSecrets: (config: Parameters<typeof secretsOf>[0]) => void;
}

/** Applies changes in the files with secrets and tenants while the service runs. Returns a function that stops it. */
export function watch(options: WatchOptions): () => void {
  const { config, given, service, state, logger, keepSecrets } = options;
  function onProblem({ message }: ConfigError): void {
    logger.error(
      `The settings have changed but are invalid. The previous settings stay in use. ${message}`,
    );
  }
  function useTenants(tenants: readonly TenantSettings[]): void {
    keepSecrets({ ...config, tenants });
    const change = toShown(service.tenants.replace(tenants));
    logger.info({ tenants: change }, 'The settings have changed. The new settings are in use');
  }
  function createSecretsLook(
    at: 'routerSecrets' | 'metricsTokens',
    list: SecretList,
    title: string,
  ): () => void {
    const { name, called } = list;
    return createSecretListWatch(list, {
      given,
      current: config[at],
      onChange(secrets) {
        keepSecrets({ ...config, [at]: secrets });
        service[at].replace(secrets);
        logger.info(`${title} have changed. The new ${called} are in use`);
      },
      onRevocation(left) {
        service[at].keepOnly(left);
        logger.error(
          `${name}_FILE is invalid. Those ${called} that were removed from it are no longer accepted, ${left.length} remain`,
        );
      },
      onProblem,
    });
  }
  const lookAtRouterSecrets = createSecretsLook(
    'routerSecrets',
    ROUTER_SECRETS,
    'The router secrets',
  );
  const lookAtMetricsTokens = createSecretsLook(
    'metricsTokens',
    METRICS_TOKENS,
    'The tokens that read the metrics',
  );
  const lookAtRedisUrl = createRedisUrlWatch({
    given,
    current: config.redisUrl,
    onChange(redisUrl) {
      if (redisUrl === undefined) return;
      keepSecrets({ ...config, redisUrl });
      const isTaken = state.takeRedisUrl(redisUrl);
      if (isTaken) logger.info('The settings have changed. The new settings are in use');
      else logger.warn('REDIS_URL now points to a different server. Restart the service to use it');
    },
    onProblem,
  });
  const lookAtTenants = createTenantsWatch({
    given,
    current: config.tenants,
    onChange: useTenants,
    onRevocation(left) {
      logger.error(
        'TENANTS_FILE is invalid. Tenants that were removed from it are no longer served',
      );
      useTenants(left);
    },
    onProblem,
    texts: createFileTexts(),
    readYaml: readYamlElsewhere,
  });
  // Independent of each other: a slow file or many tenants must not delay the revocation of a secret.
  const looks = [lookAtRouterSecrets, lookAtMetricsTokens, lookAtRedisUrl, lookAtTenants];
  const stops = looks.map((look) => repeat(look, logger));
  return () => stops.forEach((stop) => stop());
}

/** Polls, because not every file system reports changes. Returns a function that stops it. */
function repeat(look: () => void | Promise<void>, logger: Logger): () => void {
  const stopping = new AbortController();
  async function again(): Promise<void> {
    try {
      await look();
    } catch (err) {
      logger.error(
        { err },
        'The settings could not be checked for changes, and are checked again. Please report it',
      );
    }
    if (!stopping.signal.aborted) setTimeout(() => void again(), LOOK_EVERY_MS).unref();
  }
  setTimeout(() => void again(), LOOK_EVERY_MS).unref();
  return () => stopping.abort();
}

/** Shortens long lists of tenants for the log. */
function toShown(
  change: ReturnType<RunningService['tenants']['replace']>,
): Record<string, readonly string[]> {
  return Object.fromEntries(
    Object.entries(change).map(([what, ids]: [string, string[]]) => [
      what,
      ids.length > MAX_NAMES
        ? [...ids.slice(0, MAX_NAMES), `and ${ids.length - MAX_NAMES} more`]
        : ids,
    ]),
  );
}
