import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Child, type Children, makeFolder } from './children.ts';
import { type ProcessOptions, type RunningProcess, startProcess } from './process.ts';

/** The built service. `npm test` builds it first. */
export const MAIN = join(import.meta.dirname, '../../dist/main.js');

/** The service logs this as soon as it accepts requests. */
export const LISTENING = /GraphQL is at (http[^\s"]+)/;

/** The secret with which benchmarks and long tests authenticate as the router. */
export const ROUTER_SECRET = 'bench-router-secret';

/** The playground takes most of the time and the memory of a start. */
export function withoutPlayground({
  NODE_ENV,
}: Readonly<Record<string, string>>): Record<string, string> {
  return NODE_ENV === 'production' ? {} : { PLAYGROUND: 'false' };
}

/** New objects have less memory than in production: several services of tests run at once. */
const SMALL = ['--max-semi-space-size=4'];

export interface ServiceProcess extends RunningProcess {
  /** Of its graph. */
  url: string;
}

export interface StartingService extends RunningProcess {
  /** Of its graph. Rejects if the process ends before it listens. */
  url: Promise<string>;
}

export interface ServiceProcessOptions extends Omit<ProcessOptions, 'script' | 'name' | 'env'> {
  /** Another build than `dist/`. */
  script?: string;
  env: Readonly<Record<string, string>>;
}

/** The built service as a process of its own, on any free port. The caller ends it. */
export function startMain({
  script = MAIN,
  env,
  ...options
}: ServiceProcessOptions): StartingService {
  if (!existsSync(script)) throw new Error('dist/ is missing: run npm run build');
  const service = startProcess({
    name: 'the service',
    script,
    env: { PORT: '0', HOST: '127.0.0.1', ...withoutPlayground(env), ...env },
    nodeArgs: SMALL,
    ...options,
  });
  const url = service.shows(LISTENING).then(([, listening = '']) => listening);
  // A caller that waits for the end of the process does not wait for this.
  url.catch(() => undefined);
  return { ...service, url };
}

/** The same, once it listens. */
export async function startServiceProcess(
  env: Readonly<Record<string, string>>,
  script = MAIN,
): Promise<ServiceProcess> {
  const service = startMain({ env, script });
  return { ...service, url: await service.url };
}

/** Runs a command of the service until it ends. */
export async function runMain(
  options: ServiceProcessOptions,
): Promise<StartingService & { code: number | null }> {
  const service = startMain(options);
  const { code } = await service.ended;
  return { ...service, code };
}

const logLine = z.looseObject({ level: z.number(), time: z.number(), msg: z.string() });
/** A line of the service's log. `time`: epoch milliseconds. */
export type LogLine = z.output<typeof logLine>;

/** Error level of pino. */
export const ERROR_LEVEL = 50;

export interface ProductionService extends Child {
  /** Of its graph. */
  url: string;
  /** `undefined`: the text is not a line of the log. The service should never print one. */
  onLog(listener: (line: LogLine | undefined, text: string) => void): void;
}

/** The service with the settings of production, once it listens; it ends with this process. */
export async function startProductionService(
  children: Children,
  env: Readonly<Record<string, string>>,
  { script = MAIN, ...options }: Omit<ServiceProcessOptions, 'env'> = {},
): Promise<ProductionService> {
  const child = await children.start({
    name: 'the service',
    script,
    env: {
      ...(env.REDIS_URL === undefined && { STATE_DIR: makeFolder(children) }),
      ...{ NODE_ENV: 'production', HOST: '127.0.0.1', PORT: '0', ROUTER_SECRET },
      ...env,
    },
    readyWhen: LISTENING,
    ...options,
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
