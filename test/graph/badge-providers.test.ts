import { afterEach, expect, test } from '@jest/globals';
import { type TestService, startTestService } from '../support/service.ts';

let service: TestService;
afterEach(() => service.close());

interface Shown {
  badgeProviders: {
    provider: string;
    requestWindows: { requests: number; windowMs: number; freeShare: number | null }[];
  }[];
}
const QUERY = `{ badgeProviders {
  provider title badgeType inputField configured operations
  requestWindows { requests windowMs freeShare }
} }`;

const shareOf = ({ badgeProviders }: Shown, provider: string) =>
  badgeProviders.find((each) => each.provider === provider)?.requestWindows[0]?.freeShare;

test('each provider says what it can do, and none is called for it', async () => {
  service = await startTestService();
  const { data, errors, headers } = await service.execute<Shown, object>(QUERY);
  expect([errors, headers.get('cache-control')]).toEqual([undefined, 'no-store']);
  expect(data.badgeProviders).toEqual([
    {
      provider: 'RETURNING_AI',
      title: 'Returning.AI',
      badgeType: 'ReturningAIBadge',
      inputField: 'returningAI',
      configured: true,
      operations: ['AWARD', 'CREATE', 'DELETE', 'REVOKE', 'UPDATE'],
      requestWindows: [],
    },
    {
      provider: 'TAG_MANGO',
      title: 'TagMango',
      badgeType: 'TagMangoBadge',
      inputField: 'tagMango',
      configured: true,
      operations: ['AWARD', 'CREATE', 'UPDATE'],
      requestWindows: [{ requests: 120, windowMs: 10_000, freeShare: expect.any(Number) }],
    },
  ]);
  const { returningAI, tagMango } = service.sandbox;
  expect([...returningAI.requests, ...tagMango.requests]).toEqual([]);
});

test('the part of a window that is free falls with each request, and grows with time', async () => {
  let now = 0;
  service = await startTestService({ now: () => now, http: {} });
  const read = async () => {
    const { data } = await service.execute<Shown, object>(QUERY);
    return shareOf(data, 'TAG_MANGO') ?? -1;
  };
  // What was used before this process began is unknown, so it begins with little.
  await service.execute('{ badges { totalCount } }');
  const first = await read();
  now += 60_000;
  expect(await read()).toBe(1);
  await service.execute('{ badges { totalCount } }');
  expect(await read()).toBeCloseTo(29 / 30);
  expect(first).toBeLessThan(1);
  expect(first).toBeGreaterThanOrEqual(0);
});

test('a provider that has asked for a pause has nothing free', async () => {
  service = await startTestService({ http: {} });
  service.sandbox.tagMango.faults.set('listBadges', {
    kind: 'answer',
    status: 429,
    headers: { 'retry-after': '5' },
  });
  await service.execute('{ badges { totalCount } }');
  const { data } = await service.execute<Shown, object>(QUERY);
  expect(shareOf(data, 'TAG_MANGO')).toBe(0);
});

test('a provider that is not configured is shown as such, with all that it could do', async () => {
  service = await startTestService({ configured: ['returningAI'] });
  const { data } = await service.execute<Shown, object>(QUERY);
  expect(data.badgeProviders).toMatchObject([
    { provider: 'RETURNING_AI', configured: true },
    {
      provider: 'TAG_MANGO',
      configured: false,
      operations: ['AWARD', 'CREATE', 'UPDATE'],
      requestWindows: [{ requests: 120, freeShare: null }],
    },
  ]);
});
