import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../state/eventually.ts';
import { type TestService, startTestService } from '../support/service.ts';
import {
  type Issuer,
  type SignToken,
  createSigner,
  createSigningKey,
  startIssuer,
} from '../support/tokens.ts';
import { ANSWERED, type Answered, ask, callsTo, toErrorBody, toTokenRefusal } from './ask.ts';

const COOLDOWN_MS = 30_000;
const FRESH_MS = 30_000;
const KEPT_MS = 600_000;
const PAUSE_MS = 1_000;
/** All but those of intervals. */
const TIMERS_OF_OTHERS = [
  ...(['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'nextTick'] as const),
  ...(['queueMicrotask', 'performance', 'hrtime', 'Date'] as const),
];

const [first, second] = [await createSigningKey('first'), await createSigningKey('second')];
const stranger = await createSigningKey('stranger');

let now: number;
let issuer: Issuer;
let sign: SignToken;
let service: TestService;
beforeEach(async () => {
  now = 1_800_000_000_000;
  issuer = await startIssuer([first]);
  sign = createSigner(issuer, () => now);
  service = await startTestService({ now: () => now, tokens: issuer.settings });
});
afterEach(async () => {
  await service.close();
  await issuer.close();
});

const askWith = (token: string): Promise<Answered> => ask(`${service.url}/graphql`, { token });
const askBy = async (key: typeof first) => askWith(await sign(key));

const unknownKey = toTokenRefusal('is not signed with a key of the issuer');
const outage: Answered = {
  status: 503,
  challenge: null,
  // Not the code of a bad token, at which clients log their users out.
  body: toErrorBody(
    "Tokens cannot be verified at the moment, because the issuer's keys are unavailable. Retry later.",
    {
      code: 'AUTHENTICATION_UNAVAILABLE',
      retryable: true,
      retryAfterMs: PAUSE_MS,
    },
  ),
};

test('keys are fetched when the first token comes, once for all that come with it', async () => {
  expect(issuer.fetches).toBe(0);
  const answers = await Promise.all(Array.from({ length: 20 }, () => askBy(first)));
  expect(answers).toEqual(answers.map(() => ANSWERED));
  expect(issuer.fetches).toBe(1);
});

test('without a token nobody asks for keys', async () => {
  await ask(`${service.url}/graphql`, {});
  await ask(`${service.url}/graphql`, { headers: { authorization: 'Basic x' } });
  expect(issuer.fetches).toBe(0);
});

describe('a new key', () => {
  test('counts as soon as a token names it, without a restart', async () => {
    await askBy(first);
    issuer.published = [first, second];
    now += COOLDOWN_MS;

    expect([await askBy(second), await askBy(first)]).toEqual([ANSWERED, ANSWERED]);
    expect(issuer.fetches).toBe(2);
  });

  test('is not looked for again within 30 s of the last look', async () => {
    await askBy(first);
    issuer.published = [first, second];
    now += COOLDOWN_MS - 1;

    expect(await askBy(second)).toEqual(unknownKey);
    expect(issuer.fetches).toBe(1);
    now += 1;
    expect(await askBy(second)).toEqual(ANSWERED);
  });
});

describe('keys are renewed ahead', () => {
  test('by a token that does not wait for it, once they are 30 s old', async () => {
    await askBy(first);
    let answer = (): unknown => undefined;
    issuer.published = (response) => {
      answer = () => response.end(JSON.stringify({ keys: [first.publicJwk] }));
    };
    now += FRESH_MS - 1;
    expect(await askBy(first)).toEqual(ANSWERED);
    expect(issuer.fetches).toBe(1);

    now += 1;
    const answers = await Promise.all(Array.from({ length: 20 }, () => askBy(first)));
    expect(answers).toEqual(answers.map(() => ANSWERED));
    await eventually(() => issuer.fetches === 2);
    answer();
  });

  test('so that an outage that is shorter than their age costs nothing', async () => {
    await askBy(first);
    now += FRESH_MS;
    expect(await askBy(first)).toEqual(ANSWERED);
    await eventually(() => issuer.fetches === 2);

    issuer.published = (response) => response.destroy();
    for (let second = 0; second < 660; second += 10) {
      now += 10_000;
      if (second === 580) issuer.published = [first];
      expect(await askBy(first)).toEqual(ANSWERED);
    }
    expect(service.log).toMatchObject([
      {
        level: 40,
        reason: 'The issuer dropped the connection before it responded',
        leftMs: expect.any(Number),
      },
    ]);
  });

  test('also while no token comes, until the service is closed', async () => {
    jest.useFakeTimers({ doNotFake: TIMERS_OF_OTHERS });
    const idle = await startTestService({ now: () => now, tokens: issuer.settings });
    try {
      await ask(`${idle.url}/graphql`, { token: await sign(first) });
      now += FRESH_MS;
      jest.advanceTimersByTime(5_000);
      await eventually(() => issuer.fetches === 2);
      await idle.close();
      now += FRESH_MS;
      jest.advanceTimersByTime(60_000);
      expect([issuer.fetches, jest.getTimerCount()]).toEqual([2, 0]);
    } finally {
      jest.useRealTimers();
    }
  });

  test('also where they could never be had, so that no token waits for them once they can', async () => {
    jest.useFakeTimers({ doNotFake: TIMERS_OF_OTHERS });
    const idle = await startTestService({ now: () => now, tokens: issuer.settings });
    try {
      issuer.published = (response) => response.destroy();
      expect(await ask(`${idle.url}/graphql`, { token: await sign(first) })).toEqual(outage);
      issuer.published = [first];
      now += 5_000;
      jest.advanceTimersByTime(5_000);
      await eventually(() => issuer.fetches === 2);
      expect(await ask(`${idle.url}/graphql`, { token: await sign(first) })).toEqual(ANSWERED);
      expect(issuer.fetches).toBe(2);
    } finally {
      jest.useRealTimers();
      await idle.close();
    }
  });

  test('at an issuer that is down no more than once in 5 s', async () => {
    await askBy(first);
    issuer.published = (response) => response.destroy();
    now += FRESH_MS;
    for (let second = 0; second < 20; second += 1) {
      for (let token = 0; token < 5; token += 1) expect(await askBy(first)).toEqual(ANSWERED);
      now += 1_000;
    }
    expect(issuer.fetches).toBeLessThanOrEqual(1 + 20 / 5);
    expect(service.log).toHaveLength(1);
  });
});

describe('a key that was withdrawn', () => {
  test('counts no more once the keys were renewed', async () => {
    await askBy(first);
    issuer.published = [second];
    now += FRESH_MS;
    await eventually(async () => (await askBy(first)).status === 401);
    expect(await askBy(second)).toEqual(ANSWERED);
    expect(issuer.fetches).toBe(2);
  });

  test('counts until what is held is ten minutes old, and not after, also while the issuer is down', async () => {
    await askBy(first);
    issuer.published = (response) => response.destroy();
    now += KEPT_MS - 1;
    expect(await askBy(first)).toEqual(ANSWERED);
    now += 1;
    expect(await askBy(first)).toEqual(outage);

    issuer.published = [second];
    now += PAUSE_MS;
    expect(await askBy(first)).toEqual(unknownKey);
    expect(await askBy(second)).toEqual(ANSWERED);
  });

  test('counts no more once a token has named a new one', async () => {
    await askBy(first);
    issuer.published = [second];
    now += COOLDOWN_MS;
    await askBy(second);
    expect(await askBy(first)).toEqual(unknownKey);
  });

  test('is refused at once when the issuer has no key left', async () => {
    issuer.published = [];
    expect(await askBy(first)).toEqual(unknownKey);
  });
});

test('a flood of tokens that name unknown keys fetches the keys once in 30 s', async () => {
  await askBy(first);
  for (let period = 1; period <= 3; period += 1) {
    now += COOLDOWN_MS;
    const tokens = await Promise.all(
      Array.from({ length: 40 }, (_, number) => sign(stranger, { header: { kid: `k${number}` } })),
    );
    const together = await Promise.all(tokens.slice(0, 20).map(askWith));
    const oneByOne: Answered[] = [];
    for (const token of tokens.slice(20)) oneByOne.push(await askWith(token));

    expect([...together, ...oneByOne]).toEqual(tokens.map(() => unknownKey));
    expect(issuer.fetches).toBe(1 + period);
  }
  expect(await askBy(first)).toEqual(ANSWERED);
  expect(service.log).toEqual([]);
});

test('a token that does not say which of several keys signed it is told so', async () => {
  issuer.published = [first, second];
  const token = await sign(first, { header: { kid: undefined } });
  expect(await askWith(token)).toEqual(toTokenRefusal('does not state which key signed it'));
});

test.each([
  ['for encryption', { use: 'enc' }],
  ['for another algorithm', { alg: 'ES384' }],
  ['that may not verify', { key_ops: ['sign'] }],
])('a key %s counts for no token', async (_what, different) => {
  const { publicJwk } = first;
  issuer.published = [{ ...first, publicJwk: { ...publicJwk, ...different } }];
  expect(await askBy(first)).toEqual(unknownKey);
});

const failures: readonly (readonly [string, Issuer['published']])[] = [
  ['answers with 500', (response) => response.writeHead(500).end('{"keys":[]}')],
  ['answers with 404', (response) => response.writeHead(404).end()],
  ['sends elsewhere', (response) => response.writeHead(302, { location: '/keys' }).end()],
  ['answers with a page', (response) => response.end('<html>')],
  ['answers with something else', (response) => response.end('{"key":[]}')],
  ['answers with keys that are none', (response) => response.end('{"keys":[1]}')],
  ['breaks off', (response) => response.destroy()],
  ['breaks off within its answer', breakOff],
];
function breakOff(response: ServerResponse): void {
  response.writeHead(200, { 'content-length': '100' });
  response.write('{"keys":', () => response.destroy());
}

describe('while the issuer', () => {
  test.each(failures)(
    '%s, a token cannot be checked, which is no fault of it: 503, and one line for all',
    async (_what, failure) => {
      issuer.published = failure;
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const answers = await Promise.all(Array.from({ length: 5 }, () => askBy(first)));
        expect(answers).toEqual(answers.map(() => outage));
        expect(issuer.fetches).toBe(attempt + 1);
        now += PAUSE_MS;
      }

      expect(callsTo(service)).toEqual([]);
      expect(service.log).toMatchObject([
        { level: 50, msg: "Tokens cannot be verified, because the issuer's keys are unavailable" },
      ]);
      issuer.published = [first];
      const token = await sign(first);
      expect(await askWith(token)).toEqual(ANSWERED);
      expect(JSON.stringify(service.log)).not.toContain(token.split('.')[0]);
    },
  );

  test('is down, keys that are held go on to count for ten minutes, and others are not called wrong', async () => {
    await askBy(first);
    issuer.published = (response) => response.destroy();
    now += KEPT_MS - 1;

    expect(await askBy(first)).toEqual(ANSWERED);
    expect(await askBy(second)).toEqual(outage);
    now += 1;
    expect(await askBy(first)).toEqual(outage);
  });

  test('is down, tokens do not make us ask it more than once a second', async () => {
    await askBy(first);
    issuer.published = (response) => response.destroy();
    now += COOLDOWN_MS;
    for (let number = 0; number < 20; number += 1) {
      expect(await askBy(second)).toEqual(outage);
    }
    expect(issuer.fetches).toBe(2);
  });

  test('is down, what is wrong with a token by itself is still told', async () => {
    issuer.published = (response) => response.destroy();
    expect(await askWith('no-token')).toEqual(toTokenRefusal('is malformed'));
    expect(service.log).toEqual([]);
  });

  test('is down, the schema is told', async () => {
    issuer.published = (response) => response.destroy();
    const { status } = await ask(`${service.url}/graphql`, { query: '{ _service { sdl } }' });
    expect(status).toBe(200);
  });

  test('does not answer, a token waits three seconds at most, and others are answered meanwhile', async () => {
    issuer.published = () => undefined;
    const since = performance.now();
    const waiting = askBy(first);
    const { status } = await ask(`${service.url}/graphql`, { query: '{ __typename }' });
    const met = performance.now() - since;

    expect(await waiting).toEqual(outage);
    expect(performance.now() - since).toBeLessThan(4_500);
    expect([status, met < 3_000]).toEqual([200, true]);
  });

  test('is not there when a service starts, tokens count a second after it is, without a restart', async () => {
    const { settings } = issuer;
    await issuer.close();
    const early = await startTestService({ now: () => now, tokens: settings });
    const askEarly = async () => ask(`${early.url}/graphql`, { token: await sign(first) });
    for (let hour = 0; hour < 3; hour += 1) {
      expect(await askEarly()).toEqual(outage);
      now += 3_600_000;
    }
    expect(await askEarly()).toEqual(outage);

    issuer = await startIssuer([first], { port: Number(new URL(settings.jwksUrl).port) });
    now += PAUSE_MS;
    expect(await askEarly()).toEqual(ANSWERED);
    await early.close();
  });

  test('was down twice, there is a line for each time', async () => {
    for (const time of [1, 2]) {
      issuer.published = (response) => response.destroy();
      now += KEPT_MS;
      expect(await askBy(first)).toEqual(outage);
      expect(service.log).toHaveLength(time);
      issuer.published = [first];
      now += PAUSE_MS;
      expect(await askBy(first)).toEqual(ANSWERED);
    }
  });
});
