import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createArrivalCounter } from '../../src/sandbox/stand-in.ts';
import { type TagMangoStandIn, startTagMangoStandIn } from '../../src/sandbox/tag-mango.ts';
import { type ExchangeRequest, exchange } from '../support/contract.ts';
import { tagMangoRequests } from './requests.ts';

function countAll(times: readonly number[]) {
  const counter = createArrivalCounter();
  for (const at of times) counter.add('listBadges', at);
  return counter.read();
}

describe('the most in a window', () => {
  test.each([
    [[], 0],
    [[5], 1],
    [[0, 9_999], 2],
    [[0, 10_000], 1],
    [[0, 0, 0], 3],
    [[0, 6_000, 9_999, 10_000, 15_999, 16_000], 4],
  ])('of 10 s among %j is %i', (times, most) => {
    expect(countAll(times).maxIn(10_000)).toBe(most);
  });

  test('is what counting every window gives, for any length', () => {
    const gaps = fc.array(fc.nat({ max: 6_000 }), { maxLength: 60 });
    fc.assert(
      fc.property(gaps, fc.constantFrom(1, 1_000, 10_000, 25_000), (steps, windowMs) => {
        let now = 0;
        const times = steps.map((step) => (now += step));
        const counts = times.map(
          (end) => times.filter((at) => at > end - windowMs && at <= end).length,
        );

        expect(countAll(times).maxIn(windowMs)).toBe(Math.max(0, ...counts));
      }),
    );
  });

  test('stays what it was in a busier time, and is exact beyond what is kept of single requests', () => {
    const counter = createArrivalCounter();
    for (let index = 0; index < 700; index += 1) counter.add('listBadges', 0);
    for (let index = 1; index <= 3_000_000; index += 1) counter.add('listBadges', index * 20);

    expect(counter.read()).toMatchObject({ total: 3_000_700 });
    // 499 of them came within 10 s after the first 700.
    expect(counter.read().maxIn(10_000)).toBe(1_199);
    expect(counter.read().maxIn(1_000)).toBe(50);
  });
});

let standIn: TagMangoStandIn;
beforeEach(async () => {
  standIn = await startTagMangoStandIn();
});
afterEach(() => standIn.close());

const statusOf = async (request: ExchangeRequest): Promise<number> =>
  (await exchange(standIn.origin, request)).answer.status;

async function ask(method: string): Promise<unknown> {
  const response = await fetch(`${standIn.origin}/_sandbox/arrivals`, { method });
  return response.json();
}

describe('a stand-in counts', () => {
  const { list, update } = tagMangoRequests;

  test('what reached an operation, also what it refused or a fault met', async () => {
    standIn.faults.set('updateBadge', { name: 'too-many', times: 1 });
    await statusOf(list);
    await statusOf({ ...list, headers: {} });
    await statusOf(update);
    await statusOf({ ...update, body: '{' });

    const { maxIn, ...counts } = standIn.arrivals();
    expect(counts).toEqual({
      total: 4,
      byOperation: { listBadges: 2, updateBadge: 2 },
      refused429: 1,
    });
    expect(maxIn(10_000)).toBe(4);
  });

  test('what its own window refused, beyond 120 requests', async () => {
    const statuses = await Promise.all(Array.from({ length: 125 }, () => statusOf(list)));

    expect(statuses.filter((status) => status === 429)).toHaveLength(5);
    expect(await ask('GET')).toEqual({
      total: 125,
      mostIn10s: 125,
      byOperation: { listBadges: 125 },
      refused429: 5,
    });
  });

  test('a request that never gets an answer', async () => {
    standIn.faults.set('listBadges', { kind: 'reset' });
    await expect(statusOf(list)).rejects.toThrow('fetch failed');

    expect(standIn.arrivals().total).toBe(1);
  });

  test('neither its own routes, nor pictures, nor paths that no operation has', async () => {
    for (const path of ['/_sandbox', '/_sandbox/faults', '/pictures/a.svg', '/unknown']) {
      await (await fetch(standIn.origin + path)).text();
    }

    expect(standIn.arrivals().total).toBe(0);
  });

  test.each([
    ['over HTTP', () => ask('DELETE')],
    ['in its process', async () => standIn.resetArrivals()],
  ])('anew after a reset %s, and keeps the recorded requests', async (_case, reset) => {
    await statusOf(list);
    await reset();
    const none = { total: 0, mostIn10s: 0, byOperation: {}, refused429: 0 };

    expect(await ask('GET')).toEqual(none);
    expect(standIn.requests).toHaveLength(1);
    await statusOf(update);
    expect(await ask('GET')).toEqual({
      ...none,
      total: 1,
      mostIn10s: 1,
      byOperation: { updateBadge: 1 },
    });
  });
});

test('a recorded request says when it came', async () => {
  const before = performance.timeOrigin + performance.now();
  await statusOf(tagMangoRequests.list);
  await statusOf(tagMangoRequests.list);
  const after = performance.timeOrigin + performance.now();

  const times = standIn.requests.map(({ at }) => at);
  expect([before, ...times, after]).toEqual([before, ...times, after].sort((a, b) => a - b));
  expect(times).toHaveLength(2);
});
