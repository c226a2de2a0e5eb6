import { once } from 'node:events';
import { join } from 'node:path';
import type { Children } from '../../test/support/children.ts';
import type { Heard, Task } from './callers.ts';

/** Callers in a process of their own. */
export interface Callers {
  begin(task: Task): void;
  /** Resolves with the results after the last response. */
  end(): Promise<Heard>;
}

export function startCallers(children: Children): Callers {
  const child = children.fork(join(import.meta.dirname, 'callers.ts'));
  return {
    begin: (task) => void child.send(task),
    async end() {
      const heard = once(child, 'message');
      child.send('end');
      return ((await heard) as [Heard])[0];
    },
  };
}
