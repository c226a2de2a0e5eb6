import type { ServerResponse } from 'node:http';

/** Writes every so often, as long as there is somebody to write to. */
export function writeEvery(response: ServerResponse, ms: number, write: () => void): void {
  const { socket } = response;
  if (!socket || socket.destroyed) return;
  const timer = setInterval(() => {
    if (socket.writable) write();
  }, ms).unref();
  socket.once('close', () => clearInterval(timer));
}

/** Resolves that late, or never if nobody waits for the answer any more by then. */
export function waitConnected(response: ServerResponse, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const { socket } = response;
    if (!socket || socket.destroyed) return;
    const timer = setTimeout(() => {
      socket.off('close', stop);
      resolve();
    }, ms).unref();
    const stop = (): void => clearTimeout(timer);
    socket.once('close', stop);
  });
}
