import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const READY_WITHIN_MS = 30_000;
const STOPPED_WITHIN_MS = 10_000;
const POLL_MS = 50;

/** Nothing else is passed on: keys of real providers, or production mode, have no place in a demo. */
const INHERITED_VARIABLES = ['PATH', 'NODE_OPTIONS', 'TMPDIR', 'TEMP', 'SystemRoot'];
/** Where traces are exported to. */
const OF_TELEMETRY = 'OTEL_';

export interface BadgesProcess {
  url: string;
  pid: number | undefined;
  /** Rejects if it ends before, or takes too long. */
  ready: Promise<void>;
  /** How it ended, in words. */
  ended: Promise<string>;
  close(): Promise<void>;
}

/** The badges subgraph as it runs anywhere: its own process. The sandbox takes the place of both providers. */
export function startBadges({ port }: { port: number }): BadgesProcess {
  if (!existsSync(MAIN)) throw new Error('dist/ is missing: run `npm run build` first.');
  const origin = `http://127.0.0.1:${port}`;
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => INHERITED_VARIABLES.includes(name) || name.startsWith(OF_TELEMETRY),
    ),
  );
  const child = spawn(process.execPath, [MAIN], {
    env: {
      ...inherited,
      OTEL_SERVICE_NAME: 'badges-subgraph',
      HOST: '127.0.0.1',
      PORT: String(port),
      SANDBOX: 'true',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  // However this process ends, its child ends too.
  process.once('exit', () => child.kill());

  const ended = describeEnd(child);
  return {
    url: `${origin}/graphql`,
    pid: child.pid,
    ready: waitUntilReady(`${origin}/health/ready`, ended),
    ended,
    close: () => stop(child, ended),
  };
}

async function describeEnd(child: ChildProcess): Promise<string> {
  try {
    await once(child, 'exit');
    return `ended with ${child.signalCode ?? `code ${child.exitCode}`}`;
  } catch (error) {
    return `did not start: ${String(error)}`;
  }
}

async function waitUntilReady(url: string, ended: Promise<string>): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await isReady(url))) {
    const end = await Promise.race([ended, setTimeout(POLL_MS)]);
    if (end !== undefined) throw new Error(`The badges subgraph ${end} before it was ready.`);
    if (Date.now() > deadline) throw new Error('The badges subgraph does not become ready.');
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

async function stop(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.kill();
  const end = await Promise.race([ended, setTimeout(STOPPED_WITHIN_MS)]);
  if (end === undefined) child.kill('SIGKILL');
}
