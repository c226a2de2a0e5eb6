import { once } from 'node:events';
import { join } from 'node:path';
import type { Children } from '../../test/support/children.ts';
import type { Task } from './attackers.ts';
import type { World } from './world.ts';

export interface Attack {
  end(): Promise<void>;
}

/** A process that repeats this until it is ended. */
export function startAttack(
  children: Children,
  { kind, world }: { kind: Task['kind']; world: World },
): Attack {
  const attacker = children.fork(join(import.meta.dirname, 'attackers.ts'));
  const task: Task = { kind, url: world.service.url, tenantsFile: world.tenantsFile };
  attacker.send(task);
  return {
    async end() {
      const ended = once(attacker, 'exit');
      attacker.disconnect();
      await ended;
    },
  };
}
