import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createClient } from '@redis/client';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { findRedis, startRedis } from '../support/redis.ts';
import { type Callers, startCallers } from './callers.ts';
import { type Call, HISTORY, READS, WRITES, send, toOutputs } from './calls.ts';
import { type StartingService, runMain, startMain } from '../support/service-process.ts';
import { startIgnorantRedis } from './ignorant-redis.ts';
import { toPlainMarker, toSecretMarker } from './markers.ts';
import { createPoison } from './poison.ts';
import { asideMarkers, fieldMarkers } from './provider-words.ts';
import { dumpOf } from './redis-dump.ts';
import { type Output, findMarkers } from './search.ts';
import {
  keysOf,
  plantTenant,
  startPlantedSandbox,
  toPlainSettings,
  toSecretSettings,
} from './tenant.ts';

const tenant = plantTenant('default');
const PASSWORD = toPlainMarker('password of Redis');
const WRONG_PASSWORD = toPlainMarker('wrong password of Redis');
const ODD_PASSWORD = toSecretMarker('password of Redis that is escaped in its URL');

let sandbox: Sandbox;
let callers: Callers;
const children: StartingService[] = [];
beforeEach(async () => {
  sandbox = await startPlantedSandbox([tenant]);
  callers = await startCallers();
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((each) => each.kill()));
  await sandbox.close();
  await callers.issuer.close();
});

function toEnv(redisUrl: string): Record<string, string> {
  const { origin } = sandbox.returningAI;
  const places = { returningAI: origin, integration: origin, tagMango: sandbox.tagMango.origin };
  return {
    ...callers.env,
    ...toPlainSettings(places),
    ...toSecretSettings(tenant),
    NODE_ENV: 'production',
    REDIS_URL: redisUrl,
    REPLICAS: '2',
    BADGES_FRESH_SECONDS: '30',
  };
}

function start(redisUrl: string): StartingService {
  const child = startMain({ env: toEnv(redisUrl) });
  children.push(child);
  return child;
}

const ALL = [...READS, ...WRITES];

async function ask(url: string, calls: readonly Call[]): Promise<Output[]> {
  const headers = await callers.headersOf('default');
  const answers = await Promise.all(calls.map((call) => send(url, call, headers)));
  return answers.flatMap(toOutputs);
}

const saidBy = ({ stdout, stderr }: Pick<StartingService, 'stdout' | 'stderr'>): Output[] => [
  { from: 'stdout', text: stdout() },
  { from: 'stderr', text: stderr() },
];
const secrets = () => [
  ...keysOf(tenant),
  ...callers.markers,
  PASSWORD,
  WRONG_PASSWORD,
  ODD_PASSWORD,
];

const redisPath = findRedis();
if (redisPath === undefined) console.log('Skipped: secrets in Redis, since it is not installed.');
const withRedis = redisPath === undefined ? describe.skip : describe;

withRedis('with Redis', () => {
  test('what replicas share there holds no secret, and of a provider its records only', async () => {
    const redis = await startRedis(redisPath ?? '');
    const admin = createClient({ url: redis.url });
    try {
      await admin.connect();
      await admin.configSet('requirepass', PASSWORD.value);
      const withPassword = redis.url.replace('redis://', `redis://:${PASSWORD.value}@`);
      const service = start(withPassword);
      const outputs = await ask(await service.url, ALL);
      outputs.push(...(await ask(await service.url, HISTORY)));
      const { text } = createPoison(tenant.keys.tagMango.value, 0);
      sandbox.tagMango.faults.set('*', { kind: 'answer', status: 500, body: text });
      outputs.push(...(await ask(await service.url, WRITES)));

      const dump = await dumpOf(admin);
      expect(dump.length).toBeGreaterThan(5);
      const audit = await runMain({ env: toEnv(withPassword), args: ['--export-audit'] });
      expect(audit.stdout()).toContain('"outcome":"APPLIED"');
      expect(
        findMarkers([...outputs, ...dump, ...saidBy(audit), ...saidBy(service)], secrets()),
      ).toEqual([]);
      expect(findMarkers(dump, asideMarkers)).toEqual([]);
      const found = findMarkers(dump, fieldMarkers).map(({ marker }) => marker);
      expect(found).toContain('words in a description');

      // From here on the password is another one.
      await admin.configSet('requirepass', WRONG_PASSWORD.value);
      const refused = start(withPassword);
      const answers = await ask(await refused.url, READS);
      expect(refused.stdout()).toContain('Redis is unavailable (WRONGPASS');
      expect(findMarkers([...answers, ...saidBy(refused)], secrets())).toEqual([]);
    } finally {
      admin.destroy();
      await redis.stop();
    }
  });
});

test('a Redis that repeats what it was told does so without its password in our log, and in the export', async () => {
  const redis = await startIgnorantRedis();
  try {
    const url = `redis://:${encodeURIComponent(ODD_PASSWORD.value)}@127.0.0.1:${redis.port}`;
    const service = start(url);
    const outputs = await ask(await service.url, READS);
    const audit = await runMain({ env: toEnv(url), args: ['--export-audit'] });
    expect([audit.code, audit.stderr()]).toEqual([1, expect.stringContaining('unknown command')]);
    expect(service.stdout()).toContain('unknown command');
    expect(findMarkers([...outputs, ...saidBy(service), ...saidBy(audit)], secrets())).toEqual([]);
  } finally {
    await redis.close();
  }
});
