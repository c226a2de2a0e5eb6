/**
 * Runs a test file with jest-circus, and lets Node load all modules. By default Jest loads them into a realm of its own,
 * again for each file: that takes a third of a second for each, all code starts cold, and errors of Node are no
 * instances of `Error`. Here the files of a worker share the modules that they import, as requests of the service do.
 */
import { createRequire, registerHooks } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ModernFakeTimers } from '@jest/fake-timers';
import type { Config } from '@jest/types';
import { ModuleMocker } from 'jest-mock';
import './from-sources.ts';
import { type Globals, replaceGlobals } from './jest-globals.ts';
import { isLarge, takeTurn } from './large-files.ts';
import { endLeftRedis } from './redis.ts';

/** What jest-circus uses to load modules. */
interface Runtime {
  requireInternalModule(file: string): unknown;
  setGlobalsForRuntime(globals: Omit<Globals, 'jest'>): void;
  unstable_shouldLoadAsEsm(file: string): boolean;
  unstable_importModule(file: string): Promise<unknown>;
}

interface Environment {
  global: { console: typeof console & Printing };
}

/** As Jest calls its `testRunner`. */
type RunTestFile = (
  ...args: [
    globalConfig: Config.GlobalConfig,
    config: Config.ProjectConfig,
    environment: Environment,
    runtime: Runtime,
    path: string,
    sendMessage: unknown,
  ]
) => Promise<FileResult>;

interface FileResult {
  /** Including skipped ones. */
  numPendingTests: number;
  testResults: readonly unknown[];
}

const require = createRequire(import.meta.url);
const circus = require('jest-circus/runner') as { default: RunTestFile };

const GLOBALS = new URL('./jest-globals.ts', import.meta.url).href;
const ROOT = new URL('../../', import.meta.url).href;

/**
 * Files that change modules of the service, such as the list of providers, or that load the build too. They load a copy
 * of all that is ours.
 */
const LOADS_COPIES = /\/test\/(conformance\/|supergraph\/router-files\.)/;
const COPY = '?copy=';

/** type-graphql collects here what decorators say of all classes, and completes all of it whenever a schema is built. */
const collected = globalThis as {
  TypeGraphQLMetadataStorage?: { interfaceTypes: readonly { name: string }[] };
};

/** A schema of the copy completes classes of the other one whose fields are not all declared yet. */
function refuseSecondCopy(path: string): void {
  const names = collected.TypeGraphQLMetadataStorage?.interfaceTypes.map(({ name }) => name) ?? [];
  if (new Set(names).size < names.length)
    throw new Error(
      `With ${path} there are two copies of the service. LOADS_COPIES must tell why.`,
    );
}

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier === '@jest/globals') return nextResolve(GLOBALS, context);
    const found = nextResolve(specifier, context);
    const { search } = new URL(context.parentURL ?? ROOT);
    const isOurs = found.url.startsWith(ROOT) && !found.url.includes('/node_modules/');
    return isOurs && search.startsWith(COPY) ? { ...found, url: found.url + search } : found;
  },
});

process.setSourceMapsEnabled(true);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as (options: object) => void;
const AT_ONCE = { type: 'major', execution: 'sync' };
/** Gives the room of garbage back too, which takes three times as long. */
const WITH_ROOM = { ...AT_ONCE, flavor: 'last-resort' };
const MAX_RESIDENT_BYTES = 360 * 1024 ** 2;

/** jest-circus collects its event handlers here. */
const EVENT_HANDLERS = Symbol.for('EVENT_HANDLERS');

let filesRun = 0;

/** Long enough for Jest to end this process. */
const END_MS = 500;

/**
 * Jest ends a worker that holds more than the limit, and may have given it another file by then, which the next worker
 * runs again. Processes that the file has started would be left behind, so it does not begin here.
 */
async function awaitEnd(limitBytes: number): Promise<void> {
  if (process.send && process.memoryUsage().heapUsed > limitBytes) await pause(END_MS);
}

/** jest-circus leaves the tests of each file, with all that their closures hold, under a symbol of their own. */
function forgetState(): void {
  for (const symbol of Object.getOwnPropertySymbols(globalThis))
    if (symbol.description === 'JEST_STATE_SYMBOL') Reflect.deleteProperty(globalThis, symbol);
}

/** In a worker, Jest collects what a file prints. */
interface Printing {
  getBuffer?: () => readonly { message: string }[] | undefined;
}

/** Jest shows nothing of a file whose tests are all skipped, not even the reason that the file prints. */
function showReasons(console: Printing): void {
  for (const { message } of console.getBuffer?.() ?? [])
    process.stderr.write(`${message.trim()}\n`);
}

const runTestFile: RunTestFile = async (...args) => {
  const [{ workerIdleMemoryLimit }, config, environment, runtime, path] = args;
  const limitBytes = workerIdleMemoryLimit ?? Infinity;
  await awaitEnd(limitBytes);
  const endTurn = isLarge(path) ? await takeTurn() : undefined;
  filesRun += 1;
  const copies = LOADS_COPIES.test(path);
  const version = `${copies ? COPY : '?'}${filesRun}`;
  const { TypeGraphQLMetadataStorage } = collected;
  const timers = new ModernFakeTimers({ config, global: globalThis });
  const mocks = new ModuleMocker(globalThis);
  const jest = {
    advanceTimersByTime: timers.advanceTimersByTime.bind(timers),
    getTimerCount: timers.getTimerCount.bind(timers),
    useFakeTimers: timers.useFakeTimers.bind(timers),
    useRealTimers: timers.useRealTimers.bind(timers),
    fn: mocks.fn.bind(mocks),
    spyOn: mocks.spyOn.bind(mocks),
  };
  runtime.requireInternalModule = (file) => {
    // It keeps the tests and the handlers of a file in its modules. A `require` keeps all that it has loaded.
    delete require.cache[file];
    Reflect.deleteProperty(globalThis, EVENT_HANDLERS);
    return createRequire(import.meta.url)(file);
  };
  runtime.setGlobalsForRuntime = (globals) => replaceGlobals({ ...globals, jest });
  runtime.unstable_shouldLoadAsEsm = () => true;
  runtime.unstable_importModule = (file) => import(`${pathToFileURL(file).href}${version}`);
  // Jest's finds no source maps of modules that Node has loaded. Node's own does.
  Reflect.deleteProperty(Error, 'prepareStackTrace');
  Object.assign(globalThis, { console: environment.global.console });
  try {
    if (copies) delete collected.TypeGraphQLMetadataStorage;
    const result = await circus.default(...args);
    if (result.numPendingTests === result.testResults.length)
      showReasons(environment.global.console);
    if (!copies) refuseSecondCopy(path);
    return result;
  } finally {
    if (copies) Object.assign(collected, { TypeGraphQLMetadataStorage });
    forgetState();
    endTurn?.();
    const left = endLeftRedis();
    if (left > 0) environment.global.console.warn(`${path} left ${left} Redis running`);
    timers.dispose();
    mocks.restoreAllMocks();
    // Jest would end a worker for its garbage, and the next one would load everything again.
    const { heapUsed, rss } = process.memoryUsage();
    if (rss > MAX_RESIDENT_BYTES) collectGarbage(WITH_ROOM);
    else if (heapUsed > limitBytes) collectGarbage(AT_ONCE);
  }
};

export default runTestFile;
