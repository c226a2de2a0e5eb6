import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { sendOperation } from '../support/graphql-client.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';

const TENANTS = 1_000;
const WITHIN_MS = 5_000;
/** Asking all the time would be most of the work of this test. */
const ASK_EVERY_MS = 25;

let folder: string;
let sandbox: Sandbox;
let service: ServiceProcess;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'badges-revocation-'));
  sandbox = await startSandbox();
  for (let index = 0; index < TENANTS; index += 1) write(`t${index}-key`, `key-of-tenant-${index}`);
  write('tenants.yaml', toYaml());
  write('router-secret', 'first,second,third');
  service = await startServiceProcess({
    TENANTS_FILE: join(folder, 'tenants.yaml'),
    ROUTER_SECRET_FILE: join(folder, 'router-secret'),
    STATE_DIR: join(folder, 'state'),
  });
});
afterAll(async () => {
  await service.kill();
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);

/** A thousand tenants but these. */
function toYaml(...without: string[]): string {
  const ids = Array.from({ length: TENANTS }, (_, index) => `t${index}`);
  const url = sandbox.returningAI.variables.RETURNING_AI_BASE_URL;
  const tenants = ids
    .filter((id) => !without.includes(id))
    .map(
      (id) =>
        `  ${id}:\n    RETURNING_AI_BASE_URL: ${url}\n    RETURNING_AI_API_KEY: { file: ${id}-key }\n`,
    );
  return `tenants:\n${tenants.join('')}`;
}

async function statusOf(secret: string, tenant: string): Promise<number> {
  const headers = { 'router-authorization': secret, 'x-badges-tenant': tenant };
  const { status } = await sendOperation(service.url, { query: '{ __typename }' }, { headers });
  return status;
}

/** Milliseconds until the status is that one. */
async function msUntil(status: number, ...of: Parameters<typeof statusOf>): Promise<number> {
  const begun = performance.now();
  while ((await statusOf(...of)) !== status) {
    if (performance.now() - begun > 60_000) break;
    await pause(ASK_EVERY_MS);
  }
  return performance.now() - begun;
}

test('with a thousand tenants and one wrong file after the other, what is revoked is out within 5 s', async () => {
  expect(await statusOf('first', 't1')).toBe(200);
  expect(await statusOf('first', 'unknown')).toBe(403);

  write('tenants.yaml', toYaml('t1'));
  expect(await msUntil(403, 'first', 't1')).toBeLessThan(WITHIN_MS);

  // Of 127 KB, that names nobody whom there is.
  const wrong = Array.from({ length: 10_000 }, (_, index) => `  w${index}: x\n`).join('');
  write('tenants.yaml', `tenants:\n${wrong}`);
  write('router-secret', 'second,third');
  expect(await msUntil(401, 'first', 't2')).toBeLessThan(WITHIN_MS);
  expect(await statusOf('second', 't2')).toBe(200);

  write('tenants.yaml', `${toYaml('t1', 't2')}  wrong: x\n`);
  expect(await msUntil(403, 'second', 't2')).toBeLessThan(WITHIN_MS);
  write('router-secret', 'third, and-a-slip\u0000');
  expect(await msUntil(401, 'second', 't3')).toBeLessThan(WITHIN_MS);
  expect(await statusOf('third', 't3')).toBe(200);

  const lines = service.output().trim().split('\n');
  expect(Math.max(...lines.slice(-10).map(({ length }) => length))).toBeLessThan(5_000);
}, 60_000);
