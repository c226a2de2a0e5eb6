import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Verdict } from '../../src/http/admission.ts';
import {
  type FaultyService,
  SIDES,
  codesByPath,
  startFaultyService,
} from '../faults/faulty-service.ts';
import { eventually } from '../state/eventually.ts';

/** A fault in our own code, in the middle of a call to a provider. */

class Bug extends TypeError {}
const MESSAGE = 'Cannot read properties of undefined (reading "secretField")';

let faulty: FaultyService;
/** Where the fault is. */
let place: 'nowhere' | 'before the request' | 'after the answer';
let verdicts: Verdict[];

beforeEach(async () => {
  place = 'nowhere';
  verdicts = [];
  const fail = (here: typeof place) => {
    if (place === here) throw new Bug(MESSAGE);
  };
  faulty = await startFaultyService({
    attemptTimeoutMs: 2_000,
    http: {
      createBreaker: () => ({
        waitMs: () => 0,
        enter: () => (verdict) => void verdicts.push(verdict),
      }),
      onWait: () => undefined,
      onJson: () => fail('after the answer'),
      budget: {
        async take() {
          fail('before the request');
          return 0;
        },
        block: async () => undefined,
      },
    },
  });
  faulty.reset();
});
afterEach(() => faulty.close());

const errorLines = () => faulty.service.log.filter(({ level }) => level === 50);
const stacks = () => errorLines().map(({ err }) => (err as { stack?: string } | undefined)?.stack);

describe.each(SIDES)('with $title', (side) => {
  test.each(['before the request', 'after the answer'] as const)(
    'a fault of ours %s of a read is an internal error, with its stack in the log only',
    async (where) => {
      place = where;
      const answer = await faulty.read(side);
      const code = 'INTERNAL_SERVER_ERROR';
      expect(codesByPath(answer)).toEqual({ badges: code, badge: code, '_entities.0': code });
      expect(JSON.stringify(answer)).not.toMatch(/secretField|TypeError|provider-http/);
      expect(stacks().length).toBeGreaterThan(0);
      for (const stack of stacks()) {
        expect(stack).toContain(MESSAGE);
        expect(stack).toMatch(/\n {4}at /);
      }
      // It says nothing about the provider, and is no reason to ask it again.
      expect(verdicts.filter((verdict) => verdict !== 'nothing')).toEqual([]);
      expect(faulty.standIn(side).requests).toHaveLength(where === 'before the request' ? 0 : 1);

      place = 'nowhere';
      faulty.clock.skip(1_000);
      expect((await faulty.read(side)).errors).toBeUndefined();
    },
  );

  test('a fault of ours while an old list is renewed is in the log, though nobody waits for it', async () => {
    await faulty.read(side);
    faulty.clock.skip(60_000);
    faulty.service.log.length = 0;
    // An answer that did not change is not read again.
    const [id = ''] = faulty.standIn(side).badges.keys();
    faulty.standIn(side).badges.delete(id);
    faulty.standIn(side).faults.set('listBadges', { kind: 'delay', ms: 500 });
    place = 'after the answer';
    const answer = await faulty.read(side);
    expect(answer.data.badges?.sources).toContainEqual(expect.objectContaining({ state: 'STALE' }));
    await eventually(() => errorLines().length > 0);
    expect(stacks()[0]).toContain(MESSAGE);
  });
});
