import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createAuditRecovery } from '../../src/badges/writing/audit.ts';
import { createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import { StateError, type StateStore } from '../../src/state/state-store.ts';
import { eventually } from '../state/eventually.ts';
import { settled } from '../support/clock.ts';
import { type TestService, startTestService } from '../support/service.ts';

let folder: string;
let store: StateStore;
let service: TestService;
/** What each look for open records meets; undefined: nothing. */
let fault: Error | undefined;
let looks: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'badges-recovery-'));
  store = createEmbeddedStore({ folder, now: Date.now });
  looks = 0;
  fault = new StateError('unavailable', 'column index out of range');
  const failing: StateStore = {
    ...store,
    async *keys(prefix) {
      looks += 1;
      if (fault) throw fault;
      yield* store.keys(prefix);
    },
  };
  service = await startTestService({ store: failing, recoverEveryMs: 2 });
});
afterEach(async () => {
  await service.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

const linesAbout = (words: string) =>
  service.log.filter(({ msg }) => String(msg).startsWith(words));
const failures = () => linesAbout('Audit records of crashed processes cannot be completed');

test('records that cannot be closed are told of at once, again after an hour of minutes, and when it is over', async () => {
  expect(failures()).toMatchObject([{ err: { message: 'column index out of range' } }]);
  await eventually(() => looks > 70);
  expect(failures()).toHaveLength(2);

  fault = new TypeError('another reason');
  await eventually(() => failures().length === 3);
  expect(failures().at(-1)).toMatchObject({
    err: { type: 'TypeError', stack: expect.stringContaining('another reason') as unknown },
  });

  fault = undefined;
  await eventually(
    () => linesAbout('Audit records of crashed processes can be completed again').length > 0,
  );
  const seen = looks;
  await eventually(() => looks > seen + 5);
  expect(failures()).toHaveLength(3);
  expect(linesAbout('Audit records of crashed processes can be completed again')).toHaveLength(1);
});

test('records are looked for once at a time, however long a look takes', async () => {
  const slow = Promise.withResolvers<undefined>();
  let begun = 0;
  const recover = createAuditRecovery(
    {
      ...store,
      async *keys(prefix) {
        begun += 1;
        await slow.promise;
        yield* store.keys(prefix);
      },
    },
    {
      onUnreadable: () => undefined,
      onFailure: () => undefined,
      onRecovery: () => undefined,
    },
  );
  const running = [recover(), recover(), recover()];
  await settled();
  expect(begun).toBe(1);
  slow.resolve(undefined);
  await Promise.all(running);
  await recover();
  expect(begun).toBe(2);
});
