import { join } from 'node:path';
import { z } from 'zod';
import type { Child, Children } from './children.ts';

const MAIN = join(import.meta.dirname, '../../dist/main.js');

const logLine = z.looseObject({ level: z.number(), time: z.number(), msg: z.string() });
/** A line of the service's log. `time`: epoch milliseconds. */
export type LogLine = z.output<typeof logLine>;

/** By which the benchmarks are known as the router. */
export const ROUTER_SECRET = 'bench-router-secret';

/** pino's number for it. */
export const ERROR_LEVEL = 50;

export interface Service extends Child {
  /** Of its graph. */
  url: string;
  /** `undefined`: something that is no line of the log, and should not be there. */
  onLog(listener: (line: LogLine | undefined, text: string) => void): void;
}

/** The service as a process of its own, as it runs in production. */
export async function startService(
  children: Children,
  env: Readonly<Record<string, string>>,
): Promise<Service> {
  const child = await children.start({
    name: 'the service',
    script: MAIN,
    env: {
      NODE_ENV: 'production',
      MALLOC_ARENA_MAX: '2',
      HOST: '127.0.0.1',
      PORT: '0',
      ROUTER_SECRET,
      ...env,
    },
    readyWhen: /GraphQL is at (http:[^\s"]+)/,
  });
  return {
    ...child,
    url: child.ready[1] ?? '',
    onLog: (listener) => child.onLine((text) => listener(toLogLine(text), text)),
  };
}

function toLogLine(text: string): LogLine | undefined {
  try {
    return logLine.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
