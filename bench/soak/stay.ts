/**
 * Loaded before the service: `process.exit` only sets the exit code, so that the process ends when nothing keeps
 * it alive, and never ends if a timer or a socket was forgotten.
 */
process.exit = ((code?: number) => {
  process.exitCode = code ?? 0;
}) as typeof process.exit;
