import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { isObject } from '../providers/json.ts';
import type { YamlReading } from './yaml-tree.ts';

/** How long one text may take. The worst that is not too large takes less on a machine that is busy. */
const MOST_MS = 3_000;
/** What its thread may hold. */
const MOST_MEMORY = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 };
const REASONS: ReadonlyMap<unknown, string> = new Map([
  ['ABORT_ERR', `takes more than ${MOST_MS} ms to read`],
  ['ERR_WORKER_OUT_OF_MEMORY', 'takes too much memory to read'],
]);

/** Reads YAML in a thread of its own, so that nobody else waits for it. */
export async function readYamlElsewhere(text: string): Promise<YamlReading> {
  const script = new URL(`yaml-worker${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(script, { workerData: text, resourceLimits: MOST_MEMORY });
  try {
    const signal = AbortSignal.timeout(MOST_MS);
    const [reading] = (await once(worker, 'message', { signal })) as [YamlReading];
    return reading;
  } catch (error) {
    // Also a machine without room for one more thread is no reason to end.
    const code = isObject(error) ? error.code : undefined;
    const message = REASONS.get(code) ?? `cannot be read (${String(code)})`;
    return { errors: [{ line: 1, message }], more: 0, isUnfinished: true };
  } finally {
    await worker.terminate();
  }
}
