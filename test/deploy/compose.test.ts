import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { z } from 'zod';
import { environmentOf, imageOf, readDockerfile } from '../../deploy/image/dockerfile.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { startCli } from '../../src/sandbox/cli.ts';

const folder = join(import.meta.dirname, '../../deploy');
const text = readFileSync(join(folder, 'compose.yaml'), 'utf8');

const serviceSchema = z.looseObject({
  image: z.string(),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()).default([]),
  read_only: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  stop_grace_period: z.string().optional(),
  deploy: z.looseObject({ replicas: z.number() }).optional(),
});
const fileSchema = z.looseObject({ services: z.record(z.string(), serviceSchema) });

/** Filled in like Compose does where no variable is set. */
const filled = text.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1');
const file = parse(filled, { merge: true }) as unknown;
const { services } = fileSchema.parse(file);

function service(name: string) {
  const found = services[name];
  if (!found) throw new Error(`compose.yaml has no service ${name}`);
  return found;
}

test('the file keeps to the Compose Specification', () => {
  const schema = readFileSync(join(import.meta.dirname, 'compose-schema.json'), 'utf8');
  const check = new Ajv2020({ strict: false, validateFormats: false }).compile(
    JSON.parse(schema) as object,
  );
  check(file);
  expect(check.errors ?? []).toEqual([]);
  check({ services: { badges: { image: 'a', read_onyl: true } } });
  expect(check.errors).toHaveLength(1);
});

test('the replicas accept their settings, know their number, and have the time that they need to stop', () => {
  const { environment, deploy, stop_grace_period: grace = '' } = service('badges');
  const env = { ...environmentOf(imageOf(readDockerfile())), ...environment };
  const config = readConfig(env);
  expect(config.redisUrl).toBe('redis://redis:6379');
  expect(config.routerSecrets).toEqual([service('router').environment.ROUTER_SECRET]);
  expect(environment.REPLICAS).toBe(String(deploy?.replicas));
  const stopsWithinMs = config.shutdownDelayMs + config.operationDeadlineMs;
  expect(parseInt(grace) * 1000).toBeGreaterThanOrEqual(stopsWithinMs + 3000);
});

test('the replicas use the stand-ins of the sandbox', async () => {
  const { command } = service('sandbox');
  const { text: printed, close } = await startCli(
    command.map((argument) => (/^\d+$/.test(argument) ? '0' : argument)),
  );
  await close?.();
  const { environment } = service('badges');
  const lines = printed.split('\n').map((line): [string, string] => {
    const [name = '', ...value] = line.split('=');
    return [name, value.join('=')];
  });
  const withoutPort = (value = '') => value.replace(/:\d+/, '');
  const used = lines.filter(([name]) => !name.includes('INTEGRATION'));
  expect(used).not.toEqual([]);
  for (const [name, value] of used) {
    expect([name, withoutPort(environment[name])]).toEqual([name, withoutPort(value)]);
  }
  for (const port of [environment.RETURNING_AI_BASE_URL, environment.TAG_MANGO_BASE_URL]) {
    expect(command).toContain(new URL(port ?? '').port);
  }
});

test('what is not ours has an exact version, what is ours cannot write, and all is for this machine only', () => {
  for (const [name, { image, read_only: isReadOnly, cap_drop: dropped, ports }] of Object.entries(
    services,
  )) {
    if (image !== 'badges-subgraph') expect(image).toMatch(/:v?\d+\.\d+\.\d+(-\w+)?$/);
    if (name !== 'grafana') expect([name, isReadOnly, dropped]).toEqual([name, true, ['ALL']]);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  }
});

test('the files that are mounted exist', () => {
  const mounted = Object.values(services).flatMap(({ volumes }) =>
    volumes.filter((volume) => volume.startsWith('./')).map((volume) => volume.split(':')[0] ?? ''),
  );
  expect(mounted).not.toEqual([]);
  expect(mounted.filter((path) => !existsSync(join(folder, path)))).toEqual([]);
  const { environment } = service('router');
  const config = environment.ROUTER_CONFIG_FILE_PATH?.replace('/router/', 'routers/') ?? '';
  expect(existsSync(join(folder, config))).toBe(true);
});
