import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const { NODE_COMPILE_CACHE } = process.env;

/** The Node that runs the service as a process of its own: SERVICE_NODE names another one to try it on. */
export const NODE = process.env.SERVICE_NODE ?? process.execPath;
/** For every Node that tests start. Node 22 warns that its SQLite is experimental. */
export const NODE_ENVIRONMENT: Readonly<Record<string, string>> = {
  ...(NODE !== process.execPath && { NODE_OPTIONS: '--disable-warning=ExperimentalWarning' }),
  ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }),
};

/** How a process ended. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** The output and the end of a process. */
export interface Watched {
  stdout: () => string;
  stderr: () => string;
  /** Both, in the order in which they arrived. */
  output: () => string;
  /** Calls the listener with every line from now on. */
  onLine: (listener: (line: string) => void) => void;
  /** Resolves with the first match in complete lines of its output. Rejects if the process ends without one. */
  shows: (pattern: RegExp) => Promise<RegExpExecArray>;
  /** Resolves after the last output has been read. */
  ended: Promise<Ending>;
  hasEnded: () => boolean;
}

export interface RunningProcess extends Watched {
  pid: number | undefined;
  signal: (name: NodeJS.Signals) => void;
  /** Sends the signal, and waits for the end. */
  end: (signal: NodeJS.Signals) => Promise<Ending>;
  /** Sends SIGTERM, and resolves with the exit code. */
  stop: () => Promise<number | null>;
  /** Sends SIGKILL unless it has ended. */
  kill: () => Promise<void>;
}

export interface ProcessOptions {
  script: string;
  /** For messages. */
  name: string;
  args?: readonly string[];
  node?: string | undefined;
  /** Arguments of Node. */
  nodeArgs?: readonly string[];
  /** Its whole environment. */
  env?: Readonly<Record<string, string>>;
}

/** The output of an hour of load is cut; the output of a test never is. */
const MAX_CHARACTERS = 16_000_000;
/** In the message of an error. */
const MAX_LINES_SHOWN = 20;

/** Runs a script with Node as a process of its own. The caller ends it. */
export function startProcess({
  script,
  name,
  args = [],
  node = NODE,
  nodeArgs = [],
  env = {},
}: ProcessOptions): RunningProcess {
  const child = spawn(node, [...nodeArgs, script, ...args], {
    env: { ...NODE_ENVIRONMENT, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const watched = watchProcess(child, name);
  async function end(signal: NodeJS.Signals): Promise<Ending> {
    child.kill(signal);
    return watched.ended;
  }
  return {
    ...watched,
    pid: child.pid,
    signal: (signal) => void child.kill(signal),
    end,
    stop: async () => (await end('SIGTERM')).code,
    async kill() {
      if (!watched.hasEnded()) await end('SIGKILL');
    },
  };
}

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
          const last = said.both.trimEnd().split('\n').slice(-MAX_LINES_SHOWN).join('\n');
          reject(new Error(`${name} ended with ${code ?? signal} before ${pattern}:\n${last}`));
        });
        look();
      }),
    ended,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
  };
}
