import { type ChildProcess, spawn } from 'node:child_process';
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

/** Stands in the output of the service when it serves. */
export const LISTENING = /GraphQL is at ([^\s"]+)/;

/** How a process ended. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A process that was started, with what it says. */
export interface Watched {
  stdout: () => string;
  stderr: () => string;
  /** Both, as they came. */
  output: () => string;
  /** Told every line from now on. */
  onLine: (listener: (line: string) => void) => void;
  /** The first match in whole lines of its output so far. Rejects when it ends before. */
  shows: (pattern: RegExp) => Promise<RegExpExecArray>;
  /** When all that it said was read. */
  ended: Promise<Ending>;
  hasEnded: () => boolean;
}

/** A load may log for an hour; tests look at everything that a process said in seconds. */
const MAX_CHARACTERS = 16_000_000;
const MAX_LINES_TOLD = 20;

export function watchProcess(child: ChildProcess, name = 'the process'): Watched {
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error(`${name} has no output to read`);
  const said = { stdout: '', stderr: '', both: '' };
  const listeners = new Set<() => void>();
  const lineListeners: ((line: string) => void)[] = [];
  const wholeLines = () => said.both.slice(0, said.both.lastIndexOf('\n') + 1);

  function hear(from: 'stdout' | 'stderr', text: string): void {
    said[from] = (said[from] + text).slice(-MAX_CHARACTERS);
    said.both = (said.both + text).slice(-MAX_CHARACTERS);
    listeners.forEach((listener) => listener());
  }
  for (const [from, stream] of [
    ['stdout', stdout],
    ['stderr', stderr],
  ] as const) {
    let begun = '';
    stream.setEncoding('utf8').on('data', (text: string) => {
      hear(from, text);
      const lines = (begun + text).split('\n');
      begun = lines.pop() ?? '';
      for (const line of lines) lineListeners.forEach((listener) => listener(line));
    });
  }
  const ended = once(child, 'close').then(([code, signal]): Ending => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
  }));

  return {
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    output: () => said.both,
    onLine: (listener) => void lineListeners.push(listener),
    shows: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(wholeLines());
          if (!match) return;
          listeners.delete(look);
          resolve(match);
        };
        listeners.add(look);
        void ended.then(({ code, signal }) => {
          const last = said.both.trimEnd().split('\n').slice(-MAX_LINES_TOLD).join('\n');
          reject(new Error(`${name} ended with ${code ?? signal} before ${pattern}:\n${last}`));
        });
        look();
      }),
    ended,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
  };
}

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
  const { output, shows, ended, hasEnded } = watchProcess(child, 'the service');
  const [, url = ''] = await shows(LISTENING);

  async function kill(): Promise<void> {
    if (hasEnded()) return;
    child.kill('SIGKILL');
    await ended;
  }
  async function stop(): Promise<number | null> {
    child.kill('SIGTERM');
    return (await ended).code;
  }
  return { url, output, stop, kill };
}
