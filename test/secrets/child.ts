import { spawn } from 'node:child_process';
import {
  LISTENING,
  MAIN,
  type Watched,
  watchProcess,
  withoutPlayground,
} from '../support/process.ts';

/** The built service as a process of its own, with all that it says. */
export interface Child extends Pick<Watched, 'stdout' | 'stderr'> {
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
  const { stdout, stderr, shows, ended } = watchProcess(child, 'the service');
  const url = shows(LISTENING).then(([, listening = '']) => listening);
  // Not everybody waits for it.
  url.catch(() => undefined);
  return {
    stdout,
    stderr,
    url,
    signal: (name) => void child.kill(name),
    ended: ended.then(({ code }) => code),
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
