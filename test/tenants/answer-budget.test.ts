import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type BudgetShare, createByteBudget } from '../../src/server/answers/answer-budget.ts';
import { open, toRequest } from '../identity/raw-request.ts';
import { numRuns } from '../properties/runs.ts';
import { eventually } from '../state/eventually.ts';
import { tagMangoStored } from '../support/records.ts';
import { type TenantId, type TwoTenants, startTwoTenants } from './two-tenants.ts';

const MIB = 1024 * 1024;

describe('the budget of all answers', () => {
  const MOST = 1_000;
  const step = fc.record({
    tenant: fc.integer({ min: 0, max: 5 }),
    answer: fc.nat(20),
    bytes: fc.integer({ min: 1, max: 400 }),
    isRelease: fc.boolean(),
  });

  test('is never exceeded, leaves every further tenant half of what is free, and is whole again in the end', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const budget = createByteBudget(MOST);
        const shares = new Map<string, BudgetShare>();
        const held = new Map<string, number>();
        for (const { tenant, answer, bytes, isRelease } of steps) {
          const key = `${tenant}/${answer}`;
          const share = shares.get(key) ?? budget.open(String(tenant));
          shares.set(key, share);
          if (isRelease) {
            share.release();
            shares.delete(key);
            held.delete(key);
          } else if (share.take(bytes)) held.set(key, (held.get(key) ?? 0) + bytes);

          const total = [...held.values()].reduce((sum, each) => sum + each, 0);
          expect(budget.heldBytes()).toBe(total);
          expect(total).toBeLessThanOrEqual(MOST);
          const tenants = new Set([...held.keys()].map((key) => key.split('/')[0]));
          expect(MOST - total).toBeGreaterThanOrEqual(MOST / 2 ** tenants.size);
          const free = Math.floor((MOST - total) / 2);
          expect(budget.open('newcomer').hasRoomFor(free)).toBe(true);
        }
        shares.forEach((share) => share.release());
        expect(budget.heldBytes()).toBe(0);
      }),
      { numRuns },
    );
  });

  test('takes nothing more for an answer that nobody waits for', () => {
    const budget = createByteBudget(MOST);
    const share = budget.open('acme');
    expect(share.take(100)).toBe(true);
    share.release();
    expect([share.take(1), budget.heldBytes()]).toEqual([false, 0]);
    share.force(100);
    expect(budget.heldBytes()).toBe(0);
  });
});

describe('a tenant that does not read its answers', () => {
  const ALIASES = Array.from({ length: 12 }, (_, at) => `a${at}: description`).join(' ');
  const HUGE = `{ badges(first: 100) { nodes { ... on BadgeFields { ${ALIASES} } } } }`;
  const SMALL = '{ badges(first: 1) { nodes { ... on BadgeFields { name } } } }';
  const RENAME = `mutation { updateBadge(input: { tagMango: { id: "${'0'.repeat(24)}", name: "New" } }) { userErrors { code } } }`;
  const sockets: Socket[] = [];
  let two: TwoTenants;
  beforeAll(async () => {
    two = await startTwoTenants({ answerMaxBytes: 16 * MIB, answersBudgetBytes: 56 * MIB });
    for (const { tagMango } of Object.values(two.sandboxes)) {
      for (let number = 0; number < 100; number += 1) {
        const id = number.toString(16).padStart(24, '0');
        const description = 'x'.repeat(9_990);
        tagMango.badges.set(id, tagMangoStored({ _id: id, description }));
      }
    }
  });
  afterAll(async () => {
    sockets.forEach((socket) => socket.destroy());
    await two.close();
  });

  /** Resolves with its first bytes, and reads no more than these. */
  async function askAndIgnore(tenant: TenantId): Promise<void> {
    const body = JSON.stringify({ query: HUGE });
    const socket = await open(two.service.url);
    const headers = [
      ['host', 'localhost'],
      ['content-type', 'application/json'],
      ['x-badges-tenant', tenant],
      ['content-length', String(body.length)],
    ] as const;
    socket.write(toRequest('POST /graphql HTTP/1.1', headers, body));
    sockets.push(socket);
    await once(socket, 'readable');
  }

  test('is told to repeat later, the other one is served, and so are both once the connections end', async () => {
    await askAndIgnore('acme');
    await askAndIgnore('acme');

    const refusal = {
      status: 503,
      errors: [
        {
          message: expect.stringContaining('retry this request later') as unknown,
          extensions: {
            code: 'OVERLOADED',
            retryable: true,
            retryAfterMs: 1_000,
            requestId: expect.any(String) as unknown,
          },
        },
      ],
    };
    expect(await two.askAs(['acme'], { query: HUGE })).toEqual(refusal);
    expect(await two.askAs(['acme'], { query: RENAME })).toMatchObject({ status: 200 });
    expect(await two.askAs(['bolt'], { query: SMALL })).toMatchObject({ status: 200 });
    expect(await two.askAs(['bolt'], { query: HUGE })).toMatchObject({ status: 200 });

    sockets.forEach((socket) => socket.destroy());
    await eventually(async () => (await two.askAs(['acme'], { query: HUGE })).status === 200);
  });

  test('changes nothing while not even an outcome has room', async () => {
    const tight = await startTwoTenants({ answerMaxBytes: 65_536, answersBudgetBytes: 131_072 });
    expect(await tight.askAs(['acme'], { query: RENAME })).toMatchObject({ status: 200 });
    await tight.close();
    const none = await startTwoTenants({ answerMaxBytes: 65_536, answersBudgetBytes: 131_071 });
    expect(await none.askAs(['acme'], { query: RENAME })).toMatchObject({
      status: 503,
      errors: [{ extensions: { code: 'OVERLOADED' } }],
    });
    expect(none.sandboxes.acme.tagMango.requests).toEqual([]);
    await none.close();
  });
});
