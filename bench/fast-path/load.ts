import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

/** Of one ten milliseconds, as Linux counts the time of a process. */
const TICK_US = 10_000;

/** CPU time of a process so far, microseconds. */
function cpuOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const columns = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(columns[11]) + Number(columns[12])) * TICK_US;
}

export interface Target {
  name: string;
  url: string;
  pid: number;
}

export interface Round {
  requests: number;
  /** Of the server, microseconds for each request. */
  cpuUs: number;
  perSecond: number;
}

export interface LoadOptions {
  connections: number;
  ms: number;
}

/** Sends the same request over many connections, each as soon as it has its answer. */
export async function load(
  { url, pid }: Target,
  request: Buffer,
  { connections, ms }: LoadOptions,
): Promise<Round> {
  const { hostname, port } = new URL(url);
  let requests = 0;
  let isOver = false;
  const sockets = Array.from({ length: connections }, () => connect(Number(port), hostname));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  for (const socket of sockets) {
    socket.setNoDelay(true);
    let left = 0;
    socket.on('data', (chunk: Buffer) => {
      if (left === 0) left = lengthOf(chunk);
      left -= chunk.length;
      if (left > 0) return;
      requests += 1;
      if (!isOver) socket.write(request);
    });
  }
  const [begun, cpuBefore] = [performance.now(), cpuOf(pid)];
  sockets.forEach((socket) => socket.write(request));
  await new Promise((resolve) => setTimeout(resolve, ms));
  const [took, cpu, done] = [performance.now() - begun, cpuOf(pid) - cpuBefore, requests];
  isOver = true;
  sockets.forEach((socket) => socket.destroy());
  return { requests: done, cpuUs: cpu / done, perSecond: done / (took / 1_000) };
}

/** The head of an answer comes in one piece. */
function lengthOf(chunk: Buffer): number {
  const head = chunk.toString('latin1', 0, 2_000);
  const [, length] = /content-length: (\d+)/i.exec(head) ?? [];
  if (!head.startsWith('HTTP/1.1 200') || length === undefined) throw new Error(head);
  return head.indexOf('\r\n\r\n') + 4 + Number(length);
}

/** One answer, parsed. */
export async function askOnce({ url }: Target, request: Buffer): Promise<unknown> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  let left = 0;
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject).on('data', (chunk: Buffer) => {
      if (left === 0) left = lengthOf(chunk);
      left -= chunk.length;
      chunks.push(chunk);
      if (left === 0) resolve();
    });
    socket.write(request);
  });
  socket.destroy();
  const text = Buffer.concat(chunks).toString();
  return JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)) as unknown;
}
