import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The Node that runs the service as a process of its own: SERVICE_NODE names another one to try it on. */
export const NODE = process.env.SERVICE_NODE ?? process.execPath;
/** Node 22 warns that its SQLite is experimental. */
export const NODE_ENVIRONMENT: Readonly<Record<string, string>> =
  NODE === process.execPath ? {} : { NODE_OPTIONS: '--disable-warning=ExperimentalWarning' };

/** The built service. `npm test` builds it first. */
export const MAIN = join(import.meta.dirname, '../../dist/main.js');

/** Which takes longer to start than all else, and more memory. */
export function withoutPlayground({ NODE_ENV }: Readonly<Record<string, string>>) {
  return NODE_ENV === 'production' ? {} : { PLAYGROUND: 'false' };
}

export interface ServiceProcess {
  /** Of its graph. */
  url: string;
  output: () => string;
  /** Asks it to end, and gives its exit code. */
  stop(): Promise<number | null>;
  /** Ends it at once, whatever it is doing. */
  kill(): Promise<void>;
}

/** The service as a process of its own, once it listens. Whoever starts it kills it. */
export async function startServiceProcess(
  env: Readonly<Record<string, string>>,
  main = MAIN,
): Promise<ServiceProcess> {
  if (!existsSync(main)) throw new Error('dist/ is missing: run npm run build');
  const child = spawn(NODE, [main], { env: { PORT: '0', ...withoutPlayground(env), ...env } });
  const closed = once(child, 'close');
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stdout.setEncoding('utf8');
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (text: string) => {
      output += text;
      const listening = /GraphQL is at ([^\s"]+)/.exec(output)?.[1];
      if (listening !== undefined) resolve(listening);
    });
    void closed.then(() => reject(new Error(`the service ended:\n${output}`)));
  });

  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await closed;
  }
  async function stop(): Promise<number | null> {
    child.kill('SIGTERM');
    await closed;
    return child.exitCode;
  }
  return { url, output: () => output, stop, kill };
}
