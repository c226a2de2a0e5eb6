/**
 * Loaded into the service before it starts, by `--import`: tells ten times a second, in a line on its error output, for
 * how long its event loop stood still, how long it worked at a time, and how much memory it has. SIGUSR2 turns its
 * monotonic clock on.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { JUMP_MS, MARK } from './usage.ts';

const EVERY_MS = 100;
const TICK_MS = 5;

const delay = monitorEventLoopDelay({ resolution: TICK_MS });
delay.enable();
let busyMs = 0;
let last = cpuMs();
setInterval(() => {
  const current = cpuMs();
  busyMs = Math.max(busyMs, current - last);
  last = current;
}, TICK_MS).unref();
setInterval(() => {
  const stallMs = Math.max(0, delay.max / 1e6 - TICK_MS);
  const usage = { stallMs, busyMs, rss: process.memoryUsage.rss() };
  delay.reset();
  busyMs = 0;
  process.stderr.write(`${MARK}${JSON.stringify(usage)}\n`);
}, EVERY_MS).unref();

/** Of this thread: what others do on the machine is no work of ours. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

const now = performance.now.bind(performance);
let aheadMs = 0;
performance.now = () => now() + aheadMs;
process.on('SIGUSR2', () => {
  aheadMs += JUMP_MS;
});
