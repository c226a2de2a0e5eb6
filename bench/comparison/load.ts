import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import { request as ask } from 'undici';
import type { Workload } from './workloads.ts';

/** CPU time of a process so far with all its threads, in microseconds. Its `stat` counts only every ten milliseconds. */
function cpuOf(pid: number): number {
  const folder = `/proc/${pid}/task`;
  const nanoseconds = readdirSync(folder).map((thread) => {
    const [onCpu] = readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ');
    return Number(onCpu);
  });
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1_000;
}

export interface Target {
  title: string;
  /** Of its graph. */
  url: string;
  pid: number;
}

export interface Round {
  requests: number;
  /** Of the server, microseconds for each request. */
  cpuUs: number;
  perSecond: number;
  /** Of each request, milliseconds. */
  latencies: number[];
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
  latencies: number[];
  close(): void;
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
  const [begun, cpuBefore] = [performance.now(), cpuOf(target.pid)];
  if (perSecond === undefined) await sendAlways(client, atLeast, ms);
  else await sendEvenly(client, perSecond, ms);
  const [took, cpu] = [performance.now() - begun, cpuOf(target.pid) - cpuBefore];
  client.onAnswer = () => undefined;
  const latencies = [...client.latencies];
  client.close();
  const requests = latencies.length;
  return { requests, cpuUs: cpu / requests, perSecond: requests / (took / 1_000), latencies };
}

async function sendAlways(client: Client, atLeast: number, ms: number): Promise<void> {
  client.onAnswer = () => void client.send(performance.now());
  while (client.send(performance.now()));
  do await new Promise((resolve) => setTimeout(resolve, ms));
  while (client.latencies.length < atLeast);
}

/** A request that finds all connections busy waits for one, which counts as part of its time. */
async function sendEvenly(client: Client, perSecond: number, ms: number): Promise<void> {
  const begun = performance.now();
  let sent = 0;
  while (performance.now() - begun < ms) {
    const due = begun + (sent * 1_000) / perSecond;
    if (due <= performance.now() && client.send(due)) sent += 1;
    else await new Promise((resolve) => setImmediate(resolve));
  }
}

async function openClient(
  { url }: Target,
  connections: number,
  nextRequest: NextRequest,
): Promise<Client> {
  const { hostname, port } = new URL(url);
  const sockets = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      return socket.setNoDelay(true);
    }),
  );
  const idle = [...sockets];
  const sentAt = new Map<Socket, number>();
  const client: Client = {
    latencies: [],
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
    onAnswers(socket, () => {
      client.latencies.push(performance.now() - (sentAt.get(socket) ?? NaN));
      idle.push(socket);
      client.onAnswer();
    });
  }
  return client;
}

const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = '0\r\n\r\n';

/** Calls back at the end of each answer; the next request is only sent then. */
function onAnswers(socket: Socket, onAnswer: () => void): void {
  /** Bytes to come: 0 between answers, NaN while chunks come. */
  let left = 0;
  socket.on('data', (chunk: Buffer) => {
    if (left === 0) left = lengthOf(chunk);
    if (Number.isNaN(left)) {
      if (chunk.toString('latin1', chunk.length - LAST_CHUNK.length) !== LAST_CHUNK) return;
      left = 0;
    } else {
      left -= chunk.length;
      if (left > 0) return;
    }
    onAnswer();
  });
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
