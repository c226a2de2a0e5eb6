import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import { request as ask } from 'undici';
import type { Workload } from './workloads.ts';

/**
 * CPU time so far of each thread of a process that has not ended, in microseconds. What the system counts of all of them
 * together is counted in steps of ten milliseconds.
 */
export function readCpu(pid: number): Map<string, number> {
  const folder = `/proc/${pid}/task`;
  const threads = readdirSync(folder).map((thread) => {
    const [onCpu] = readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ');
    return [thread, Number(onCpu) / 1_000] as const;
  });
  return new Map(threads);
}

/** What a process has used since, but for threads that ended meanwhile, of which the system tells nothing. */
export function cpuSince(before: ReadonlyMap<string, number>, pid: number): number {
  const now = [...readCpu(pid)];
  return now.reduce((sum, [thread, us]) => sum + us - (before.get(thread) ?? 0), 0);
}

export interface Target {
  title: string;
  /** Of its graph. */
  url: string;
  pid: number;
}

export interface Round {
  requests: number;
  /** How many were sent in all, with those before and after the time of the round. */
  sent: number;
  /** Of the server, microseconds for each request. */
  cpuUs: number;
  perSecond: number;
  /** Of each request, milliseconds. At even intervals, without those during which this process did not run. */
  latencies: number[];
  /** How many requests were left out for that. */
  leftOut: number;
}

export interface LoadOptions {
  connections: number;
  /** How long, and until there are `atLeast` answers. */
  ms: number;
  /** As many as there are connections if omitted. */
  atLeast?: number;
  /** The number of the first request. */
  from?: number;
  /** Requests at even intervals; without it each connection sends its next one as soon as it has its answer. */
  perSecond?: number;
}

type NextRequest = () => Buffer;

/** The connections of one load. */
interface Client {
  /** Sends on a connection that waits for no answer, if there is one. */
  send(sentAt: number): boolean;
  /** Is called after each answer. */
  onAnswer: () => void;
  latencies: Latencies;
  close(): void;
}

/** More than any load takes. */
const MOST_LATENCIES = 2 ** 21;
/** Memory of loads that have ended: to clear new memory takes longer than a short load. */
const spareLatencies: Float64Array[] = [];
/** This process was busy with something else, or had no core, if it did not look at the clock for so long. */
const AWAY_MS = 0.5;

/** Notes how long each request took, without an object for any of them, so that little garbage is collected. */
class Latencies {
  readonly #all = spareLatencies.pop() ?? new Float64Array(MOST_LATENCIES);
  #count = 0;
  #leftOut = 0;
  #lookedAt = -Infinity;
  #awayUntil = -Infinity;

  get requests(): number {
    return this.#count + this.#leftOut;
  }

  get leftOut(): number {
    return this.#leftOut;
  }

  /** Is called all the time while the load runs, if what this process is late with has to be told apart. */
  look(): void {
    const now = performance.now();
    if (now - this.#lookedAt > AWAY_MS) this.#awayUntil = now;
    this.#lookedAt = now;
  }

  add(sentAt: number): void {
    const now = performance.now();
    const isWatched = this.#lookedAt > -Infinity;
    if (isWatched) this.look();
    if (isWatched && this.#awayUntil > sentAt) {
      this.#leftOut += 1;
      return;
    }
    this.#all[this.#count] = now - sentAt;
    this.#count += 1;
  }

  /** All of them, in the order of the answers. Nothing can be added afterwards. */
  end(): number[] {
    spareLatencies.push(this.#all);
    return [...this.#all.subarray(0, this.#count)];
  }
}

export async function load(
  target: Target,
  { request }: Pick<Workload, 'request'>,
  { connections, ms, atLeast = connections, from = 0, perSecond }: LoadOptions,
): Promise<Round> {
  let next = from;
  const client = await openClient(target, connections, () => {
    next += 1;
    return request(next - 1);
  });
  if (connections > 1) await askOnEach(client, connections);
  const [begun, cpuBefore] = [performance.now(), readCpu(target.pid)];
  if (perSecond === undefined) await sendAlways(client, atLeast, ms);
  else await sendEvenly(client, perSecond, ms);
  const [took, cpu] = [performance.now() - begun, cpuSince(cpuBefore, target.pid)];
  client.onAnswer = () => undefined;
  const { requests, leftOut } = client.latencies;
  client.close();
  const latencies = client.latencies.end();
  const perSecondNow = requests / (took / 1_000);
  const cpuUs = cpu / requests;
  return { requests, sent: next - from, cpuUs, perSecond: perSecondNow, latencies, leftOut };
}

/** A server accepts one connection in each round of its event loop, and the first requests would wait for that. */
function askOnEach(client: Client, connections: number): Promise<void> {
  return new Promise((resolve) => {
    client.onAnswer = () => {
      if (client.latencies.requests < connections) return;
      client.onAnswer = () => undefined;
      client.latencies.end();
      client.latencies = new Latencies();
      resolve();
    };
    while (client.send(performance.now()));
  });
}

async function sendAlways(client: Client, atLeast: number, ms: number): Promise<void> {
  client.onAnswer = () => void client.send(performance.now());
  while (client.send(performance.now()));
  do await new Promise((resolve) => setTimeout(resolve, ms));
  while (client.latencies.requests < atLeast);
}

/** A request that finds all connections busy waits for one, which counts as part of its time. */
function sendEvenly(client: Client, perSecond: number, ms: number): Promise<void> {
  const begun = performance.now();
  let sent = 0;
  return new Promise((resolve) => {
    function turn(): void {
      client.latencies.look();
      const now = performance.now();
      if (now - begun >= ms) return resolve();
      for (;;) {
        const due = begun + (sent * 1_000) / perSecond;
        if (due > now || !client.send(due)) break;
        sent += 1;
        client.latencies.look();
      }
      setImmediate(turn);
    }
    turn();
  });
}

async function openClient(
  { url }: Target,
  connections: number,
  nextRequest: NextRequest,
): Promise<Client> {
  const { hostname, port } = new URL(url);
  const answers = new Map<Socket, OnBytes>();
  const buffer = Buffer.alloc(READ_BYTES);
  const sockets = await Promise.all(
    Array.from({ length: connections }, async () => {
      const onread = {
        buffer,
        callback: (bytes: number) => {
          answers.get(socket)?.(buffer.subarray(0, bytes));
          return true;
        },
      };
      const socket = connect({ port: Number(port), host: hostname, onread });
      await once(socket, 'connect');
      return socket.setNoDelay(true);
    }),
  );
  const idle = [...sockets];
  const sentAt = new Map<Socket, number>();
  const client: Client = {
    latencies: new Latencies(),
    onAnswer: () => undefined,
    send(at) {
      const socket = idle.pop();
      if (!socket) return false;
      sentAt.set(socket, at);
      socket.write(nextRequest());
      return true;
    },
    close: () => sockets.forEach((socket) => socket.destroy()),
  };
  for (const socket of sockets) {
    const onAnswer = (): void => {
      client.latencies.add(sentAt.get(socket) ?? NaN);
      idle.push(socket);
      client.onAnswer();
    };
    answers.set(socket, createReader(onAnswer));
  }
  return client;
}

const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = '0\r\n\r\n';

type OnBytes = (chunk: Buffer) => void;
/** All connections are read into the same memory: nothing is kept of an answer. */
const READ_BYTES = 64 * 1024;

/** Calls back at the end of each answer; the next request is only sent then. */
function createReader(onAnswer: () => void): OnBytes {
  /** Bytes to come: 0 between answers, NaN while chunks come. */
  let left = 0;
  return (chunk) => {
    if (left === 0) left = lengthOf(chunk);
    if (Number.isNaN(left)) {
      if (chunk.toString('latin1', chunk.length - LAST_CHUNK.length) !== LAST_CHUNK) return;
      left = 0;
    } else {
      left -= chunk.length;
      if (left > 0) return;
    }
    onAnswer();
  };
}

/** Of head and body; NaN if the body comes in chunks. The head comes in one piece. */
function lengthOf(chunk: Buffer): number {
  const head = chunk.toString('latin1', 0, 2_000);
  const end = head.indexOf(HEAD_END);
  if (!head.startsWith('HTTP/1.1 200') || end === -1) throw new Error(head);
  const [, length] = /content-length: (\d+)/i.exec(head) ?? [];
  return length === undefined ? NaN : end + HEAD_END.length + Number(length);
}

/** The answer to a single request, parsed. */
export async function askOnce({ url }: Pick<Target, 'url'>, bytes: Buffer): Promise<unknown> {
  const separator = bytes.indexOf(HEAD_END);
  const [, ...lines] = bytes.toString('latin1', 0, separator).split('\r\n');
  const headers = lines.map((line) => line.split(': ') as [string, string]);
  const answer = await ask(url, {
    method: 'POST',
    headers: Object.fromEntries(headers),
    body: bytes.subarray(separator + HEAD_END.length),
  });
  return answer.body.json();
}
