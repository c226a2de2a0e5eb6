import { pino } from 'pino';
import type { Logger } from 'pino';
import pretty from 'pino-pretty';

export type { Logger };

export interface LoggerOptions {
  isProduction: boolean;
  /** Of now: they may change. None of them leaves in any line. */
  secrets: () => Iterable<string>;
}

/** JSON lines for machines; in development the same lines for people. */
export function createLogger({ isProduction, secrets }: LoggerOptions): Logger {
  const hooks = { streamWrite: (line: string) => withoutSecrets(line, secrets()) };
  if (isProduction) return pino({ hooks });
  return pino(
    { hooks },
    pretty({
      translateTime: 'HH:MM:ss',
      ignore: 'pid,hostname',
      sync: true,
      colorize: process.stdout.isTTY,
    }),
  );
}

/** A shorter one stands in half of all words, and guards nothing. */
const LEAST_LETTERS = 6;

/**
 * The last net, whole secrets only, for texts that others wrote: an old Redis repeats the commands that it does not
 * know, and with them its password. What a provider says is redacted before, by `http/redact.ts`.
 */
export function withoutSecrets(text: string, secrets: Iterable<string>): string {
  let rest = text;
  for (const secret of secrets) {
    if (secret.length < LEAST_LETTERS) continue;
    for (const spelled of [secret, JSON.stringify(secret).slice(1, -1)]) {
      rest = rest.replaceAll(spelled, '[redacted]');
    }
  }
  return rest;
}
