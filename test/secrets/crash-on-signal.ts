import { subscribe } from 'node:diagnostics_channel';

/*
 * Loaded before the service, by `--import`: at a signal something fails that nobody catches, for the reason that a call
 * to a provider failed last.
 */
let last: unknown;
subscribe('undici:request:error', (message) => {
  last = Object.getOwnPropertyDescriptor(message, 'error')?.value;
});

process.once('SIGUSR2', () => {
  throw new Error('a crash on purpose', { cause: last });
});
process.once('SIGWINCH', () => {
  void Promise.reject(new Error('a crash on purpose', { cause: last }));
});
