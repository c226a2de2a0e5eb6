import { expect, test } from '@jest/globals';
import { withChildren } from '../support/children.ts';
import { hasTelemetryPackages, startCollector } from '../support/collector.ts';
import { startSandbox } from '../support/sandbox-process.ts';
import { TIMEOUT_MS, runsOf, showFigures } from './size.ts';
import { flushAgainAndAgain, stopUnderLoad } from './traces/flushing.ts';

const isInstalled = hasTelemetryPackages();
if (!isInstalled)
  console.log('Skipped: traces, since npm --prefix deploy/telemetry ci was not run.');

const ROUNDS = runsOf({ short: 1, full: 20 });
/** The default shutdown delay in production and three seconds; more while other tests run. */
const MAX_STOP_MS = ROUNDS > 1 ? 5_000 : 15_000;

(isInstalled ? test : test.skip)(
  'a stop under load exports every span, and exits with 0',
  async () => {
    const collector = await startCollector();
    const rounds = await withChildren(async (children) => {
      const sandbox = await startSandbox(children);
      return flushAgainAndAgain(children, { sandbox, collector, rounds: ROUNDS });
    });
    await collector.close();
    const sum = (counts: readonly number[]) => counts.reduce((all, one) => all + one, 0);
    const longestMs = Math.max(...rounds.map(({ ms }) => ms));
    showFigures('stopping by SIGTERM with traces', [
      ['rounds', rounds.length],
      ['operations answered', sum(rounds.map(({ answered }) => answered))],
      ['spans of requests', sum(rounds.map(({ requests }) => requests))],
      ['mutations answered', sum(rounds.map(({ writes }) => writes))],
      ['spans of mutations', sum(rounds.map(({ mutations }) => mutations))],
      ['writes at the provider', sum(rounds.map(({ received }) => received))],
      ['spans of their attempts', sum(rounds.map(({ attempts }) => attempts))],
      ['from SIGTERM to the end, longest', `${longestMs.toFixed(0)} ms`],
    ]);
    expect(rounds.flatMap(({ lost }) => lost)).toEqual([]);
    expect(rounds.map(({ end }) => end)).toEqual(rounds.map(() => 0));
    expect(rounds.map(({ requests }) => requests)).toEqual(rounds.map(({ answered }) => answered));
    expect(rounds.map(({ mutations }) => mutations)).toEqual(rounds.map(({ writes }) => writes));
    expect(rounds.map(({ attempts }) => attempts)).toEqual(rounds.map(({ received }) => received));
    expect(longestMs).toBeLessThanOrEqual(MAX_STOP_MS);
    expect(rounds).toHaveLength(ROUNDS);
  },
  TIMEOUT_MS,
);

(isInstalled ? test : test.skip)(
  'a collector that is down changes nothing but a line of the log',
  async () => {
    const { end, ms, lost } = await withChildren(async (children) => {
      const sandbox = await startSandbox(children);
      // Nothing listens there.
      const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://127.0.0.1:9';
      return stopUnderLoad(children, { ...sandbox.variables, OTEL_EXPORTER_OTLP_ENDPOINT });
    });
    expect([end, lost]).toEqual([0, []]);
    expect(ms).toBeLessThanOrEqual(MAX_STOP_MS + 2_000);
  },
  TIMEOUT_MS,
);
