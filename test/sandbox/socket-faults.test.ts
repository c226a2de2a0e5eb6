import { setImmediate } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { FaultInput } from '../../src/sandbox/faults.ts';
import {
  type ReturningAIStandIn,
  startReturningAIStandIn,
} from '../../src/sandbox/returning-ai.ts';
import { type ExchangeAnswer, type ExchangeRequest, exchange } from '../support/contract.ts';
import { type RawExchange, startRawExchange } from './raw-exchange.ts';
import { MAJOR_ID, returningAIRequests } from './requests.ts';

const { list, update, info } = returningAIRequests;

let standIn: ReturningAIStandIn;
beforeEach(async () => {
  standIn = await startReturningAIStandIn();
});
afterEach(() => standIn.close());

const call = async (request: ExchangeRequest): Promise<ExchangeAnswer> =>
  (await exchange(standIn.origin, request)).answer;
const start = (request: ExchangeRequest): RawExchange => startRawExchange(standIn.origin, request);
const titleNow = (): string | undefined => standIn.badges.get(MAJOR_ID)?.title;

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await setImmediate();
}

/** The head of a raw answer, and what came of its body. */
function split(text: string): [head: string, body: string] {
  const [head = '', ...body] = text.split('\r\n\r\n');
  return [head, body.join('\r\n\r\n')];
}

/** The text that an operation really answers with. */
async function realText(request: ExchangeRequest): Promise<string> {
  const response = await fetch(standIn.origin + request.path, {
    headers: request.headers ?? {},
  });
  return response.text();
}

describe('drip', () => {
  test('sends the headers, then one blank after the other', async () => {
    standIn.faults.set('listBadges', { kind: 'drip', everyMs: 1 });
    const raw = start(list);
    await raw.until((text) => split(text)[1].length > 20);

    const [head, body] = split(raw.text());
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n.*content-type: application\/json/is);
    expect(body.replaceAll(/1\r\n \r\n/g, '')).toMatch(/^1?\r?\n? ?\r?$/);
    raw.leave();
  });

  test('can begin in the headers, which then never end', async () => {
    standIn.faults.set('listBadges', { kind: 'drip', part: 'headers', everyMs: 1 });
    const raw = start(list);
    await raw.until((text) => text.endsWith('....................'));

    expect(raw.text()).toMatch(/^HTTP\/1\.1 200 OK\r\nx-drip: \.+$/);
    raw.leave();
  });

  test.each(['headers', 'body'] as const)('of the %s ends with the stand-in', async (part) => {
    standIn.faults.set('listBadges', { kind: 'drip', part, everyMs: 1 });
    const raw = start(list);
    await raw.until((text) => text !== '');
    await standIn.close();

    expect(await raw.end).toBe('FIN');
  });
});

describe('delay', () => {
  test('gives the right answer, that late', async () => {
    const right = await call(list);
    standIn.faults.set('listBadges', { kind: 'delay', ms: 40 });
    const before = performance.now();

    expect(await call(list)).toEqual(right);
    // Timers count whole milliseconds.
    expect(performance.now() - before).toBeGreaterThan(38);
  });

  test.each([false, true])('delays a refusal too, with isApplied %s', async (isApplied) => {
    standIn.faults.set('listBadges', { kind: 'delay', ms: 40, isApplied });
    const before = performance.now();

    expect(await call({ ...list, headers: {} })).toMatchObject({ status: 401 });
    expect(performance.now() - before).toBeGreaterThan(38);
  });

  test('lets a write take effect after the wait, so never when nobody waits any more', async () => {
    standIn.faults.set('updateBadge', { kind: 'delay', ms: 20, times: 1 });
    const raw = start(update);
    await until(() => standIn.requests.length === 1);
    raw.leave();
    await raw.end;
    standIn.faults.set('listBadges', { kind: 'delay', ms: 40 });
    await call(list);

    expect(titleNow()).toBe('Major');
  });

  test('with isApplied lets a write take effect at once', async () => {
    standIn.faults.set('updateBadge', { kind: 'delay', ms: 600_000, isApplied: true });
    const raw = start(update);
    await until(() => titleNow() === 'Renamed');

    expect(raw.text()).toBe('');
    raw.leave();
  });

  test('with isApplied shows a list as it was when it was asked for', async () => {
    standIn.faults.set('listBadges', { kind: 'delay', ms: 40, isApplied: true });
    const asked = call(list);
    await until(() => standIn.requests.length === 1);
    await call(update);

    expect(JSON.stringify((await asked).body)).toContain('"Major"');
    expect(titleNow()).toBe('Renamed');
  });
});

describe('reset', () => {
  test('cuts the connection before the first byte', async () => {
    standIn.faults.set('listBadges', { kind: 'reset' });
    const raw = start(list);

    expect([await raw.end, raw.text()]).toEqual(['ECONNRESET', '']);
  });

  test('at the body comes after the headers and half of the real body', async () => {
    const whole = await realText(list);
    standIn.faults.set('listBadges', { kind: 'reset', at: 'body' });
    const raw = start(list);

    expect(await raw.end).toBe('ECONNRESET');
    const [head, body] = split(raw.text());
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(head).toContain(`content-length: ${Buffer.byteLength(whole)}`);
    expect(body).toBe(Buffer.from(whole).toString('latin1').slice(0, body.length));
    expect(body.length).toBe(Math.floor(Buffer.byteLength(whole) / 2));
  });
});

describe('truncate', () => {
  test('promises the whole real body and ends in good order in its middle', async () => {
    const whole = await realText(list);
    standIn.faults.set('listBadges', { kind: 'truncate' });
    const raw = start(list);

    expect(await raw.end).toBe('FIN');
    const [head, body] = split(raw.text());
    expect(head).toContain(`content-length: ${Buffer.byteLength(whole)}`);
    expect(body.length).toBe(Math.floor(Buffer.byteLength(whole) / 2));
    expect(() => JSON.parse(body) as unknown).toThrow();
  });

  test('keeps the status of the real answer', async () => {
    standIn.faults.set('listBadges', { kind: 'truncate' });
    const raw = start({ ...list, headers: {} });

    expect(await raw.end).toBe('FIN');
    expect(raw.text()).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/);
  });

  test.each([
    ['text', 'abcdef', 6, 'abc'],
    ['JSON', { a: 1 }, 7, '{"a'],
    ['next to nothing', '', 2, ''],
  ])('can cut a given body, here %s', async (_case, given, length, sent) => {
    standIn.faults.set('listBadges', { kind: 'truncate', body: given });
    const raw = start(list);

    expect(await raw.end).toBe('FIN');
    const [head, body] = split(raw.text());
    expect([head.includes(`content-length: ${length}\r\n`), body]).toEqual([true, sent]);
  });
});

describe('a body that is too much', () => {
  async function fetchBody(fault: FaultInput): Promise<{ headers: Headers; body: Buffer }> {
    standIn.faults.set('listBadges', fault);
    const response = await fetch(standIn.origin + list.path, { headers: list.headers });
    return { headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
  }

  test.each([16, 17, 65_540, 65_541, 1_000_000])(
    'huge is JSON of %i bytes, and no header says so',
    async (bytes) => {
      const { headers, body } = await fetchBody({ kind: 'huge', bytes });

      expect(body).toHaveLength(bytes);
      expect(JSON.parse(body.toString())).toEqual(['x'.repeat(bytes - 4)]);
      expect([headers.get('content-type'), headers.get('content-length')]).toEqual([
        'application/json',
        null,
      ]);
    },
  );

  test.each([1, 3])('bomb decodes to %i MiB of JSON', async (megabytes) => {
    const { headers, body } = await fetchBody({ kind: 'bomb', megabytes });

    expect(headers.get('content-encoding')).toBe('gzip');
    expect(body).toHaveLength(megabytes * 2 ** 20);
    expect(JSON.parse(body.toString())).toEqual([]);
  });

  test('bomb is sent as gzip to those who ask for none, and is a thousandth of what it decodes to', async () => {
    standIn.faults.set('listBadges', { kind: 'bomb' });
    const raw = start({ ...list, headers: { ...list.headers, 'accept-encoding': 'identity' } });
    const lengthOf = (head: string) => Number(/content-length: (\d+)/i.exec(head)?.[1]);
    await raw.until((text) => split(text)[1].length === lengthOf(split(text)[0]));
    raw.leave();

    const [head, body] = split(raw.text());
    expect(head).toContain('content-encoding: gzip');
    expect(body.length).toBeLessThan(200_000);
    expect(gunzipSync(Buffer.from(body, 'latin1'))).toHaveLength(100 * 2 ** 20);
  });

  test('deep is that many arrays in one another', async () => {
    const { headers, body } = await fetchBody({ kind: 'deep', levels: 3 });

    expect([headers.get('content-type'), body.toString()]).toEqual(['application/json', '[[[]]]']);
  });
});

test('what is left out of a fault has a default', () => {
  const common = { isApplied: false };
  const faults: [FaultInput, object][] = [
    [{ kind: 'drip' }, { part: 'body', everyMs: 50 }],
    [{ kind: 'reset' }, { at: 'start' }],
    [{ kind: 'huge' }, { bytes: 6 * 2 ** 20 }],
    [{ kind: 'bomb' }, { megabytes: 100 }],
    [{ kind: 'deep' }, { levels: 1_000_000 }],
  ];
  for (const [fault, rest] of faults) {
    standIn.faults.set('listBadges', fault);
    expect(standIn.faults.entries()).toEqual({ listBadges: { ...fault, ...rest, ...common } });
  }
});

const REPLACEMENTS: FaultInput[] = [
  { kind: 'drip', everyMs: 1 },
  { kind: 'drip', part: 'headers', everyMs: 1 },
  { kind: 'reset', at: 'body' },
  { kind: 'truncate' },
  { kind: 'truncate', body: 'abcdef' },
  { kind: 'huge' },
  { kind: 'bomb', megabytes: 1 },
  { kind: 'deep' },
];

describe.each(REPLACEMENTS.map((fault) => [JSON.stringify(fault), fault] as const))(
  'around a write, %s',
  (_name, fault) => {
    async function meet(): Promise<string> {
      const raw = start(update);
      await Promise.any([raw.until((text) => text !== ''), raw.end]);
      raw.leave();
      return raw.text();
    }

    test('leaves it undone', async () => {
      standIn.faults.set('updateBadge', fault);

      expect(await meet()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(titleNow()).toBe('Major');
    });

    test('lets it take effect first when isApplied', async () => {
      standIn.faults.set('updateBadge', { ...fault, isApplied: true });

      expect(await meet()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(titleNow()).toBe('Renamed');
    });
  },
);

test('a write that is cut and applied shows half of its real answer', async () => {
  standIn.faults.set('updateBadge', { kind: 'truncate', isApplied: true });
  const raw = start(update);
  await raw.end;

  expect(split(raw.text())[1]).toMatch(/^{"meta":{"success":true,.*"title":"Renamed"/);
});

test('every other connection goes on while one is spoilt', async () => {
  standIn.faults.set('userInfo', { kind: 'drip', everyMs: 1 });
  const raw = start(info);
  await raw.until((text) => text !== '');

  expect(await call(list)).toMatchObject({ status: 200 });
  raw.leave();
});
