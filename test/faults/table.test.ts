import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Unreachable, type UnreachableWay, startUnreachable } from '../../src/sandbox/cli.ts';
import { eventually } from '../state/eventually.ts';
import { tagMangoStored } from '../support/records.ts';
import { findRedis } from '../support/redis.ts';
import { otherProviders } from '../support/service.ts';
import { codesOf } from '../support/writing.ts';
import {
  ATTEMPT_MS,
  type FaultyService,
  RETURNING_AI,
  SIDES,
  type Side,
  TAG_MANGO,
  codesByPath,
  sourceOf,
  startFaultyService,
} from './faulty-service.ts';
import { type AnyFault, READ_CASES } from './read-cases.ts';
import { loseRedis } from './redis-down.ts';
import { WRITE_CASES } from './write-cases.ts';

/** The whole fault table of the contract, over real sockets. */

const rows = new Set<number>();
function row(number: number, title: string, run: () => Promise<void>): void {
  rows.add(number);
  test(`row ${number}: ${title}`, run);
}

const FRESH_MS = 30_000;
const KEPT = /^private, max-age=(29|30)$/;
/** An answer that took a second is a second old. */
const KEPT_FROM_SLOW = /^private, max-age=(28|29)$/;
/** Faults that show themselves by the time that an answer takes. */
const isAboutTime = (fault: AnyFault): boolean =>
  'kind' in fault && (fault.kind === 'hang' || fault.kind === 'drip');

let faulty: FaultyService;
/** Its readers wait for a new list as long as it takes on a busy machine, so that what it tells is no matter of time. */
let patient: FaultyService;
/** Its readers get the stale list before any answer of a provider. */
let impatient: FaultyService;
/** Gives up calls that take long in half of the time, for tests that wait for it. */
let brisk: FaultyService;
/** Gives them up in no time, for tests in which hardly another call has to be answered. */
let hasty: FaultyService;
const toReadWith = (fault: AnyFault): FaultyService => (isAboutTime(fault) ? hasty : faulty);
beforeAll(async () => {
  faulty = await startFaultyService();
  patient = await startFaultyService({ patienceMs: 10_000, attemptTimeoutMs: 10_000 });
  impatient = await startFaultyService({ patienceMs: 0, attemptTimeoutMs: 10_000 });
  brisk = await startFaultyService({ attemptTimeoutMs: ATTEMPT_MS / 2 });
  hasty = await startFaultyService({ attemptTimeoutMs: 420 });
});
afterAll(async () => {
  await faulty.close();
  await patient.close();
  await impatient.close();
  await brisk.close();
  await hasty.close();
});
beforeEach(() => {
  faulty.reset();
  patient.reset();
  impatient.reset();
  brisk.reset();
  hasty.reset();
});
afterEach(() => faulty.service.sandbox.tagMango.faults.clear());

const list = 'listBadges';
const wholeData = ({ id, name }: Side) => ({ badge: { id, name }, _entities: [{ id, name }] });
const failedEverywhere = (code: string) => ({ badges: code, badge: code, '_entities.0': code });

/** A list that is read, and whose fresh time passes. Resolves with when it was read. */
async function readAndOutlive(side: Side, of: FaultyService = faulty): Promise<string> {
  const source = sourceOf(await of.read(side), side);
  of.clock.skip(FRESH_MS + 1);
  of.standIn(side).requests.length = 0;
  of.verdictsOf(side).length = 0;
  return source?.asOf ?? '';
}

describe.each(SIDES)('a list of $title', (side) => {
  const callsTo = (of: FaultyService) => of.standIn(side).requests.length;
  const calls = () => callsTo(faulty);

  for (const each of READ_CASES) {
    const { fault, code, verdict, retryAfterMs = null } = each;

    row(each.row, `a list that ${each.what} is ${code} after ${each.calls} calls`, async () => {
      // What is read before it is refused takes time. Other faults have to run out of it.
      const of = each.isStaleOk ? toReadWith(fault) : patient;
      of.standIn(side).faults.set(list, fault);
      const answer = await of.read(side);

      expect(answer.data).toEqual({ badges: null, badge: null, _entities: [null] });
      expect(codesByPath(answer)).toEqual(failedEverywhere(code));
      for (const { extensions } of answer.errors ?? []) {
        expect(extensions?.retryAfterMs ?? null).toBe(retryAfterMs);
      }
      expect(callsTo(of)).toBe(each.calls);
      expect(of.verdictsOf(side)).toEqual(Array(each.calls).fill(verdict));
      expect(answer.headers.get('cache-control')).toBe('no-store');

      // Nothing of it is kept: the next reader asks the provider.
      of.standIn(side).faults.clear();
      of.clock.skip(retryAfterMs ?? 0);
      const next = await of.read(side);
      expect(next.errors).toBeUndefined();
      expect(sourceOf(next, side)?.state).toBe('FRESH');
      expect(callsTo(of)).toBe(each.calls + 1);
    });

    if (!each.isStaleOk) {
      row(each.row, `a list that ${each.what} is told, though there is a stale one`, async () => {
        await readAndOutlive(side, patient);
        patient.standIn(side).faults.set(list, fault);
        const answer = await patient.read(side);
        expect(codesByPath(answer)).toEqual(failedEverywhere(each.code));
        expect(answer.headers.get('cache-control')).toBe('no-store');
        expect(callsTo(patient)).toBe(each.calls);
      });

      row(each.row, `a list that ${each.what} is told, though it comes too late`, async () => {
        await readAndOutlive(side, impatient);
        impatient.standIn(side).faults.set(list, fault);
        await impatient.read(side);
        await eventually(() => impatient.verdictsOf(side).length === each.calls);

        for (const calls of [2, 3]) {
          const answer = await impatient.read(side);
          expect(answer.data).toEqual({ badges: null, badge: null, _entities: [null] });
          expect(codesByPath(answer)).toEqual(failedEverywhere(each.code));
          expect(answer.headers.get('cache-control')).toBe('no-store');
          expect(callsTo(impatient)).toBe(calls * each.calls);
        }

        impatient.standIn(side).faults.clear();
        const recovered = await impatient.read(side);
        expect(recovered.data).toMatchObject(wholeData(side));
        expect(sourceOf(recovered, side)?.state).toBe('FRESH');
      });
      continue;
    }
    row(each.row, `a list that ${each.what} is answered with a stale one`, async () => {
      const of = toReadWith(fault);
      const asOf = await readAndOutlive(side, of);
      of.standIn(side).faults.set(list, fault);
      const answer = await of.read(side);

      expect(answer.errors).toBeUndefined();
      expect(answer.data).toMatchObject(wholeData(side));
      const source = sourceOf(answer, side);
      expect(source).toMatchObject({ state: 'STALE', asOf });
      // Why is known unless the provider is still waited for.
      expect([null, each.code]).toContain(source?.code);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      // What hangs is still waited for.
      await eventually(() => of.verdictsOf(side).length === each.calls);
      expect(of.verdictsOf(side)).toEqual(Array(each.calls).fill(verdict));
      expect(callsTo(of)).toBe(each.calls);
    });
  }

  row(1, 'a list that is slow is data, kept, and slow to the breaker', async () => {
    faulty.slow(side, list, ATTEMPT_MS / 2 + 1);
    const answer = await faulty.read(side);
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toMatchObject(wholeData(side));
    expect(answer.headers.get('cache-control')).toMatch(KEPT_FROM_SLOW);
    expect(faulty.verdictsOf(side)).toEqual(['slow']);

    expect(sourceOf(await faulty.read(side), side)?.state).toBe('CACHED');
    expect(calls()).toBe(1);
  });

  describe.each<UnreachableWay>(['refused', 'unresolvable', 'bad-tls'])(
    'at an address that is %s',
    (way) => {
      let unreachable: Unreachable;
      let lost: FaultyService;
      beforeEach(async () => {
        unreachable = await startUnreachable(way);
        const values = faulty.service.sandbox.providerValues[side.at];
        lost = await startFaultyService({
          providerValues: { [side.at]: { ...values, [side.baseUrl]: unreachable.baseUrl } },
        });
      });
      afterEach(async () => {
        await lost.close();
        await unreachable.close();
      });

      row(6, 'a list is PROVIDER_UNAVAILABLE', async () => {
        const answer = await lost.read(side);
        expect(codesByPath(answer)).toEqual(failedEverywhere('PROVIDER_UNAVAILABLE'));
        expect(answer.headers.get('cache-control')).toBe('no-store');
        expect(new Set(lost.verdictsOf(side))).toEqual(new Set(['failed']));
      });

      const attempts = way === 'bad-tls' ? 1 : 3;
      test(`row 6: a list is tried ${attempts} times`, async () => {
        await lost.read(side);
        expect(lost.verdictsOf(side)).toHaveLength(attempts);
      });

      row(6, 'a write is tried once, PROVIDER_UNAVAILABLE, and safe to repeat', async () => {
        expect((await lost.mutate(side.create)).userErrors).toMatchObject([
          {
            code: 'PROVIDER_UNAVAILABLE',
            retryable: true,
            message: expect.stringMatching(/Nothing was sent, so it is safe to retry\.$/),
          },
        ]);
        expect(lost.verdictsOf(side, 'writes')).toEqual(['failed']);
      });
    },
  );

  row(6, 'a stale list is shown when nobody listens any more', async () => {
    const lost = await startFaultyService();
    const asOf = sourceOf(await lost.read(side), side)?.asOf;
    await lost.standIn(side).close();
    lost.clock.skip(FRESH_MS + 1);
    const answer = await lost.read(side);
    expect(answer.errors).toBeUndefined();
    expect(sourceOf(answer, side)).toMatchObject({ state: 'STALE', asOf });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    await lost.close();
  });

  row(11, 'a list that is one too many once is asked for again, and data', async () => {
    faulty.standIn(side).faults.set(list, { name: 'too-many', times: 1 });
    const before = faulty.clock.now();
    const answer = await faulty.read(side);
    expect(answer.errors).toBeUndefined();
    expect(calls()).toBe(2);
    expect(faulty.clock.now() - before).toBeGreaterThanOrEqual(1_000);
  });

  row(12, 'for a window nobody asks after a 429 without Retry-After, then one does', async () => {
    faulty.standIn(side).faults.set(list, { name: 'too-many-silent', times: 1 });
    await faulty.read(side);
    faulty.clock.skip(1_000);
    const answer = await faulty.read(side);
    expect(codesByPath(answer)).toEqual(failedEverywhere('PROVIDER_RATE_LIMITED'));
    const waitMs = answer.errors?.[0]?.extensions?.retryAfterMs;
    expect(waitMs).toBeGreaterThan(8_000);
    expect(waitMs).toBeLessThanOrEqual(9_000);
    expect(calls()).toBe(1);

    faulty.clock.skip(9_001);
    expect((await faulty.read(side)).errors).toBeUndefined();
    expect(calls()).toBe(2);
  });

  row(13, 'a burst of 5xx that ends within the attempts is data', async () => {
    faulty.standIn(side).faults.set(list, { name: 'unavailable', times: 2 });
    const answer = await faulty.read(side);
    expect(answer.errors).toBeUndefined();
    expect(answer.headers.get('cache-control')).toMatch(KEPT);
    expect(calls()).toBe(3);
    expect(faulty.verdictsOf(side).slice(0, 2)).toEqual(['failed', 'failed']);
  });

  row(
    15,
    'refused credentials are an alarm in the log, and nothing of the provider’s',
    async () => {
      const body = { message: 'words of the provider' };
      faulty.standIn(side).faults.set(list, { kind: 'answer', status: 401, body });
      const answer = await faulty.read(side);
      expect(JSON.stringify([answer.data, answer.errors])).not.toContain(body.message);
      expect(faulty.service.log).toMatchObject([
        { level: 50, provider: side.provider, kind: 'auth-failed' },
      ]);
    },
  );

  row(
    20,
    'one malformed record is dropped, counted and an error; the rest is kept for 5 s',
    async () => {
      faulty.standIn(side).faults.set(list, { kind: 'records', change: 'one-malformed' });

      const answer = await faulty.read(side);
      expect(codesByPath(answer)).toEqual({
        badge: 'PROVIDER_BAD_RESPONSE',
        '_entities.0': 'PROVIDER_BAD_RESPONSE',
      });
      expect(answer.data.badges?.totalCount).toBe(1);
      expect(sourceOf(answer, side)).toMatchObject({ state: 'FRESH', droppedRecords: 1 });
      expect(faulty.verdictsOf(side)).not.toContain('failed');
      expect(faulty.service.log).toContainEqual(
        expect.objectContaining({ provider: side.provider, droppedRecords: 1 }),
      );

      faulty.clock.skip(4_000);
      expect(sourceOf(await faulty.read(side), side)?.state).toBe('CACHED');
      faulty.clock.skip(1_000);
      expect(sourceOf(await faulty.read(side), side)?.state).toBe('FRESH');
      expect(calls()).toBe(2);

      const payload = await faulty.mutate(side.update);
      expect(payload.userErrors).toMatchObject([
        { code: 'PROVIDER_BAD_RESPONSE', message: expect.stringMatching(/Nothing was sent\.$/) },
      ]);
      expect(faulty.writes()).toBe(0);
    },
  );

  row(21, 'unknown fields are ignored, and told once', async () => {
    faulty.standIn(side).faults.set(list, { kind: 'records', change: 'extra-fields' });
    const answer = await faulty.read(side);
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toMatchObject(wholeData(side));
    expect(sourceOf(answer, side)).toMatchObject({ state: 'FRESH', droppedRecords: 0 });
    expect(answer.headers.get('cache-control')).toMatch(KEPT);
    expect(faulty.verdictsOf(side)).not.toContain('failed');
    expect(faulty.service.log).toContainEqual(
      expect.objectContaining({
        level: 40,
        unknownFields: expect.arrayContaining(['rarity', 'tiers']),
      }),
    );
    expect(sourceOf(await faulty.read(side), side)?.state).toBe('CACHED');
  });

  describe.each(['duplicates', 'differing-duplicates'] as const)('with %s', (change) => {
    row(23, 'the first of a duplicate id wins, is told once, and kept', async () => {
      faulty.standIn(side).faults.set(list, { kind: 'records', change });
      const answer = await faulty.read(side);
      expect(answer.errors).toBeUndefined();
      expect(answer.data).toMatchObject(wholeData(side));
      expect(answer.data.badges?.totalCount).toBe(side.count);
      expect(answer.headers.get('cache-control')).toMatch(KEPT);
      expect(faulty.verdictsOf(side)).not.toContain('failed');
      expect(sourceOf(await faulty.read(side), side)?.state).toBe('CACHED');
      const told = faulty.service.log.filter(({ level }) => level === 40);
      expect(told).toMatchObject([{ provider: side.provider, duplicateRecords: 1 }]);
      const ambiguousIds = change === 'duplicates' ? undefined : [side.id];
      expect(told.map((line) => line.ambiguousIds)).toEqual([ambiguousIds]);
    });
  });

  describe.each(['clock-ahead', 'clock-behind'] as const)('of a provider with its %s', (name) => {
    row(24, 'is fresh for as long as any other', async () => {
      faulty.standIn(side).faults.set(list, { name });
      const answer = await faulty.read(side);
      expect(answer.errors).toBeUndefined();
      expect(answer.headers.get('cache-control')).toMatch(KEPT);
      faulty.clock.skip(FRESH_MS - 1_000);
      expect(sourceOf(await faulty.read(side), side)?.state).toBe('CACHED');
      faulty.clock.skip(1_000);
      expect(sourceOf(await faulty.read(side), side)?.state).toBe('FRESH');
      expect(faulty.verdictsOf(side)).not.toContain('failed');
    });

    row(24, 'is asked for again when its own clock says', async () => {
      const offMs = name === 'clock-ahead' ? 600_000 : -600_000;
      const headers = {
        date: new Date(Date.now() + offMs).toUTCString(),
        'retry-after': new Date(Date.now() + offMs + 2_000).toUTCString(),
      };
      faulty.standIn(side).faults.set(list, { kind: 'answer', status: 429, headers });
      const answer = await faulty.read(side);
      expect(answer.errors?.map(({ extensions }) => extensions?.retryAfterMs)).toEqual([
        2_000, 2_000, 2_000,
      ]);
      expect(calls()).toBe(3);
    });
  });

  row(29, 'a reader who goes away leaves a read that ends, is good, and is kept', async () => {
    faulty.standIn(side).faults.set(list, { kind: 'delay', ms: 80 });
    const gone = new AbortController();
    const request = fetch(`${faulty.service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query: `{ badges(filter: { providers: [${side.provider}] }) { totalCount } }`,
      }),
      signal: gone.signal,
    });
    await eventually(() => calls() === 1);
    gone.abort();
    await expect(request).rejects.toThrow(/abort/);
    expect(faulty.verdictsOf(side)).toEqual([]);

    await eventually(() => faulty.verdictsOf(side).length === 1);
    expect(faulty.verdictsOf(side)).not.toContain('failed');
    expect(sourceOf(await faulty.read(side), side)?.state).toBe('CACHED');
    expect(calls()).toBe(1);
  });
});

describe.each(SIDES)('a write at $title', (side) => {
  for (const each of WRITE_CASES) {
    const { fault, by, codes, verdict, retryAfterMs } = each;

    row(each.row, `a write that ${each.what} is ${codes[0] ?? 'data'}, and sent once`, async () => {
      const call = side[by];
      // The reads beside it have time on a busy machine.
      const asked = isAboutTime(fault) ? brisk : faulty;
      asked.standIn(side).faults.set(`${by}Badge`, fault);
      const payload = await asked.mutate(call);

      expect(codesOf(payload)).toEqual(codes);
      if (retryAfterMs !== undefined) expect(payload.userErrors).toMatchObject([{ retryAfterMs }]);
      expect(asked.writes()).toBe(1);
      expect(asked.verdictsOf(side, 'writes')).toEqual([verdict]);
      // The list before the write, and after one without a clear answer.
      expect(new Set(asked.verdictsOf(side))).toEqual(new Set(['good']));
    });
  }

  row(1, 'a write that is answered late is data, and sent once', async () => {
    faulty.slow(side, 'createBadge', ATTEMPT_MS / 2 + 1);
    expect(codesOf(await faulty.mutate(side.create))).toEqual([]);
    expect(faulty.writes()).toBe(1);
    expect(faulty.verdictsOf(side, 'writes')).toEqual(['slow']);
    expect(new Set(faulty.verdictsOf(side))).toEqual(new Set(['good']));
  });

  row(14, 'names the fields that were sent, and the provider’s text only in the log', async () => {
    const text = `${'no '.repeat(200)}end`;
    faulty.standIn(side).faults.set('createBadge', { kind: 'answer', status: 422, body: text });
    const payload = await faulty.mutate(side.create);
    const field = side === RETURNING_AI ? 'title' : 'name';
    expect(payload.userErrors).toMatchObject([
      {
        fields: [],
        message: expect.stringMatching(new RegExp(`Fields that were sent: .*\\b${field}\\b`)),
      },
    ]);
    expect(JSON.stringify(payload)).not.toContain('no no');
    expect(faulty.service.log).toMatchObject([{ providerMessage: text.slice(0, 300) }]);
  });

  row(13, 'a 503 to an update that took effect shows the new badge beside the error', async () => {
    faulty.standIn(side).faults.set('updateBadge', { name: 'unavailable', isApplied: true });
    const payload = await faulty.mutate(side.update);
    expect(codesOf(payload)).toEqual(['OUTCOME_UNKNOWN']);
    expect(payload.badge).toMatchObject({ id: side.id, name: 'New' });
    expect(faulty.writes()).toBe(1);
  });

  row(17, 'a conflict shows the badge as it is now', async () => {
    faulty.standIn(side).faults.set('updateBadge', { name: 'conflict' });
    const payload = await faulty.mutate(side.update);
    expect(payload.userErrors).toMatchObject([
      { code: 'CONFLICT', currentBadge: { id: side.id, name: side.name } },
    ]);
  });

  row(23, 'one of two different badges with the same id is never written over', async () => {
    faulty.standIn(side).faults.set(list, { kind: 'records', change: 'differing-duplicates' });
    expect(codesOf(await faulty.mutate(side.update))).toEqual(['PROVIDER_BAD_RESPONSE']);
    expect(faulty.writes()).toBe(0);
  });

  row(
    29,
    'a caller who goes away leaves a write that ends, and its result under its key',
    async () => {
      faulty.standIn(side).faults.set('updateBadge', { kind: 'delay', ms: 80, isApplied: true });
      const gone = new AbortController();
      const key = `gone-${side.at}`;
      const query =
        'mutation ($input: UpdateBadgeInput!, $key: String) { updateBadge(input: $input, idempotencyKey: $key) { userErrors { code } } }';
      const request = fetch(`${faulty.service.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables: { input: side.update.input, key } }),
        signal: gone.signal,
      });
      await eventually(() => faulty.writes() === 1);
      gone.abort();
      await expect(request).rejects.toThrow(/abort/);

      const repeat = await faulty.mutate({ ...side.update, key });
      expect(codesOf(repeat)).toEqual([]);
      expect(repeat.badge).toMatchObject({ id: side.id, name: 'New' });
      expect(faulty.writes()).toBe(1);
      expect(faulty.verdictsOf(side)).not.toContain('failed');
      expect(faulty.verdictsOf(side, 'writes')).not.toContain('failed');
    },
  );

  const readFaults = READ_CASES.filter(({ row: number }) =>
    [2, 7, 10, 12, 13, 15].includes(number),
  );
  for (const { fault, code, calls, verdict, what } of readFaults) {
    row(30, `a write that needs a read which ${what} is ${code}, and nothing is sent`, async () => {
      const of = toReadWith(fault);
      of.standIn(side).faults.set(list, fault);
      const payload = await of.mutate(side.updateOfVersion);
      expect(payload.userErrors).toMatchObject([
        { code, message: expect.stringMatching(/Nothing was sent\.$/) },
      ]);
      expect(of.writes()).toBe(0);
      expect(of.standIn(side).requests).toHaveLength(calls);
      expect(of.verdictsOf(side)).toEqual(Array(calls).fill(verdict));
    });

    // A provider that takes no more requests takes no write either.
    const isSent = code !== 'PROVIDER_RATE_LIMITED';
    row(
      30,
      `a write that can do without a read which ${what} is ${isSent ? 'sent' : code}`,
      async () => {
        const of = isAboutTime(fault) ? brisk : faulty;
        of.standIn(side).faults.set(list, fault);
        const payload = await of.mutate(side.create);
        expect(codesOf(payload)).toEqual(isSent ? [] : [code]);
        expect(payload.badge?.name).toBe(isSent ? 'New' : undefined);
        expect(of.writes()).toBe(isSent ? 1 : 0);
        expect(of.verdictsOf(side, 'writes')).toEqual(isSent ? ['good'] : []);
      },
    );
  }
});

describe('a badge of another creator', () => {
  const own = '6149b1e5612c4e5fd96041d3';
  const foreign = '6149b1e5612c4e5fd96041ff';
  let strict: FaultyService;
  beforeAll(async () => {
    const { tagMango } = faulty.service.sandbox.providerValues;
    strict = await startFaultyService({
      providerValues: { tagMango: { ...tagMango, TAG_MANGO_CREATOR_ID: own } },
    });
  });
  afterAll(() => strict.close());
  beforeEach(() => {
    strict.reset();
    faulty.service.sandbox.tagMango.badges.set(
      TAG_MANGO.id,
      tagMangoStored({ creator: foreign, name: 'Not ours' }),
    );
  });

  row(
    25,
    'is dropped and told, its look-up is an error, and a write to it is refused',
    async () => {
      const answer = await strict.read(TAG_MANGO);
      expect(codesByPath(answer)).toEqual({
        badge: 'PROVIDER_BAD_RESPONSE',
        '_entities.0': 'PROVIDER_BAD_RESPONSE',
      });
      expect(sourceOf(answer, TAG_MANGO)).toMatchObject({ state: 'FRESH', droppedRecords: 1 });
      expect(answer.data.badges?.totalCount).toBe(1);
      expect(JSON.stringify(answer)).not.toContain('Not ours');
      expect(strict.verdictsOf(TAG_MANGO)).not.toContain('failed');
      expect(strict.service.log).toContainEqual(
        expect.objectContaining({
          droppedRecords: 1,
          firstMalformedField: 'creator',
          foreignRecords: 1,
        }),
      );

      expect(codesOf(await strict.mutate(TAG_MANGO.update))).toEqual(['PROVIDER_BAD_RESPONSE']);
      expect(faulty.writes()).toBe(0);
    },
  );

  row(25, 'is rejected as the answer to a write', async () => {
    faulty
      .standIn(TAG_MANGO)
      .faults.set('createBadge', { kind: 'records', change: 'other-creator' });
    const payload = await strict.mutate(TAG_MANGO.create);
    expect(codesOf(payload)).toEqual(['OUTCOME_UNKNOWN']);
    // What a read shows is ours.
    expect(payload.badge).toMatchObject({ name: 'New', creator: own });
    expect(faulty.writes()).toBe(1);
  });
});

describe('one provider down', () => {
  const EVERYTHING = `{
    badges { totalCount nodes { ... on BadgeFields { id } } sources { provider state code } }
    one: badge(provider: RETURNING_AI, id: "${RETURNING_AI.id}") { ... on BadgeFields { id } }
    other: badge(provider: TAG_MANGO, id: "${TAG_MANGO.id}") { ... on BadgeFields { id } }
    _entities(representations: [
      { __typename: "ReturningAIBadge", id: "${RETURNING_AI.id}" }
      { __typename: "TagMangoBadge", id: "${TAG_MANGO.id}" }
    ]) { ... on BadgeFields { id } }
  }`;

  row(26, 'the other’s badges, a row in sources, one error for each place, no-store', async () => {
    faulty.standIn(TAG_MANGO).faults.set('*', { name: 'unavailable' });
    const answer = await faulty.service.execute<object, object>(EVERYTHING);
    expect(answer.data).toEqual({
      badges: {
        totalCount: null,
        nodes: expect.arrayContaining([{ id: RETURNING_AI.id }]),
        sources: [
          { provider: 'RETURNING_AI', state: 'FRESH', code: null },
          { provider: 'TAG_MANGO', state: 'FAILED', code: 'PROVIDER_UNAVAILABLE' },
          ...otherProviders.map(({ name }) => {
            return { provider: name.enumValue, state: 'SKIPPED', code: null };
          }),
        ],
      },
      one: { id: RETURNING_AI.id },
      other: null,
      _entities: [{ id: RETURNING_AI.id }, null],
    });
    expect(codesByPath(answer)).toEqual({
      badges: 'PROVIDER_UNAVAILABLE',
      other: 'PROVIDER_UNAVAILABLE',
      '_entities.1': 'PROVIDER_UNAVAILABLE',
    });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(faulty.verdictsOf(TAG_MANGO)).toEqual(['failed', 'failed', 'failed']);
    expect(faulty.verdictsOf(RETURNING_AI)).not.toContain('failed');
    // A write at the other one is nothing to it.
    expect(codesOf(await faulty.mutate(RETURNING_AI.update))).toEqual([]);
  });

  row(27, 'both down: nulls with an error each, no-store', async () => {
    for (const side of SIDES) faulty.standIn(side).faults.set('*', { name: 'unavailable' });
    const answer = await faulty.service.execute<object, object>(EVERYTHING);
    expect(answer.data).toEqual({ badges: null, one: null, other: null, _entities: [null, null] });
    expect(
      answer.errors?.map(({ path, extensions }) => [path?.join('.'), extensions?.provider]).sort(),
    ).toEqual([
      ['_entities.0', 'RETURNING_AI'],
      ['_entities.1', 'TAG_MANGO'],
      ['badges', 'RETURNING_AI'],
      ['badges', 'TAG_MANGO'],
      ['one', 'RETURNING_AI'],
      ['other', 'TAG_MANGO'],
    ]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    for (const side of SIDES) {
      expect(codesOf(await faulty.mutate(side.create))).toEqual(['OUTCOME_UNKNOWN']);
    }
    expect(faulty.writes()).toBe(2);
  });
});

const redisPath = findRedis();
if (redisPath === undefined) console.log('Skipped: row 28, since Redis is not installed.');
row(28, 'without Redis reads go on, and writes that rely on it are not sent', async () => {
  if (redisPath !== undefined) await loseRedis(redisPath);
});

test('every row of the table is here', () => {
  expect([...rows].sort((a, b) => a - b)).toEqual(
    Array.from({ length: 31 }, (_, index) => index + 1),
  );
});
