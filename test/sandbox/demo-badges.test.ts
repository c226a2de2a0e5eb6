import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createPool } from '../../src/http/attempt.ts';
import { isHttpsOrLoopbackUrl } from '../../src/providers/graph-types.ts';
import { providers } from '../../src/providers/index.ts';
import type { BadgeList } from '../../src/providers/badge-list.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { alwaysClosed, createSkippingClock } from '../support/clock.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

/** Through the client that production has. */
async function listBadges(provider: Provider): Promise<BadgeList> {
  const clock = createSkippingClock();
  const client = provider.createClient(sandbox.providerValues[provider.key] ?? {}, {
    isImageUrl: isHttpsOrLoopbackUrl,
    http: {
      attemptTimeoutMs: 3_000,
      clock,
      random: Math.random,
      connect: createPool,
      budget: undefined,
      createBreaker: () => alwaysClosed,
      onFault: () => undefined,
      onWait: () => undefined,
    },
  });
  try {
    return await client.listBadges({ purpose: 'query', deadlineAt: clock.now() + 8_000 });
  } finally {
    await client.close();
  }
}

test.each(providers)('$key: the production mapping reads every demo badge', async (provider) => {
  const { badges, droppedRecords, malformedIds } = await listBadges(provider);

  expect({ droppedRecords, malformedIds }).toEqual({ droppedRecords: 0, malformedIds: new Set() });
  expect(badges).toHaveLength(8);
  expect(badges.filter(({ description }) => !description)).toEqual([]);
});

test.each(providers)('$key: no two demo badges share an id or a name', async (provider) => {
  const { badges } = await listBadges(provider);

  expect(new Set(badges.map(({ id }) => id)).size).toBe(badges.length);
  expect(new Set(badges.map(({ name }) => name)).size).toBe(badges.length);
});

test.each(providers)(
  '$key: every demo badge has a picture of its own, as SVG',
  async (provider) => {
    const { badges } = await listBadges(provider);
    const pictures = await Promise.all(
      badges.map(async ({ imageUrl }) => {
        const response = await fetch(imageUrl ?? '');
        return { type: response.headers.get('content-type'), text: await response.text() };
      }),
    );

    expect(new Set(pictures.map(({ type }) => type))).toEqual(new Set(['image/svg+xml']));
    expect(pictures.filter(({ text }) => !/^<svg [^]*<\/svg>$/.test(text))).toEqual([]);
    expect(new Set(pictures.map(({ text }) => text)).size).toBe(badges.length);
  },
);

test('the same name gives the same picture', async () => {
  const draw = async (): Promise<string> =>
    (await fetch(`${sandbox.tagMango.origin}/pictures/hall-of-fame.svg`)).text();

  expect(await draw()).toBe(await draw());
});

test.each(providers)(
  '$key: the badge of its examples, which is that of its own pages, is among them',
  async (provider) => {
    const { badges } = await listBadges(provider);
    expect(badges.map(({ id }) => id)).toContain(provider.example.badgeId);
  },
);

test("the examples are of the badges of the providers' own pages", () => {
  expect(providers.map(({ example }) => example.badgeId)).toEqual(
    expect.arrayContaining(['84845081-98fd-46f3-96aa-1032174e58a5', '6657092c8142bfe0656481bf']),
  );
});

test('the settings of the sandbox lead to all stand-ins', () => {
  const standIns = [...sandbox.standIns].map(([key, { variables }]) => ({ key, variables }));
  expect(standIns.map(({ key }) => key)).toEqual(providers.map(({ key }) => key));
  expect(sandbox.variables).toEqual(
    Object.assign({}, ...standIns.map(({ variables }) => variables)),
  );
  expect(sandbox.providerValues).toEqual(
    Object.fromEntries(standIns.map(({ key, variables }) => [key, variables])),
  );
});
