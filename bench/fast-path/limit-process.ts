import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Children } from '../../test/support/children.ts';
import type { Target } from './load.ts';

const SCRIPT = join(import.meta.dirname, 'limit-server.ts');

/** The bare server, in a process of its own that ends with this one. */
export async function startLimitServer(
  children: Children,
  data: object,
): Promise<Omit<Target, 'name'>> {
  const child = spawn(process.execPath, [SCRIPT], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.endWith(() => child.kill('SIGKILL'));
  child.stdin.write(`${JSON.stringify(data)}\n`);
  const line = await new Promise<string>((resolve) =>
    createInterface(child.stdout).once('line', resolve),
  );
  const [, port = ''] = /listens at (\d+)/.exec(line) ?? [];
  if (child.pid === undefined) throw new Error('The bare server did not start');
  return { url: `http://127.0.0.1:${port}`, pid: child.pid };
}
