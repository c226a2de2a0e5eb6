import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { FaultInput } from '../../src/sandbox/faults.ts';
import {
  type ReturningAIStandIn,
  startReturningAIStandIn,
} from '../../src/sandbox/returning-ai.ts';
import { type ExchangeAnswer, type ExchangeRequest, exchange } from '../support/contract.ts';

const ID = '84845081-98fd-46f3-96aa-1032174e58a5';
const KEY = { 'x-api-key': 'sandbox-returning-ai-key' };
const list = { operation: 'listBadges', method: 'GET', path: '/badges', headers: KEY };
const update = {
  operation: 'updateBadge',
  method: 'PUT',
  path: `/badges/${ID}`,
  headers: KEY,
  body: { title: 'Renamed', action: 'custom' },
};
const DOWN = { kind: 'answer', status: 503 } as const;
const DOWN_ANSWER = { status: 503, contentType: 'application/json', body: undefined };

let standIn: ReturningAIStandIn;
beforeEach(async () => {
  standIn = await startReturningAIStandIn();
});
afterEach(() => standIn.close());

async function call(request: ExchangeRequest): Promise<ExchangeAnswer> {
  return (await exchange(standIn.origin, request)).answer;
}

async function statusOf(request: ExchangeRequest): Promise<number> {
  return (await call(request)).status;
}

/** Sends a request that gets no answer, and says how its connection ended. */
async function endOf(request: ExchangeRequest): Promise<string> {
  try {
    await call(request);
    return 'answered';
  } catch (error) {
    return z.object({ cause: z.object({ code: z.string() }) }).parse(error).cause.code;
  }
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await setImmediate();
}

describe('answer', () => {
  test('sends the given status, content type, headers and body', async () => {
    standIn.faults.set('listBadges', {
      kind: 'answer',
      status: 429,
      contentType: 'application/problem+json; charset=utf-8',
      headers: { 'retry-after': '7', 'x-trace': 'abc' },
      body: { detail: 'Slow down.' },
    });
    const response = await fetch(`${standIn.origin}/badges`, { headers: KEY });

    expect(response.status).toBe(429);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'retry-after': '7',
      'x-trace': 'abc',
    });
    expect(await response.json()).toEqual({ detail: 'Slow down.' });
  });

  test.each<[string, FaultInput, Partial<ExchangeAnswer>]>([
    ['an empty 200', { kind: 'answer' }, { status: 200, body: undefined }],
    [
      'text as it is',
      { kind: 'answer', body: '<html>', contentType: 'text/html' },
      { body: '<html>' },
    ],
    ['a list', { kind: 'answer', body: [1, 'two'] }, { body: [1, 'two'] }],
    ['null', { kind: 'answer', body: null }, { body: null }],
    ['false', { kind: 'answer', body: false }, { body: false }],
  ])('can be %s', async (_case, fault, answer) => {
    standIn.faults.set('listBadges', fault);

    expect(await call(list)).toMatchObject(answer);
  });

  test('needs no key, since it stands before the provider', async () => {
    standIn.faults.set('listBadges', DOWN);

    expect(await call({ ...list, headers: {} })).toEqual(DOWN_ANSWER);
  });
});

test('hang never answers', async () => {
  standIn.faults.set('updateBadge', { kind: 'hang' });
  let end = 'waiting';
  const ended = endOf(update).then((code) => (end = code));
  await until(() => standIn.requests.length === 1);
  await call(list);

  expect(end).toBe('waiting');
  await standIn.close();
  expect(await ended).toBe('UND_ERR_SOCKET');
});

test('reset cuts the connection', async () => {
  standIn.faults.set('updateBadge', { kind: 'reset' });

  expect(await endOf(update)).toBe('ECONNRESET');
});

describe.each<FaultInput>([DOWN, { kind: 'hang' }, { kind: 'reset' }])(
  'around a write, $kind',
  (fault) => {
    /** Waits until the fault has shown, which a hang never does: there, until a later request is through. */
    async function meet(): Promise<void> {
      const ended = endOf(update);
      await until(() => standIn.requests.length === 1);
      await (fault.kind === 'hang' ? call(list) : ended);
    }

    test('leaves it undone', async () => {
      const before = standIn.badges.get(ID);
      standIn.faults.set('updateBadge', fault);
      await meet();

      expect(before?.title).toBe('Major');
      expect(standIn.badges.get(ID)).toEqual(before);
    });

    test('lets it take effect first when isApplied', async () => {
      standIn.faults.set('updateBadge', { ...fault, isApplied: true });
      await meet();

      expect(standIn.badges.get(ID)?.title).toBe('Renamed');
    });
  },
);

test('a fault with isApplied also hides a refusal, of the operation and of the key', async () => {
  standIn.faults.set('updateBadge', { ...DOWN, isApplied: true });

  expect(await call({ ...update, path: '/badges/unknown' })).toEqual(DOWN_ANSWER);
  expect(await call({ ...update, body: {} })).toEqual(DOWN_ANSWER);
  expect(await call({ ...update, headers: {} })).toEqual(DOWN_ANSWER);
  expect(standIn.badges.get(ID)?.title).toBe('Major');
});

test('a request that meets a fault is recorded like any other', async () => {
  standIn.faults.set('updateBadge', DOWN);
  await call(update);

  const { operation, method, path, body } = update;
  expect(standIn.requests).toMatchObject([{ operation, method, path, body }]);
});

describe('the switch', () => {
  test('meets as many requests as times says, then the operation works again', async () => {
    standIn.faults.set('listBadges', { ...DOWN, times: 2 });

    expect([await statusOf(list), await statusOf(list), await statusOf(list)]).toEqual([
      503, 503, 200,
    ]);
    expect(standIn.faults.entries()).toEqual({});
  });

  test('touches one operation and no other', async () => {
    standIn.faults.set('listBadges', DOWN);

    expect([await statusOf(list), await statusOf(update)]).toEqual([503, 200]);
  });

  test("meets every operation with *, after an operation's own faults are used up", async () => {
    standIn.faults.set('*', DOWN);
    standIn.faults.set('listBadges', { kind: 'answer', status: 500, times: 1 });

    expect([await statusOf(list), await statusOf(list), await statusOf(update)]).toEqual([
      500, 503, 503,
    ]);
  });

  test('leaves the pictures and itself alone, also with *', async () => {
    standIn.faults.set('*', DOWN);
    const paths = ['/pictures/major.svg', '/_sandbox/faults'];
    const statuses = paths.map(async (path) => (await fetch(standIn.origin + path)).status);

    expect(await Promise.all(statuses)).toEqual([200, 200]);
  });

  test('takes back one fault, or all', async () => {
    for (const operation of ['listBadges', 'updateBadge', '*']) standIn.faults.set(operation, DOWN);

    standIn.faults.clear('listBadges');
    expect(Object.keys(standIn.faults.entries())).toEqual(['updateBadge', '*']);
    standIn.faults.clear();
    expect(await statusOf(list)).toBe(200);
  });
});

describe('over HTTP', () => {
  async function ask(method: string, operation = '', body?: string): Promise<unknown[]> {
    const response = await fetch(`${standIn.origin}/_sandbox/faults${operation}`, {
      method,
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
    });
    return [response.status, (await response.json()) as unknown];
  }

  const switchedOn = {
    kind: 'answer',
    status: 503,
    contentType: 'application/json',
    headers: {},
    isApplied: false,
  };

  test('faults are switched on, shown and switched off', async () => {
    const down = JSON.stringify(DOWN);
    const hang = { kind: 'hang', isApplied: true, times: 3 };

    expect(await ask('GET')).toEqual([200, {}]);
    expect(await ask('PUT', '/listBadges', down)).toEqual([200, { listBadges: switchedOn }]);
    expect(await statusOf(list)).toBe(503);
    await ask('PUT', '/*', down);
    await ask('PUT', '/updateBadge', JSON.stringify(hang));
    expect(await ask('GET')).toEqual([
      200,
      { listBadges: switchedOn, '*': switchedOn, updateBadge: hang },
    ]);
    expect(await ask('DELETE', '/listBadges')).toEqual([
      200,
      { '*': switchedOn, updateBadge: hang },
    ]);
    expect(await ask('DELETE', '/all')).toEqual([200, {}]);
    expect(await statusOf(list)).toBe(200);
  });

  test.each([
    ['no body', undefined],
    ['broken JSON', '{'],
    ['no kind', '{"status":503}'],
    ['an unknown kind', '{"kind":"slow"}'],
    ['a misspelt field', '{"kind":"hang","isaplied":true}'],
    ['a field of another kind', '{"kind":"reset","status":503}'],
    ['no times at all', '{"kind":"hang","times":0}'],
    ['a status that ends no answer', '{"kind":"answer","status":102}'],
    ['a status that no answer has', '{"kind":"answer","status":600}'],
    ['a header name with a space', '{"kind":"answer","headers":{"bad name":"x"}}'],
    ['a header value with a line break', '{"kind":"answer","headers":{"x-a":"x\\ny"}}'],
    ['a content type with a line break', '{"kind":"answer","contentType":"a\\nb"}'],
  ])('a fault with %s is refused', async (_case, body) => {
    const [status] = await ask('PUT', '/listBadges', body);

    expect(status).toBe(400);
    expect(standIn.faults.entries()).toEqual({});
  });

  test('a fault of an unknown operation is refused with the names of those there are', async () => {
    const message =
      'Unknown operation. Use *, listBadges, createBadge, updateBadge, deleteBadge, awardBadge, removeBadge, userInfo';

    expect(await ask('PUT', '/listBadge', JSON.stringify(DOWN))).toEqual([
      404,
      { meta: { success: false, message, devMessage: message } },
    ]);
    expect(standIn.faults.entries()).toEqual({});
  });
});
