import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { providers } from '../../src/providers/index.ts';
import { readProviderSettings } from '../../src/providers/settings.ts';
import { sendOperation } from '../support/graphql-client.ts';
import { ADA, STORED } from '../support/operation-cases.ts';
import { type TestService, startTestService } from '../support/service.ts';

const GIVEN: Readonly<Record<string, Record<string, string>>> = {
  returningAI: {
    RETURNING_AI_BASE_URL: 'https://api.returning.ai',
    RETURNING_AI_API_KEY: 'key',
    RETURNING_AI_INTEGRATION_BASE_URL: 'https://integration.returning.ai/apis/v1',
    RETURNING_AI_INTEGRATION_API_KEY: 'key',
  },
  tagMango: { TAG_MANGO_API_KEY: 'key', TAG_MANGO_WHITELABEL_HOST: 'club.tagmango.com' },
};

/** The variables that stand in the way, with this one given. */
function problemsWith(variable: string, value: string): string[] {
  const provider = providers.find(({ settings }) => variable in settings);
  if (!provider) throw new Error(`there is no ${variable}`);
  const given = { ...GIVEN[provider.key], [variable]: value };
  const reading = readProviderSettings(provider.settings, given, { isProduction: false });
  return 'problems' in reading ? reading.problems.map((problem) => problem.variable) : [];
}

/** For whatever goes into the first line or a header: none of these may end it, or mean another host. */
const NEVER = [
  ...[
    '\r\nx-admin: 1',
    '\n',
    '\r',
    '\0',
    '\t',
    ' ',
    '\u0085',
    '\u2028',
    '\u00a0',
    '\u200b',
    '\ufeff',
  ],
];

describe('the white-label host', () => {
  const variable = 'TAG_MANGO_WHITELABEL_HOST';

  test.each([
    'club.tagmango.com',
    'a.b',
    'CLUB.TAGMANGO.COM',
    'my-club.example',
    '1club.example',
    'xn--bcher-kva.example',
    `${'a'.repeat(63)}.example`,
  ])('may be %s', (host) => {
    expect(problemsWith(variable, host)).toEqual([]);
  });

  test.each([
    ...NEVER.flatMap((odd) => [
      `club.tagmango.com${odd}`,
      `${odd}club.tagmango.com`,
      `club${odd}.a`,
    ]),
    ...['club', 'localhost', '.', '..', '.club.example', 'club.example.', 'club..example'],
    ...['https://club.example', '//club.example', 'club.example/', 'club.example/path', 'a.b/..'],
    ...[
      'club.example:443',
      'ada@club.example',
      'ada:pw@club.example',
      'club.example?a',
      'club.example#a',
    ],
    ...[
      'club.example\\',
      'club,example',
      'a.b,c.d',
      'a.b;c',
      '*.example',
      'club_1.example',
      '-a.example',
    ],
    ...['a-.example', 'a.-b', '127.0.0.1', '10.0.0.1', '[::1]', '0x7f.1', '1.2', 'a.b1-'],
    ...[
      'bücher.example',
      'сlub.example',
      'club。example',
      'club．example',
      'ｃlub.example',
      'club.examp\u212ae',
    ],
    ...[
      '%63lub.example',
      'club%00.example',
      'club.example%0d%0a',
      '\ud800.example',
      '${HOST}.example',
    ],
    ...[`${'a'.repeat(64)}.example`, `${'a.'.repeat(130)}example`],
  ])('may not be %j', (host) => {
    expect(problemsWith(variable, host)).toEqual([variable]);
  });
});

describe.each(['RETURNING_AI_BASE_URL', 'RETURNING_AI_INTEGRATION_BASE_URL', 'TAG_MANGO_BASE_URL'])(
  '%s',
  (variable) => {
    test.each([
      'https://api.example',
      'HTTPS://API.EXAMPLE',
      'https://api.example/',
      'https://api.example:8443',
      'http://127.0.0.1:4010',
      'http://localhost:4010',
      'http://[::1]:4010',
      'http://badge_api:8080',
    ])('may be %s', (url) => {
      expect(problemsWith(variable, url)).toEqual([]);
    });

    test.each([
      ...NEVER.flatMap((odd) => [`https://api.example${odd}`, `https://api${odd}.example`]),
      ...NEVER.map((odd) => `https://api.example/v1${odd}`),
      ...[
        'api.example',
        '//api.example',
        'ftp://api.example',
        'file:///etc/passwd',
        'javascript:alert(1)',
      ],
      ...[
        'https:api.example',
        'https:/api.example',
        'https:///api.example',
        'https:\\\\api.example',
      ],
      ...[
        'https://ada:pw@api.example',
        'https://ada@api.example',
        'https://@api.example',
        'https://a@b@c',
      ],
      ...[
        'https://api.example?a',
        'https://api.example?',
        'https://api.example#a',
        'https://api.example#',
      ],
      ...[
        'https://api.example/../admin',
        'https://api.example/./a',
        'https://api.example/..',
        '/api',
      ],
      ...[
        'https://api.example/%2e%2e/admin',
        'https://api.example/a%2fb',
        'https://api.example/a;b',
      ],
      ...['https://api.example\\admin', 'https://api.example//admin', 'https://api.example/a//b'],
      ...[
        'https://аpi.example',
        'https://bücher.example',
        'https://api。example',
        'https://api.example／a',
      ],
      ...[
        'https://api.example:99999',
        'https://api.example:x',
        'https://[::1',
        'https://',
        'https://%',
      ],
      ...['https://api.example/é', 'https://api.example/\ud800', 'https://256.256.256.256'],
    ])('may not be %j', (url) => {
      expect(problemsWith(variable, url)).toEqual([variable]);
    });
  },
);

describe.each(['RETURNING_AI_API_KEY', 'RETURNING_AI_INTEGRATION_API_KEY', 'TAG_MANGO_API_KEY'])(
  '%s',
  (variable) => {
    test.each([...NEVER.map((odd) => `key${odd}`), 'kéy', 'k\ud800', '\u007f', 'k'.repeat(4_097)])(
      'may not be %j',
      (key) => {
        expect(problemsWith(variable, key)).toEqual([variable]);
      },
    );
  },
);

test.each([
  ...NEVER.map((odd) => `330${odd}`),
  '+330',
  '3e2',
  '0x1',
  '٣٣٠',
  '841',
  '-841',
  '1.5',
  '--1',
])('an offset may not be %j', (offset) => {
  expect(problemsWith('TAG_MANGO_TIMEZONE_OFFSET', offset)).toEqual(['TAG_MANGO_TIMEZONE_OFFSET']);
});

describe('the headers of a caller', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService({ sandbox: STORED });
  });
  afterAll(() => service.close());

  const HOSTILE = {
    'x-api-key': 'stolen',
    'x-whitelabel-host': 'evil.example',
    'x-timezone-offset': '840',
    'x-forwarded-host': 'evil.example',
    'x-request-id': 'evil',
    'user-agent': 'evil',
    cookie: 'evil=1',
    accept: 'application/json, evil/1',
  };

  test('never reach a provider: what it gets is from the configuration', async () => {
    const query = `{
      badges { totalCount }
      tagMangoMember(email: "${ADA.email}") { id }
    }`;
    const { text } = await sendOperation(`${service.url}/graphql`, { query }, { headers: HOSTILE });
    expect(JSON.parse(text)).toMatchObject({ data: { badges: { totalCount: 3 } } });

    const { returningAI, tagMango } = service.sandbox;
    const headers = [...returningAI.requests, ...tagMango.requests].map(
      (request) => request.headers,
    );
    const common = {
      connection: 'keep-alive',
      accept: 'application/json',
      'accept-encoding': 'gzip',
    };
    const ofTagMango = {
      ...common,
      host: new URL(tagMango.origin).host,
      authorization: `Bearer ${tagMango.variables.TAG_MANGO_API_KEY}`,
      'x-whitelabel-host': tagMango.variables.TAG_MANGO_WHITELABEL_HOST,
    };
    expect(headers).toEqual([
      {
        ...common,
        host: new URL(returningAI.origin).host,
        'x-api-key': returningAI.variables.RETURNING_AI_API_KEY,
      },
      ofTagMango,
      ofTagMango,
    ]);
  });
});
