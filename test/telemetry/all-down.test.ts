import { afterEach, expect, test } from '@jest/globals';
import { openState } from '../../src/state/open-state.ts';
import { eventually } from '../state/eventually.ts';
import { findRedis, startRedis } from '../support/redis.ts';
import { type MeteredService, startMetered } from './metered.ts';

const redisPath = findRedis();
if (redisPath === undefined)
  console.log('Skipped: an outage of everything, since Redis is not installed.');

let closes: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closes.toReversed()) await close();
  closes = [];
});

const QUERY =
  '{ badges(first: 1) { nodes { __typename } totalCount sources { provider state code } } }';
const DOWN = { kind: 'answer', status: 503, body: '' } as const;

interface Shown {
  data: {
    badges: { totalCount: number | null; sources: { state: string; code: string }[] } | null;
  };
  errors?: { extensions: { code: string } }[];
}

/** A replica whose clock the test turns. */
async function startReplica(): Promise<{
  metered: MeteredService;
  stopRedis: () => Promise<void>;
  wait: (ms: number) => void;
}> {
  let ahead = 0;
  const now = (): number => Date.now() + ahead;
  const redis = await startRedis(redisPath ?? '');
  closes.push(() => redis.stop());
  let isLost = false;
  const opened = await openState({
    redisUrl: redis.url,
    folder: '',
    now,
    wallTime: now,
    log: { info: () => undefined, warn: () => (isLost = true) },
  });
  closes.push(async () => opened.close());
  const { store, shared } = opened;
  const metered = await startMetered({ store, shared, replicas: 2, now, sample: 0 });
  closes.push(() => metered.close());
  return {
    metered,
    async stopRedis() {
      await redis.stop();
      await eventually(() => isLost);
    },
    wait: (ms) => (ahead += ms),
  };
}

(redisPath === undefined ? test.skip : test)(
  'while both providers and Redis are down, it is live and ready, badges tells the truth, and so do metrics and log',
  async () => {
    const { metered, stopRedis, wait } = await startReplica();
    const { service } = metered;
    const ask = async () => (await (await metered.send({ query: QUERY })).json()) as Shown;
    expect(await ask()).toMatchObject({ data: { badges: { totalCount: expect.any(Number) } } });

    service.sandbox.returningAI.faults.set('*', DOWN);
    service.sandbox.tagMango.faults.set('*', DOWN);
    await stopRedis();
    wait(60_000);
    const answer = await ask();
    const states = answer.data.badges?.sources.map(({ state }) => state) ?? [];
    // A replica that cannot hear of the writes of others does not show its old lists.
    expect(states.length === 0 || states.every((state) => state !== 'FRESH')).toBe(true);
    expect(answer.errors?.map(({ extensions }) => extensions.code)).toEqual([
      'PROVIDER_UNAVAILABLE',
      'PROVIDER_UNAVAILABLE',
    ]);

    const healths = ['live', 'ready'].map((path) => fetch(`${service.url}/health/${path}`));
    expect((await Promise.all(healths)).map(({ status }) => status)).toEqual([200, 200]);

    expect(await metered.samplesOf('badges_request_sources_total')).toMatchObject({
      '{provider="RETURNING_AI",state="failed"}': 1,
      '{provider="TAG_MANGO",state="failed"}': 1,
    });
    expect(await metered.samplesOf('badges_requests_total')).toMatchObject({
      '{kind="query",operation="badges",path="full",code="PROVIDER_UNAVAILABLE"}': 1,
    });
    expect(await metered.samplesOf('badges_snapshots')).toMatchObject({
      '{provider="RETURNING_AI",state="fresh"}': 0,
      '{provider="TAG_MANGO",state="fresh"}': 0,
    });
    const calls = await metered.samplesOf('badges_provider_calls_total');
    for (const provider of ['RETURNING_AI', 'TAG_MANGO']) {
      const labels = `{provider="${provider}",operation="listBadges",outcome="unavailable"}`;
      expect(calls[labels]).toBeGreaterThan(0);
    }
    expect(metered.lines.at(-1)).toMatchObject({
      msg: 'A request was answered',
      outcome: 'partial',
      codes: ['PROVIDER_UNAVAILABLE'],
      sources: { RETURNING_AI: 'FAILED', TAG_MANGO: 'FAILED' },
    });

    // Once enough calls have failed, no more are made, and the metrics say so.
    for (let times = 0; times < 3; times += 1) await ask();
    expect(await metered.samplesOf('badges_circuit_breakers_open')).toMatchObject({
      '{provider="RETURNING_AI",calls="reads"}': 1,
      '{provider="TAG_MANGO",calls="reads"}': 1,
    });
  },
);
