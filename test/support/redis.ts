import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';

const REDIS = '/usr/bin/redis-server';

/** Undefined where no Redis is installed; that is an error where CI installs one. */
export function findRedis(): string | undefined {
  if (existsSync(REDIS)) return REDIS;
  if (process.env.CI) throw new Error(`${REDIS} is missing, and CI must have it`);
  return undefined;
}

export interface RedisServer {
  url: string;
  /** Ends it. Its data is lost. */
  stop(): Promise<void>;
  /** Starts it again at the same address, empty. */
  start(): Promise<void>;
  /** Stops replying, with open connections. */
  hang(): void;
  resume(): void;
}

/** Starts an empty Redis on a free port. It writes nothing to disk. */
export async function startRedis(executablePath: string): Promise<RedisServer> {
  const port = await findFreePort();
  let server = await startOn(executablePath, port);
  return {
    url: `redis://127.0.0.1:${port}`,
    stop: () => end(server),
    async start() {
      server = await startOn(executablePath, port);
    },
    hang: () => void server.kill('SIGSTOP'),
    resume: () => void server.kill('SIGCONT'),
  };
}

const running = new Set<ChildProcess>();

/** Ends every Redis that a test file has left running, and returns how many there were. */
export function endLeftRedis(): number {
  running.forEach((server) => server.kill('SIGKILL'));
  return running.size;
}

async function startOn(executablePath: string, port: number): Promise<ChildProcess> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  // A dump of another Redis in that folder would be loaded at the start.
  const own = ['--dir', tmpdir(), '--dbfilename', `badges-test-${process.pid}-${port}.rdb`];
  // A replica need not wait for others that may come.
  const server = spawn(executablePath, [...args, ...own, '--repl-diskless-sync-delay', '0'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  running.add(server);
  server.once('exit', () => running.delete(server));
  let output = '';
  for await (const text of server.stdout.iterator({ destroyOnReturn: false })) {
    output += String(text);
    if (output.includes('Ready to accept connections')) {
      server.stdout.resume();
      return server;
    }
  }
  throw new Error(`Redis did not start: ${output}`);
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = once(server, 'exit');
  server.kill('SIGKILL');
  await exit;
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port was given');
  return address.port;
}
