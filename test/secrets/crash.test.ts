import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { eventually } from '../state/eventually.ts';
import { type Callers, startCallers } from './callers.ts';
import { READS, WRITES, send } from './calls.ts';
import { type StartingService, startMain } from '../support/service-process.ts';
import { filesOf } from './files.ts';
import { createPoison } from './poison.ts';
import { asideMarkers, fieldMarkers } from './provider-words.ts';
import { type Output, findMarkers } from './search.ts';
import {
  keysOf,
  plantTenant,
  startPlantedSandbox,
  toPlainSettings,
  toSecretSettings,
} from './tenant.ts';

const PRELOAD = join(import.meta.dirname, 'crash-on-signal.ts');
const tenant = plantTenant('default');

let sandbox: Sandbox;
let callers: Callers;
let folder: string;
let service: StartingService | undefined;
beforeEach(async () => {
  sandbox = await startPlantedSandbox([tenant]);
  callers = await startCallers();
  folder = mkdtempSync(join(tmpdir(), 'badges-crash-'));
});
afterEach(async () => {
  await service?.kill();
  await sandbox.close();
  await callers.issuer.close();
  rmSync(folder, { recursive: true });
});

/** With calls under way and others that have failed. */
async function startBusy(nodeEnv: string): Promise<StartingService> {
  const { origin } = sandbox.returningAI;
  const places = { returningAI: origin, integration: origin, tagMango: sandbox.tagMango.origin };
  const child = startMain({
    nodeArgs: ['--import', PRELOAD, '--report-uncaught-exception', `--report-directory=${folder}`],
    env: {
      ...callers.env,
      ...toPlainSettings(places),
      ...toSecretSettings(tenant),
      NODE_ENV: nodeEnv,
      BADGES_FRESH_SECONDS: '0',
      STATE_DIR: join(folder, 'state'),
    },
  });
  service = child;
  const url = await child.url;
  const headers = await callers.headersOf('default');
  const { returningAI, tagMango } = sandbox;
  tagMango.faults.set('*', { kind: 'reset' });
  const { text } = createPoison(tenant.keys.returningAI.value, 0);
  returningAI.faults.set('*', { kind: 'answer', status: 500, body: text, times: 2 });
  await Promise.all(READS.map((call) => send(url, call, headers)));

  returningAI.faults.set('*', { kind: 'hang' });
  const before = returningAI.requests.length;
  for (const call of [...READS, ...WRITES]) send(url, call, headers).catch(() => undefined);
  await eventually(() => returningAI.requests.length > before);
  return child;
}

test.each([
  ['an exception', 'SIGUSR2', 'production'],
  ['a rejection', 'SIGWINCH', 'development'],
] as const)(
  'a crash by %s that nobody catches (%s, %s) tells no secret',
  async (_what, signal, nodeEnv) => {
    const child = await startBusy(nodeEnv);
    child.signal(signal);
    expect((await child.ended).code).toBe(1);
    expect(child.stderr()).toContain('a crash on purpose');
    expect(readdirSync(folder).some((name) => name.startsWith('report.'))).toBe(true);

    const outputs: Output[] = [
      { from: 'stdout', text: child.stdout() },
      { from: 'stderr', text: child.stderr() },
      ...filesOf(folder),
    ];
    const secrets = [...keysOf(tenant), ...callers.markers];
    expect(findMarkers(outputs, secrets)).toEqual([]);
    // Records hold the values that were to be written.
    const isRecord = (from: string) => from.startsWith(join(folder, 'state'));
    const crash = outputs.filter(({ from }) => from !== 'stdout' && !isRecord(from));
    expect(findMarkers(crash, [...asideMarkers, ...fieldMarkers])).toEqual([]);
  },
);
