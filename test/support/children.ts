import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ProcessOptions, type RunningProcess, startProcess } from './process.ts';

export interface Child extends RunningProcess {
  pid: number;
  /** The match of `readyWhen`. */
  ready: RegExpExecArray;
}

export interface StartOptions extends ProcessOptions {
  /** Sought in everything that the process has printed so far. */
  readyWhen: RegExp;
}

/** Processes that never outlive this one, however it ends, unless by SIGKILL. */
export interface Children {
  /** Resolves once it is ready. */
  start(options: StartOptions): Promise<Child>;
  /** A script that exchanges messages with this one. It must end by itself when it is disconnected. */
  fork(script: string): ChildProcess;
  /** Calls `stop`, which must not wait, at the end of this process. */
  endWith(stop: () => void): void;
  /** Ends all of them now, the last one first. */
  endAll(): void;
}

const ends = new Set<() => void>();

/** Calls it at the end of this process, also if that comes from a terminal or a signal. */
function callAtExit(end: () => void): void {
  ends.add(end);
  if (ends.size > 1) return;
  process.once('exit', () => ends.forEach((each) => each()));
  process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
}

export function createChildren(): Children {
  const stops: (() => void)[] = [];
  const endAll = (): void =>
    stops
      .splice(0)
      .reverse()
      .forEach((stop) => stop());
  callAtExit(endAll);

  return {
    endAll,
    endWith: (stop) => void stops.push(stop),
    fork(script) {
      const child = fork(script);
      stops.push(() => child.kill('SIGKILL'));
      return child;
    },
    async start({ readyWhen, ...options }) {
      const child = startProcess(options);
      stops.push(() => child.signal('SIGKILL'));
      const ready = await child.shows(readyWhen);
      if (child.pid === undefined) throw new Error(`${options.name} cannot be started`);
      return { ...child, pid: child.pid, ready };
    },
  };
}

/** Ends all processes that the work has started, whether it succeeds or fails. */
export async function withChildren<Result>(
  work: (children: Children) => Promise<Result>,
): Promise<Result> {
  const children = createChildren();
  try {
    return await work(children);
  } finally {
    children.endAll();
  }
}

/** Makes an empty folder that is removed at the end of this process. */
export function makeFolder(children: Children): string {
  const folder = mkdtempSync(join(tmpdir(), 'badges-bench-'));
  children.endWith(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
