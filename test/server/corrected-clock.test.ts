import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ANSWERED, ask, toTokenRefusal } from '../identity/ask.ts';
import { type ManualClock, createManualClock } from '../support/clock.ts';
import { sendOperation } from '../support/graphql-client.ts';
import { HIDDEN_VALUES, returningAIStored, tagMangoStored } from '../support/records.ts';
import { startTestService } from '../support/service.ts';
import { createSigner, createSigningKey, startIssuer } from '../support/tokens.ts';
import {
  type MutationCall,
  type WritingService,
  codesOf,
  startWritingService,
} from '../support/writing.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const YEARS = 20_000 * DAY;
/** What time it is in truth; the machine's clock may say otherwise. */
const TRUTH = 1_800_000_000_000;
const RETURNING_AI = returningAIStored().id;
const TAG_MANGO = tagMangoStored()._id;

/** How far the machine's clock is from the truth. */
let offMs: number;
/** Measures durations. Its numbers say nothing of the time. */
let clock: ManualClock;
const wallTime = () => TRUTH + clock.now() - 5_000 + offMs;

beforeEach(() => {
  offMs = 0;
  clock = createManualClock(5_000);
});

describe.each([
  ['an hour slow', -HOUR],
  ['an hour fast', HOUR],
])('a service that was started with a clock that is %s', (_name, startedOffMs) => {
  beforeEach(() => void (offMs = startedOffMs));

  test('refuses an expired token and takes a fresh one as soon as the clock is corrected', async () => {
    const key = await createSigningKey('key-1');
    const issuer = await startIssuer([key]);
    const signAt = (ms: number) =>
      createSigner(issuer, () => ms)(key, { claims: { nbf: Math.floor(ms / 1_000) } });
    const service = await startTestService({ now: clock.now, wallTime, tokens: issuer.settings });
    const ofOldClock = await signAt(wallTime());
    const askWith = (token: string) => ask(`${service.url}/graphql`, { token });
    try {
      expect(await askWith(ofOldClock)).toEqual(ANSWERED);

      offMs = 0;

      expect(await askWith(ofOldClock)).toEqual(
        toTokenRefusal(startedOffMs < 0 ? 'has expired' : 'is not valid yet'),
      );
      expect(await askWith(await signAt(TRUTH))).toEqual(ANSWERED);
    } finally {
      await service.close();
      await issuer.close();
    }
  });

  describe('and is corrected', () => {
    let service: WritingService;
    beforeEach(async () => {
      service = await startWritingService({
        now: clock.now,
        wallTime,
        storeNow: wallTime,
        storeMonotonic: clock.now,
        http: { clock, budget: undefined },
        sandbox: {
          returningAI: { badges: [returningAIStored()] },
          tagMango: { badges: [tagMangoStored()] },
        },
      });
    });
    afterEach(() => service.close());

    const rename: MutationCall = {
      kind: 'update',
      input: { returningAI: { id: RETURNING_AI, title: 'Renamed' } },
    };

    test('records changes, and tells when values were remembered, in the corrected time', async () => {
      offMs = 0;
      await service.mutate({
        ...rename,
        input: { returningAI: { id: RETURNING_AI, ...HIDDEN_VALUES } },
      });
      await clock.advance(60_000);
      const { warnings } = await service.mutate(rename);

      expect(warnings).toMatchObject([
        {
          code: 'HIDDEN_FIELDS_REUSED',
          message: expect.stringContaining(new Date(TRUTH).toISOString()),
        },
      ]);
      const { badgeHistory } = await service.query(
        `{ badgeHistory(provider: RETURNING_AI, id: "${RETURNING_AI}") { nodes: edges { node { at } } } }`,
      );
      expect(badgeHistory).toEqual({
        nodes: [TRUTH + 60_000, TRUTH].map((at) => ({ node: { at: new Date(at).toISOString() } })),
      });
    });

    test('shows the same list as before, fresh for as long, and its age in the corrected time', async () => {
      const read = async () => {
        const { data, headers } = await readSources(service.url);
        return { data, cacheControl: headers.get('cache-control') };
      };
      const shown = (state: string, at: number, seconds: number) => ({
        data: {
          badges: {
            sources: Array(2).fill({ state, asOf: new Date(at).toISOString() }) as unknown,
          },
        },
        cacheControl: `private, max-age=${seconds}`,
      });
      expect(await read()).toEqual(shown('FRESH', TRUTH + startedOffMs, 30));
      await clock.advance(10_000);
      offMs = 0;
      expect(await read()).toEqual(shown('CACHED', TRUTH, 20));
      await clock.advance(1_000);
      expect(await read()).toEqual(shown('CACHED', TRUTH, 19));
      await clock.advance(20_000);
      expect(await read()).toEqual(shown('FRESH', TRUTH + 31_000, 30));
    });

    test('answers a repeat under a key of before for 24 hours, and then writes again', async () => {
      const call: MutationCall = {
        kind: 'update',
        input: { tagMango: { id: TAG_MANGO, name: 'Once' } },
        key: 'of-before',
      };
      const first = await service.mutate(call);
      offMs = 0;
      await clock.advance(23 * HOUR - 1);
      expect(await service.mutate(call)).toEqual(first);
      expect(service.writes()).toHaveLength(1);
      service.sandbox.tagMango.badges.set(TAG_MANGO, tagMangoStored());
      await clock.advance(2 * HOUR + 1);
      expect(codesOf(await service.mutate(call))).toEqual([]);
      expect(service.writes()).toHaveLength(2);
    });
  });
});

describe('an operation under way', () => {
  test.each([HOUR, -HOUR])('keeps its deadline when the clock is set by %i ms', async (byMs) => {
    const service = await startTestService({ now: clock.now, wallTime });
    service.sandbox.tagMango.faults.set('listBadges', {
      kind: 'delay',
      ms: 200,
      times: 1,
    });
    const reading = readSources(`${service.url}/graphql`);
    await arrived(service.sandbox.tagMango.requests);
    offMs = byMs;
    const { data } = await reading;
    expect(data.badges.sources).toMatchObject([{ state: 'FRESH' }, { state: 'FRESH' }]);
    await service.close();
  });
});

test('a key outlives a clock that is set forward by years', async () => {
  offMs = -YEARS;
  const service = await startWritingService({
    now: clock.now,
    wallTime,
    storeNow: wallTime,
    storeMonotonic: clock.now,
    sandbox: { tagMango: { badges: [tagMangoStored()] } },
  });
  const call: MutationCall = {
    kind: 'update',
    input: { tagMango: { id: TAG_MANGO, name: 'Once' } },
    key: 'of-another-age',
  };
  const first = await service.mutate(call);
  offMs = 0;
  expect(await service.mutate(call)).toEqual(first);
  await service.restart();
  expect(await service.mutate(call)).toEqual(first);
  expect(service.writes()).toHaveLength(1);
  await service.close();
});

interface Sources {
  badges: { sources: { state: string; asOf: string | null }[] };
}

async function readSources(url: string): Promise<{ data: Sources; headers: Headers }> {
  const query = '{ badges { sources { state asOf } } }';
  const { text, headers } = await sendOperation(url, { query });
  const { data } = JSON.parse(text) as { data: Sources };
  return { data, headers };
}

async function arrived(requests: readonly unknown[]): Promise<void> {
  while (requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
}
