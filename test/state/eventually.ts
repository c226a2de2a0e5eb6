import { setTimeout as pause } from 'node:timers/promises';

/** Asks until the answer is yes, and fails after 10 s. `everyMs`: longer where asking is work. */
export async function eventually(
  ask: () => Promise<boolean> | boolean,
  everyMs = 5,
): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await ask())) {
    if (performance.now() > deadline) throw new Error(`Never came true: ${String(ask)}`);
    await pause(everyMs);
  }
}
