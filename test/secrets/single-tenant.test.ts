import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../state/eventually.ts';
import { ROUTER_SECRETS } from './callers.ts';
import { type Answered, READS, WRITES, send, toOutputs } from './calls.ts';
import { startMain } from '../support/service-process.ts';
import { type Echo, startEcho } from './echo.ts';
import { filesOf } from './files.ts';
import { findMarkers } from './search.ts';
import {
  type PlantedTenant,
  keysOf,
  plantTenant,
  toPlainSettings,
  toSecretSettings,
} from './tenant.ts';

const former = plantTenant('default, before its keys were changed');
const tenant = plantTenant('default');
const markers = [former, tenant].flatMap(keysOf).concat(Object.values(ROUTER_SECRETS));

let folder: string;
let echo: Echo;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'badges-single-'));
  echo = await startEcho({ status: 422 });
});
afterEach(async () => {
  await echo.close();
  rmSync(folder, { recursive: true });
});

/** Writes each secret into a file of its own. */
function writeSecrets(of: PlantedTenant, routerSecret: string): Record<string, string> {
  const secrets = { ...toSecretSettings(of), ROUTER_SECRET: routerSecret };
  return Object.fromEntries(
    Object.entries(secrets).map(([name, value]) => {
      writeFileSync(join(folder, name), `${value}\n`);
      return [`${name}_FILE`, join(folder, name)];
    }),
  );
}

async function askAll(url: string, routerSecret: string): Promise<Answered[]> {
  const headers = { 'router-authorization': routerSecret };
  return Promise.all([...READS, ...WRITES].map((call) => send(url, call, headers)));
}

test.each(['production', 'development'])(
  'keys out of files, changed while the service runs in %s, are told by nobody but the provider',
  async (nodeEnv) => {
    const { origin } = echo;
    const plain = toPlainSettings({ returningAI: origin, integration: origin, tagMango: origin });
    const secrets = writeSecrets(former, ROUTER_SECRETS.old.value);
    const STATE_DIR = join(folder, 'state');
    const service = startMain({ env: { ...plain, ...secrets, NODE_ENV: nodeEnv, STATE_DIR } });
    try {
      const url = await service.url;
      const answers = await askAll(url, ROUTER_SECRETS.old.value);
      writeSecrets(tenant, `${ROUTER_SECRETS.new.value},${ROUTER_SECRETS.old.value}`);
      await eventually(() => service.stdout().includes('The settings have changed'));
      answers.push(...(await askAll(url, ROUTER_SECRETS.new.value)));

      const sent = [{ from: 'provider', text: echo.received.join('\n') }];
      const keys = [former, tenant].flatMap(keysOf).map(({ name }) => name);
      expect(
        findMarkers(sent, markers)
          .map(({ marker }) => marker)
          .sort(),
      ).toEqual(keys.sort());
      expect(service.stdout()).toContain('[redacted]');
      const outputs = [
        ...answers.flatMap(toOutputs),
        { from: 'stdout', text: service.stdout() },
        { from: 'stderr', text: service.stderr() },
        ...filesOf(STATE_DIR),
      ];
      expect(findMarkers(outputs, markers)).toEqual([]);
    } finally {
      await service.kill();
    }
  },
);

test('keys in variables come back in no answer and no line', async () => {
  const { origin } = echo;
  const plain = toPlainSettings({ returningAI: origin, integration: origin, tagMango: origin });
  const STATE_DIR = join(folder, 'state');
  const service = startMain({ env: { ...plain, ...toSecretSettings(tenant), STATE_DIR } });
  try {
    const answers = await askAll(await service.url, '');
    expect(service.stdout()).toContain('[redacted]');
    const said = [
      { from: 'stdout', text: service.stdout() },
      { from: 'stderr', text: service.stderr() },
    ];
    expect(findMarkers([...answers.flatMap(toOutputs), ...said], markers)).toEqual([]);
  } finally {
    await service.kill();
  }
});
