import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readConfig } from '../../src/config/read-config.ts';
import { ConfigError } from '../../src/config/source.ts';
import { eventually } from '../state/eventually.ts';
import { type StartingService, runMain, startMain } from '../support/service-process.ts';
import { toPlainMarker, toSecretMarker } from './markers.ts';
import { type Output, findMarkers } from './search.ts';
import { keysOf, plantTenant, toPlainSettings, toSecretSettings } from './tenant.ts';

const tenant = plantTenant('acme');
const ROUTER = toSecretMarker('secret of the router');
const PASSWORD = toPlainMarker('password of Redis');
const USER = toPlainMarker('user in a URL');
/** Typed where it must not be. */
const TYPED = toPlainMarker('secret in a wrong place');
const markers = [...keysOf(tenant), ROUTER, PASSWORD, USER, TYPED];

/** Nobody listens there. */
const places = {
  returningAI: 'http://127.0.0.1:1',
  integration: 'http://127.0.0.1:1',
  tagMango: 'http://127.0.0.1:1',
};
const plain = toPlainSettings(places);
const secret = toSecretSettings(tenant);
const good = { NODE_ENV: 'production', ROUTER_SECRET: ROUTER.value, ...plain, ...secret };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'badges-configuration-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

const saidBy = ({ stdout, stderr }: Pick<StartingService, 'stdout' | 'stderr'>): Output[] => [
  { from: 'stdout', text: stdout() },
  { from: 'stderr', text: stderr() },
];

/** What an operator is told of it. */
function refusalOf(env: Record<string, string>): string {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

describe('a good configuration is told without its secrets', () => {
  const asFiles = (): Record<string, string> =>
    Object.fromEntries(
      Object.entries({ ...secret, ROUTER_SECRET: ROUTER.value }).map(([name, value]) => [
        `${name}_FILE`,
        write(name, `${value}\n`),
      ]),
    );

  test.each<[string, () => Record<string, string>]>([
    ['out of files', () => ({ NODE_ENV: 'production', ...plain, ...asFiles() })],
    [
      'out of variables, some of which are not known',
      () => ({ ...good, TAG_MANGO_APIKEY: TYPED.value, RETURNING_AI_TOKEN: TYPED.value }),
    ],
  ])('%s', async (_where, toEnv) => {
    const run = await runMain({ args: ['--check-config'], env: toEnv() });
    expect([run.code, run.stdout()]).toEqual([0, expect.stringContaining('is valid')]);
    expect(findMarkers(saidBy(run), markers)).toEqual([]);
  });
});

/** Wherever none belongs. */
const EVERYWHERE = {
  PORT: TYPED.value,
  HOST: `${TYPED.value}/`,
  NODE_ENV: TYPED.value,
  SANDBOX: TYPED.value,
  PLAYGROUND: TYPED.value,
  REPLICAS: TYPED.value,
  ATTEMPT_TIMEOUT_MS: TYPED.value,
  AUTH_JWKS_URL: TYPED.value,
  AUTH_ISSUER: TYPED.value,
  RETURNING_AI_BASE_URL: TYPED.value,
  TAG_MANGO_WHITELABEL_HOST: TYPED.value,
  TAG_MANGO_CREATOR_ID: TYPED.value,
  TAG_MANGO_TIMEZONE_OFFSET: TYPED.value,
};

describe('a wrong one is refused without a secret, where', () => {
  const odd = `${TYPED.value} ü`;
  test.each<[string, Record<string, string>]>([
    ['secrets cannot be sent', { ...good, TAG_MANGO_API_KEY: odd, RETURNING_AI_API_KEY: odd }],
    ['the secret of the router cannot be sent', { ...good, ROUTER_SECRET: odd }],
    ['secrets stand where files are named', { ...good, REDIS_URL_FILE: TYPED.value }],
    ['secrets are given twice', { ...good, TAG_MANGO_API_KEY_FILE: TYPED.value }],
    ['secrets stand in wrong variables', { ...good, ...EVERYWHERE }],
    ['the URL of Redis is none', { ...good, REDIS_URL: `redis//:${PASSWORD.value}@127.0.0.1` }],
    [
      'the URL of Redis has a blank',
      { ...good, REDIS_URL: `redis://:${PASSWORD.value} @127.0.0.1` },
    ],
    [
      'base URLs have users',
      {
        ...good,
        RETURNING_AI_BASE_URL: `https://${USER.value}:${PASSWORD.value}@x.example`,
        TAG_MANGO_BASE_URL: `https://x.example?key=${TYPED.value}`,
      },
    ],
    [
      'the URL of the issuer has a user',
      {
        ...good,
        NODE_ENV: 'development',
        AUTH_ISSUER: 'x',
        AUTH_AUDIENCE: 'x',
        AUTH_JWKS_URL: `https://${USER.value}:${PASSWORD.value}@x.example/keys`,
      },
    ],
    [
      'the file of tenants is its text',
      {
        NODE_ENV: 'production',
        ROUTER_SECRET: ROUTER.value,
        TENANTS_FILE: `tenants: ${TYPED.value}`,
      },
    ],
  ])('%s', (_what, env) => {
    expect(findMarkers([{ from: 'problems', text: refusalOf(env) }], markers)).toEqual([]);
  });

  test.each([[['--check-config']], [[]]])('all is wrong at once, told by %j', async (args) => {
    const env = { ...good, ...EVERYWHERE, TAG_MANGO_API_KEY: odd, REDIS_URL: PASSWORD.value };
    const run = await runMain({ args, env });
    expect([run.code, run.stderr()]).toEqual([1, expect.stringMatching(/(.*\n){10}/)]);
    expect(findMarkers(saidBy(run), markers)).toEqual([]);
  });
});

const SETTING = 'TAG_MANGO_API_KEY';
const HOST = 'TAG_MANGO_WHITELABEL_HOST: acme.tagmango.com';
const TYPOS: [string, string][] = [
  ['a secret stands in it', `tenants:\n  acme:\n    ${SETTING}: ${TYPED.value}\n    ${HOST}`],
  [
    'a secret is quoted and the quote stays open',
    `tenants:\n  acme:\n    ${SETTING}: "${TYPED.value}\n    ${HOST}`,
  ],
  ['a secret follows a tab', `tenants:\n  acme:\n\t${SETTING}: ${TYPED.value}`],
  [
    'a secret is there twice',
    `tenants:\n  acme:\n    ${SETTING}: ${TYPED.value}\n    ${SETTING}: ${TYPED.value}`,
  ],
  ['a secret is a key twice', `tenants:\n  acme:\n    ${TYPED.value}: 1\n    ${TYPED.value}: 2`],
  [
    'a blank is missing before a secret',
    `tenants:\n  acme: { ${SETTING}:${TYPED.value}, ${HOST} }`,
  ],
  [
    'a blank is missing before a secret, in lines',
    `tenants:\n  acme:\n    ${SETTING}:${TYPED.value}\n    ${HOST}`,
  ],
  ['a secret is an unknown setting', `tenants:\n  acme:\n    ${TYPED.value}: x\n    ${HOST}`],
  ['a secret is a limit', `tenants:\n  acme:\n    ${HOST}\n    limits: { ${TYPED.value}: 20 }`],
  [
    'a secret is a limit’s number',
    `tenants:\n  acme:\n    ${HOST}\n    limits: { TAG_MANGO: ${TYPED.value} }`,
  ],
  [
    'a secret stands in a template',
    `tenants:\n  acme:\n    ${SETTING}: {{ ${TYPED.value} }}\n    ${HOST}`,
  ],
  ['a secret is an alias', `tenants:\n  acme:\n    ${SETTING}: *${TYPED.value}\n    ${HOST}`],
  ['a secret is a tag', `tenants:\n  acme:\n    ${SETTING}: !${TYPED.value} x\n    ${HOST}`],
  [
    'a secret is a tag of a core',
    `tenants:\n  acme:\n    ${SETTING}: !!${TYPED.value} x\n    ${HOST}`,
  ],
  ['a secret is a directive', `%${TYPED.value} x\n---\ntenants: {}`],
  ['a secret is the name of a tenant’s list', `tenants:\n  "a:${TYPED.value}": []`],
  [
    'a secret is a file’s name',
    `tenants:\n  acme:\n    ${SETTING}: { file: ${TYPED.value} }\n    ${HOST}`,
  ],
  [
    'a secret is a file’s odd name',
    `tenants:\n  acme:\n    ${SETTING}: { file: "${TYPED.value}\\0" }\n    ${HOST}`,
  ],
  [
    'a secret is a variable’s name',
    `tenants:\n  acme:\n    ${SETTING}: { variable: ${TYPED.value} }\n    ${HOST}`,
  ],
  [
    'a secret is beside a file',
    `tenants:\n  acme:\n    ${SETTING}: { file: x, ${TYPED.value}: x }\n    ${HOST}`,
  ],
  ['a secret stands beside the tenants', `tenants: {}\n${TYPED.value}: 1`],
  ['a secret stands after a second document', `tenants: {}\n---\n${TYPED.value}`],
];
const withTenants = (): Record<string, string> => ({
  ROUTER_SECRET: ROUTER.value,
  TENANTS_FILE: join(folder, 'tenants.yaml'),
  STATE_DIR: join(folder, 'state'),
});

test.each(TYPOS)(
  'a file of tenants is refused without the secret in it, where %s',
  (_what, yaml) => {
    write('tenants.yaml', yaml);
    expect(findMarkers([{ from: 'problems', text: refusalOf(withTenants()) }], markers)).toEqual(
      [],
    );
  },
);

test('a service under way refuses it without that secret too, and warns of nothing else', async () => {
  const sound = `tenants:\n  acme:\n    ${SETTING}: { file: key }\n    ${HOST}\n    TAG_MANGO_BASE_URL: ${places.tagMango}`;
  write('key', secret.TAG_MANGO_API_KEY ?? '');
  write('tenants.yaml', sound);
  const service = startMain({ env: { NODE_ENV: 'production', ...withTenants() } });
  try {
    await service.url;
    const refusals = (): number => service.stdout().split('are invalid').length - 1;
    for (const [, yaml] of TYPOS.filter(([what]) => /template|a blank is missing/.test(what))) {
      const before = refusals();
      write('tenants.yaml', yaml);
      await eventually(() => refusals() > before);
    }
    // What it warns of may come after what it logs.
    service.signal('SIGTERM');
    await service.ended;
    expect(findMarkers(saidBy(service), markers)).toEqual([]);
    expect(service.stderr()).toBe('');
  } finally {
    await service.kill();
  }
});

describe('a start that fails tells no secret, where', () => {
  test.each<[string, () => Record<string, string>]>([
    ['the port is taken by nobody it may ask', () => ({ ...good, HOST: '203.0.113.1' })],
    ['its folder is a file', () => ({ ...good, STATE_DIR: write('file', TYPED.value) })],
  ])('%s', async (_what, toEnv) => {
    const run = await runMain({ env: { STATE_DIR: folder, ...toEnv() } });
    expect([run.code, run.stderr()]).toEqual([1, expect.stringMatching(/\S/)]);
    expect(findMarkers(saidBy(run), markers)).toEqual([]);
  });
});
