/**
 * Loaded into the service by `--import`. Ten times a second it prints to stderr how long the event loop was blocked,
 * the longest piece of work, and the memory usage. SIGUSR2 moves the monotonic clock of the service forward, and
 * SIGWINCH collects all garbage, whose memory V8 gives back.
 */
import { PerformanceObserver, constants, monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { JUMP_MS, MARK } from './usage.ts';

const EVERY_MS = 100;
const TICK_MS = 5;
const MAJOR = constants.NODE_PERFORMANCE_GC_MAJOR;

const delay = monitorEventLoopDelay({ resolution: TICK_MS });
delay.enable();
let busyMs = 0;
let inUse: number | undefined;
let kept: number | undefined;
let last = cpuMs();
setInterval(() => {
  const current = cpuMs();
  busyMs = Math.max(busyMs, current - last);
  last = current;
}, TICK_MS).unref();
setInterval(() => {
  const stallMs = Math.max(0, delay.max / 1e6 - TICK_MS);
  const usage = { stallMs, busyMs, inUse, kept, rss: process.memoryUsage.rss() };
  delay.reset();
  busyMs = 0;
  inUse = undefined;
  kept = undefined;
  process.stderr.write(`${MARK}${JSON.stringify(usage)}\n`);
}, EVERY_MS).unref();

/**
 * What is left after all garbage was collected; what stands there until then is V8's to decide. Of what died while it
 * marked, and of all that this refers to, V8 finds some only the next time.
 */
function noteInUse(): void {
  const { heapUsed, external } = process.memoryUsage();
  inUse = Math.max(inUse ?? 0, heapUsed + external);
}
new PerformanceObserver((list) => {
  const isWhole = list.getEntries().some((entry) => kindOf(entry) === MAJOR);
  if (isWhole) noteInUse();
}).observe({ entryTypes: ['gc'] });

function kindOf(entry: object): unknown {
  const detail: unknown = 'detail' in entry ? entry.detail : undefined;
  return typeof detail === 'object' && detail !== null && 'kind' in detail ? detail.kind : null;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options?: object) => void;
process.on('SIGWINCH', () => {
  collect();
  noteInUse();
  // The empty pages are given back too.
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  kept = process.memoryUsage.rss();
});

/** CPU time of this thread, so that other processes do not count. */
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
