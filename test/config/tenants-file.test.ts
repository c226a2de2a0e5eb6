import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Config, readConfig } from '../../src/config/read-config.ts';
import { ConfigError } from '../../src/config/source.ts';
import { providers } from '../../src/providers/index.ts';

const SECRET = 'tmk_plain-sight';

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'badges-tenants-'));
  path = join(folder, 'tenants.yaml');
  writeFileSync(join(folder, 'acme-key'), `${SECRET}-of-acme\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

function read(yaml: string, env: Record<string, string> = {}): Config {
  writeFileSync(path, yaml);
  return readConfig({
    TENANTS_FILE: path,
    ROUTER_SECRET: 'of-the-router-01',
    BOLT_KEY: `${SECRET}-of-bolt`,
    ...env,
  });
}

function problemsOf(yaml: string, env: Record<string, string> = {}): string[] {
  try {
    read(yaml, env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.message).not.toContain(SECRET);
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim().replace(path, 'FILE'));
  }
  return [];
}

const ACME = `
  acme:
    TAG_MANGO_API_KEY: { file: acme-key }
    TAG_MANGO_WHITELABEL_HOST: acme.tagmango.com`;
const BOLT = `
  bolt:
    RETURNING_AI_BASE_URL: https://api.returning.ai
    RETURNING_AI_API_KEY: { variable: BOLT_KEY }`;

test('each tenant has its own settings, with secrets out of files beside it and out of variables', () => {
  const { tenants, defaultTenant, isSandbox } = read(`tenants:${ACME}
    TAG_MANGO_TIMEZONE_OFFSET: 330
    limits: { TAG_MANGO: 60 }${BOLT}`);
  expect({ tenants, defaultTenant, isSandbox }).toEqual({
    defaultTenant: undefined,
    isSandbox: false,
    tenants: [
      {
        id: 'acme',
        providerValues: {
          returningAI: undefined,
          tagMango: {
            TAG_MANGO_BASE_URL: 'https://api-prod-new.tagmango.com',
            TAG_MANGO_API_KEY: `${SECRET}-of-acme`,
            TAG_MANGO_WHITELABEL_HOST: 'acme.tagmango.com',
            TAG_MANGO_TIMEZONE_OFFSET: '330',
          },
        },
        requestLimits: { tagMango: 60 },
      },
      {
        id: 'bolt',
        providerValues: {
          tagMango: undefined,
          returningAI: {
            RETURNING_AI_BASE_URL: 'https://api.returning.ai',
            RETURNING_AI_API_KEY: `${SECRET}-of-bolt`,
          },
        },
        requestLimits: {},
      },
    ],
  });
});

test('an ID and a name of a tenant that YAML reads as a number are taken as they are written', () => {
  const { tenants } = read(`tenants:
  007:
    TAG_MANGO_API_KEY: { file: acme-key }
    TAG_MANGO_WHITELABEL_HOST: acme.tagmango.com
    TAG_MANGO_CREATOR_ID: 640000000000000000000001
    TAG_MANGO_TIMEZONE_OFFSET: +330`);
  expect(tenants.map(({ id, providerValues }) => [id, providerValues.tagMango])).toMatchObject([
    ['007', { TAG_MANGO_CREATOR_ID: '640000000000000000000001', TAG_MANGO_TIMEZONE_OFFSET: '330' }],
  ]);
});

describe('it is refused, with the line, and no value of a secret, when', () => {
  test.each<[string, string, string[]]>([
    ['it is not valid YAML', `tenants:\n  acme: [ ${SECRET}`, ['FILE:2: is not valid YAML']],
    [
      'a tenant is there twice',
      `tenants:${ACME}${ACME}`,
      ['FILE:5: is not valid YAML (DUPLICATE_KEY)'],
    ],
    ['it is empty', '', ['FILE:1: must contain only `tenants`']],
    ['it is a list', '- tenants', ['FILE:1: must contain only `tenants`']],
    [
      'it holds something else too',
      `tenants:${ACME}\nsecrets: ${SECRET}`,
      ['FILE:1: must contain only `tenants`'],
    ],
    ['it has no tenant', 'tenants: {}', ['FILE:1: tenants: must contain at least one tenant']],
    ['a tenant is a text', `tenants:\n  acme: ${SECRET}`, ['FILE:2: tenants.acme: must be a map']],
    [
      'a tenant has nothing',
      'tenants:\n  acme: {}',
      ['FILE:2: tenants.acme: must configure at least one provider'],
    ],
    [
      'a tenant has limits only',
      'tenants:\n  acme:\n    limits: {}',
      ['FILE:2: tenants.acme: must configure at least one provider'],
    ],
    [
      'a name could not be part of a key',
      `tenants:\n  "acme/prod":${ACME.split('\n')
        .slice(2)
        .map((line) => `\n${line}`)
        .join('')}`,
      ['FILE:2: tenants.acme/prod: must be a tenant name: 1 to 64 ASCII letters'],
    ],
    [
      'a secret stands in it',
      `tenants:\n  acme:\n    TAG_MANGO_WHITELABEL_HOST: acme.tagmango.com\n    TAG_MANGO_API_KEY: ${SECRET}`,
      ['FILE:4: tenants.acme.TAG_MANGO_API_KEY: must be { file: … } or { variable: … }'],
    ],
    [
      'a secret is said to stand in two places',
      `tenants:\n  acme:\n    TAG_MANGO_WHITELABEL_HOST: acme.tagmango.com\n    TAG_MANGO_API_KEY: { file: acme-key, variable: ACME_KEY }`,
      ['FILE:4: tenants.acme.TAG_MANGO_API_KEY: must be { file: … } or { variable: … }'],
    ],
    [
      'a secret’s file is missing',
      `tenants:\n  acme:\n    TAG_MANGO_WHITELABEL_HOST: acme.tagmango.com\n    TAG_MANGO_API_KEY: { file: nowhere }`,
      ['FILE:4: tenants.acme.TAG_MANGO_API_KEY: the file cannot be read (ENOENT)'],
    ],
    [
      'a secret’s variable is not set',
      `tenants:\n  acme:\n    TAG_MANGO_WHITELABEL_HOST: acme.tagmango.com\n    TAG_MANGO_API_KEY: { variable: NOWHERE }`,
      ['FILE:4: tenants.acme.TAG_MANGO_API_KEY: the variable NOWHERE is not set'],
    ],
    [
      'a secret stands where the name of its variable should be',
      `tenants:\n  acme:\n    TAG_MANGO_WHITELABEL_HOST: acme.tagmango.com\n    TAG_MANGO_API_KEY: { variable: ${SECRET} }`,
      ['FILE:4: tenants.acme.TAG_MANGO_API_KEY: the variable that it names is not set'],
    ],
    [
      'a provider is half configured',
      'tenants:\n  acme:\n    TAG_MANGO_WHITELABEL_HOST: acme.tagmango.com',
      ['FILE:2: tenants.acme.TAG_MANGO_API_KEY: is required'],
    ],
    [
      'a host would start another header',
      `tenants:${ACME.replace('acme.tagmango.com', '"acme.tagmango.com\\r\\nx: 1"')}`,
      ['FILE:4: tenants.acme.TAG_MANGO_WHITELABEL_HOST: must be a host name'],
    ],
    [
      'a setting is unknown',
      `tenants:${ACME}\n    TAG_MANGO_KEY: ${SECRET}`,
      ['FILE:5: tenants.acme.TAG_MANGO_KEY: is not a tenant setting'],
    ],
    [
      'a setting is a list',
      `tenants:${ACME.replace('acme.tagmango.com', '[a.example]')}`,
      [
        'FILE:4: tenants.acme.TAG_MANGO_WHITELABEL_HOST: must be a string',
        'FILE:4: tenants.acme.TAG_MANGO_WHITELABEL_HOST: is required',
      ],
    ],
    [
      'a limit is more than the provider’s',
      `tenants:${ACME}\n    limits:\n      TAG_MANGO: 121`,
      ['FILE:6: tenants.acme.limits.TAG_MANGO: must be a whole number between 12 and 120'],
    ],
    [
      'a limit is of a provider that states none',
      `tenants:${ACME}\n    limits: { RETURNING_AI: 60 }`,
      ['FILE:5: tenants.acme.limits.RETURNING_AI: is not a provider with a documented limit'],
    ],
    [
      'two tenants hold the same credentials',
      `tenants:${ACME}${ACME.replace('acme:', 'bolt:')}`,
      ['FILE:6: tenants.bolt.TAG_MANGO_API_KEY: is a secret that tenant acme also uses'],
    ],
    [
      'names are those of every object',
      `tenants:\n  __proto__:\n    x: 1\n  constructor:\n    y: 1`,
      [
        'FILE:2: tenants.__proto__: must be a tenant name: 1 to 64 ASCII letters',
        'FILE:3: tenants.__proto__.x: is not a tenant setting',
        'FILE:5: tenants.constructor.y: is not a tenant setting',
      ],
    ],
  ])('%s', (_name, yaml, expected) => {
    const problems = problemsOf(yaml);
    expect(problems.map((problem, index) => problem.slice(0, expected[index]?.length))).toEqual(
      expected,
    );
  });

  test('an alias multiplies what it stands for', () => {
    const levels = Array.from({ length: 12 }, (_, level) =>
      level === 0
        ? 'a0: &a0 [x, x]'
        : `a${level}: &a${level} [*a${level - 1}, *a${level - 1}, *a${level - 1}]`,
    );
    expect(problemsOf(`${levels.join('\n')}\ntenants: {}`)).toEqual([
      'FILE:1: has more than 30000 settings, including aliases',
    ]);
  });
});

describe('of many problems 20 are told, and how many more there are:', () => {
  const many = (toLine: (index: number) => string) =>
    Array.from({ length: 5_000 }, (_, index) => toLine(index)).join('\n');
  test.each([
    ['wrong tenants', `tenants:\n${many((index) => `  t${index}: x`)}`, 4_980],
    ['wrong settings', `tenants:\n  acme:\n${many((index) => `    t${index}: x`)}`, 4_980],
    ['tenants that are there twice', `tenants:\n${many((index) => `  t${index % 2}: x`)}`, 4_978],
    ['errors of YAML', `tenants:\n${many(() => '  @: [')}`, expect.any(Number)],
  ])('%s', (_what, yaml, more) => {
    const problems = problemsOf(yaml);
    expect(problems).toHaveLength(21);
    expect(Number(/^and (\d+) more$/.exec(problems[20] ?? '')?.[1])).toEqual(more);
  });
});

describe('one secret in the hands of two tenants is refused, whatever else they hold', () => {
  const plain = [
    ...providers.flatMap(({ settings }) =>
      Object.entries(settings).flatMap(([name, { isBaseUrl, default: known }]) =>
        isBaseUrl && known === undefined ? [`${name}: https://api.example.com`] : [],
      ),
    ),
    'TAG_MANGO_WHITELABEL_HOST: club.tagmango.com',
  ];
  const secrets = providers.flatMap(({ settings }) =>
    Object.keys(settings).filter((name) => settings[name]?.isSecret),
  );
  const toTenant = (id: string) =>
    [
      `  ${id}:`,
      ...plain.map((line) => `    ${line}`),
      ...secrets.map((name) => `    ${name}: { variable: ${id}_${name} }`),
    ].join('\n');
  const variables = (shared: readonly string[]) =>
    Object.fromEntries(
      ['acme', 'bolt', 'core'].flatMap((id) =>
        secrets.map((name) => {
          const variable = `${id}_${name}`;
          return [variable, shared.includes(variable) ? `${SECRET}-shared` : SECRET + variable];
        }),
      ),
    );
  const yaml = ['tenants:', ...['acme', 'bolt', 'core'].map(toTenant)].join('\n');
  const pairs = secrets.flatMap((ofAcme) => secrets.map((ofCore) => ({ ofAcme, ofCore })));

  test.each(pairs)('$ofAcme of one is $ofCore of another', ({ ofAcme, ofCore }) => {
    const shared = [`acme_${ofAcme}`, `core_${ofCore}`];
    expect(problemsOf(yaml, variables(shared))).toEqual([
      expect.stringMatching(
        new RegExp(
          `^FILE:\\d+: tenants\\.core\\.${ofCore}: is a secret that tenant acme also uses$`,
        ),
      ),
    ]);
  });

  test('one tenant may use a secret twice', () => {
    expect(secrets.length).toBeGreaterThan(2);
    const shared = secrets.map((name) => `bolt_${name}`);
    expect(problemsOf(yaml, variables(shared))).toEqual([]);
    expect(problemsOf(yaml, variables([]))).toEqual([]);
  });
});

describe('beside it is refused', () => {
  test.each<[string, Record<string, string>, string[]]>([
    [
      'a provider’s variable',
      { TAG_MANGO_API_KEY: SECRET },
      ['TAG_MANGO_API_KEY: has no effect when TENANTS_FILE is set. Unset it'],
    ],
    ['the sandbox', { SANDBOX: 'true' }, ['SANDBOX: cannot be true when TENANTS_FILE is set']],
    [
      'nothing that tells callers apart',
      { ROUTER_SECRET: '' },
      ['TENANTS_FILE: requires ROUTER_SECRET or AUTH_JWKS_URL to authenticate callers'],
    ],
    [
      'a file that is not there',
      { TENANTS_FILE: '/nowhere' },
      ['TENANTS_FILE: the file cannot be read (ENOENT)'],
    ],
  ])('%s', (_name, env, expected) => {
    expect(problemsOf(`tenants:${ACME}`, env)).toEqual(expected);
  });
});

describe('a file that must not be read is refused at once:', () => {
  test('a pipe that nobody writes to', () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(problemsOf('', { TENANTS_FILE: pipe })).toEqual(['TENANTS_FILE: is not a file']);
  });

  test('a folder', () => {
    expect(problemsOf('', { TENANTS_FILE: folder })).toEqual(['TENANTS_FILE: is not a file']);
  });

  test('one that is huge', () => {
    const huge = join(folder, 'huge');
    writeFileSync(huge, '');
    truncateSync(huge, 5 * 1024 * 1024);
    expect(problemsOf('', { TENANTS_FILE: huge })).toEqual([
      'TENANTS_FILE: the file is larger than 524288 bytes',
    ]);
  });
});
