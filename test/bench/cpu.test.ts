import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { cpuSince, readCpu } from '../../bench/comparison/load.ts';

const BUSY_MS = 100;
const BUSY = `
  const { parentPort } = require('node:worker_threads');
  const end = performance.now() + ${BUSY_MS};
  while (performance.now() < end);
  parentPort.postMessage('done');
  parentPort.once('message', () => parentPort.close());
`;

test('a thread that ends while CPU time is measured takes none of what the others used', async () => {
  const worker = new Worker(BUSY, { eval: true });
  await new Promise((resolve) => worker.once('message', resolve));
  const before = readCpu(process.pid);
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  worker.postMessage('end');
  await ended;
  await sleep(1);
  const used = cpuSince(before, process.pid);
  expect(used).toBeGreaterThan(0);
  expect(used).toBeLessThan(BUSY_MS * 1_000);
});
