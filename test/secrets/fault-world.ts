import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UNREACHABLE_WAYS, startUnreachable } from '../../src/sandbox/cli.ts';
import { startEcho } from './echo.ts';
import { FAULTS, type PoisonedFault } from './fault-list.ts';
import { type FaultPlace, startFaultPlace, toFaultPlace } from './fault-place.ts';
import type { PlantedTenant } from './tenant.ts';
import { writeTenants } from './tenants-on-disk.ts';

const NO_FAULT: PoisonedFault = { name: 'none', toFault: () => undefined };
const ECHOES = [
  { status: 200 },
  { status: 200, contentType: 'text/html' },
  ...[400, 401, 403, 404, 409, 422, 429, 500, 503].map((status) => ({ status })),
];

export interface FaultWorld {
  faults: readonly FaultPlace[];
  tenants: readonly PlantedTenant[];
  /** For whatever a test keeps on disk. */
  folder: string;
  /** Leads a service to it. */
  env: Readonly<Record<string, string>>;
  /** What providers were sent. */
  received: () => string;
  close(): Promise<void>;
}

/** A place for every fault there is. */
export async function startFaultWorld(): Promise<FaultWorld> {
  const echoes = await Promise.all(ECHOES.map(startEcho));
  const astray = await Promise.all(UNREACHABLE_WAYS.map(startUnreachable));
  const switched = await Promise.all(
    [NO_FAULT, ...FAULTS].map((fault, turn) => {
      const integration = echoes[turn % echoes.length]?.origin ?? '';
      return startFaultPlace(fault, { integration, turn });
    }),
  );
  const faults = [
    ...switched,
    ...echoes.map(({ origin }, index) => toFaultPlace(`echo ${index}`, origin)),
    ...UNREACHABLE_WAYS.map((way, index) =>
      // Production wants https of other machines, also of those that are not there.
      toFaultPlace(way, (astray[index]?.baseUrl ?? '').replace('http://badges', 'https://badges')),
    ),
  ];
  const tenants = faults.flatMap(({ reader, writer, places }) => [
    { tenant: reader, places },
    { tenant: writer, places },
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'badges-secrets-'));
  return {
    faults,
    tenants: tenants.map(({ tenant }) => tenant),
    folder,
    env: writeTenants(folder, tenants),
    received: () =>
      JSON.stringify([
        switched.map(({ sandbox }) => [sandbox?.returningAI.requests, sandbox?.tagMango.requests]),
        echoes.map(({ received }) => received),
      ]),
    async close() {
      await Promise.all(switched.flatMap(({ sandbox }) => (sandbox ? [sandbox.close()] : [])));
      await Promise.all([...echoes, ...astray].map((each) => each.close()));
      rmSync(folder, { recursive: true });
    },
  };
}
