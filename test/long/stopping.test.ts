import { expect, test } from '@jest/globals';
import { startSandbox } from '../../src/sandbox/index.ts';
import { findRedis } from '../support/redis.ts';
import { withChildren } from '../support/children.ts';
import { TIMEOUT_MS, runsOf, showFigures } from './size.ts';
import { restartInTurn } from './stopping/rolling.ts';
import { type Round, stopAgainAndAgain } from './stopping/signals.ts';

const redisPath = findRedis();
if (redisPath === undefined)
  console.log('Skipped: rolling restarts, since Redis is not installed.');

const ROUNDS = runsOf({ short: 1, full: 50 });
/** The default shutdown delay in production and three seconds; more while other tests run. */
const MAX_STOP_MS = ROUNDS > 1 ? 5_000 : 15_000;
/**
 * A client may send on an idle connection at the moment when the service closes it: HTTP/1.1 has no means against that.
 * It happens on an overloaded machine. None of those requests may have had an effect.
 */
const MAX_UNREAD_SHARE = 1 / 1_000;
/** One of the few requests of a short run tells nothing of such a share: so many rounds have more than a thousand. */
const MOST_ROUNDS = Math.max(ROUNDS, 15);
const RESTARTS = runsOf({ short: 1, full: 20 });

const sum = (counts: readonly number[]) => counts.reduce((all, one) => all + one, 0);
const sentIn = (rounds: readonly Round[]) => sum(rounds.map(({ sent }) => sent));
const unreadIn = (rounds: readonly Round[]) => sum(rounds.map(({ unread }) => unread.length));
const isWithinShare = (rounds: readonly Round[]) =>
  unreadIn(rounds) <= sentIn(rounds) * MAX_UNREAD_SHARE;

test(
  'a SIGTERM to the process group of npm start loses no accepted operation',
  async () => {
    const sandbox = await startSandbox();
    const rounds = await withChildren((children) =>
      stopAgainAndAgain(children, sandbox, {
        rounds: ROUNDS,
        mostRounds: MOST_ROUNDS,
        areTooFew: (seen) => !isWithinShare(seen),
      }),
    );
    await sandbox.close();
    const longestMs = Math.max(...rounds.map(({ ms }) => ms));
    showFigures('stopping by SIGTERM to the process group', [
      ['rounds', rounds.length],
      ['operations sent', sentIn(rounds)],
      ['operations answered', sum(rounds.map(({ answered }) => answered))],
      ['lines of the log about requests', sum(rounds.map(({ logged }) => logged))],
      ['requests on a connection that was closing', unreadIn(rounds)],
      ['from SIGTERM to the end, longest', `${longestMs.toFixed(0)} ms`],
    ]);
    expect(rounds.flatMap(({ lost }) => lost)).toEqual([]);
    expect(rounds.map(({ unanswered }) => unanswered)).toEqual(rounds.map(() => 0));
    // One more: the first request of a round lists the badges.
    expect(rounds.map(({ logged }) => logged)).toEqual(rounds.map(({ answered }) => answered + 1));
    expect(unreadIn(rounds)).toBeLessThanOrEqual(sentIn(rounds) * MAX_UNREAD_SHARE);
    expect(rounds.map(({ code, signal }) => code ?? signal)).toEqual(rounds.map(() => 0));
    expect(longestMs).toBeLessThanOrEqual(MAX_STOP_MS);
    expect(rounds.length).toBeGreaterThanOrEqual(ROUNDS);
    expect(rounds.length > ROUNDS && unreadIn(rounds) === 0).toBe(false);
  },
  TIMEOUT_MS,
);

(redisPath === undefined ? test.skip : test)(
  'a rolling restart under load loses no operation',
  async () => {
    const sandbox = await startSandbox();
    const { sent, answered, lost, endings } = await withChildren((children) =>
      restartInTurn(children, {
        sandbox,
        redisPath: redisPath ?? '',
        restarts: RESTARTS,
      }),
    );
    await sandbox.close();
    showFigures('rolling restarts of two processes', [
      ['restarts', RESTARTS],
      ['operations sent', sent],
      ['operations answered', answered],
    ]);
    expect(lost).toEqual([]);
    expect(endings).toEqual({ 0: 2 * RESTARTS });
    expect(answered).toBe(sent);
  },
  TIMEOUT_MS,
);
