import { setTimeout as sleep } from 'node:timers/promises';
import { type As, createAsker } from './ask.ts';

const ASK_EVERY_MS = 50;
const PATIENCE_MS = 60_000;

/** The time in milliseconds until this status is returned; Infinity if it takes more than a minute. */
export async function msUntilRefused(
  url: string,
  { status, ...as }: As & { status: number },
): Promise<number> {
  const asker = createAsker(url);
  const begun = performance.now();
  try {
    while (performance.now() - begun < PATIENCE_MS) {
      if ((await asker.ask('{ __typename }', as)) === status) return performance.now() - begun;
      await sleep(ASK_EVERY_MS);
    }
    return Infinity;
  } finally {
    await asker.close();
  }
}
