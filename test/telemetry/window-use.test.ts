import { expect, test } from '@jest/globals';
import { createMetrics } from '../../src/telemetry/metrics.ts';

const MINUTE_MS = 60_000;

/** Metrics of tenants that have used these parts of a window. */
async function setUp(used: Readonly<Record<string, number>>) {
  const clock = { now: 0 };
  const metrics = await createMetrics({ version: '1.2.3', operations: [], now: () => clock.now });
  const provider = 'TAG_MANGO';
  metrics.watch({
    usageAhead: () => ({}),
    lists: () =>
      Object.entries(used).map(([tenant, share]) => ({
        tenant,
        provider,
        state: 'EMPTY',
        ageMs: undefined,
        windows: [{ windowMs: 10_000, freeShare: async () => 1 - share }],
      })),
  });
  return {
    clock,
    call: (tenant: string) => metrics.noteCall(provider, tenant),
    shown: async () => {
      const [, share] = /window_used_ratio{.*} (\S+)/.exec(await metrics.text()) ?? [];
      return share === undefined ? undefined : Number(share);
    },
  };
}

test('the use of a window is the same for all that read the metrics, and shown for five minutes after a call', async () => {
  const { clock, call, shown } = await setUp({ acme: 0.5, quiet: 0.75 });
  expect(await shown()).toBeUndefined();
  call('acme');
  expect([await shown(), await shown()]).toEqual([0.5, 0.5]);
  clock.now = 5 * MINUTE_MS;
  expect(await shown()).toBe(0.5);
  clock.now += 1;
  expect(await shown()).toBeUndefined();
  call('acme');
  expect(await shown()).toBe(0.5);
});

test('of many tenants, the use is read of the hundred that called last', async () => {
  const others = Array.from({ length: 100 }, (_, index) => `t${index}`);
  const { call, shown } = await setUp({
    acme: 0.5,
    ...Object.fromEntries(others.map((tenant) => [tenant, 0.25])),
  });
  call('acme');
  others.forEach(call);
  expect(await shown()).toBe(0.25);
  call('acme');
  expect(await shown()).toBe(0.5);
});
