import { afterEach, expect, test } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type SkippingClock, createSkippingClock } from '../support/clock.ts';
import { sendOperation } from '../support/graphql-client.ts';
import { type TestService, startTestService } from '../support/service.ts';

let sandbox: Sandbox;
let service: TestService;
afterEach(async () => {
  await service.close();
  await sandbox.close();
});

/** Two tenants of one service; only `acme` has a limit of its own. */
async function start(clock: SkippingClock): Promise<void> {
  sandbox = await startSandbox();
  const { tagMango } = sandbox.providerValues;
  service = await startTestService({
    tenants: [
      { id: 'acme', providerValues: { tagMango }, requestLimits: { tagMango: 12 } },
      { id: 'bolt', providerValues: { tagMango }, requestLimits: {} },
    ],
    defaultTenant: undefined,
    // Each list asks the provider.
    freshSeconds: 0,
    staleSeconds: 0,
    now: clock.now,
    http: { clock },
  });
}

/** How long ten lists of the tenant had to wait for their turns, milliseconds. */
async function waitedFor(tenant: string, clock: SkippingClock): Promise<number> {
  const before = clock.now() - Date.now();
  for (let asked = 0; asked < 10; asked += 1) {
    const { text } = await sendOperation(
      `${service.url}/graphql`,
      { query: '{ badges { totalCount } }' },
      { headers: { 'x-badges-tenant': tenant } },
    );
    expect(JSON.parse(text)).toEqual({ data: { badges: { totalCount: 8 } } });
  }
  return clock.now() - Date.now() - before;
}

test('a tenant with a limit of its own asks no more often than that, and another is not held up by it', async () => {
  const clock = createSkippingClock();
  await start(clock);
  // 11/12 of the limit within ten seconds.
  expect(await waitedFor('acme', clock)).toBeGreaterThan(8_000);
  // Of the provider's whole window.
  expect(await waitedFor('bolt', clock)).toBeLessThan(2_000);
  expect(sandbox.tagMango.requests).toHaveLength(20);
});
