import { describe, expect, test } from '@jest/globals';
import { PLACES, createBulkhead } from '../../src/http/admission.ts';
import { createManualClock, settled } from '../support/clock.ts';

interface Call {
  name: string;
  /** Undefined while it waits. */
  end: 'in' | 'gave up' | undefined;
  leave: () => void;
}

/** A bulkhead on a clock that the test moves, and the order in which its calls came in. */
function setUp() {
  const clock = createManualClock();
  const bulkhead = createBulkhead(clock);
  const order: string[] = [];

  function enter(name: string, isQuery: boolean, until = 1_000): Call {
    const call: Call = { name, end: undefined, leave: () => undefined };
    void bulkhead.enter(isQuery, until).then((leave) => {
      call.end = leave ? 'in' : 'gave up';
      if (!leave) return;
      call.leave = leave;
      order.push(name);
    });
    return call;
  }
  const query = (name: string, until?: number) => enter(name, true, until);
  const mutation = (name: string, until?: number) => enter(name, false, until);
  const many = (count: number, make: (name: string) => Call) =>
    Array.from({ length: count }, (_, index) => make(`first ${index}`));
  return { clock, order, query, mutation, many };
}

const endsOf = (calls: Call[]) => calls.map(({ end }) => end);

test('there are sixteen places, and queries have twelve of them', async () => {
  expect(PLACES).toBe(16);
  const { many, query, mutation } = setUp();
  many(12, query);
  const next = query('thirteenth');
  const mutations = many(4, mutation);
  const last = mutation('fifth');
  await settled();
  expect([next.end, endsOf(mutations), last.end]).toEqual([
    undefined,
    Array(4).fill('in'),
    undefined,
  ]);
});

test('mutations may have all sixteen', async () => {
  const { many, mutation, query } = setUp();
  const calls = many(16, mutation);
  const next = query('query');
  await settled();
  expect([endsOf(calls), next.end]).toEqual([Array(16).fill('in'), undefined]);
});

test('a place that is free again goes to the mutation that waits longest, then to queries in their order', async () => {
  const { many, mutation, query, order } = setUp();
  const first = many(16, mutation);
  await settled();
  order.length = 0;
  for (const name of ['query 1', 'query 2']) query(name);
  for (const name of ['mutation 1', 'mutation 2']) mutation(name);
  for (const { leave } of first.slice(0, 4)) {
    leave();
    await settled();
  }
  expect(order).toEqual(['mutation 1', 'mutation 2', 'query 1', 'query 2']);
});

test('a place that a mutation leaves goes to no query beyond the twelve', async () => {
  const { many, mutation, query } = setUp();
  const queries = many(12, query);
  const mutations = many(4, mutation);
  const waiting = query('waiting');
  await settled();
  mutations[0]?.leave();
  await settled();
  expect(waiting.end).toBeUndefined();
  queries[0]?.leave();
  await settled();
  expect(waiting.end).toBe('in');
});

describe('a call that waits', () => {
  test('gives up at its own time, and not before', async () => {
    const { clock, many, mutation } = setUp();
    many(16, mutation);
    const [early, late] = [mutation('early', 300), mutation('late', 500)];
    await clock.advance(299);
    expect(endsOf([early, late])).toEqual([undefined, undefined]);
    await clock.advance(1);
    expect(endsOf([early, late])).toEqual(['gave up', undefined]);
    await clock.advance(200);
    expect(late.end).toBe('gave up');
  });

  test('whose time is over already gives up at once', async () => {
    const { clock, many, mutation } = setUp();
    await clock.advance(100);
    many(16, mutation);
    const call = mutation('late', 50);
    await clock.advance(0);
    expect(call.end).toBe('gave up');
  });

  test('and gave up takes no place from the next one', async () => {
    const { clock, many, mutation } = setUp();
    const first = many(16, mutation);
    mutation('gone', 300);
    const next = mutation('next');
    await clock.advance(300);
    first[0]?.leave();
    await settled();
    expect(next.end).toBe('in');
  });

  test('and came in is not put out when its time is over', async () => {
    const { clock, many, mutation } = setUp();
    const first = many(16, mutation);
    const call = mutation('waiting', 300);
    await settled();
    first[0]?.leave();
    await clock.advance(1_000);
    expect(call.end).toBe('in');
  });
});

test('after any mix of calls that came, waited, left and gave up, all places are free', async () => {
  const { clock, many, mutation, query } = setUp();
  let inside = [...many(12, query), ...many(4, mutation)];
  for (let round = 0; round < 50; round += 1) {
    const until = clock.now() + (round % 3 === 0 ? 1 : 1_000);
    inside.push(query(`query ${round}`, until), mutation(`mutation ${round}`, until));
    await clock.advance(2);
    const [oldest] = inside.filter(({ end }) => end === 'in');
    oldest?.leave();
    inside = inside.filter((call) => call !== oldest);
    await settled();
  }
  while (inside.some(({ end }) => end === 'in')) {
    const going = inside.filter(({ end }) => end === 'in');
    for (const { leave } of going) leave();
    inside = inside.filter((call) => !going.includes(call));
    await settled();
  }
  await clock.advance(2_000);

  const fresh = [...many(12, query), ...many(4, mutation)];
  await settled();
  expect(endsOf(fresh)).toEqual(Array(16).fill('in'));
  const beyond = [query('one'), mutation('another')];
  await settled();
  expect(endsOf(beyond)).toEqual([undefined, undefined]);
});
