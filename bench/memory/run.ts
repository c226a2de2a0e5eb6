/**
 * The memory of lists, and what each request costs among few and among many of them: npm run bench:memory
 * From one tenant to a thousand, of a thousand badges each, and from ten badges to ten thousand. Every tenant asks for
 * entities and for a page, so that the fast path keeps its share too. Memory is what is in use once all garbage is
 * collected, in bytes, above that of a service with one tenant of ten badges.
 */
import { join } from 'node:path';
import { type Children, withChildren } from '../../test/support/children.ts';
import {
  type ProductionService,
  ROUTER_SECRET,
  startProductionService,
} from '../../test/support/service-process.ts';
import { askEntities } from '../comparison/documents.ts';
import { load } from '../comparison/load.ts';
import { toRequest } from '../comparison/workloads.ts';
import { conclude } from '../support/command.ts';
import { type Size, nameOf, readIds, startTenants } from '../support/tenants.ts';

const MB = 1024 * 1024;
/** Lists of 64 MiB of JSON, which take up to five times as much in memory, and 32 MiB of the fast path. */
const BUDGET_BYTES = (5 * 64 + 32) * MB;
const SIZES: readonly Size[] = [
  ...[10, 100, 1_000, 10_000].map((badges) => ({ tenants: 1, badges })),
  ...[10, 100, 1_000].map((tenants) => ({ tenants, badges: 10 })),
  ...[10, 100, 1_000].map((tenants) => ({ tenants, badges: 1_000 })),
];
const REPRESENTATIONS = 10;
const CONNECTIONS = 16;
const LOAD_MS = 1_000;
const IN_USE = /In use: (\d+) bytes/;
interface Measured extends Size {
  /** In use. */
  bytes: number;
  /** Of each request, microseconds. */
  cpuUs: number;
}

/** The service with so many tenants, whose providers' lists are equal. */
async function startService(children: Children, size: Size) {
  const env = {
    ...(await startTenants(children, size)),
    BADGES_FRESH_SECONDS: '3600',
    BADGES_STALE_SECONDS: '3600',
  };
  const nodeArgs = ['--import', join(import.meta.dirname, 'inside.ts')];
  return startProductionService(children, env, { nodeArgs });
}

async function bytesInUse({ onLine, signal }: ProductionService): Promise<number> {
  return new Promise((resolve) => {
    onLine((line) => {
      const [, bytes] = IN_USE.exec(line) ?? [];
      if (bytes !== undefined) resolve(Number(bytes));
    });
    signal('SIGUSR2');
  });
}

async function measure(children: Children, size: Size): Promise<Measured> {
  const service = await startService(children, size);
  const ids = await readIds(service.url);
  const question = askEntities('Screen');
  const request = (number: number): Buffer => {
    const [tenant, turn] = [number % size.tenants, Math.floor(number / size.tenants)];
    const representations = Array.from(
      { length: Math.min(REPRESENTATIONS, ids.length) },
      (_, at) => ids[(turn * 7 + at) % ids.length],
    );
    const more = { 'x-badges-tenant': nameOf(tenant) };
    return toRequest(ROUTER_SECRET, question, { representations }, more);
  };
  const target = { ...service, title: 'this service' };
  const options = { connections: Math.min(CONNECTIONS, size.tenants), ms: LOAD_MS };
  let sent = 0;
  while (sent < size.tenants) {
    sent += (await load(target, { request }, { ...options, from: sent })).requests;
  }
  const { cpuUs } = await load(target, { request }, { ...options, from: sent });
  const bytes = await bytesInUse(service);
  await service.end('SIGKILL');
  return { ...size, bytes, cpuUs };
}

const count = (number: number): string => number.toLocaleString('en');

const all = await withChildren(async (children) => {
  const measured: Measured[] = [];
  for (const size of SIZES) {
    measured.push(await measure(children, size));
    children.endAll();
  }
  return measured;
});
const [smallest, ...others] = all;
const baseBytes = smallest?.bytes ?? NaN;
conclude(
  [
    ['In use, 1 tenant of 10 badges', `${count(baseBytes)} bytes`],
    ...all.map(({ tenants, badges, cpuUs }): [string, string] => [
      `CPU, ${count(tenants)} × ${count(badges)} badges`,
      `${cpuUs.toFixed(0)} µs a request`,
    ]),
    ...others.map(({ tenants, badges, bytes }): [string, string] => [
      `Above that, ${count(tenants)} × ${count(badges)} badges`,
      `${count(bytes - baseBytes)} bytes, ${count(Math.round((bytes - baseBytes) / tenants))} a tenant, ${count(Math.round((bytes - baseBytes) / tenants / badges))} a badge`,
    ]),
  ],
  others
    .filter(({ bytes }) => bytes - baseBytes > BUDGET_BYTES)
    .map(({ tenants, badges, bytes }) => {
      const over = `${count(bytes - baseBytes)} of ${count(BUDGET_BYTES)} bytes`;
      return `${count(tenants)} tenants of ${count(badges)} badges take ${over}`;
    }),
);
