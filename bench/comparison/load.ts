import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import type { Workload } from './workloads.ts';

/** Of one ten milliseconds, as Linux counts the time of a process. */
const TICK_US = 10_000;

/** CPU time of a process so far with all its threads, microseconds. */
export function cpuOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const columns = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(columns[11]) + Number(columns[12])) * TICK_US;
}

export interface Target {
  /** As it is called on the command line. */
  id: string;
  title: string;
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
  /** How long, and until every connection has had an answer. */
  ms: number;
  /** The number of the first request. */
  from: number;
}

type OnAnswer = () => void;

/** Over many connections, each sends its next request as soon as it has its answer. */
export async function load(
  target: Target,
  { request }: Pick<Workload, 'request'>,
  { connections, ms, from }: LoadOptions,
): Promise<Round> {
  const latencies: number[] = [];
  let next = from;
  let isOver = false;
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(target)));
  const sends = sockets.map((socket) => {
    let sentAt = 0;
    const send = (): void => {
      sentAt = performance.now();
      socket.write(request(next));
      next += 1;
    };
    onAnswers(socket, () => {
      latencies.push(performance.now() - sentAt);
      if (!isOver) send();
    });
    return send;
  });
  const [begun, cpuBefore] = [performance.now(), cpuOf(target.pid)];
  for (const send of sends) send();
  do await new Promise((resolve) => setTimeout(resolve, ms));
  while (latencies.length < connections);
  const [took, cpu] = [performance.now() - begun, cpuOf(target.pid) - cpuBefore];
  isOver = true;
  const requests = latencies.length;
  sockets.forEach((socket) => socket.destroy());
  return { requests, cpuUs: cpu / requests, perSecond: requests / (took / 1_000), latencies };
}

async function open({ url }: Target): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  return socket.setNoDelay(true);
}

const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = '0\r\n\r\n';

/** Calls back at the end of each answer; the next request is only sent then. */
function onAnswers(socket: Socket, onAnswer: OnAnswer): void {
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

/** One answer, parsed. */
export async function askOnce(target: Target, request: Buffer): Promise<unknown> {
  const { hostname, port } = new URL(target.url);
  const separator = request.indexOf(HEAD_END);
  const [, ...lines] = request.toString('latin1', 0, separator).split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const at = line.indexOf(': ');
    return [line.slice(0, at), line.slice(at + 2)];
  });
  const response = await fetch(`http://${hostname}:${port}/graphql`, {
    method: 'POST',
    headers: headers.filter(([name]) => name !== 'host' && name !== 'content-length'),
    body: request.toString('utf8', separator + HEAD_END.length),
  });
  return response.json();
}
