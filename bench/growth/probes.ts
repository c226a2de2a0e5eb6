import { setTimeout as sleep } from 'node:timers/promises';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { request } from 'undici';
import { z } from 'zod';

/** Health checks, one after the other, in a thread of their own: what the client does must not delay them. */
export interface Probes {
  /** Resolves with the times until each answer, in milliseconds. */
  end(): Promise<number[]>;
}

const EVERY_MS = 5;

export function startProbes(url: string): Probes {
  const worker = new Worker(new URL(import.meta.url), { workerData: { probed: url } });
  return {
    end: () =>
      new Promise((resolve, reject) => {
        worker.once('message', (times: number[]) => resolve(times));
        worker.once('error', reject);
        worker.postMessage('end');
      }),
  };
}

async function probe(url: string): Promise<void> {
  let isOver = false;
  parentPort?.once('message', () => (isOver = true));
  const times: number[] = [];
  while (!isOver) {
    const begun = performance.now();
    const { statusCode, body } = await request(url);
    await body.dump();
    if (statusCode !== 200) throw new Error(`The health check was answered with ${statusCode}.`);
    times.push(performance.now() - begun);
    await sleep(EVERY_MS);
  }
  parentPort?.postMessage(times);
}

if (!isMainThread) {
  const { data } = z.object({ probed: z.string() }).safeParse(workerData);
  if (data) await probe(data.probed);
}
