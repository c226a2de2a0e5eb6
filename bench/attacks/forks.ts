import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Children } from '../../test/support/children.ts';
import type { CallersTask, Heard } from './callers.ts';

/** A process that answers each message. */
export interface Fork {
  tell: (message: object | string) => Promise<unknown>;
  end: () => void;
}

export interface ListeningFork extends Fork {
  origin: string;
}

function toFork(child: ChildProcess): Fork {
  return {
    async tell(message) {
      const answer = once(child, 'message');
      child.send(message);
      const [said] = (await answer) as unknown[];
      return said;
    },
    end: () => void child.kill('SIGKILL'),
  };
}

/** Starts a process that sends its address as the first message. */
export async function startListening(children: Children, script: string): Promise<ListeningFork> {
  const child = children.fork(join(import.meta.dirname, script));
  const [address] = (await once(child, 'message')) as { port: number }[];
  return { ...toFork(child), origin: `http://127.0.0.1:${address?.port}` };
}

export interface Callers {
  /** Sends from now on. */
  begin(task: CallersTask): void;
  /** Stops sending, and resolves with the results. */
  stop(): Promise<Heard>;
  end(): void;
}

export function startCallers(children: Children): Callers {
  const child = children.fork(join(import.meta.dirname, 'callers.ts'));
  const { tell, end } = toFork(child);
  return {
    begin: (task) => void child.send(task),
    stop: async () => (await tell('stop')) as Heard,
    end,
  };
}
