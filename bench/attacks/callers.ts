/**
 * Clients in a separate process. A message tells them what to send. They repeat it until the next message, and reply
 * to that with the results.
 */
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { ROUTER_SECRET } from '../../test/support/service-process.ts';
import { type Counts, count } from '../../test/support/tally.ts';

/** One request: an operation of a caller, or a probe of health where there is none. */
export interface Sent {
  query?: string;
  variables?: object;
  token?: string;
}

export interface CallersTask {
  origin: string;
  /** Of the process, as `nice` counts. */
  niceness?: number;
  /** One after the other, again and again. */
  requests: readonly Sent[];
  /** The number of concurrent clients that wait for responses. Undefined: requests are sent at a fixed interval. */
  connections?: number;
  everyMs?: number;
  /** The number of requests. Unlimited if omitted. */
  most?: number;
}

/** The results. */
export interface Heard {
  latencies: number[];
  statuses: Counts;
  /** Responses with errors. */
  failed: number;
}

const PATIENCE_MS = 30_000;

process.once('disconnect', () => process.exit(0));
process.on('message', (message: CallersTask | 'stop') => {
  if (message === 'stop') void stop();
  else {
    isOver = false;
    sending = send(message);
  }
});

let isOver = true;
let sending: Promise<Heard> | undefined;

/** A task with a fixed number of requests is finished first. */
async function stop(): Promise<void> {
  isOver = true;
  process.send?.(await sending);
}

async function send(task: CallersTask): Promise<Heard> {
  os.setPriority(task.niceness ?? os.getPriority());
  const { origin, requests, most } = task;
  const heard: Heard = { latencies: [], statuses: {}, failed: 0 };
  const pool = new Pool(origin, { headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS });
  let next = 0;
  await askOften(task, {
    isDone: () => (most === undefined ? isOver : next >= most),
    async ask() {
      next += 1;
      await askOnce(pool, requests[next % requests.length] ?? {}, heard);
    },
  });
  await pool.destroy();
  return heard;
}

async function askOften(
  { connections, everyMs = 0 }: CallersTask,
  { ask, isDone }: { ask: () => Promise<void>; isDone: () => boolean },
): Promise<void> {
  if (connections !== undefined) {
    const repeat = async (): Promise<void> => {
      while (!isDone()) await ask();
    };
    await Promise.all(Array.from({ length: connections }, repeat));
    return;
  }
  const asking: Promise<void>[] = [];
  while (!isDone()) {
    asking.push(ask());
    await sleep(everyMs);
  }
  await Promise.all(asking);
}

async function askOnce(pool: Pool, { query, variables, token }: Sent, heard: Heard): Promise<void> {
  const begun = performance.now();
  try {
    const { statusCode, body } =
      query === undefined
        ? await pool.request({ path: '/health/live', method: 'GET' })
        : await pool.request({
            path: '/graphql',
            method: 'POST',
            headers: {
              'content-type': 'application/json',
              'router-authorization': ROUTER_SECRET,
              ...(token !== undefined && { authorization: `Bearer ${token}` }),
            },
            body: JSON.stringify({ query, variables }),
          });
    const text = await body.text();
    heard.latencies.push(performance.now() - begun);
    count(heard.statuses, statusCode);
    if (text.startsWith('{"errors"') || text.includes('"errors":[')) heard.failed += 1;
  } catch {
    heard.latencies.push(performance.now() - begun);
    count(heard.statuses, 'no answer');
  }
}
