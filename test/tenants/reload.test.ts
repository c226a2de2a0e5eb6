import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually } from '../state/eventually.ts';
import { sendOperation } from '../support/graphql-client.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';

const OLD_KEY = 'old-returning-ai-key';
const NEW_KEY = 'new-returning-ai-key';
const BADGE = '84845081-98fd-46f3-96aa-1032174e58a5';

let folder: string;
let sandbox: Sandbox;
let service: ServiceProcess | undefined;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'badges-reload-'));
  sandbox = await startSandbox();
  sandbox.returningAI.keys.clear();
  sandbox.returningAI.keys.add(OLD_KEY);
});
afterEach(async () => {
  await service?.kill();
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);

/** With the tenants of `tenants.yaml`; nothing is kept between requests, so that each one asks the provider. */
async function start(): Promise<void> {
  service = await startServiceProcess({
    TENANTS_FILE: join(folder, 'tenants.yaml'),
    ROUTER_SECRET_FILE: join(folder, 'router-secret'),
    STATE_DIR: join(folder, 'state'),
    BADGES_FRESH_SECONDS: '0',
    BADGES_STALE_SECONDS: '0',
  });
}

function toYaml(...ids: string[]): string {
  const tenants = ids.map(
    (id) =>
      `  ${id}:\n    RETURNING_AI_BASE_URL: ${sandbox.returningAI.variables.RETURNING_AI_BASE_URL}\n    RETURNING_AI_API_KEY: { file: ${id}-key }\n`,
  );
  return `tenants:\n${tenants.join('')}`;
}

interface Ask {
  query: string;
  tenant?: string;
  secret?: string;
}

async function ask({ query, tenant = 'acme', secret = 's1' }: Ask) {
  const headers = { 'router-authorization': secret, 'x-badges-tenant': tenant };
  const { status, text } = await sendOperation(service?.url ?? '', { query }, { headers });
  return { status, body: text };
}

const LIST = '{ badges(filter: { providers: [RETURNING_AI] }) { totalCount } }';
const whole = { status: 200, body: '{"data":{"badges":{"totalCount":8}}}\n' };

/** The service looks at its files twice a second. */
const TURN_MS = 25;

/** Every turn asks something; the condition is what the test waits for. */
async function untilSeen(isSeen: () => boolean, turn: () => Promise<unknown>): Promise<void> {
  await eventually(async () => {
    if (!isSeen()) await turn();
    return isSeen();
  }, TURN_MS);
}

const usesKey = (key: string) => (): boolean =>
  sandbox.returningAI.requests.some(({ headers }) => headers['x-api-key'] === key);

test('a rotated key is used without a restart, and no request fails', async () => {
  write('router-secret', 's1');
  write('acme-key', OLD_KEY);
  write('tenants.yaml', toYaml('acme'));
  await start();

  const failures: unknown[] = [];
  let asked = 0;
  let isOver = false;
  const update = (title: string): string =>
    `mutation { updateBadge(input: { returningAI: { id: "${BADGE}", title: "${title}", hiddenFields: OMIT } }) { userErrors { code } } }`;
  async function load(index: number): Promise<void> {
    while (!isOver) {
      const isWrite = index === 0;
      const { status, body } = await ask({ query: isWrite ? update(`title ${asked}`) : LIST });
      asked += 1;
      const isGood = isWrite ? body.includes('"userErrors":[]') : body === whole.body;
      if (status !== 200 || !isGood) failures.push({ status, body });
    }
  }
  const loading = Array.from({ length: 8 }, (_, index) => load(index));
  const oneMore = async (): Promise<void> => {
    const before = asked;
    await untilSeen(
      () => asked > before + 50,
      () => ask({ query: LIST }),
    );
  };
  await oneMore();

  // As it is done in life: the provider takes both for a while.
  sandbox.returningAI.keys.add(NEW_KEY);
  write('acme-key', `${NEW_KEY}\n`);
  await untilSeen(usesKey(NEW_KEY), oneMore);
  await oneMore();
  sandbox.returningAI.keys.delete(OLD_KEY);
  const sentBefore = sandbox.returningAI.requests.length;
  await oneMore();
  isOver = true;
  await Promise.all(loading);

  expect(failures).toEqual([]);
  const keys = sandbox.returningAI.requests.map(({ headers }) => headers['x-api-key']);
  expect(new Set(keys)).toEqual(new Set([OLD_KEY, NEW_KEY]));
  expect(new Set(keys.slice(sentBefore))).toEqual(new Set([NEW_KEY]));
  expect(service?.output()).not.toMatch(/(old|new)-returning-ai-key/);
});

test('a bad edit keeps the old tenants running and says why; a good one adds and removes tenants', async () => {
  write('router-secret', 's1');
  write('acme-key', OLD_KEY);
  write('bolt-key', NEW_KEY);
  write('tenants.yaml', toYaml('acme'));
  await start();
  const turn = async (): Promise<void> => expect(await ask({ query: LIST })).toEqual(whole);
  const said = (text: string) => (): boolean => service?.output().includes(text) ?? false;

  write('tenants.yaml', 'tenants:\n  acme: [');
  await untilSeen(said('tenants.yaml:2: is not valid YAML'), turn);
  write('tenants.yaml', 'tenants:\n  acme:\n    RETURNING_AI_API_KEY: { file: nowhere }\n');
  await untilSeen(said('tenants.acme.RETURNING_AI_API_KEY: the file cannot be read'), turn);
  await turn();

  sandbox.returningAI.keys.add(NEW_KEY);
  write('tenants.yaml', toYaml('acme', 'bolt'));
  await untilSeen(usesKey(NEW_KEY), async () => {
    await turn();
    await ask({ query: LIST, tenant: 'bolt' });
  });
  expect(await ask({ query: LIST, tenant: 'bolt' })).toEqual(whole);

  write('tenants.yaml', toYaml('bolt'));
  let isRefused = false;
  await untilSeen(
    () => isRefused,
    async () => (isRefused = (await ask({ query: LIST })).status === 403),
  );
  expect(await ask({ query: LIST, tenant: 'bolt' })).toEqual(whole);
});

test('the router’s secret is changed without a restart: both count, then only the new one', async () => {
  write('router-secret', 's1');
  write('acme-key', OLD_KEY);
  write('tenants.yaml', toYaml('acme'));
  await start();
  const statusOf = async (secret: string) => (await ask({ query: LIST, secret })).status;
  expect([await statusOf('s1'), await statusOf('s2')]).toEqual([200, 401]);

  write('router-secret', 's1,s2\n');
  let isTaken = false;
  await untilSeen(
    () => isTaken,
    async () => (isTaken = (await statusOf('s2')) === 200),
  );
  expect(await statusOf('s1')).toBe(200);

  write('router-secret', 's2');
  let isGone = false;
  await untilSeen(
    () => isGone,
    async () => (isGone = (await statusOf('s1')) === 401),
  );
  expect(await statusOf('s2')).toBe(200);
});

test('a rotated token reads the metrics without a restart, and the former one no longer', async () => {
  write('metrics-token', 'former-token-of-prometheus');
  service = await startServiceProcess({
    ...sandbox.tagMango.variables,
    METRICS_TOKEN_FILE: join(folder, 'metrics-token'),
    STATE_DIR: join(folder, 'state'),
  });
  const metrics = new URL('/metrics', service.url);
  const statusWith = async (token: string): Promise<number> => {
    const { status } = await fetch(metrics, { headers: { authorization: `Bearer ${token}` } });
    return status;
  };
  expect(await statusWith('former-token-of-prometheus')).toBe(200);

  write('metrics-token', 'rotated-token-of-prometheus');
  await eventually(async () => (await statusWith('rotated-token-of-prometheus')) === 200);
  expect(await statusWith('former-token-of-prometheus')).toBe(401);

  write('metrics-token', 'not one token');
  await eventually(async () => (await statusWith('rotated-token-of-prometheus')) === 401);
  expect((await fetch(metrics)).status).toBe(401);
  expect(service.output()).toContain('METRICS_TOKEN_FILE is invalid');
  expect(service.output()).not.toMatch(/(former|rotated)-token/);
});
