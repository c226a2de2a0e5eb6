/**
 * Measures the cost of a gzip bomb: 1 MB from another process that would inflate to 100 MB, requested through the HTTP
 * client of the providers: node bench/gzip-bomb/run.ts
 * Fails unless the call ends as a bad response with less than 32 MB more of resident memory.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createPool } from '../../dist/http/attempt.js';
import { ProviderError } from '../../dist/http/provider-error.js';
import { type ProviderHttp, createProviderHttp } from '../../dist/http/provider-http.js';

const MAX_GROWTH_BYTES = 32_000_000;
const SAMPLE_MS = 2;
const WARM_UP_CALLS = 20;
const TIMEOUT_MS = 10_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const child = spawn(process.execPath, [join(import.meta.dirname, 'server.ts')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
const { port, bombBytes } = JSON.parse(line) as { port: number; bombBytes: number };
const http = createHttp(`http://127.0.0.1:${port}`);

// Code that runs for the first time needs memory as well.
for (let call = 0; call < WARM_UP_CALLS; call += 1) await get(http, '/small');
collectGarbage();
const before = process.memoryUsage.rss();
const peak = watchPeak();
const outcome = await get(http, '/bomb');
const growth = peak() - before;

const table: [string, number | string][] = [
  ['bytes of the bomb on the wire', bombBytes],
  ['the call ended as', outcome],
  ['resident before, bytes', before],
  ['growth at its peak, bytes', growth],
  ['allowed, bytes', MAX_GROWTH_BYTES],
];
for (const [name, figure] of table) console.log(`${name.padEnd(32)}${String(figure).padStart(24)}`);

await http.close();
child.kill();
process.exitCode = outcome === 'PROVIDER bad-response' && growth < MAX_GROWTH_BYTES ? 0 : 1;

function createHttp(baseUrl: string): ProviderHttp {
  return createProviderHttp({
    provider: { enumValue: 'PROVIDER', title: 'Provider' },
    baseUrl,
    credentials: {},
    routes: [/^GET \/(small|bomb)$/],
    attemptTimeoutMs: TIMEOUT_MS,
    clock: { now: Date.now, pause: async () => undefined },
    random: Math.random,
    connect: createPool,
    budget: undefined,
    createBreaker: () => ({ waitMs: () => 0, enter: () => () => undefined }),
    onFault: () => undefined,
    onWait: () => undefined,
  });
}

async function get(over: ProviderHttp, path: string): Promise<string> {
  const bounds = { purpose: 'query', deadlineAt: Date.now() + TIMEOUT_MS } as const;
  try {
    return await over.call({ operation: 'listBadges', method: 'GET', path }, bounds, () => 'read');
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return `${error.provider?.enumValue} ${error.kind}`;
  }
}

/** Gives the peak since it was called. Samples miss what comes while nothing else runs; the system's own mark does not. */
function watchPeak(): () => number {
  const markBefore = process.resourceUsage().maxRSS;
  let most = 0;
  const sample = (): void => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  const timer = setInterval(sample, SAMPLE_MS);
  return () => {
    clearInterval(timer);
    sample();
    const mark = process.resourceUsage().maxRSS;
    return mark > markBefore ? Math.max(most, mark * 1024) : most;
  };
}
