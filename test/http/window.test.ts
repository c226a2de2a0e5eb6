import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type ProviderHttp, createProviderHttp } from '../../src/http/provider-http.ts';
import { createRequestBudget, createStoredBuckets } from '../../src/state/rate-limit.ts';
import { createSkippingClock } from '../support/clock.ts';
import { plainHttpDeps } from '../support/http-deps.ts';

/** A provider whose window is another than that of those that we know, and which asks to be left alone for most of it. */

const WINDOW = { requests: 600, windowMs: 60_000 };
const RETRY_AFTER_MS = 55_000;

const clock = createSkippingClock();
const clients: ProviderHttp[] = [];
let server: Server;
let answers: number[] = [];
let requests = 0;
beforeAll(async () => {
  server = createServer((_request, response) => {
    requests += 1;
    const status = answers.shift() ?? 200;
    response
      .writeHead(status, { 'content-type': 'application/json', 'retry-after': '55' })
      .end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  clock.skip(3_600_000);
});

function createStore() {
  const values = new Map<string, string>();
  return {
    get: async (key: string) => values.get(key) ?? null,
    async compareAndSet(key: string, change: { expected: string | null; value: string | null }) {
      if ((values.get(key) ?? null) !== change.expected) return false;
      values.set(key, change.value ?? '');
      return true;
    },
  };
}

function createClient(store: ReturnType<typeof createStore> | undefined): ProviderHttp {
  const { port } = server.address() as AddressInfo;
  const clocks = { now: clock.now, wallTime: clock.now };
  const client = createProviderHttp({
    provider: { enumValue: 'ACME', title: 'Acme' },
    baseUrl: `http://127.0.0.1:${port}`,
    credentials: {},
    routes: [/^PUT \/badges$/],
    ...plainHttpDeps,
    attemptTimeoutMs: 2_000,
    clock,
    budget: store && {
      ...createRequestBudget({
        name: 'acme',
        window: WINDOW,
        buckets: createStoredBuckets(store, clocks),
        isShared: false,
        replicas: 1,
        now: clock.now,
      }),
    },
    windowMs: WINDOW.windowMs,
  });
  clients.push(client);
  return client;
}

const write = (client: ProviderHttp) =>
  client.call(
    { operation: 'updateBadge', method: 'PUT', path: '/badges' },
    { purpose: 'write', deadlineAt: clock.now() + 8_000 },
    () => 'written',
  );

describe.each([
  ['by itself', undefined, false],
  ['by its store', createStore(), false],
  ['by its store, after a restart', createStore(), true],
])('a process that knows of the wait %s', (_how, store, isRestarted) => {
  test('leaves the provider alone for as long as it asked, and no longer', async () => {
    answers = [429];
    requests = 0;
    const first = createClient(store);
    await expect(write(first)).rejects.toMatchObject({
      kind: 'rate-limited',
      effect: 'refused',
      retryAfterMs: RETRY_AFTER_MS,
    });
    const client = isRestarted ? createClient(store) : first;
    for (const passedMs of [0, 10_000, 15_000, 20_000]) {
      clock.skip(passedMs);
      await expect(write(client)).rejects.toMatchObject({
        kind: 'rate-limited',
        effect: 'not-sent',
      });
    }
    expect(requests).toBe(1);
    clock.skip(10_000);
    expect(await write(client)).toBe('written');
  });
});
