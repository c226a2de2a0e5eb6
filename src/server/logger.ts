import { pino } from 'pino';
import type { Logger } from 'pino';
import pretty from 'pino-pretty';

export type { Logger };

/** JSON lines for machines; in development the same lines for people. */
export function createLogger({ isProduction }: { isProduction: boolean }): Logger {
  if (isProduction) return pino();
  return pino(
    pretty({
      translateTime: 'HH:MM:ss',
      ignore: 'pid,hostname',
      sync: true,
      colorize: process.stdout.isTTY,
    }),
  );
}
