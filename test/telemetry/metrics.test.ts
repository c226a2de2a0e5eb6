import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openState } from '../../src/state/open-state.ts';
import { createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import { eventually } from '../state/eventually.ts';
import { findRedis, startRedis } from '../support/redis.ts';
import { createStoreSwitch, toSwitchable } from '../support/switchable-store.ts';
import { type MeteredService, startMetered } from './metered.ts';

const redisPath = findRedis();
if (redisPath === undefined)
  console.log('Skipped: metrics of a lost Redis, since Redis is not installed.');

let metered: MeteredService;
afterEach(() => metered.close());

const read = (headers: Record<string, string> = {}) =>
  fetch(`${metered.service.url}/metrics`, { headers });
const SHELF = 'query Shelf { badges(first: 2) { totalCount } }';
const DOWN = { kind: 'answer', status: 503, body: '' } as const;

test('requests are counted by kind, operation, path and code, and no name that a client made up is a label', async () => {
  metered = await startMetered({ operations: ['Shelf'] });
  for (let times = 0; times < 6; times += 1) await metered.send({ query: SHELF });
  await metered.send({ query: 'query MadeUp { badges(first: 1) { totalCount } }' });
  await metered.send({ query: '{ nothing }' });
  await metered.send('{');
  const samples = await metered.samplesOf('badges_requests_total');
  const fast = samples['{kind="query",operation="Shelf",path="fast",code="OK"}'] ?? 0;
  expect(fast).toBeGreaterThan(2);
  expect(samples).toEqual({
    '{kind="query",operation="Shelf",path="full",code="OK"}': 6 - fast,
    '{kind="query",operation="Shelf",path="fast",code="OK"}': fast,
    '{kind="query",operation="badges",path="full",code="OK"}': 1,
    '{kind="unknown",operation="unknown",path="full",code="GRAPHQL_VALIDATION_FAILED"}': 1,
  });
  expect(await metered.samplesOf('badges_request_duration_seconds_count')).toEqual({
    '{kind="query",path="full"}': 7 - fast,
    '{kind="query",path="fast"}': fast,
    '{kind="unknown",path="full"}': 1,
  });
  expect(await metered.samplesOf('badges_rejected_requests_total')).toEqual({
    '{code="BAD_REQUEST",status="400"}': 1,
  });
  expect(await (await read()).text()).not.toContain('MadeUp');
});

test('the keys of a request are counted, whichever path answers it', async () => {
  metered = await startMetered();
  const query =
    '{ badgesByKeys(keys: [{ provider: TAG_MANGO, id: "65f2a9c34b6d7e0011aa22b1" }]) { __typename } }';
  for (let times = 1; times <= 5; times += 1) {
    await metered.send({ query });
    expect(await metered.samplesOf('badges_request_batch_size_count')).toEqual({ '': times });
  }
});

test('what is counted once is not counted again by the next reading', async () => {
  metered = await startMetered();
  for (let times = 0; times < 5; times += 1) await metered.send({ query: SHELF });
  for (const name of ['badges_requests_total', 'badges_request_sources_total']) {
    const first = await metered.samplesOf(name);
    expect(first).not.toEqual({});
    expect(await metered.samplesOf(name)).toEqual(first);
  }
  expect(await metered.samplesOf('badges_fast_path_answers_total')).toEqual(
    await metered.samplesOf('badges_fast_path_answers_total'),
  );
});

test('calls to providers, retries, open breakers and stopped calls are counted', async () => {
  metered = await startMetered({ configured: ['tagMango'], freshSeconds: 0, staleSeconds: 0 });
  metered.service.sandbox.tagMango.faults.set('*', { ...DOWN, times: 1 });
  await metered.send({ query: SHELF });
  const call = 'provider="TAG_MANGO",operation="listBadges"';
  expect(await metered.samplesOf('badges_provider_calls_total')).toEqual({
    [`{${call},outcome="unavailable"}`]: 1,
    [`{${call},outcome="ok"}`]: 1,
  });
  expect(await metered.samplesOf('badges_provider_call_retries_total')).toEqual({
    [`{${call}}`]: 1,
  });
  const breakers = (reads: number) => ({
    '{provider="TAG_MANGO",calls="reads"}': reads,
    '{provider="TAG_MANGO",calls="writes"}': 0,
  });
  expect(await metered.samplesOf('badges_circuit_breakers_open')).toEqual(breakers(0));

  metered.service.sandbox.tagMango.faults.set('*', DOWN);
  for (let times = 0; times < 3; times += 1) await metered.send({ query: SHELF });
  expect(await metered.samplesOf('badges_circuit_breakers_open')).toEqual(breakers(1));
  expect(await metered.samplesOf('badges_provider_calls_stopped_total')).toEqual({
    '{provider="TAG_MANGO",reason="paused"}': expect.any(Number),
  });
});

describe('a circuit breaker that is open', () => {
  const breakers = (reads: number) => ({
    '{provider="TAG_MANGO",calls="reads"}': reads,
    '{provider="TAG_MANGO",calls="writes"}': 0,
  });
  const toTenant = (id: string, ...keys: string[]) => {
    const { providerValues } = metered.service.sandbox;
    const own = Object.fromEntries(keys.map((key) => [key, providerValues[key] ?? {}]));
    return { id, providerValues: own, requestLimits: {} };
  };
  const apply = (...tenants: ReturnType<typeof toTenant>[]) =>
    metered.service.apply({ tenants, routerSecrets: [] });
  const openOf = () => metered.samplesOf('badges_circuit_breakers_open');

  test.each([
    ['a tenant that is removed', []],
    ['a provider that a tenant no longer has', ['returningAI']],
  ])('counts no longer if it is that of %s', async (_of, keysLeft) => {
    metered = await startMetered({ configured: ['tagMango'] });
    const other = toTenant('other', 'tagMango');
    const left = keysLeft.length > 0 ? [toTenant('default', ...keysLeft)] : [];
    apply(toTenant('default', 'tagMango'), other);
    metered.service.sandbox.tagMango.faults.set('*', DOWN);
    for (let times = 0; times < 3; times += 1) await metered.send({ query: SHELF });
    expect(await openOf()).toEqual(breakers(1));

    apply(...left, other);
    expect(await openOf()).toMatchObject(breakers(0));
    // Nor does it count again once the tenant is as it was.
    apply(toTenant('default', 'tagMango'), other);
    expect(await openOf()).toEqual(breakers(0));
  });

  test('does not count if a request opens it that began before new settings were applied', async () => {
    let pauses = 0;
    const applied = Promise.withResolvers<undefined>();
    const pause = () => {
      pauses += 1;
      return applied.promise;
    };
    metered = await startMetered({
      configured: ['tagMango'],
      http: { budget: undefined, clock: { now: Date.now, pause } },
    });
    metered.service.sandbox.tagMango.faults.set('*', DOWN);
    const query = (name: string) => `{ tagMangoMember(email: "${name}@example.com") { id } }`;
    const answers = ['ada', 'bob', 'eve'].map((name) => metered.send({ query: query(name) }));
    await eventually(() => pauses === answers.length);
    apply({ ...toTenant('default', 'tagMango'), requestLimits: { tagMango: 60 } });
    applied.resolve(undefined);
    await Promise.all(answers);
    expect(
      metered.service.log.filter(({ msg }) =>
        String(msg).startsWith('Calls to TagMango are paused'),
      ),
    ).toHaveLength(1);
    expect(await openOf()).toEqual(breakers(0));
  });
});

test('lists are counted by their state, with the age of the oldest, and drift is counted at each reading', async () => {
  metered = await startMetered({ configured: ['tagMango'], freshSeconds: 30 });
  expect(await metered.samplesOf('badges_snapshots')).toEqual({
    '{provider="TAG_MANGO",state="fresh"}': 0,
    '{provider="TAG_MANGO",state="stale"}': 0,
    '{provider="TAG_MANGO",state="empty"}': 1,
  });
  metered.service.sandbox.tagMango.faults.set('listBadges', {
    kind: 'answer',
    body: [
      { _id: 'a'.repeat(24), name: 'Good', shelf: 1 },
      { _id: 'b'.repeat(24), name: 7 },
    ],
  });
  await metered.send({ query: SHELF });
  expect(await metered.samplesOf('badges_snapshots')).toMatchObject({
    '{provider="TAG_MANGO",state="fresh"}': 1,
  });
  expect(await metered.samplesOf('badges_snapshot_age_seconds')).toEqual({
    '{provider="TAG_MANGO"}': expect.any(Number),
  });
  const ofTagMango = { '{provider="TAG_MANGO"}': 1 };
  expect(await metered.samplesOf('badges_provider_dropped_records_total')).toEqual(ofTagMango);
  expect(await metered.samplesOf('badges_provider_unknown_fields_total')).toEqual(ofTagMango);
});

test('repeated records, those of another creator and unreadable values are counted at each reading', async () => {
  metered = await startMetered({
    configured: ['tagMango'],
    freshSeconds: 0,
    staleSeconds: 0,
  });
  const creator = 'c'.repeat(24);
  const { tagMango } = metered.service.sandbox.providerValues;
  const providerValues = { tagMango: { ...tagMango, TAG_MANGO_CREATOR_ID: creator } };
  metered.service.apply({
    tenants: [{ id: 'default', providerValues, requestLimits: {} }],
    routerSecrets: [],
  });
  const own = { _id: 'a'.repeat(24), name: 'Good', creator, createdAt: 'x' };
  const foreign = { ...own, _id: 'b'.repeat(24), creator: 'd'.repeat(24) };
  const { faults } = metered.service.sandbox.tagMango;
  const answer = async (...body: object[]) => {
    faults.set('listBadges', { kind: 'answer', body });
    await metered.send({ query: SHELF });
    return metered.samplesOf('badges_provider_list_drift_total');
  };
  const counts = (...[foreign, duplicate, unreadable]: number[]) => ({
    '{provider="TAG_MANGO",kind="foreign"}': foreign,
    '{provider="TAG_MANGO",kind="duplicate"}': duplicate,
    '{provider="TAG_MANGO",kind="unreadable"}': unreadable,
  });
  expect(await answer({ ...own, createdAt: null })).toEqual(counts(0, 0, 0));
  const drifting = [own, own, own, foreign];
  expect(await answer(...drifting)).toEqual(counts(1, 2, 3));
  expect(await answer(...drifting)).toEqual(counts(2, 4, 6));
});

test('records that are left out and unknown fields are counted at each reading, also after lists without any', async () => {
  metered = await startMetered({ configured: ['tagMango'], freshSeconds: 0, staleSeconds: 0 });
  const { faults } = metered.service.sandbox.tagMango;
  const good = { _id: 'a'.repeat(24), name: 'Good' };
  const broken = { _id: 'b'.repeat(24), name: 7 };
  const lists = [[good], [{ ...good, shelf: 1 }, broken], [good], [{ ...good, shelf: 1 }, broken]];
  const counted = [];
  for (const body of lists) {
    faults.set('listBadges', { kind: 'answer', body });
    await metered.send({ query: SHELF });
    const names = ['dropped_records', 'unknown_fields'];
    counted.push(
      await Promise.all(names.map((name) => metered.samplesOf(`badges_provider_${name}_total`))),
    );
  }
  const both = (count: number) => [1, 2].map(() => ({ '{provider="TAG_MANGO"}': count }));
  expect(counted).toEqual([both(0), both(1), both(1), both(2)]);
});

describe('writes', () => {
  const query =
    'mutation($input: UpdateBadgeInput!, $key: String) { updateBadge(input: $input, idempotencyKey: $key) { outcome } }';
  const update = (tagMango: object, key?: string) =>
    metered.send({ query, variables: { input: { tagMango }, key } });
  const rename = (name: string, key?: string) => {
    const [id] = [...metered.service.sandbox.tagMango.badges.keys()];
    return update({ id, name }, key);
  };
  const labels = (outcome: string, code: string) =>
    `{provider="TAG_MANGO",operation="update",outcome="${outcome}",code="${code}"}`;

  test('are counted by outcome and by the code of the first user error', async () => {
    metered = await startMetered();
    await rename('New');
    await rename('');
    await rename('');
    await update({ id: 'a'.repeat(24), name: 'New' });
    expect(await metered.samplesOf('badges_writes_total')).toEqual({
      [labels('APPLIED', 'OK')]: 1,
      [labels('REFUSED', 'INVALID_INPUT')]: 2,
      [labels('REFUSED', 'NOT_FOUND')]: 1,
    });
    expect(await metered.samplesOf('badges_unrecorded_writes_total')).toEqual({ '': 0 });
  });

  test.each([
    ['a preview that is neither on nor off', { dryRun: null }],
    ['a version that is null', { expectedVersion: null }],
    ['half a character', { idempotencyKey: '\ud800' }],
    ['a key that is too short', { idempotencyKey: '' }],
  ])('that are rejected for %s are counted, and named in the log', async (_what, variables) => {
    metered = await startMetered();
    const input = `{ tagMango: { id: "${'a'.repeat(24)}", name: "New" } }`;
    await metered.send({
      query: `mutation($dryRun: Boolean, $expectedVersion: String, $idempotencyKey: String) {
        updateBadge(
          input: ${input}, dryRun: $dryRun, expectedVersion: $expectedVersion, idempotencyKey: $idempotencyKey
        ) { outcome }
      }`,
      variables,
    });
    expect(await metered.samplesOf('badges_writes_total')).toEqual({
      [labels('REFUSED', 'INVALID_INPUT')]: 1,
    });
    const write = { provider: 'TAG_MANGO', operation: 'update', outcome: 'REFUSED' };
    expect(metered.lines.map(({ writes }) => writes)).toEqual([
      [{ ...write, code: 'INVALID_INPUT' }],
    ]);
  });

  describe('while the state store is down', () => {
    let folder: string;
    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'badges-test-'));
      const state = createStoreSwitch();
      const store = toSwitchable(createEmbeddedStore({ folder, now: Date.now }), state);
      metered = await startMetered({ store });
      state.isDown = true;
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    test('that are rejected for it are told apart from those with invalid input', async () => {
      await rename('New', 'a-key');
      await rename('');
      expect(await metered.samplesOf('badges_writes_total')).toEqual({
        [labels('REFUSED', 'STATE_UNAVAILABLE')]: 1,
        [labels('REFUSED', 'INVALID_INPUT')]: 1,
      });
    });

    test('that the audit log lacks are counted', async () => {
      await rename('New');
      expect(await metered.samplesOf('badges_unrecorded_writes_total')).toEqual({ '': 1 });
    });
  });
});

describe('who may read the metrics', () => {
  const secret = { 'router-authorization': 'the-secret-of-the-router' };
  const token = { authorization: 'Bearer a-token-of-prometheus' };
  const statuses = async () =>
    Promise.all([{}, secret, token].map(async (headers) => (await read(headers)).status));

  test('without a secret, everybody on this machine, as the graph', async () => {
    metered = await startMetered();
    expect(await statuses()).toEqual([200, 200, 200]);
    const response = await read();
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  test('with a router secret, the router', async () => {
    metered = await startMetered({ routerSecrets: ['the-secret-of-the-router'] });
    expect(await statuses()).toEqual([401, 200, 401]);
  });

  test('with a token of their own, only who has it', async () => {
    metered = await startMetered({
      routerSecrets: ['the-secret-of-the-router'],
      metricsTokens: ['an-older-token-of-prometheus', 'a-token-of-prometheus'],
    });
    expect(await statuses()).toEqual([401, 401, 200]);
    // The token opens nothing else.
    expect((await metered.send({ query: SHELF }, token)).status).toBe(401);
  });

  test('nobody where they are off', async () => {
    metered = await startMetered({ metrics: undefined });
    expect(await statuses()).toEqual([404, 404, 404]);
  });
});

test('a process shows the versions that it runs, before its first request too', async () => {
  metered = await startMetered();
  expect(await metered.samplesOf('badges_build_info')).toEqual({
    [`{version="1.2.3",node="${process.versions.node}"}`]: 1,
  });
});

test('docs/operating.md explains every metric of the service, and no other', async () => {
  metered = await startMetered();
  const text = await metered.metrics.text();
  const own = [...text.matchAll(/^# HELP (badges_\w+) /gm)].map(([, name]) => name);
  const page = readFileSync(join(import.meta.dirname, '../../docs/operating.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `badges_'));
  const told = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`(badges_\w+)`/g)].map(([, name]) => name),
  );
  expect(told.toSorted()).toEqual(own.toSorted());
});

test('docs/operating.md gives each metric the labels that it has', async () => {
  metered = await startMetered();
  await metered.send({ query: SHELF });
  metered.metrics.watch({
    usageAhead: () => ({ bytes: 1, documents: 2, plans: 3 }),
    lists: () => [],
    isRedisReachable: () => true,
  });
  const text = await metered.metrics.text();
  const page = readFileSync(join(import.meta.dirname, '../../docs/operating.md'), 'utf8');
  for (const row of page.matchAll(/^\| +(`badges_\w+`[^|]*)\|([^|]*)\|/gm)) {
    const [, names = '', cell = ''] = row;
    const documented = [...cell.matchAll(/`(\w+)`/g)].map(([, label]) => label);
    for (const [, name = ''] of names.matchAll(/`(\w+)`/g)) {
      const series = new RegExp(`^${name}(?:_count)?(?:\\{(.*)\\})? `, 'm').exec(text);
      if (!series) continue;
      const labels = [...(series[1] ?? '').matchAll(/(\w+)="/g)].map(([, label]) => label);
      expect([name, labels.sort()]).toEqual([name, documented.sort()]);
    }
  }
});

test('every metric has a help sentence, and labels of the service only', async () => {
  metered = await startMetered();
  await metered.send({ query: SHELF });
  const text = await metered.metrics.text();
  const own = [...text.matchAll(/^# HELP (badges_\w+) (.+)$/gm)];
  expect(own.length).toBeGreaterThan(20);
  expect(own.filter(([, , help = '']) => !/^[A-Z].*\.$/.test(help))).toEqual([]);
  const labels = new Set([...text.matchAll(/[{,](\w+)="/g)].map(([, label]) => label));
  expect(labels).not.toContain('tenant');
  expect(labels).not.toContain('caller');
});

describe('whether Redis can be reached', () => {
  const shown = async () => metered.samplesOf('badges_redis_reachable');

  test('is not told where the state is in a folder', async () => {
    metered = await startMetered();
    expect(await shown()).toEqual({});
  });

  const rename = (key: string) => {
    const [id] = [...metered.service.sandbox.tagMango.badges.keys()];
    const variables = { input: { tagMango: { id, name: `After ${key}` } }, key };
    const query =
      'mutation($input: UpdateBadgeInput!, $key: String) { updateBadge(input: $input, idempotencyKey: $key) { outcome userErrors { code } } }';
    return metered.send({ query, variables }).then((response) => response.json());
  };

  (redisPath === undefined ? test.skip : test).each([
    ['is idle', async () => undefined],
    ['has writes only', rename],
  ])('is told by a replica that %s, when Redis stops and when it returns', async (_, work) => {
    const redis = await startRedis(redisPath ?? '');
    const opened = await openState({
      redisUrl: redis.url,
      folder: '',
      now: Date.now,
      wallTime: Date.now,
      log: { info: () => undefined, warn: () => undefined },
    });
    metered = await startMetered({ store: opened.store, shared: opened.shared, replicas: 2 });
    const becomes = (value: number) => eventually(async () => (await shown())[''] === value);
    try {
      await becomes(1);
      await work('one');
      await redis.stop();
      await work('two');
      await becomes(0);
      await redis.start();
      await becomes(1);
      await work('three');
      expect(await shown()).toEqual({ '': 1 });
    } finally {
      await opened.close();
      await redis.stop();
    }
  });
});
