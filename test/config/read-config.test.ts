import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { describeConfig, readConfig, secretsOf } from '../../src/config/read-config.ts';
import { ConfigError } from '../../src/config/source.ts';
import { everyAddress } from '../../src/config/variables.ts';
import { ANSWER_CAPS } from '../../src/server/limits/limits.ts';

const SECRET = 'tmk_plain-sight';
const returningAI = {
  RETURNING_AI_BASE_URL: 'https://api.returning.ai/api/v1/',
  RETURNING_AI_API_KEY: 'key',
};
const tagMango = { TAG_MANGO_API_KEY: SECRET, TAG_MANGO_WHITELABEL_HOST: 'club.tagmango.com' };

const ROUTER_SECRET = 'of-the-router-01';

const tokens = {
  AUTH_JWKS_URL: 'https://id.example/keys',
  AUTH_ISSUER: 'https://id.example',
  AUTH_AUDIENCE: 'badges',
};

const folder = mkdtempSync(join(tmpdir(), 'badges-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function problemsOf(env: Record<string, string>): string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}

test('with nothing set it is a development service on this machine, on the sandbox', () => {
  expect(readConfig({})).toEqual({
    host: '127.0.0.1',
    port: 4001,
    allowedHosts: [],
    isProduction: false,
    hasPlayground: true,
    hasIntrospection: true,
    hasCacheTags: false,
    hasMutations: true,
    hasAuthDirectives: false,
    routerSecrets: [],
    tokens: undefined,
    defaultTenant: 'default',
    freshSeconds: 30,
    staleSeconds: 300,
    answerMaxBytes: ANSWER_CAPS.bytes,
    answersBudgetBytes: ANSWER_CAPS.bytesAtOneTime,
    fastPath: { shadow: 0 },
    attemptTimeoutMs: 3000,
    operationDeadlineMs: 8000,
    shutdownDelayMs: 0,
    stateFolder: undefined,
    redisUrl: undefined,
    proxies: { https: undefined, http: undefined, except: '' },
    replicas: 1,
    logSample: 1,
    hasMetrics: true,
    metricsTokens: [],
    metricsOperations: [],
    isSandbox: true,
    ignoredVariables: [],
    tenants: [
      {
        id: 'default',
        providerValues: { returningAI: undefined, tagMango: undefined },
        requestLimits: {},
      },
    ],
  });
});

describe('where production listens', () => {
  const address = (family: 'IPv4' | 'IPv6') => ({
    address: family === 'IPv4' ? '127.0.0.1' : '::1',
    netmask: '',
    mac: '00:00:00:00:00:00',
    internal: true,
    cidr: null,
    ...(family === 'IPv4' ? { family } : { family, scopeid: 0 }),
  });

  test.each([
    ['both', { lo: [address('IPv4'), address('IPv6')] }, '::'],
    ['IPv6 alone', { lo: [address('IPv6')] }, '::'],
    ['IPv4 alone', { lo: [address('IPv4')] }, '0.0.0.0'],
    ['none', {}, '0.0.0.0'],
  ])('on a machine with %s it is %s', (_name, interfaces, expected) => {
    expect(everyAddress(interfaces)).toBe(expected);
  });
});

test('in production it listens to all, and has no sandbox, playground or introspection', () => {
  expect(
    readConfig({
      NODE_ENV: 'production',
      ROUTER_SECRET: `${ROUTER_SECRET}, another-${ROUTER_SECRET}`,
      ...returningAI,
      ...tagMango,
    }),
  ).toEqual({
    host: everyAddress(),
    port: 4001,
    allowedHosts: [],
    isProduction: true,
    hasPlayground: false,
    hasIntrospection: false,
    hasCacheTags: false,
    hasMutations: true,
    hasAuthDirectives: false,
    routerSecrets: [ROUTER_SECRET, `another-${ROUTER_SECRET}`],
    tokens: undefined,
    defaultTenant: 'default',
    freshSeconds: 30,
    staleSeconds: 300,
    answerMaxBytes: ANSWER_CAPS.bytes,
    answersBudgetBytes: ANSWER_CAPS.bytesAtOneTime,
    fastPath: { shadow: 0 },
    attemptTimeoutMs: 3000,
    operationDeadlineMs: 8000,
    shutdownDelayMs: 2000,
    stateFolder: undefined,
    redisUrl: undefined,
    proxies: { https: undefined, http: undefined, except: '' },
    replicas: 1,
    logSample: 0.01,
    hasMetrics: true,
    metricsTokens: [],
    metricsOperations: [],
    isSandbox: false,
    ignoredVariables: [],
    tenants: [
      {
        id: 'default',
        providerValues: {
          returningAI: { ...returningAI, RETURNING_AI_BASE_URL: 'https://api.returning.ai/api/v1' },
          tagMango: { TAG_MANGO_BASE_URL: 'https://api-prod-new.tagmango.com', ...tagMango },
        },
        requestLimits: {},
      },
    ],
  });
});

describe('telemetry', () => {
  const read = (given: Record<string, string>) => {
    const { logSample, hasMetrics, metricsTokens, metricsOperations } = readConfig(given);
    return { logSample, hasMetrics, metricsTokens, metricsOperations };
  };

  test('is set by four variables', () => {
    const given = {
      LOG_SAMPLE: '0.25',
      METRICS: 'false',
      METRICS_TOKEN: 'one, two',
      METRICS_OPERATIONS: 'Shelf, _Hats2',
    };
    expect(read(given)).toEqual({
      logSample: 0.25,
      hasMetrics: false,
      metricsTokens: ['one', 'two'],
      metricsOperations: ['Shelf', '_Hats2'],
    });
  });

  test.each([
    [{ LOG_SAMPLE: '2' }, 'LOG_SAMPLE: must be a number between 0 and 1'],
    [{ METRICS_TOKEN: 'with\ttab' }, 'METRICS_TOKEN: must be one or more tokens of visible ASCII'],
    [{ METRICS_TOKEN_FILE: '/nowhere' }, 'METRICS_TOKEN_FILE: '],
    [{ METRICS_OPERATIONS: 'a-b' }, 'METRICS_OPERATIONS: must be at most 50 names of operations'],
    [
      { METRICS_OPERATIONS: Array.from({ length: 51 }, (_, at) => `A${at}`).join() },
      'METRICS_OPERATIONS: must be at most 50 names of operations',
    ],
  ])('%j is told', (given, problem) => {
    expect(() => readConfig(given)).toThrow(problem);
  });

  test('a token that could be guessed is rejected in production', () => {
    const given = { NODE_ENV: 'production', ROUTER_SECRET, ...tagMango };
    expect(() => readConfig({ ...given, METRICS_TOKEN: 'short' })).toThrow(
      'METRICS_TOKEN: must have at least 16 characters in production',
    );
    expect(read({ ...given, METRICS_TOKEN: 'x'.repeat(16) }).metricsTokens).toEqual([
      'x'.repeat(16),
    ]);
  });
});

describe('the sandbox', () => {
  test.each([
    ['auto and no provider is configured', {}, true],
    ['auto and a provider is configured', returningAI, false],
    ['true, also with a provider configured', { SANDBOX: 'true', ...returningAI }, true],
    ['false', { SANDBOX: 'false' }, false],
  ])('when SANDBOX is %s', (_name, env, isSandbox) => {
    expect(readConfig(env)).toMatchObject({ isSandbox });
  });
});

test('an empty variable counts as not set', () => {
  expect(readConfig({ PORT: '', TAG_MANGO_API_KEY: '' })).toMatchObject({
    port: 4001,
    isSandbox: true,
  });
});

test('a secret may stand in a file, whose last line break does not count', () => {
  const file = join(folder, 'key');
  writeFileSync(file, `${SECRET}\n`);
  const { TAG_MANGO_API_KEY: _key, ...rest } = tagMango;
  const { tenants } = readConfig({ ...rest, TAG_MANGO_API_KEY_FILE: file });
  expect(tenants[0]?.providerValues.tagMango).toMatchObject({ TAG_MANGO_API_KEY: SECRET });
});

describe('proxies', () => {
  const none = { https: undefined, http: undefined, except: '' };
  test.each([
    ['none', {}, none],
    [
      'of both schemes',
      { HTTPS_PROXY: 'http://a:1', HTTP_PROXY: 'http://b:2' },
      { ...none, https: 'http://a:1', http: 'http://b:2' },
    ],
    [
      'in small letters, which come first',
      { https_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:2', no_proxy: 'x', NO_PROXY: 'y' },
      { ...none, https: 'http://a:1', except: 'x' },
    ],
    [
      'as a host and a port',
      { HTTPS_PROXY: 'proxy.example:3128' },
      { ...none, https: 'http://proxy.example:3128' },
    ],
    [
      'with credentials, by TLS',
      { HTTPS_PROXY: 'https://a:p%40b@proxy.example' },
      { ...none, https: 'https://a:p%40b@proxy.example' },
    ],
  ])('%s', (_name, env, proxies) => {
    expect(readConfig(env)).toMatchObject({ proxies });
  });

  test('are told of without their credentials, which are secrets', () => {
    const config = readConfig({
      ...returningAI,
      HTTPS_PROXY: `http://ada:${SECRET}@proxy.example:3128`,
      NO_PROXY: '.internal',
    });
    expect(describeConfig(config)).toContain(
      'Providers and the token issuer are called over https through the proxy proxy.example:3128, except .internal',
    );
    expect(describeConfig(config).join()).not.toContain(SECRET);
    expect(secretsOf(config)).toContain(SECRET);
  });
});

describe('the URL of Redis', () => {
  test.each([
    'redis://redis.example',
    'redis://redis.example/',
    'redis://redis.example:6380/15',
    'rediss://:p%25s%23s%3F@10.0.0.1:6379/0',
    'redis://user:password@[::1]:6379',
  ])('may be %s', (url) => {
    expect(problemsOf({ REDIS_URL: url })).toEqual([]);
  });

  test.each([
    ['redis://h/abc', 'only a database number after the host'],
    ['redis://h/0/1', 'only a database number after the host'],
    ['redis://h/-1', 'only a database number after the host'],
    ['redis://h/1.5', 'only a database number after the host'],
    ['redis://h/0x1', 'only a database number after the host'],
    ['redis://h/123456', 'only a database number after the host'],
    [`redis://:%ss${SECRET}@h`, 'percent-encoded'],
    [`redis://%zz:${SECRET}@h`, 'percent-encoded'],
    [`redis://:${SECRET}%@h`, 'percent-encoded'],
    [`redis://:%ff${SECRET}@h`, 'percent-encoded'],
    [`redis://u:${SECRET}@/0`, 'redis://'],
    ['redis:///0', 'must name a host'],
    ['redis://h?db=1', 'must not contain ?'],
    ['redis://h/0#1', 'must not contain ?'],
    ['redis://h:port', 'starts with redis://'],
    ['h:6379', 'starts with redis://'],
    ['unix:///run/redis.sock', 'starts with redis://'],
  ])('must not be %s', (url, reason) => {
    const problems = problemsOf({ REDIS_URL: url });
    expect(problems).toEqual([expect.stringMatching(/^REDIS_URL: must /)]);
    expect(problems[0]).toContain(reason);
    expect(problems[0]).not.toContain(SECRET);
  });
});

describe('the folder of the state', () => {
  test('may be missing, and must not be a file or stand below one', () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const problem = (path: string) => problemsOf({ STATE_DIR: path });
    expect(problem(join(folder, 'missing', 'state'))).toEqual([]);
    expect(problem(folder)).toEqual([]);
    expect(problem(file)).toEqual(['STATE_DIR: is a file, but must be a folder']);
    expect(problem(join(file, 'state', 'below'))).toEqual([
      'STATE_DIR: is below a file, but must be a folder',
    ]);
  });

  test('must not be a link that points to nothing or to itself, or stand below one', () => {
    const told = ['STATE_DIR: is a broken symbolic link, but must be a folder'];
    for (const [name, target] of [
      ['a-link', 'nowhere'],
      ['a-loop', 'a-loop'],
    ] as const) {
      const link = join(folder, name);
      symlinkSync(target, link);
      expect(problemsOf({ STATE_DIR: link })).toEqual(told);
      expect(problemsOf({ STATE_DIR: join(link, 'below') })).toEqual(told);
    }
    const whole = join(folder, 'a-whole-link');
    symlinkSync('.', whole);
    expect(problemsOf({ STATE_DIR: join(whole, 'below') })).toEqual([]);
  });

  test('is not looked at where the state is in Redis', () => {
    const file = join(folder, 'another-file');
    writeFileSync(file, '');
    expect(problemsOf({ STATE_DIR: file, REDIS_URL: 'redis://h' })).toEqual([]);
  });
});

describe('it is refused, and the variable named, when', () => {
  test.each<[string, Record<string, string>, string[]]>([
    ['a proxy is none', { HTTPS_PROXY: `socks5://u:${SECRET}@h` }, ['HTTPS_PROXY: must be a URL']],
    ['a proxy in small letters is none', { http_proxy: 'http://' }, ['http_proxy: must be a URL']],
    [
      'the password of a proxy is no percent-encoded text',
      { HTTPS_PROXY: `http://u:%ss${SECRET}@h:1` },
      ['HTTPS_PROXY: must be a URL'],
    ],
    [
      'TLS is not checked, in production',
      {
        NODE_ENV: 'production',
        ROUTER_SECRET,
        ...returningAI,
        NODE_TLS_REJECT_UNAUTHORIZED: '0',
      },
      ['NODE_TLS_REJECT_UNAUTHORIZED: cannot be 0 in production'],
    ],
    ['NODE_ENV is unknown', { NODE_ENV: 'staging' }, ['NODE_ENV: ']],
    ['PORT is no number', { PORT: '4001x' }, ['PORT: must be a whole number']],
    ['PORT is too large', { PORT: '65536' }, ['PORT: must be between 0 and 65535']],
    ['HOST is a URL', { HOST: 'http://x' }, ['HOST: ']],
    ['a switch is neither true nor false', { PLAYGROUND: 'yes' }, ['PLAYGROUND: ']],
    ['SANDBOX is unknown', { SANDBOX: 'maybe' }, ['SANDBOX: ']],
    [
      'production wants the sandbox',
      { NODE_ENV: 'production', ROUTER_SECRET, SANDBOX: 'true' },
      ['SANDBOX: cannot be true in production'],
    ],
    [
      'production has no provider',
      { NODE_ENV: 'production', ROUTER_SECRET },
      ['No provider is configured. '],
    ],
    [
      'production has no secret of the router',
      { NODE_ENV: 'production', ...returningAI },
      ['ROUTER_SECRET: is required in production'],
    ],
    [
      'a secret of the router is empty',
      { ROUTER_SECRET: 'a,,b' },
      ['ROUTER_SECRET: must be one or more secrets'],
    ],
    [
      'a secret of the router could not be sent',
      { ROUTER_SECRET: 'a b' },
      ['ROUTER_SECRET: must be one or more secrets'],
    ],
    [
      'a secret of the router is short, in production',
      { NODE_ENV: 'production', ROUTER_SECRET: `${ROUTER_SECRET},fifteen-letters`, ...returningAI },
      [
        'ROUTER_SECRET: must have at least 16 characters in production, and so must each of several secrets',
      ],
    ],
    ...['0', '-1', '1.5', '40000', 'for ever'].map(
      (RETENTION_DAYS): [string, Record<string, string>, string[]] => [
        `what is stored is to be kept for ${RETENTION_DAYS} days`,
        { RETENTION_DAYS },
        ['RETENTION_DAYS: must '],
      ],
    ),
    ...['0.0.0.0', '::', '0', '10.0.0.1', 'badges.internal'].map(
      (HOST): [string, Record<string, string>, string[]] => [
        `the secret of the router is short, where other machines can reach ${HOST}`,
        { HOST, ROUTER_SECRET: 'a', ...returningAI },
        [`ROUTER_SECRET: must have at least 16 characters when other machines can reach ${HOST}`],
      ],
    ),
    ...['0.0.0.0', '::', '10.0.0.1', 'badges.internal', '::ffff:127.0.0.1'].map(
      (HOST): [string, Record<string, string>, string[]] => [
        `other machines reach a provider without a secret, at ${HOST}`,
        { HOST, ...returningAI },
        [`HOST: other machines can reach ${HOST}, and without ROUTER_SECRET or AUTH_JWKS_URL`],
      ],
    ),
    ...['https://x.example', 'x.example:4001', 'x,,y', '*', 'a b', 'x/y', 'u@x', '::1'].map(
      (ALLOWED_HOSTS): [string, Record<string, string>, string[]] => [
        `ALLOWED_HOSTS is ${ALLOWED_HOSTS}`,
        { ALLOWED_HOSTS },
        ['ALLOWED_HOSTS: must be host names or addresses without ports'],
      ],
    ),
    [
      'tokens are half configured',
      { AUTH_ISSUER: 'https://id.example' },
      ['AUTH_JWKS_URL: is required', 'AUTH_AUDIENCE: is required'],
    ],
    [
      'the keys of tokens are no web address',
      { ...tokens, AUTH_JWKS_URL: 'file:///keys' },
      ['AUTH_JWKS_URL: must be an https URL'],
    ],
    [
      'the keys of tokens come over plain http, in production',
      {
        NODE_ENV: 'production',
        ROUTER_SECRET,
        ...returningAI,
        ...tokens,
        AUTH_JWKS_URL: 'http://10.0.0.1/keys',
      },
      ['AUTH_JWKS_URL: must be https in production'],
    ],
    [
      'a provider is half configured',
      { TAG_MANGO_API_KEY: SECRET },
      ['TAG_MANGO_WHITELABEL_HOST: is required when TAG_MANGO_API_KEY is set'],
    ],
    [
      'only the base URL of a provider is set',
      { TAG_MANGO_BASE_URL: 'https://x.example' },
      ['TAG_MANGO_API_KEY: is required', 'TAG_MANGO_WHITELABEL_HOST: is required'],
    ],
    [
      'a base URL is no web address',
      { ...returningAI, RETURNING_AI_BASE_URL: 'ftp://x' },
      ['RETURNING_AI_BASE_URL: must be an https URL'],
    ],
    [
      'a base URL holds a password',
      { ...returningAI, RETURNING_AI_BASE_URL: `https://a:${SECRET}@x.example` },
      ['RETURNING_AI_BASE_URL: must not have a query, fragment, user name or password'],
    ],
    [
      'a base URL is plain http to elsewhere, in production',
      {
        NODE_ENV: 'production',
        ROUTER_SECRET,
        ...returningAI,
        RETURNING_AI_BASE_URL: 'http://10.0.0.1',
      },
      ['RETURNING_AI_BASE_URL: must be https in production'],
    ],
    [
      'TagMango’s base URL has a path',
      { ...tagMango, TAG_MANGO_BASE_URL: 'https://x.example/api' },
      ['TAG_MANGO_BASE_URL: must be an origin without a path'],
    ],
    [
      'a host would start another header',
      { ...tagMango, TAG_MANGO_WHITELABEL_HOST: 'x.example\r\nx-admin: 1' },
      ['TAG_MANGO_WHITELABEL_HOST: must be a host name'],
    ],
    [
      'a key would start another header',
      { ...tagMango, TAG_MANGO_API_KEY: `${SECRET}\nx: 1` },
      ['TAG_MANGO_API_KEY: must be 1 to 4096 visible ASCII characters'],
    ],
    [
      'an offset is no number of minutes',
      { ...tagMango, TAG_MANGO_TIMEZONE_OFFSET: 'IST' },
      ['TAG_MANGO_TIMEZONE_OFFSET: must be a whole number of minutes'],
    ],
    [
      'a secret’s file is missing',
      { TAG_MANGO_WHITELABEL_HOST: 'x.example', TAG_MANGO_API_KEY_FILE: '/nowhere/key' },
      ['TAG_MANGO_API_KEY_FILE: the file cannot be read (ENOENT)'],
    ],
    [
      'a secret is given twice',
      { ...tagMango, TAG_MANGO_API_KEY_FILE: join(folder, 'key') },
      ['TAG_MANGO_API_KEY_FILE: TAG_MANGO_API_KEY is also set'],
    ],
  ])('%s', (_name, env, expected) => {
    const problems = problemsOf(env);
    expect(problems).toHaveLength(expected.length);
    expected.forEach((start, index) => expect(problems[index]?.slice(0, start.length)).toBe(start));
    expect(problems.join()).not.toContain(SECRET);
  });

  test('several things are wrong: all of them in one message', () => {
    expect(
      problemsOf({
        PORT: 'x',
        PLAYGROUND: 'x',
        TAG_MANGO_API_KEY: 'a b',
        RETURNING_AI_API_KEY: 'k',
      }),
    ).toHaveLength(5);
  });
});

test('other machines may reach the sandbox, and what asks for a secret or tokens', () => {
  const HOST = '0.0.0.0';
  expect(problemsOf({ HOST })).toEqual([]);
  expect(problemsOf({ HOST, SANDBOX: 'true', ...tagMango })).toEqual([]);
  expect(problemsOf({ HOST, ROUTER_SECRET, ...tagMango })).toEqual([]);
  expect(problemsOf({ HOST, ROUTER_SECRET: 'short' })).toEqual([]);
  expect(problemsOf({ HOST, ...tokens, ...tagMango })).toEqual([]);
  for (const own of ['127.0.0.1', '127.8.8.8', '::1', 'localhost', 'LocalHost']) {
    expect(problemsOf({ HOST: own, ...tagMango })).toEqual([]);
  }
});

test('names under which it is asked are given with commas between them', () => {
  expect(readConfig({ ALLOWED_HOSTS: 'badges, Badges.Internal,10.0.0.7 ,[::7]' })).toMatchObject({
    allowedHosts: ['badges', 'Badges.Internal', '10.0.0.7', '[::7]'],
  });
});

test('plain http is let through to this machine, and outside production to any', () => {
  const loopback = { ...returningAI, RETURNING_AI_BASE_URL: 'http://127.0.0.1:9' };
  expect(problemsOf({ NODE_ENV: 'production', ROUTER_SECRET, ...loopback })).toEqual([]);
  expect(problemsOf({ ...returningAI, RETURNING_AI_BASE_URL: 'http://10.0.0.1' })).toEqual([]);
});

test('a variable that looks like a provider’s and is none is told, since a typing error leaves the provider out', () => {
  const { ignoredVariables } = readConfig({
    TAGMANGO_API_KEY: 'k',
    RETURNING_AI_KEY: 'k',
    OTHER: 'k',
  });
  expect(ignoredVariables).toEqual(['TAGMANGO_API_KEY', 'RETURNING_AI_KEY']);
});

test('more than one replica needs Redis', () => {
  expect(problemsOf({ REPLICAS: '2' })).toEqual([
    'REPLICAS: more than one replica requires REDIS_URL',
  ]);
  expect(problemsOf({ REPLICAS: '2', REDIS_URL: 'redis://127.0.0.1:6379' })).toEqual([]);
});

test('the integration API needs both of its settings', () => {
  expect(
    problemsOf({ ...returningAI, RETURNING_AI_INTEGRATION_BASE_URL: 'https://x.example' }),
  ).toEqual([expect.stringMatching(/^RETURNING_AI_INTEGRATION_API_KEY: is required/)]);
});

test('the fast path is on unless it is turned off, and a share of its answers can be compared', () => {
  expect(readConfig({}).fastPath).toEqual({ shadow: 0 });
  expect(readConfig({ FAST_PATH_SHADOW: '0.01' }).fastPath).toEqual({ shadow: 0.01 });
  expect(readConfig({ FAST_PATH: 'false' }).fastPath).toBeUndefined();
  for (const wrong of ['1.5', '-1', 'all', '1e-3']) {
    expect(problemsOf({ FAST_PATH_SHADOW: wrong })).toEqual([
      'FAST_PATH_SHADOW: must be a number between 0 and 1',
    ]);
  }
  expect(problemsOf({ FAST_PATH: 'no' })).toHaveLength(1);
});

test('a budget of answers into which two of the largest would not fit is refused', () => {
  expect(problemsOf({ ANSWER_MAX_BYTES: '8000000', ANSWERS_BUDGET_BYTES: '15999999' })).toEqual([
    'ANSWERS_BUDGET_BYTES: must be at least 16000000, twice ANSWER_MAX_BYTES',
  ]);
  expect(problemsOf({ ANSWER_MAX_BYTES: '4 MiB' })).toEqual([
    'ANSWER_MAX_BYTES: must be a whole number',
  ]);
});

test('a deadline into which no write would fit is refused', () => {
  expect(problemsOf({ OPERATION_DEADLINE_MS: '4000' })).toEqual([
    'OPERATION_DEADLINE_MS: must be at least 5000, so that one attempt fits in',
  ]);
});

test('what is stored is kept for ever, or for so many days', () => {
  const keptMs = (env: Record<string, string>) => readConfig(env).keptMs;
  expect(keptMs({})).toBeUndefined();
  expect(keptMs({ RETENTION_DAYS: '' })).toBeUndefined();
  expect(keptMs({ RETENTION_DAYS: '30' })).toBe(30 * 24 * 60 * 60 * 1_000);
});
