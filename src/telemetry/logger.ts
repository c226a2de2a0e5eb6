import { type Logger, pino } from 'pino';
import { toWholeJson } from '../http/json.ts';

/**
 * Loads a package that only development needs, and that `npm ci --omit=dev` leaves out. Undefined if it is not
 * installed; any other failure of its loading is thrown.
 */
export async function loadDevelopmentPackage<Module>(
  name: string,
  load: () => Promise<Module>,
): Promise<Module | undefined> {
  try {
    return await load();
  } catch (error) {
    if (isMissing(name, error)) return undefined;
    throw error;
  }
}

/** Also one of its own modules may be missing: then the package is broken, and not left out. */
function isMissing(name: string, error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.startsWith(`Cannot find package '${name}'`)
  );
}

export type { Logger };

export interface LoggerOptions {
  isProduction: boolean;
  /** Of now: they may change. None of them leaves in any line. */
  secrets: () => Iterable<string>;
}

/** JSON lines for machines; in development the same lines for people. */
export async function createLogger({ isProduction, secrets }: LoggerOptions): Promise<Logger> {
  const hooks = { streamWrite: (line: string) => withoutSecrets(toWholeJson(line), secrets()) };
  if (isProduction) return pino({ hooks });
  const pretty = await loadDevelopmentPackage('pino-pretty', () => import('pino-pretty'));
  if (pretty) return pino({ hooks }, pretty.default(FOR_PEOPLE));
  const logger = pino({ hooks });
  logger.info(WITHOUT_PRETTY);
  return logger;
}

const FOR_PEOPLE = {
  translateTime: 'HH:MM:ss',
  ignore: 'pid,hostname',
  sync: true,
  colorize: process.stdout.isTTY,
};
const WITHOUT_PRETTY =
  'The log is JSON, because the development package pino-pretty is not installed (npm ci --omit=dev omits it). In a deployment, set NODE_ENV=production.';

/** A shorter one stands in half of all words, and guards nothing. */
const MIN_LETTERS = 6;

/**
 * The last net, whole secrets only, for texts that others wrote: an old Redis repeats the commands that it does not
 * know, and with them its password. What a provider says is redacted before, by `http/provider-text.ts`.
 */
export function withoutSecrets(text: string, secrets: Iterable<string>): string {
  let rest = text;
  for (const secret of secrets) {
    if (secret.length < MIN_LETTERS) continue;
    for (const spelled of [secret, JSON.stringify(secret).slice(1, -1)]) {
      rest = rest.replaceAll(spelled, '[redacted]');
    }
  }
  return rest;
}
