/** Clients in a separate process. A message tells them what to send; they repeat it until the message `end`. */
import { type Socket, connect } from 'node:net';
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import type { Operation } from '../../test/support/graphql-client.ts';
import { ROUTER_SECRET } from '../../test/support/service-process.ts';
import { type Counts, count } from '../../test/support/tally.ts';

export interface Task {
  /** URL of the graph or of a probe. */
  url: string;
  tenant?: string;
  /** One after the other, again and again; none for a probe. */
  asks?: readonly Operation[];
  /** The number of concurrent clients. Each waits for its response. */
  callers: number;
  /** The pause between requests of a client, in milliseconds. */
  everyMs?: number;
  /** The niceness of the process: real attackers use other machines. */
  niceness?: number;
  /** The number of connections that send requests and never read responses. */
  unread?: number;
}

/** The results, as plain data that processes can exchange. */
export interface Heard {
  latencies: number[];
  /** By HTTP status; 0 for no answer. */
  statuses: Counts;
  codes: Counts;
  largestBytes: number;
}

const PATIENCE_MS = 20_000;
const AFTER_FAILURE_MS = 50;

let isOver = true;
let running: Promise<Heard> | undefined;

process.once('disconnect', () => process.exit(0));
process.on('message', (message: Task | 'end') => {
  if (message !== 'end') running = run(message);
  else {
    isOver = true;
    void running?.then((heard) => process.send?.(heard));
  }
});

async function run(task: Task): Promise<Heard> {
  isOver = false;
  if (task.niceness !== undefined) os.setPriority(task.niceness);
  const { origin } = new URL(task.url);
  const pool = new Pool(origin, {
    connections: task.callers,
    headersTimeout: PATIENCE_MS,
    bodyTimeout: PATIENCE_MS,
  });
  const heard: Heard = { latencies: [], statuses: {}, codes: {}, largestBytes: 0 };
  const sockets = Array.from({ length: task.unread ?? 0 }, () => askUnread(task));
  const workers = Array.from({ length: task.callers }, (_, at) => work(pool, task, heard, at));
  await Promise.all(workers);
  sockets.forEach((socket) => socket.destroy());
  await pool.destroy();
  return heard;
}

async function work(pool: Pool, task: Task, heard: Heard, first: number): Promise<void> {
  for (let at = first; !isOver; at += 1) {
    const begun = performance.now();
    const status = await ask(pool, task, heard, at);
    heard.latencies.push(performance.now() - begun);
    count(heard.statuses, status);
    if (task.everyMs !== undefined) await sleep(task.everyMs);
    else if (status === 0) await sleep(AFTER_FAILURE_MS);
  }
}

async function ask(pool: Pool, task: Task, heard: Heard, at: number): Promise<number> {
  const { asks = [], url } = task;
  const question = asks[at % asks.length];
  try {
    const answer = await pool.request({
      path: new URL(url).pathname,
      method: question ? 'POST' : 'GET',
      headers: toHeaders(task),
      body: question ? JSON.stringify(question) : null,
    });
    const text = await answer.body.text();
    heard.largestBytes = Math.max(heard.largestBytes, text.length);
    for (const [, code = ''] of text.slice(0, 2_000).matchAll(/"code":"(\w+)"/g)) {
      count(heard.codes, code);
    }
    return answer.statusCode;
  } catch (error) {
    // A missing response counts as well.
    count(heard.codes, error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN');
    return 0;
  }
}

function toHeaders({ tenant }: Task): Record<string, string> {
  return {
    'content-type': 'application/json',
    'router-authorization': ROUTER_SECRET,
    ...(tenant !== undefined && { 'x-badges-tenant': tenant, 'x-badges-actor': 'ann' }),
  };
}

/** Sends all requests at once, and reads no response. */
function askUnread(task: Task): Socket {
  const { hostname, port, pathname, host } = new URL(task.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => socket.destroy());
  for (const question of task.asks ?? []) {
    const body = JSON.stringify(question);
    const headers = { ...toHeaders(task), host, 'content-length': String(body.length) };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`POST ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
  }
  socket.pause();
  return socket;
}
