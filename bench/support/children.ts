import { type ChildProcess, fork, spawn } from 'node:child_process';
import { styleText } from 'node:util';
import { type Ending, watchProcess } from '../../test/support/process.ts';

export interface Child {
  pid: number;
  /** What its output said when it was ready. */
  ready: RegExpExecArray;
  /** Told every line that it prints from now on. */
  onLine(listener: (line: string) => void): void;
  /** Sends the signal, and waits for the end. */
  end: (signal: NodeJS.Signals) => Promise<Ending>;
  hasEnded(): boolean;
}

export interface StartOptions {
  /** For messages. */
  name: string;
  script: string;
  /** The Node that runs it; the one that runs this if left out. */
  node?: string;
  args?: readonly string[];
  /** Of Node. */
  nodeArgs?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Sought in all that it has printed so far. */
  readyWhen: RegExp;
}

/** Processes that never outlive this one, however it ends, unless by SIGKILL. */
export interface Children {
  /** Resolves once it is ready. */
  start(options: StartOptions): Promise<Child>;
  /** A script that talks by messages, and must end by itself when it is disconnected. */
  fork(script: string): ChildProcess;
  /** Something else that must end with this process, without waiting. */
  endWith(stop: () => void): void;
  /** Ends all of them now, the last one first. */
  endAll(): void;
}

/** Ctrl-C ends all of them too. */
export function createChildren(): Children {
  const stops: (() => void)[] = [];
  const endAll = (): void =>
    stops
      .splice(0)
      .reverse()
      .forEach((stop) => stop());
  process.once('exit', endAll);
  process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));

  return {
    endAll,
    endWith: (stop) => void stops.push(stop),
    fork(script) {
      const child = fork(script);
      stops.push(() => child.kill('SIGKILL'));
      return child;
    },
    async start(options) {
      const { name, script, args = [], nodeArgs = [], env = {}, readyWhen } = options;
      const child = spawn(options.node ?? process.execPath, [...nodeArgs, script, ...args], {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      stops.push(() => child.kill('SIGKILL'));
      return toChild(child, name, readyWhen);
    },
  };
}

async function toChild(process: ChildProcess, name: string, readyWhen: RegExp): Promise<Child> {
  const { shows, onLine, ended, hasEnded } = watchProcess(process, name);
  const ready = await shows(readyWhen);
  const { pid } = process;
  if (pid === undefined) throw new Error(`${name} cannot be started`);
  return {
    pid,
    ready,
    onLine,
    async end(signal) {
      process.kill(signal);
      return ended;
    },
    hasEnded,
  };
}

/** Prints the figures, then what does not hold; the exit code says whether all did. */
export function conclude(
  figures: readonly (readonly [string, string | number])[],
  problems: readonly string[],
): never {
  const width = Math.max(...figures.map(([name]) => name.length)) + 2;
  for (const [name, figure] of figures) console.log(`${name.padEnd(width)}${figure}`);
  for (const problem of problems) console.log(styleText('red', `FAILED: ${problem}`));
  if (problems.length === 0) console.log('All bounds hold.');
  process.exit(problems.length === 0 ? 0 : 1);
}
