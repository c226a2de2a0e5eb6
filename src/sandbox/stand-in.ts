import type { AddressInfo } from 'node:net';
import { type FastifyInstance, type FastifyRequest, fastify } from 'fastify';
import { hostsOf, isLoopbackHost, pageHostsOf } from '../http/hosts.ts';
import { ALTERATIONS, type Behaviour, type BehaviourSwitch, Refusal } from './behaviour.ts';
import {
  type FaultHooksOptions,
  type FaultSwitch,
  type FaultSwitchOptions,
  addFaultHooks,
  createFaultSwitch,
  parseFault,
} from './fault-switch.ts';
import { KINDS, PRESET_NAMES } from './faults.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The operationId of the contract file. Routes without one belong to the sandbox. */
    operation?: string;
  }
}

export interface RecordedRequest {
  operation: string;
  method: string;
  /** With its query. */
  path: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: unknown;
  /** Monotonic epoch milliseconds, with fractions. */
  at: number;
}

/** A real HTTP server on this machine in place of a provider. */
export interface StandIn {
  /** Without a trailing slash. */
  origin: string;
  /** The operations that it serves, as named in the contract file. */
  operations: ReadonlySet<string>;
  /** The last few thousand requests to routes of the provider, oldest first. */
  requests: RecordedRequest[];
  /** Counts all of them. */
  arrivals: () => Arrivals;
  resetArrivals: () => void;
  faults: FaultSwitch;
  /** Help text: the behaviours that can be changed. */
  behaviours: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** What the stand-in of every provider has in addition. */
export interface ProviderStandIn extends StandIn {
  /** By id. */
  badges: Map<string, object>;
  /** The ids of the badges of each user, by user id. */
  awards: Map<string, Set<string>>;
  /** The valid API keys. */
  keys: Set<string>;
  /** Can be changed at any time. */
  behaviour: Behaviour;
  /** The environment variables that point to it. */
  variables: Readonly<Record<string, string>>;
}

interface StandInOptions extends FaultSwitchOptions, Pick<FaultHooksOptions, 'guard'> {
  /** 0: any free port. */
  port?: number | undefined;
  /** The name by which other machines reach it. Without one only this machine does. */
  hostName?: string | undefined;
  behaviour: BehaviourSwitch;
  /** The provider's routes, each with an `operation` in its config. */
  addRoutes: (app: FastifyInstance) => void;
}

export async function startStandIn(options: StandInOptions): Promise<StandIn> {
  const { badges, guard, toErrorBody, hostName } = options;
  const operations = new Set<string>();
  const faults = createFaultSwitch({ toErrorBody, badges });
  const app = fastify({
    forceCloseConnections: true,
    // No route has a schema. By default, Fastify loads a validator and a serializer for them.
    schemaController: {
      compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas },
    },
  });

  app.addHook('onRoute', ({ config }) => {
    if (config?.operation !== undefined) operations.add(config.operation);
  });
  refuseOtherNames(app, options);
  const { requests, arrivals } = addRecording(app);
  addFaultHooks(app, { faults, badges, guard });
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500;
    return reply.code(status).send(toErrorBody(status, error.message, request.url));
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send(toErrorBody(404, 'Not found', request.url)),
  );

  options.addRoutes(app);
  addPictures(app);
  addControlRoutes(app, { faults, operations, arrivals, behaviour: options.behaviour });
  const host = hostName === undefined ? '127.0.0.1' : '0.0.0.0';
  await app.listen({ host, port: options.port ?? 0 });
  const { port } = app.server.address() as AddressInfo;
  return {
    origin: `http://${hostName ?? host}:${port}`,
    operations,
    requests,
    arrivals: () => arrivals.read(),
    resetArrivals: () => arrivals.reset(),
    faults,
    behaviours: options.behaviour.fields,
    close: () => app.close(),
  };
}

function noSchemas(): never {
  throw new Error('Routes of a stand-in have no schemas');
}

/**
 * Protects the control routes from pages in a browser: from other sites, whose simple requests need no preflight, and
 * from sites that resolve their own name to this machine (DNS rebinding).
 */
function refuseOtherNames(
  app: FastifyInstance,
  { toErrorBody, hostName }: Pick<StandInOptions, 'toErrorBody' | 'hostName'>,
): void {
  app.addHook('onRequest', async ({ raw, url }, reply) => {
    const hosts = [...hostsOf(raw), ...pageHostsOf(raw)];
    if (hosts.every((host = '') => host === hostName || isLoopbackHost(host))) return;
    const message = 'The sandbox only accepts host names of this machine, such as 127.0.0.1';
    return reply.code(403).send(toErrorBody(403, message, url));
  });
}

/** Enough for every test, and a limit for a sandbox that runs for days. */
const MAX_RECORDED_REQUESTS = 5_000;

/** Records the requests of operations. A request with an unreadable body is only counted. */
function addRecording(app: FastifyInstance): {
  requests: RecordedRequest[];
  arrivals: ArrivalCounter;
} {
  const requests: RecordedRequest[] = [];
  const arrivals = createArrivalCounter();
  const cameAt = new WeakMap<FastifyRequest, number>();

  app.addHook('onRequest', async (request) => {
    const { operation } = request.routeOptions.config;
    if (operation === undefined) return;
    const at = performance.timeOrigin + performance.now();
    cameAt.set(request, at);
    arrivals.add(operation, at);
  });
  app.addHook('preHandler', async (request) => {
    const { operation } = request.routeOptions.config;
    const at = cameAt.get(request);
    if (operation === undefined || at === undefined) return;
    const { method, url: path, headers, body } = request;
    requests.push({ operation, method, path, headers, body, at });
    if (requests.length > MAX_RECORDED_REQUESTS) requests.shift();
  });
  app.addHook('onResponse', async (request, reply) => {
    if (cameAt.has(request) && reply.raw.statusCode === 429) arrivals.addRefusal();
  });
  return { requests, arrivals };
}

/** The window of the one documented rate limit. */
const RATE_WINDOW_MS = 10_000;

/** The requests since the start or the last reset, including rejected ones. */
export interface Arrivals {
  total: number;
  byOperation: Readonly<Record<string, number>>;
  /** The number that was answered with 429. */
  refused429: number;
  /**
   * The maximum number of requests within any window of this length, which includes only one of its two ends.
   * Exact for 10,000 ms; for other lengths, counts the last million requests.
   */
  maxIn: (windowMs: number) => number;
}

interface ArrivalCounter {
  /** `at`: monotonic milliseconds. */
  add(operation: string, at: number): void;
  addRefusal(): void;
  read(): Arrivals;
  reset(): void;
}

const MAX_TIMES = 1_000_000;

export function createArrivalCounter(): ArrivalCounter {
  let times: number[] = [];
  /** The index of the oldest time in the window of the newest. */
  let start = 0;
  let total = 0;
  let max = 0;
  let refused429 = 0;
  let byOperation = new Map<string, number>();

  function add(operation: string, at: number): void {
    total += 1;
    byOperation.set(operation, (byOperation.get(operation) ?? 0) + 1);
    times.push(at);
    start = firstWithin(times, start, at - RATE_WINDOW_MS);
    max = Math.max(max, times.length - start);
    // Keeps the window, and moves the array rarely.
    if (times.length >= 2 * MAX_TIMES) {
      const gone = Math.min(start, MAX_TIMES);
      times = times.slice(gone);
      start -= gone;
    }
  }

  return {
    add,
    addRefusal: () => void (refused429 += 1),
    read: () => ({
      total,
      byOperation: Object.fromEntries(byOperation),
      refused429,
      maxIn: (windowMs) => (windowMs === RATE_WINDOW_MS ? max : maxWithin(times, windowMs)),
    }),
    reset() {
      times = [];
      byOperation = new Map();
      start = total = max = refused429 = 0;
    },
  };
}

function maxWithin(times: readonly number[], windowMs: number): number {
  let start = 0;
  let max = 0;
  for (const [index, at] of times.entries()) {
    start = firstWithin(times, start, at - windowMs);
    max = Math.max(max, index + 1 - start);
  }
  return max;
}

/** The first index from `start` on with a later time. */
function firstWithin(times: readonly number[], start: number, after: number): number {
  let index = start;
  while ((times[index] ?? Infinity) <= after) index += 1;
  return index;
}

interface ControlRoutesOptions {
  faults: FaultSwitch;
  operations: ReadonlySet<string>;
  arrivals: ArrivalCounter;
  behaviour: BehaviourSwitch;
}

/** The control routes, for a terminal or other processes. `npm run sandbox -- --help` explains them. */
function addControlRoutes(app: FastifyInstance, options: ControlRoutesOptions): void {
  app.get('/_sandbox', () => ({
    operations: [...options.operations],
    kinds: KINDS,
    presets: PRESET_NAMES,
    behaviour: options.behaviour.fields,
    alterations: ALTERATIONS,
  }));
  addFaultRoutes(app, options);
  addBehaviourRoutes(app, options.behaviour);
  addArrivalRoutes(app, options.arrivals);
}

type AtOperation = { Params: { operation: string } };

function addFaultRoutes(
  app: FastifyInstance,
  { faults, operations }: Pick<ControlRoutesOptions, 'faults' | 'operations'>,
): void {
  app.get('/_sandbox/faults', () => faults.entries());
  app.put<AtOperation>('/_sandbox/faults/:operation', ({ params: { operation }, body }) => {
    if (operation !== '*' && !operations.has(operation)) {
      throw new Refusal(404, `Unknown operation. Use *, ${[...operations].join(', ')}`);
    }
    faults.set(operation, parseFault(body));
    return faults.entries();
  });
  app.delete<AtOperation>('/_sandbox/faults/:operation', ({ params: { operation } }) => {
    faults.clear(operation === 'all' ? undefined : operation);
    return faults.entries();
  });
}

function addBehaviourRoutes(app: FastifyInstance, behaviour: BehaviourSwitch): void {
  app.get('/_sandbox/behaviour', () => behaviour.current);
  app.put('/_sandbox/behaviour', ({ body }) => {
    behaviour.change(body);
    return behaviour.current;
  });
  app.delete('/_sandbox/behaviour', () => {
    behaviour.reset();
    return behaviour.current;
  });
}

function addArrivalRoutes(app: FastifyInstance, arrivals: ArrivalCounter): void {
  const show = () => {
    const { total, byOperation, refused429, maxIn } = arrivals.read();
    return { total, mostIn10s: maxIn(RATE_WINDOW_MS), byOperation, refused429 };
  };
  app.get('/_sandbox/arrivals', show);
  app.delete('/_sandbox/arrivals', () => {
    arrivals.reset();
    return show();
  });
}

/** Counts events within the last `windowMs`, and rejects more than `limit`. */
interface RateWindow {
  /** Counts one more event if it fits, and returns whether it did. */
  admit(): boolean;
}

export function createRateWindow(options: {
  limit: number;
  windowMs: number;
  now: () => number;
}): RateWindow {
  const admittedAt: number[] = [];
  return {
    admit() {
      const now = options.now();
      while (admittedAt[0] !== undefined && admittedAt[0] <= now - options.windowMs) {
        admittedAt.shift();
      }
      if (admittedAt.length >= options.limit) return false;
      admittedAt.push(now);
      return true;
    },
  };
}

function addPictures(app: FastifyInstance): void {
  app.get<{ Params: { name: string } }>('/pictures/:name', ({ params }, reply) =>
    reply.type('image/svg+xml').send(drawPicture(params.name)),
  );
}

/** Draws a badge as SVG. The same name always gives the same picture. */
function drawPicture(name: string): string {
  const [title = name] = name.split('.');
  const seed = [...title].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 100_000, 7);
  const hue = seed % 360;
  const points = 5 + (seed % 4);
  const initials = title
    .split('-')
    .map((word) => word.charAt(0).toUpperCase())
    .join('')
    .replace(/[^A-Z0-9]/g, '')
    .slice(0, 2);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-100 -100 200 200" width="200" height="200">
<circle r="96" fill="hsl(${hue} 65% 40%)"/>
<circle r="82" fill="none" stroke="hsl(${hue} 80% 75%)" stroke-width="5"/>
<polygon points="${star(points)}" fill="hsl(${hue} 80% 88%)"/>
<text y="13" text-anchor="middle" font-family="sans-serif" font-size="36" font-weight="700" fill="hsl(${hue} 65% 28%)">${initials}</text>
</svg>`;
}

function star(points: number): string {
  return Array.from({ length: points * 2 }, (_, corner) => {
    const radius = corner % 2 === 0 ? 70 : 44;
    const angle = (Math.PI * corner) / points - Math.PI / 2;
    return `${Math.round(radius * Math.cos(angle))},${Math.round(radius * Math.sin(angle))}`;
  }).join(' ');
}
