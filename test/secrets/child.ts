import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { MAIN, withoutPlayground } from '../support/process.ts';

/** The built service as a process of its own, with all that it says. */
export interface Child {
  stdout: () => string;
  stderr: () => string;
  /** Of its graph, once it listens. Rejects when it ends before. */
  url: Promise<string>;
  signal: (name: NodeJS.Signals) => void;
  /** How it ended; null: by a signal. */
  ended: Promise<number | null>;
  kill(): Promise<void>;
}

export interface ChildOptions {
  /** Of the service. */
  args?: readonly string[];
  /** Of Node. */
  nodeArgs?: readonly string[];
  env: Readonly<Record<string, string>>;
}

export function startChild({ args = [], nodeArgs = [], env }: ChildOptions): Child {
  const child = spawn(process.execPath, [...nodeArgs, MAIN, ...args], {
    env: { PORT: '0', HOST: '127.0.0.1', ...withoutPlayground(env), ...env },
  });
  let stdout = '';
  let stderr = '';
  const ended = once(child, 'close').then(([code]) => code as number | null);
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdout.setEncoding('utf8');
  const url = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (text: string) => {
      stdout += text;
      const [, listening] = /GraphQL is at ([^\s"]+)/.exec(stdout) ?? [];
      if (listening !== undefined) resolve(listening);
    });
    void ended.then((code) => reject(new Error(`it ended with ${code}: ${stdout}${stderr}`)));
  });
  // Not everybody waits for it.
  url.catch(() => undefined);
  return {
    stdout: () => stdout,
    stderr: () => stderr,
    url,
    signal: (name) => void child.kill(name),
    ended,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Runs it until it ends. */
export async function runChild(options: ChildOptions): Promise<Child & { code: number | null }> {
  const child = startChild(options);
  return { ...child, code: await child.ended };
}
