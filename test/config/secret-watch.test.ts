import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRedisUrlWatch, createSecretListWatch } from '../../src/config/file-watch.ts';
import type { SecretReading } from '../../src/config/source.ts';
import { METRICS_TOKENS, ROUTER_SECRETS } from '../../src/config/variables.ts';
import { createRouterSecrets } from '../../src/server/identity/authenticate.ts';
import { numRuns } from '../properties/runs.ts';

const unreadable = (code: string): SecretReading => ({
  value: undefined,
  problem: `the file cannot be read (${code})`,
});
const tooLarge: SecretReading = { value: undefined, problem: 'is too large', isTooLarge: true };

/** A watch over a file, of a service that was started with these secrets. */
function setUp(start: string, env: Record<string, string> = {}) {
  const file: { now: SecretReading } = { now: { value: start } };
  const secrets = createRouterSecrets(start.split(','));
  const told: unknown[] = [];
  const look = createSecretListWatch(ROUTER_SECRETS, {
    given: { ROUTER_SECRET_FILE: '/secret', ...env },
    current: start.split(','),
    readFile: () => file.now,
    onChange(next) {
      secrets.replace(next);
      told.push(next);
    },
    onRevocation(left) {
      secrets.keepOnly(left);
      told.push({ left });
    },
    onProblem: ({ message }) => told.push(message.split('\n')[1]?.trim()),
  });
  const write = (now: string | SecretReading): void => {
    file.now = typeof now === 'string' ? { value: now } : now;
  };
  return { write, told, look, secrets };
}

const WRONG =
  'ROUTER_SECRET_FILE: must be one or more secrets of visible ASCII characters, separated by commas';

test('what has not changed is told to nobody', () => {
  const { told, look } = setUp('old');
  for (let index = 0; index < 4; index += 1) look();
  expect(told).toEqual([]);
});

test('a change is told once it was read twice, and then no more', () => {
  const { write, told, look } = setUp('old');
  write('old,new');
  look();
  expect(told).toEqual([]);
  look();
  look();
  expect(told).toEqual([['old', 'new']]);
});

test('a change back to the first secrets is told too', () => {
  const { write, told, look, secrets } = setUp('old');
  for (const text of ['new', 'old']) {
    write(text);
    look();
    look();
  }
  expect(told).toEqual([['new'], ['old']]);
  expect(['old', 'new'].map((secret) => secrets.accepts(secret))).toEqual([true, false]);
});

test('a file that is still being written is not taken', () => {
  const { write, told, look } = setUp('old');
  write('half');
  look();
  write('whole');
  look();
  expect(told).toEqual([]);
  look();
  expect(told).toEqual([['whole']]);
});

test('a problem is told once, another one too, and again when it comes back', () => {
  const { write, told, look } = setUp('old');
  for (const text of ['old, bad one', 'old', 'old, bad one']) {
    write(text);
    for (let index = 0; index < 3; index += 1) look();
  }
  expect(told).toEqual([WRONG, WRONG]);
});

describe('a wrong file keeps no secret alive that does not stand in it:', () => {
  test.each<[string, string | SecretReading, string[], Record<string, string>]>([
    ['one of several is left out', 'two, not good', ['two'], {}],
    ['another stands there', 'not good', [], {}],
    ['it is empty', '', [], {}],
    ['it is blank between commas', 'one,,', ['one'], {}],
    ['what stands there is too short for production', 'short', [], { NODE_ENV: 'production' }],
    ['it is too large to be read', tooLarge, [], {}],
  ])('%s', (_what, text, left, env) => {
    const { write, look, secrets } = setUp('one,two', env);
    write(text);
    look();
    look();
    expect(['one', 'two'].filter((secret) => secrets.accepts(secret))).toEqual(left);
    expect([secrets.isNeeded(), secrets.accepts(undefined), secrets.accepts('')]).toEqual([
      true,
      false,
      false,
    ]);
    write('one,three-is-of-now');
    look();
    look();
    if (!env.NODE_ENV) expect(secrets.accepts('three-is-of-now')).toBe(true);
  });

  test.each(['ENOENT', 'EACCES', 'EIO'])('but of one that gives %s nothing is known', (code) => {
    const { write, told, look, secrets } = setUp('one,two');
    write(unreadable(code));
    for (let index = 0; index < 5; index += 1) look();
    expect(told).toEqual([`ROUTER_SECRET_FILE: the file cannot be read (${code})`]);
    expect(secrets.accepts('one')).toBe(true);
    write('two');
    look();
    look();
    expect(['one', 'two'].map((secret) => secrets.accepts(secret))).toEqual([false, true]);
  });
});

test('whatever is written in whatever order, only a secret is accepted that stood in the last text which stood', () => {
  const text = fc
    .array(fc.constantFrom('one', 'two', 'six', 'not good', ''), { maxLength: 3 })
    .map((parts) => parts.join(','));
  const content = fc.oneof(text, fc.constant(unreadable('ENOENT')), fc.constant(tooLarge));
  fc.assert(
    fc.property(fc.array(content, { maxLength: 12 }), content, (before, last) => {
      const { write, look, secrets } = setUp('one,two');
      for (const one of before) {
        write(one);
        look();
      }
      write(last);
      look();
      look();
      if (typeof last !== 'string') return;
      const standing = last.split(',').map((part) => part.trim());
      for (const secret of ['one', 'two', 'six']) {
        if (!standing.includes(secret)) expect(secrets.accepts(secret)).toBe(false);
        else if (standing.every((part) => /^\w+$/.test(part))) {
          expect(secrets.accepts(secret)).toBe(true);
        }
      }
      expect(secrets.isNeeded()).toBe(true);
    }),
    { numRuns },
  );
});

describe('the tokens that read the metrics', () => {
  const toWatch = (env: Record<string, string> = {}) => {
    const file = { now: 'first-of-the-tokens' };
    const told: unknown[] = [];
    const look = createSecretListWatch(METRICS_TOKENS, {
      given: { METRICS_TOKEN_FILE: '/token', ...env },
      current: ['first-of-the-tokens'],
      readFile: () => ({ value: file.now }),
      onChange: (tokens) => told.push(tokens),
      onRevocation: (left) => told.push({ left }),
      onProblem: ({ message }) => told.push(message.split('\n')[1]?.trim()),
    });
    return {
      told,
      write: (text: string): void => {
        file.now = text;
        look();
        look();
      },
    };
  };

  test('are told when their file has changed', () => {
    const { told, write } = toWatch();
    write('first-of-the-tokens');
    write('first-of-the-tokens, second-of-the-tokens');
    write('second-of-the-tokens');
    expect(told).toEqual([
      ['first-of-the-tokens', 'second-of-the-tokens'],
      ['second-of-the-tokens'],
    ]);
  });

  test.each([
    ['short', 'METRICS_TOKEN_FILE: must have at least 16 characters in production'],
    ['', 'METRICS_TOKEN_FILE: must be one or more tokens of visible ASCII characters'],
  ])('that do not stand in a wrong file are revoked: "%s"', (text, problem) => {
    const { told, write } = toWatch({ NODE_ENV: 'production' });
    write(text);
    expect(told).toEqual([expect.stringContaining(problem), { left: [] }]);
  });

  test('that are in no file do not change', () => {
    const given = { METRICS_TOKEN: 'first-of-the-tokens' };
    const told: unknown[] = [];
    const tell = (what: unknown): void => void told.push(what);
    const look = createSecretListWatch(METRICS_TOKENS, {
      given,
      current: ['first-of-the-tokens'],
      onChange: tell,
      onRevocation: tell,
      onProblem: tell,
    });
    look();
    look();
    expect(told).toEqual([]);
  });
});

test('the URL of Redis is told when it was read twice and is good', () => {
  const [first, second] = ['redis://:one@redis.example', 'redis://:two@redis.example'];
  const told: unknown[] = [];
  let now = first;
  const look = createRedisUrlWatch({
    given: { REDIS_URL_FILE: '/redis' },
    current: first,
    readFile: () => ({ value: now }),
    onChange: (url) => told.push(url),
    onProblem: ({ message }) => told.push(message.includes('REDIS_URL_FILE: must')),
  });
  for (const text of [first, 'http://elsewhere', second, first]) {
    now = text;
    look();
    look();
  }
  expect(told).toEqual([true, second, first]);
});
