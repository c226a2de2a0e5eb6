/** A process of its own: meets faults, closes all, and prints how long something kept it alive after that. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startSandbox } from '../../dist/sandbox/index.js';
import { startService } from '../../dist/service.js';
import { createEmbeddedStore } from '../../dist/state/sqlite/store.js';

/** Servers that are closed end with the next turn. */
const KEEPS = ['Timeout', 'TCPSocketWrap', 'TLSWrap', 'GetAddrInfoReqWrap'];

const folder = mkdtempSync(join(tmpdir(), 'leftovers-'));
const sandbox = await startSandbox();
sandbox.returningAI.faults.set('*', { kind: 'hang' });
sandbox.tagMango.faults.set('*', { kind: 'drip' });
const { returningAI, tagMango } = sandbox.providerValues;
const store = createEmbeddedStore({ folder, now: Date.now });
const service = await startService({
  host: '127.0.0.1',
  port: 0,
  isProduction: false,
  hasPlayground: false,
  hasIntrospection: false,
  hasCacheTags: false,
  freshSeconds: 30,
  staleSeconds: 300,
  attemptTimeoutMs: 150,
  operationDeadlineMs: 1_400,
  replicas: 1,
  // Those that have faults only.
  tenants: [{ id: 'default', providerValues: { returningAI, tagMango }, requestLimits: {} }],
  defaultTenant: 'default',
  routerSecrets: [],
  tokens: undefined,
  hasMutations: true,
  hasAuthDirectives: false,
  store,
  logger: pino({ level: 'silent' }),
  now: Date.now,
  wallTime: Date.now,
});
const response = await fetch(`${service.url}/graphql`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', connection: 'close' },
  body: JSON.stringify({ query: '{ badges { totalCount } }' }),
});
const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };

await service.close();
await store.close();
await sandbox.close();
rmSync(folder, { recursive: true });
const closedAt = performance.now();
const codes = errors.map(({ extensions }) => extensions.code);
const left = process.getActiveResourcesInfo().filter((each) => KEEPS.includes(each));
process.once('beforeExit', () => {
  console.log(JSON.stringify({ codes, left, keptMs: performance.now() - closedAt }));
});
