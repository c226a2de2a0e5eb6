import { createInterface } from 'node:readline/promises';

/** Undefined: nobody sits at a terminal who could answer. */
export function openTerminal(): ((question: string) => Promise<string>) | undefined {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) return undefined;
  return async (question) => {
    const terminal = createInterface({ input: stdin, output: stderr });
    try {
      return await terminal.question(question);
    } finally {
      terminal.close();
    }
  };
}

/** Aborted by the first SIGINT or SIGTERM, so that what was begun is tidied up; the second one ends the process. */
export function toStopSignal(tell: (message: string) => void): AbortSignal {
  const controller = new AbortController();
  function stop(): void {
    if (controller.signal.aborted) process.exit(1);
    tell('Stopping after the call under way. Once more ends the process at once.');
    controller.abort();
  }
  process.on('SIGINT', stop).on('SIGTERM', stop);
  return controller.signal;
}
