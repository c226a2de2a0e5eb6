/*
 * How V8 keeps objects in this process. Loaded before everything else, since much of it can be set only once and must
 * hold for all that follows.
 */

boundMemory();

/**
 * V8 keeps new objects apart, and copies those that are alive at once, while all else waits. Under load it gives them up
 * to 128 MB, of which a start takes half, and seldom gives any back. An option of Node bounds that, which a start without
 * it would not have; so it is done here: they have 32 MB from now on, so that what a server starts with includes them.
 * With 8 MB, requests of 500 entities took nearly twice the CPU time. `--max-semi-space-size` with less still holds.
 * In an idle process V8 gives most of these 32 MB back, so they may grow again, up to that: with the 2 MB that were left,
 * requests of 100 entities took up to a half more CPU time. They grow at once: of small requests so little is alive that
 * growing by two at a time took more than five seconds, in the first of which a request took a half more CPU time.
 * Old objects it collects only at a multiple of what is in use, the more the larger the machine: under an attack with
 * large answers it kept 230 MB of garbage beside 30 MB in use. From now on it collects at four fifths more;
 * at two fifths, requests with many entities took a fifth more CPU time.
 * Where objects of one place in the code lived long during a start, V8 may make all later ones there old from the
 * beginning. Each then keeps its request until old objects are collected: in every second process a small request took
 * twice the CPU time. That is off.
 * Other threads help to copy the new objects that are alive. Those of requests are so few that waking the threads takes
 * longer than the copying: without them, pages of a list took 4 to 7 % less CPU time, and one entity 3 %.
 */
function boundMemory(): void {
  const MAX_MB = 32;
  const { getHeapSpaceStatistics, setFlagsFromString } = process.getBuiltinModule('node:v8');
  const { PerformanceObserver } = process.getBuiltinModule('node:perf_hooks');
  function megabytesOfNew(): number {
    const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    return (space?.space_size ?? 0) / 2 ** 20;
  }
  // 2 MB or less, and more if `--import` has loaded a lot before.
  const megabytes = megabytesOfNew();
  const factor = Math.min(16, Math.floor(MAX_MB / megabytes));
  if (factor > 1) {
    setFlagsFromString(`--semi-space-growth-factor=${factor}`);
    // It grows once, as soon as more are alive than it has room for.
    const alive = Array.from({ length: 45_000 * Math.max(1, megabytes / 3) }, () => ({}));
    alive.length = 0;
  }
  setFlagsFromString('--semi-space-growth-factor=1');
  new PerformanceObserver(() => {
    const now = megabytesOfNew();
    // Of two halves that are equal, one may not be there yet.
    const most = Math.floor(MAX_MB / now / 2);
    setFlagsFromString(`--semi-space-growth-factor=${now < MAX_MB ? Math.max(2, most) : 1}`);
  }).observe({ entryTypes: ['gc'] });
  setFlagsFromString('--heap-growing-percent=80');
  setFlagsFromString('--no-allocation-site-pretenuring');
  setFlagsFromString('--no-parallel-scavenge');
}

const { executionAsyncResource } = process.getBuiltinModule('node:async_hooks');

/**
 * An object that stands for a callback of `process.nextTick`, as Node makes them, and is never collected.
 *
 * Node builds each with computed names, which V8 does fast as long as all have had the same shape. A shape that no
 * object has is forgotten when old objects are collected, which happens several times during a start. The next object
 * then has another one, and from then on each takes several times as long, until the process ends: of a request for one
 * entity, which needs several, that was a tenth of the CPU time.
 *
 * A hook of `node:async_hooks` would see such an object too, but the first one slows all promises down for good.
 */
export const keptTick = await new Promise<object>((resolve) => {
  process.nextTick(() => resolve(executionAsyncResource()));
});
