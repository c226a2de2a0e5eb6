import { expect, test } from '@jest/globals';
import type { Dispatcher } from 'undici';
import { createPool } from '../../src/http/attempt.ts';
import { providers } from '../../src/providers/index.ts';
import { startTestService } from '../support/service.ts';

/** Undici says this of every dispatcher that it creates. */
interface Pool extends Dispatcher {
  closed?: boolean;
}

test('a service that stops closes its connections to providers, also those of tenants that were changed or removed a moment ago', async () => {
  const pools: Pool[] = [];
  const connect = (origin: string): Dispatcher => {
    const pool = createPool(origin);
    pools.push(pool);
    return pool;
  };
  const service = await startTestService({ http: { budget: undefined, connect } });
  const { providerValues } = service.sandbox;
  const toTenant = (id: string, requests: number) => ({
    id,
    providerValues,
    requestLimits: { [providers[0]?.key ?? '']: requests },
  });
  const apply = (...tenants: ReturnType<typeof toTenant>[]) =>
    service.apply({ tenants, routerSecrets: [] });
  const changes = [
    apply(toTenant('default', 10), toTenant('acme', 10)),
    apply(toTenant('default', 10), toTenant('acme', 20)),
    apply(toTenant('default', 10)),
  ];
  expect(changes).toEqual([
    { added: ['acme'], changed: ['default'], removed: [] },
    { added: [], changed: ['acme'], removed: [] },
    { added: [], changed: [], removed: ['acme'] },
  ]);
  // Requests in progress still use them.
  expect(new Set(pools.map(({ closed }) => closed))).toEqual(new Set([false]));

  await service.close();
  expect(new Set(pools.map(({ closed }) => closed))).toEqual(new Set([true]));
});
