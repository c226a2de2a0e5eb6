import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeConfig, readConfig, secretsOf } from '../../src/config/read-config.ts';
import { ConfigError } from '../../src/config/source.ts';
import { everyAddress, variables } from '../../src/config/variables.ts';
import { providers } from '../../src/providers/index.ts';
import { ANSWER_CAPS } from '../../src/server/limits/limits.ts';
import { withoutSecrets } from '../../src/telemetry/logger.ts';
import { numRuns } from '../properties/runs.ts';

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
    remarks: [],
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
    remarks: [],
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

test.each(['ROUTER_SECRET', 'METRICS_TOKEN', 'REDIS_URL', 'TAG_MANGO_API_KEY'])(
  'a problem with the text of a file names %s_FILE',
  (name) => {
    const file = join(folder, 'wrong');
    writeFileSync(file, 'two words');
    const { TAG_MANGO_API_KEY: _key, ...rest } = tagMango;
    expect(problemsOf({ ...rest, [`${name}_FILE`]: file })).toContainEqual(
      expect.stringMatching(new RegExp(`^${name}_FILE: `)),
    );
  },
);

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

test('every secret of the settings is kept out of the log', () => {
  const [routerSecret, metricsToken, other] = ['router', 'metrics', 'other'].map(
    (name) => `${name}-${'x'.repeat(20)}`,
  );
  const config = readConfig({
    ...returningAI,
    ROUTER_SECRET: `${routerSecret},${other}`,
    METRICS_TOKEN: metricsToken,
  });
  expect(secretsOf(config)).toEqual(
    expect.arrayContaining([routerSecret, other, metricsToken, returningAI.RETURNING_AI_API_KEY]),
  );
});

test('the password of a URL is kept out of the log as it is written in the URL and as it is sent', () => {
  const password = fc.string({ unit: 'grapheme', minLength: 6, maxLength: 30 });
  fc.assert(
    fc.property(password, fc.constantFrom('redis', 'https', 'http'), (sent, where) => {
      const written = new URL(`http://:${encodeURIComponent(sent)}@host.example`).password;
      const toUrl = (scheme: string) => `${scheme}://:${written}@host.example`;
      const secrets = secretsOf({
        tenants: [],
        routerSecrets: [],
        metricsTokens: [],
        redisUrl: where === 'redis' ? toUrl('redis') : undefined,
        proxies: { https: undefined, http: undefined, except: '', [where]: toUrl('http') },
      });
      const told = withoutSecrets(`unknown command: ${sent} | ${written}`, secrets);
      expect(told).toBe('unknown command: [redacted] | [redacted]');
    }),
    { numRuns },
  );
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
    [
      'a proxy is none',
      { HTTPS_PROXY: `socks5://u:${SECRET}@h` },
      ['HTTPS_PROXY: must be a valid URL'],
    ],
    [
      'a proxy in small letters is none',
      { http_proxy: 'http://' },
      ['http_proxy: must be a valid URL'],
    ],
    [
      'the password of a proxy is no percent-encoded text',
      { HTTPS_PROXY: `http://u:%ss${SECRET}@h:1` },
      ['HTTPS_PROXY: must be a valid URL'],
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
    [
      'NODE_ENV is unknown',
      { NODE_ENV: 'staging' },
      ['NODE_ENV: must be development, test or production'],
    ],
    ['PORT is no number', { PORT: '4001x' }, ['PORT: must be a whole number between 0 and 65535']],
    ['PORT is too large', { PORT: '65536' }, ['PORT: must be a whole number between 0 and 65535']],
    ['HOST is a URL', { HOST: 'http://x' }, ['HOST: ']],
    [
      'a switch is neither true nor false',
      { PLAYGROUND: 'yes' },
      ['PLAYGROUND: must be true or false'],
    ],
    ['SANDBOX is unknown', { SANDBOX: 'maybe' }, ['SANDBOX: must be auto, true or false']],
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
      ['AUTH_JWKS_URL: must be a valid https URL'],
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
      ['RETURNING_AI_BASE_URL: must be a valid https URL'],
    ],
    [
      'a port is none',
      {
        ...returningAI,
        RETURNING_AI_BASE_URL: 'https://x.example:65536',
        ...tokens,
        AUTH_JWKS_URL: 'https://id.example:65536/keys',
        REDIS_URL: `redis://:${SECRET}@h:65536`,
        HTTPS_PROXY: `http://u:${SECRET}@h:65536`,
      },
      [
        'AUTH_JWKS_URL: must be a valid https URL',
        'REDIS_URL: must be a valid URL that starts with redis:// or rediss://',
        'HTTPS_PROXY: must be a valid URL such as http://proxy:3128',
        'RETURNING_AI_BASE_URL: must be a valid https URL',
      ],
    ],
    [
      'a base URL holds a password',
      { ...returningAI, RETURNING_AI_BASE_URL: `https://a:${SECRET}@x.example` },
      ['RETURNING_AI_BASE_URL: must not have a query, fragment, user name or password'],
    ],
    ...[`a@`, `:${SECRET}@`, `a:${SECRET}@`].map(
      (credentials): [string, Record<string, string>, string[]] => [
        `the URL of the keys of tokens holds credentials: ${credentials.replace(SECRET, 'secret')}`,
        {
          AUTH_JWKS_URL: `https://${credentials}id.example/keys`,
          AUTH_ISSUER: 'https://id.example',
          AUTH_AUDIENCE: 'badges',
        },
        ['AUTH_JWKS_URL: must not contain a user name or password'],
      ],
    ),
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

describe('a rule that compares variables is checked beside others that are invalid', () => {
  const production = { NODE_ENV: 'production', ROUTER_SECRET, ...returningAI };

  test('so that one message has every problem', () => {
    expect(
      problemsOf({
        ...production,
        PORT: 'abc',
        OPERATION_DEADLINE_MS: '4000',
        REPLICAS: '2',
        ANSWER_MAX_BYTES: '8000000',
      }),
    ).toEqual([
      'PORT: must be a whole number between 0 and 65535',
      'REPLICAS: more than one replica requires REDIS_URL',
      'OPERATION_DEADLINE_MS: must be at least 5000, so that one attempt fits in',
      'ANSWERS_BUDGET_BYTES: must be at least 16000000, twice ANSWER_MAX_BYTES',
    ]);
    expect(problemsOf({ HOST: '0.0.0.0', PORT: 'abc', ...returningAI })).toEqual([
      expect.stringMatching(/^PORT: /),
      expect.stringMatching(/^HOST: other machines can reach/),
    ]);
    const jwks = { AUTH_JWKS_URL: 'http://10.0.0.1/keys', AUTH_ISSUER: 'https://id.example' };
    expect(problemsOf({ ...production, ...jwks })).toEqual([
      'AUTH_AUDIENCE: is required when other AUTH_ variables are set',
      'AUTH_JWKS_URL: must be https in production, or http to a loopback address',
    ]);
    expect(problemsOf({ TAG_MANGO_API_KEY_FILE: '/nowhere' })).toEqual([
      'TAG_MANGO_API_KEY_FILE: the file cannot be read (ENOENT)',
      'TAG_MANGO_WHITELABEL_HOST: is required when TAG_MANGO_API_KEY is set',
    ]);
  });

  test('and none at the bounds of two that are compared, nor outside production', () => {
    const right = (env: Record<string, string>) => expect(problemsOf(env)).toEqual([]);
    right({ ATTEMPT_TIMEOUT_MS: '2000', OPERATION_DEADLINE_MS: '4000' });
    right({ ANSWER_MAX_BYTES: '65536', ANSWERS_BUDGET_BYTES: '131072' });
    right({ NODE_TLS_REJECT_UNAUTHORIZED: '0' });
    right({ PORT: '65535' });
    right({ PORT: '0' });
  });

  test('but not with the default of one that is invalid itself', () => {
    const wrong = (env: Record<string, string>) => {
      expect(problemsOf(env)).toEqual([expect.stringMatching(/: (must|the file)/)]);
    };
    wrong({ ATTEMPT_TIMEOUT_MS: '7000', OPERATION_DEADLINE_MS: 'abc' });
    wrong({ ATTEMPT_TIMEOUT_MS: 'abc', OPERATION_DEADLINE_MS: '4000' });
    wrong({ ANSWER_MAX_BYTES: '8000000', ANSWERS_BUDGET_BYTES: 'abc' });
    wrong({ REPLICAS: '2', REDIS_URL: 'http://redis' });
    wrong({ REPLICAS: '2', REDIS_URL_FILE: '/nowhere' });
    wrong({ HOST: '0.0.0.0', SANDBOX: 'yes', ...returningAI });
    wrong({ HOST: '0.0.0.0', NODE_ENV: 'prod', ...returningAI });
  });
});

describe('what is wrong with a number is told with its range', () => {
  const numbers = Object.entries(variables.shape).flatMap(([name, schema]) =>
    /must be a (whole )?number/.test(schema.safeParse('x').error?.issues[0]?.message ?? '')
      ? [name]
      : [],
  );

  test.each([...numbers, 'TAG_MANGO_TIMEZONE_OFFSET'])('%s', (name) => {
    const told = [
      expect.stringMatching(RegExp(`^${name}: must be a .*number .*between \\S+ and \\d+`)),
    ];
    for (const value of ['x', '-1000', '1.5', '999999999999']) {
      expect(problemsOf({ ...tagMango, [name]: value })).toEqual(told);
    }
  });

  test('for all of them', () => {
    expect(numbers).toHaveLength(12);
  });
});

test('no problem is told in the words of the library that checks the settings', () => {
  const env = Object.fromEntries(Object.keys(variables.shape).map((name) => [name, '\n"']));
  const problems = problemsOf(env);
  expect(problems.length).toBeGreaterThan(19);
  expect(problems.join()).not.toMatch(/Invalid|expected|"/);
});

describe('a missing variable is told with', () => {
  const integration = { RETURNING_AI_INTEGRATION_BASE_URL: 'https://x.example' };
  test.each<[string, Record<string, string>, string[]]>([
    [
      'the one that needs it',
      { ...returningAI, ...integration },
      [
        'RETURNING_AI_INTEGRATION_API_KEY: is required when RETURNING_AI_INTEGRATION_BASE_URL is set',
      ],
    ],
    [
      'those that a provider always needs, rather than others',
      { TAG_MANGO_API_KEY: 'key', TAG_MANGO_TIMEZONE_OFFSET: '330' },
      ['TAG_MANGO_WHITELABEL_HOST: is required when TAG_MANGO_API_KEY is set'],
    ],
    [
      'all that are set, if only others are',
      { TAG_MANGO_BASE_URL: 'https://x.example', TAG_MANGO_TIMEZONE_OFFSET: '330' },
      ['TAG_MANGO_API_KEY', 'TAG_MANGO_WHITELABEL_HOST'].map(
        (name) =>
          `${name}: is required when TAG_MANGO_BASE_URL or TAG_MANGO_TIMEZONE_OFFSET is set`,
      ),
    ],
    [
      'what else a provider needs, if none is configured',
      { NODE_ENV: 'production', ROUTER_SECRET },
      [
        'No provider is configured. Set RETURNING_AI_BASE_URL and RETURNING_AI_API_KEY, or TAG_MANGO_API_KEY and TAG_MANGO_WHITELABEL_HOST, or TENANTS_FILE',
      ],
    ],
  ])('%s', (_name, env, problems) => {
    expect(problemsOf(env)).toEqual(problems);
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

describe('a variable that looks like a setting and is none is told, with the name that was probably meant', () => {
  const NAMES = [
    ...Object.keys(variables.shape),
    ...providers.flatMap(({ settings }) => Object.keys(settings)),
  ];
  const OTHERS = /^(NODE_(?!ENV$).*|.*_PROXY|HOST|PORT)$/;
  const remarksOn = (...names: string[]) =>
    readConfig({ ...Object.fromEntries(names.map((name) => [name, 'x'])), SANDBOX: 'false' })
      .remarks;
  const said = (name: string, meant: string) =>
    `${name} is set but has no effect. Did you mean ${meant}?`;

  const dropped = (name: string, at: number) => name.slice(0, at) + name.slice(at + 1);
  const doubled = (name: string, at: number) => name.slice(0, at) + name.slice(at - 1);
  const swapped = (name: string, at: number) =>
    name.slice(0, at - 1) + name.charAt(at) + name.charAt(at - 1) + name.slice(at + 1);

  test.each(NAMES.filter((name) => !OTHERS.test(name)))('%s, misspelt', (name) => {
    const places = [...name].flatMap((letter, at) => (at === 0 || letter === '_' ? [] : [at]));
    const wrong = places.flatMap((at) => [dropped(name, at), doubled(name, at), swapped(name, at)]);
    const plural = name.endsWith('S') ? name.slice(0, -1) : `${name}S`;
    const others = [plural, name.replaceAll('_', ''), name.toLowerCase()];
    const misspelt = new Set([...wrong, ...others].filter((text) => !NAMES.includes(text)));
    expect(misspelt.size).toBeGreaterThan(name.length);
    for (const text of misspelt) expect(remarksOn(text)).toEqual([said(text, name)]);
  });

  test.each([
    ['MUTATION_ENABLED', 'MUTATIONS_ENABLED'],
    ['BADGE_FRESH_SECOND', 'BADGES_FRESH_SECONDS'],
    ['OPERATION_DEADLINE', 'OPERATION_DEADLINE_MS'],
    ['OPERATION_DEADLINE_SECONDS', 'OPERATION_DEADLINE_MS'],
    ['OPERATION_DEADLINE_MS_MAX', 'OPERATION_DEADLINE_MS'],
    ['MUTATIONS', 'MUTATIONS_ENABLED'],
    ['METRICS_ENABLED', 'METRICS'],
    ['REDIS_URI', 'REDIS_URL'],
    ['REDIS_URL_1', 'REDIS_URL'],
    ['LOG_LEVEL', 'LOG_SAMPLE'],
    ['ROUTER_SECRETS_FILE', 'ROUTER_SECRET_FILE'],
    ['TAGMANGO_API_KEY', 'TAG_MANGO_API_KEY'],
    ['TAG_MAGNO_API_KEY_FILE', 'TAG_MANGO_API_KEY_FILE'],
  ])('%s', (name, meant) => {
    expect(remarksOn(name)).toEqual([said(name, meant)]);
  });

  test('the name of a provider is enough', () => {
    expect(remarksOn('RETURNING_AI_KEY')).toEqual(['RETURNING_AI_KEY is set but has no effect']);
  });

  test('only secrets are read from files', () => {
    const secrets = ['ROUTER_SECRET', 'METRICS_TOKEN', 'REDIS_URL'].concat(
      providers.flatMap(({ settings }) =>
        Object.keys(settings).filter((name) => settings[name]?.isSecret),
      ),
    );
    for (const name of NAMES.filter((one) => !secrets.includes(one))) {
      expect(remarksOn(`${name}_FILE`)).toEqual([
        `${name}_FILE is set but has no effect: only secrets are read from files. Set ${name}`,
      ]);
    }
  });

  test('also beside the problems, of which it may be the cause', () => {
    expect(problemsOf({ NODE_ENV: 'production', ROUTER_SECRET, TENANT_FILE: 'tenants' })).toEqual([
      expect.stringMatching(/^No provider is configured/),
      said('TENANT_FILE', 'TENANTS_FILE'),
    ]);
  });

  test('the variables of other programs are not told', () => {
    const ofOthers = `
      PATH HOME HOSTNAME PWD OLDPWD SHLVL TERM LANG TZ USER SHELL EDITOR DISPLAY _ OTHER
      HOSTS HOST_IP HOST_NAME PORTS POD_NAME POD_IP NODE_NAME APP_PORT APP_ENV ENVIRONMENT DEBUG
      NODE_VERSION NODE_OPTIONS NODE_PATH NODE_DEBUG NODE_NO_WARNINGS NODE_USE_ENV_PROXY NODE_V8_COVERAGE
      NODE_USE_SYSTEM_CA NODE_COMPILE_CACHE NODE_PENDING_DEPRECATION NODE_REPL_HISTORY NODE_CONFIG
      NODE_EXTRA_CA NODE_TLS_MIN YARN_VERSION UV_THREADPOOL_SIZE MALLOC_ARENA_MAX SSL_CERT_FILE
      OTEL_EXPORTER_OTLP_ENDPOINT OTEL_SERVICE_NAME OTEL_LOG_LEVEL OTEL_METRICS_EXPORTER
      KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT KUBERNETES_SERVICE_PORT_HTTPS KUBERNETES_PORT
      KUBERNETES_PORT_443_TCP KUBERNETES_PORT_443_TCP_ADDR REDIS_SERVICE_HOST REDIS_PORT REDIS_PORT_6379_TCP
      BADGES_SERVICE_HOST BADGES_PORT BADGES_PORT_4001_TCP_PROTO ROUTER_SERVICE_PORT ROUTER_PORT METRICS_PORT
      METRICS_SERVICE_PORT_HTTP METRICS_PORT_9090_TCP_ADDR GATEWAY_PORT MEMBERS_PORT BADGE_DESK SEED
      STATE_DIRECTORY CACHE_DIRECTORY LOGS_DIRECTORY RUNTIME_DIRECTORY REDIS_HOST REDIS_PASSWORD REDIS_TLS_URL
      https_proxy http_proxy no_proxy all_proxy ALL_PROXY FTP_PROXY HTTP_PROXY_HOST npm_config_noproxy npm_package_version
      npm_config_https_proxy DATABASE_URL AWS_SECRET_ACCESS_KEY AUTH_TOKEN LOG_DIR PROPERTY_RUNS IS_SANDBOX
    `;
    expect(
      readConfig(
        Object.fromEntries(
          ofOthers
            .trim()
            .split(/\s+/)
            .map((name) => [name, 'http://x'] as const),
        ),
      ).remarks,
    ).toEqual([]);
  });
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
      'FAST_PATH_SHADOW: must be a number between 0 and 1, with at most 6 decimals',
    ]);
  }
  expect(problemsOf({ FAST_PATH: 'no' })).toHaveLength(1);
});

test('a budget of answers into which two of the largest would not fit is refused', () => {
  expect(problemsOf({ ANSWER_MAX_BYTES: '8000000', ANSWERS_BUDGET_BYTES: '15999999' })).toEqual([
    'ANSWERS_BUDGET_BYTES: must be at least 16000000, twice ANSWER_MAX_BYTES',
  ]);
  expect(problemsOf({ ANSWER_MAX_BYTES: '4 MiB' })).toEqual([
    'ANSWER_MAX_BYTES: must be a whole number between 65536 and 67108864',
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
