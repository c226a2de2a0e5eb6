import { expect } from '@jest/globals';
import { openState } from '../../src/state/open-state.ts';
import { eventually } from '../state/eventually.ts';
import { startRedis } from '../support/redis.ts';
import { codesOf, warningsOf } from '../support/writing.ts';
import { type FaultyService, TAG_MANGO, sourceOf, startFaultyService } from './faulty-service.ts';

/** What a replica still does, and no longer does, once its Redis is gone. */
export async function loseRedis(executablePath: string): Promise<void> {
  const redis = await startRedis(executablePath);
  const told: string[] = [];
  const opened = await openState({
    redisUrl: redis.url,
    folder: '',
    now: Date.now,
    wallTime: Date.now,
    log: { info: (line) => told.push(line), warn: (line) => told.push(line) },
  });
  const replica = await startFaultyService({
    store: opened.store,
    shared: opened.shared,
    replicas: 2,
  });
  try {
    expect(codesOf(await replica.mutate({ ...TAG_MANGO.create, key: 'before' }))).toEqual([]);
    told.length = 0;
    await redis.stop();
    await eventually(() => told.length > 0);
    await expectReads(replica);
    await expectWrites(replica);
    // A line for each reason: first that the connection broke, then perhaps that there is no new one.
    expect(told).toEqual(
      [...new Set(told)].map(() => expect.stringMatching(/^Redis is unavailable \(.+\): /)),
    );
  } finally {
    await replica.close();
    await opened.close();
    await redis.stop();
  }
}

async function expectReads(replica: FaultyService): Promise<void> {
  const calls = () => replica.standIn(TAG_MANGO).requests.length;
  const before = calls();
  const answer = await replica.read(TAG_MANGO);
  expect(answer.errors).toBeUndefined();
  expect(answer.data.badge?.id).toBe(TAG_MANGO.id);
  // The lists of this replica are its own for now.
  expect(sourceOf(await replica.read(TAG_MANGO), TAG_MANGO)?.state).toBe('CACHED');
  expect(calls()).toBe(before + 1);
}

async function expectWrites(replica: FaultyService): Promise<void> {
  const sent = replica.writes();
  const { update } = TAG_MANGO;
  const input = { tagMango: { id: TAG_MANGO.id, name: 'New' } };
  expect(codesOf(await replica.mutate({ ...update, key: 'key' }))).toEqual(['STATE_UNAVAILABLE']);
  expect(codesOf(await replica.mutate({ kind: 'update', input, expectedVersion: 'x' }))).toEqual([
    'STATE_UNAVAILABLE',
  ]);
  expect(replica.writes()).toBe(sent);

  const payload = await replica.mutate(update);
  expect([codesOf(payload), warningsOf(payload)]).toEqual([[], ['NOT_RECORDED']]);
  expect(replica.writes()).toBe(sent + 1);
  expect(replica.service.log).toContainEqual(
    expect.objectContaining({
      level: 50,
      msg: 'A mutation is missing from the audit log. This is its record',
    }),
  );
}
