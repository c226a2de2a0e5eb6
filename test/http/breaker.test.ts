import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Verdict, createCircuitBreaker } from '../../src/http/admission.ts';

/** A breaker on a clock that the test moves, with what it tells. */
function setUp({ random = 0 } = {}) {
  const clock = { now: 1_000 };
  const changes: [string, number][] = [];
  const breaker = createCircuitBreaker({
    now: () => clock.now,
    random: () => random,
    onChange: (state, openMs) => changes.push([state, openMs]),
  });
  const tell = (...verdicts: Verdict[]) => {
    for (const verdict of verdicts) breaker.enter()(verdict);
  };
  return { breaker, clock, changes, tell };
}

const times = (count: number, verdict: Verdict): Verdict[] => Array<Verdict>(count).fill(verdict);
const fiveFailures = times(5, 'failed');

describe('opens', () => {
  test('at the fifth failure in a row, not at the fourth', () => {
    const { breaker, changes, tell } = setUp();
    tell(...times(4, 'failed'));
    expect([breaker.waitMs(), changes]).toEqual([0, []]);
    tell('failed');
    expect([breaker.waitMs(), changes]).toEqual([10_000, [['open', 10_000]]]);
  });

  test.each<Verdict>(['good', 'slow'])('not when an answer that is %s comes between', (verdict) => {
    const { breaker, tell } = setUp();
    // Earlier good ones, so that the share stays low.
    tell(...times(20, 'good'), ...times(4, 'failed'), verdict, ...times(4, 'failed'));
    expect(breaker.waitMs()).toBe(0);
  });

  test('when what says nothing comes between', () => {
    const { breaker, tell } = setUp();
    tell(...times(4, 'failed'), 'nothing', 'failed');
    expect(breaker.waitMs()).toBe(10_000);
  });

  test('when half of ten calls failed, and not of nine', () => {
    const { breaker, tell } = setUp();
    tell(...times(4, 'failed'), 'good', 'good', 'good', 'good', 'failed');
    expect(breaker.waitMs()).toBe(0);
    tell('good');
    expect(breaker.waitMs()).toBe(10_000);
  });

  test('not when fewer than half failed', () => {
    const { breaker, tell } = setUp();
    tell(...times(4, 'failed'), ...times(5, 'good'), 'good', 'failed');
    expect(breaker.waitMs()).toBe(0);
  });

  test('when ten answers are slow, and not when five in a row are', () => {
    const { breaker, tell } = setUp();
    tell(...times(9, 'slow'));
    expect(breaker.waitMs()).toBe(0);
    tell('slow');
    expect(breaker.waitMs()).toBe(10_000);
  });

  test('not by calls of more than 30 s ago', () => {
    const { breaker, clock, tell } = setUp();
    tell(...times(4, 'failed'), 'good');
    clock.now += 30_000;
    tell('failed', ...times(4, 'good'));
    expect(breaker.waitMs()).toBe(0);
  });

  test('by calls of just less than 30 s ago', () => {
    const { breaker, clock, tell } = setUp();
    tell(...times(4, 'failed'), 'good');
    clock.now += 29_999;
    tell('failed', ...times(4, 'good'));
    expect(breaker.waitMs()).toBe(10_000);
  });

  test('as soon as the calls of 30 s say so, whenever they ended and however they went', () => {
    const ended = fc.record({
      pauseMs: fc.oneof(fc.nat(1_000), fc.nat(12_000)),
      verdict: fc.constantFrom<Verdict>(...times(5, 'good'), 'slow', 'failed', 'failed', 'nothing'),
    });
    fc.assert(
      fc.property(fc.array(ended, { maxLength: 60, size: 'max' }), (calls) => {
        const { breaker, clock, changes, tell } = setUp();
        const all: { at: number; verdict: Verdict }[] = [];
        for (const { pauseMs, verdict } of calls) {
          clock.now += pauseMs;
          tell(verdict);
          if (verdict !== 'nothing') all.push({ at: clock.now, verdict });
          const recent = all.filter(({ at }) => at > clock.now - 30_000);
          const bad = recent.filter((call) => call.verdict !== 'good').length;
          const lastFive = all.slice(-5).filter((call) => call.verdict === 'failed').length;
          const isDue =
            verdict !== 'nothing' &&
            (lastFive === 5 || (recent.length >= 10 && bad / recent.length >= 0.5));
          expect([breaker.waitMs() > 0, changes.length > 0]).toEqual([isDue, isDue]);
          if (isDue) return;
        }
      }),
    );
  });

  test('without looking at earlier calls again for each new one', () => {
    let looks = 0;
    const breaker = createCircuitBreaker({
      now: () => {
        looks += 1;
        return 0;
      },
      random: () => 0,
      onChange: () => undefined,
    });
    const end = () => breaker.enter()('good');
    end();
    const looksOfFirst = looks;
    for (let calls = 0; calls < 10_000; calls += 1) end();
    looks = 0;
    end();
    expect(looks).toBe(looksOfFirst);
  });

  test('never by what says nothing', () => {
    const { breaker, changes, tell } = setUp();
    tell(...times(50, 'nothing'));
    expect([breaker.waitMs(), changes]).toEqual([0, []]);
  });
});

describe('open,', () => {
  test('it says how long, and then lets one call through at a time', () => {
    const { breaker, clock, tell } = setUp();
    tell(...fiveFailures);
    clock.now += 4_000;
    expect(breaker.waitMs()).toBe(6_000);
    clock.now += 6_000;
    expect(breaker.waitMs()).toBe(0);
    breaker.enter();
    expect(breaker.waitMs()).toBe(1_000);
  });

  test.each<Verdict>(['good', 'slow'])('a probe whose answer is %s closes it', (verdict) => {
    const { breaker, clock, changes, tell } = setUp();
    tell(...fiveFailures);
    clock.now += 10_000;
    tell(verdict);
    expect(breaker.waitMs()).toBe(0);
    expect(changes.at(-1)).toEqual(['closed', 0]);
    // What was before it opened counts no more.
    tell(...times(4, 'failed'), ...times(5, 'good'));
    expect(breaker.waitMs()).toBe(0);
  });

  test('probes that fail keep it open twice as long each time, up to a minute', () => {
    const { clock, changes, tell } = setUp();
    tell(...fiveFailures);
    for (let probe = 0; probe < 5; probe += 1) {
      clock.now += 60_000;
      tell('failed');
    }
    expect(changes.map(([, openMs]) => openMs)).toEqual([
      10_000, 20_000, 40_000, 60_000, 60_000, 60_000,
    ]);
  });

  test('once closed, it starts with 10 s again', () => {
    const { clock, changes, tell } = setUp();
    tell(...fiveFailures);
    clock.now += 10_000;
    tell('failed');
    clock.now += 20_000;
    tell('good', ...fiveFailures);
    expect(changes).toEqual([
      ['open', 10_000],
      ['open', 20_000],
      ['closed', 0],
      ['open', 10_000],
    ]);
  });

  test('a probe that says nothing leaves the place to another', () => {
    const { breaker, clock, changes, tell } = setUp();
    tell(...fiveFailures);
    clock.now += 10_000;
    tell('nothing');
    expect([breaker.waitMs(), changes.length]).toEqual([0, 1]);
    tell('good');
    expect(changes.at(-1)).toEqual(['closed', 0]);
  });

  test.each<Verdict>(['good', 'failed'])('older calls that end %s are ignored', (verdict) => {
    const { breaker, changes, tell } = setUp();
    const older = Array.from({ length: 12 }, () => breaker.enter());
    tell(...fiveFailures);
    for (const end of older) end(verdict);
    expect([breaker.waitMs(), changes]).toEqual([10_000, [['open', 10_000]]]);
  });

  test('a call that is made all the same while a probe is under way is no probe', () => {
    const { breaker, clock, changes, tell } = setUp();
    tell(...fiveFailures);
    clock.now += 10_000;
    const probe = breaker.enter();
    breaker.enter()('good');
    expect(changes).toHaveLength(1);
    probe('good');
    expect(changes.at(-1)).toEqual(['closed', 0]);
  });
});

test.each([
  [0, 10_000],
  [0.5, 9_000],
  [1, 8_000],
])(
  'with chance at %d it is open for %i ms, so that replicas do not probe together',
  (random, openMs) => {
    const { changes, tell } = setUp({ random });
    tell(...fiveFailures);
    expect(changes).toEqual([['open', openMs]]);
  },
);
