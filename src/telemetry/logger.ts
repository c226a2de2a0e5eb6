import { type Logger, pino } from 'pino';
import { toWholeJson } from '../http/json.ts';

/**
 * Loads a package that only development needs and `npm ci --omit=dev` omits. Undefined if it is not installed. Throws if
 * loading fails for any other reason.
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

/** If one of the package's own modules is missing, the package is broken and not just omitted. */
function isMissing(name: string, error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.startsWith(`Cannot find package '${name}'`)
  );
}

export type { Logger };

interface LoggerOptions {
  isProduction: boolean;
  /** The current secrets, which may change. They are removed from every line. */
  secrets: () => Iterable<string>;
}

/** Writes JSON lines, or human-readable ones in development. */
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

/** A shorter secret would match parts of ordinary words, and protects nothing. */
const MIN_LETTERS = 6;

/**
 * Removes whole secrets from text, as the last safeguard for text from other systems: an old Redis repeats commands that
 * it does not know, including a password. Text of providers is redacted earlier, by `http/provider-text.ts`.
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
