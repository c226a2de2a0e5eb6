import { afterEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { ALTERATIONS, BEHAVIOURS } from '../../src/sandbox/behaviour.ts';
import { type Cli, startCli } from '../../src/sandbox/cli.ts';
import { KINDS, PRESET_NAMES, faultSchema } from '../../src/sandbox/faults.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import { providers } from '../../src/providers/index.ts';
import { RETURNING_AI_BEHAVIOURS } from '../../src/sandbox/returning-ai.ts';
import { otherProviders } from '../support/service.ts';

const running: Cli[] = [];
afterEach(async () => {
  for (const { close } of running.splice(0)) await close?.();
});

async function start(...args: string[]): Promise<Record<string, string>> {
  const cli = await startCli(args);
  running.push(cli);
  return Object.fromEntries(
    cli.text.split('\n').map((line) => line.split('=') as [string, string]),
  );
}

test('it prints the variables that lead to the stand-ins', async () => {
  const variables = await start();

  const settings = otherProviders.flatMap((each) => Object.keys(each.settings));
  const ofOthers = Object.keys(variables).filter((name) => settings.includes(name));
  for (const { name } of otherProviders) {
    expect(ofOthers).toContainEqual(expect.stringMatching(`^${name.enumValue}_.*BASE_URL$`));
  }
  expect(variables).toEqual({
    ...Object.fromEntries(ofOthers.map((name) => [name, expect.stringMatching(/./)])),
    RETURNING_AI_BASE_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    RETURNING_AI_API_KEY: 'sandbox-returning-ai-key',
    RETURNING_AI_INTEGRATION_BASE_URL: `${variables.RETURNING_AI_BASE_URL}/apis/v1`,
    RETURNING_AI_INTEGRATION_API_KEY: 'sandbox-returning-ai-integration-key',
    TAG_MANGO_BASE_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    TAG_MANGO_API_KEY: expect.stringMatching(/^tmk_/),
    TAG_MANGO_WHITELABEL_HOST: 'sandbox.tagmango.com',
  });
  expect((await fetch(`${variables.TAG_MANGO_BASE_URL}/_sandbox`)).status).toBe(200);
});

test.each([
  ['--tag-mango-at', 'refused', 'TAG_MANGO_BASE_URL', /^http:\/\/127/],
  ['--tag-mango-at', 'bad-tls', 'TAG_MANGO_BASE_URL', /^https:\/\/127/],
  ['--returning-ai-at', 'unresolvable', 'RETURNING_AI_BASE_URL', /^http:\/\/badges\.invalid$/],
])('%s %s leads that provider astray, and the other not', async (option, way, name, url) => {
  const variables = await start(option, way);
  const urls = Object.entries(variables).filter(([each]) => each.endsWith('_BASE_URL'));
  const [prefix = ''] = name.split('_BASE_URL');

  expect(variables[name]).toMatch(url);
  for (const [each, value] of urls) {
    const isLedAstray = each.startsWith(prefix);
    const isReached = await fetch(`${new URL(value).origin}/_sandbox`).then(
      ({ ok }) => ok,
      () => false,
    );
    expect({ each, isReached }).toEqual({ each, isReached: !isLedAstray });
  }
});

test('--host lets other machines connect by that name, and by no other', async () => {
  const { TAG_MANGO_BASE_URL = '' } = await start('--host', 'sandbox');
  expect(TAG_MANGO_BASE_URL).toMatch(/^http:\/\/sandbox:\d+$/);

  const { port } = new URL(TAG_MANGO_BASE_URL);
  const statusFor = async (host: string) => {
    const { statusCode, body } = await request(`http://127.0.0.1:${port}/_sandbox`, {
      headers: { host },
    });
    await body.dump();
    return statusCode;
  };
  expect(await statusFor(`sandbox:${port}`)).toBe(200);
  expect(await statusFor('127.0.0.1')).toBe(200);
  expect(await statusFor(`rebound.example:${port}`)).toBe(403);
});

test.each([
  [
    ['--tag-mango-at', 'nowhere'],
    'nowhere is no address; there are refused, unresolvable, bad-tls',
  ],
  [['--tag-mango', 'x'], 'x is not a port'],
  [['--tag-mango', '65536'], '65536 is not a port'],
  [['--host', 'a:1'], 'a:1 is not a host name in lower case and without a port'],
  [['--unknown'], "Unknown option '--unknown'"],
])('it refuses %j', async (args, message) => {
  await expect(startCli(args)).rejects.toThrow(message);
});

describe('--help', () => {
  const help = async (): Promise<string> => (await startCli(['--help'])).text;

  test('names every kind, every preset, every operation, every behaviour and every address, and leaves nothing running', async () => {
    const { text, close } = await startCli(['--help']);
    const kinds = faultSchema.options.map(({ shape }) => shape.kind.value);
    const sandbox = await startSandbox();
    const operations = [...sandbox.standIns.values()].flatMap((each) => [...each.operations]);
    await sandbox.close();

    const words = new Set(text.split(/[\s,;:]+/));
    const behaviours = [...Object.keys(RETURNING_AI_BEHAVIOURS), ...Object.keys(BEHAVIOURS)];
    const named = [
      ...kinds,
      ...PRESET_NAMES,
      ...operations,
      ...behaviours,
      ...Object.keys(ALTERATIONS),
      ...['refused', 'unresolvable', 'bad-tls'],
    ];
    expect(named.filter((name) => !words.has(name))).toEqual([]);
    expect(close).toBeUndefined();
  });

  test('names every option of every kind', () => {
    const missing = faultSchema.options.flatMap(({ shape }) => {
      const { kind, isApplied: _, times: __, ...options } = shape;
      const shown = KINDS[kind.value].split(/[\s,;:=]+/);
      return Object.keys(options).filter((option) => !shown.includes(option));
    });

    expect(missing).toEqual([]);
  });

  test('fits a screen', async () => {
    const lines = (await help()).split('\n');

    // Each provider has a line or two.
    expect(lines.length).toBeLessThan(46 + 2 * providers.length);
    expect(lines.filter((line) => line.length > 120)).toEqual([]);
  });

  test('has examples that work', async () => {
    const { RETURNING_AI_BASE_URL: origin = '' } = await start();
    const examples = (await help()).split('\n').filter((line) => line.startsWith('  curl '));
    const statuses = await Promise.all(
      examples.map(async (line) => {
        const [, url = ''] = /(?<=ORIGIN)()?(\/\S+)/.exec(line)?.slice(1) ?? [];
        const response = await fetch(origin + url.replaceAll("'", ''), {
          method: /-X (\w+)/.exec(line)?.[1] ?? 'GET',
          ...(line.includes('-d ') && {
            headers: { 'content-type': /content-type:(\S+)/.exec(line)?.[1] ?? '' },
            body: /-d '(.+)'/.exec(line)?.[1] ?? '',
          }),
        });
        return response.status;
      }),
    );

    expect(statuses).toEqual(examples.map(() => 200));
    expect(examples.length).toBeGreaterThan(5);
  });
});
