import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Callers, startCallers } from './callers.ts';
import {
  type Answered,
  type Call,
  HISTORY,
  READS,
  WRITES,
  send,
  toOutputs,
  withoutOwnFields,
} from './calls.ts';
import { runMain, startMain } from '../support/service-process.ts';
import type { FaultPlace } from './fault-place.ts';
import { type FaultWorld, startFaultWorld } from './fault-world.ts';
import { filesOf } from './files.ts';
import { textsOf, toLogLines, withoutTexts } from './log-lines.ts';
import type { Marker } from './markers.ts';
import { FIELD_WORDS, asideMarkers, fieldMarkers } from './provider-words.ts';
import { type Output, findMarkers } from './search.ts';
import { keysOf } from './tenant.ts';

/*
 * Everything that leaves the process: its log, its answers, what it stores, what it exports. There are no metrics and
 * no traces yet; what they send is to be searched here too.
 */

let world: FaultWorld;
let callers: Callers;
beforeAll(async () => {
  world = await startFaultWorld();
  callers = await startCallers();
});
afterAll(async () => {
  await callers.issuer.close();
  await world.close();
});

interface Pass {
  answers: Answered[];
  log: string;
  stderr: string;
  state: Output[];
  metrics: Output;
}

/** What is asked of every company while its fault is switched so. */
interface Step {
  phase: 'all' | 'writes';
  calls: readonly Call[];
}

const AT_ITS_READS: Step = { phase: 'all', calls: [...READS, ...WRITES.slice(0, 2)] };
const AT_ITS_WRITES: Step = { phase: 'writes', calls: [...READS.slice(0, 1), ...WRITES] };

const toEnv = (nodeEnv: string) => ({
  ...world.env,
  ...callers.env,
  NODE_ENV: nodeEnv,
  STATE_DIR: join(world.folder, nodeEnv),
  BADGES_FRESH_SECONDS: '0',
  BADGES_STALE_SECONDS: '0',
  ATTEMPT_TIMEOUT_MS: '400',
  OPERATION_DEADLINE_MS: '2400',
});

/** Through the real process, on a state of its own. */
async function runPass(nodeEnv: string, steps: readonly Step[]): Promise<Pass> {
  const env = toEnv(nodeEnv);
  world.faults.forEach(({ switchTo }) => switchTo('good'));
  const service = startMain({ env });
  try {
    const url = await service.url;
    const answers: Answered[] = [];
    for (const step of steps) {
      world.faults.forEach(({ switchTo }) => switchTo(step.phase));
      answers.push(...(await askAll(url, step)));
    }
    const metrics = await callers.readMetrics(url);
    const state = filesOf(env.STATE_DIR);
    service.signal('SIGTERM');
    await service.ended;
    const [log, stderr] = [service.stdout(), service.stderr()];
    return { answers, log, stderr, state, metrics };
  } finally {
    await service.kill();
  }
}

/** More at a time would be late for no fault of the providers. */
const AT_ONCE = 8;

async function askAll(url: string, step: Step): Promise<Answered[]> {
  const answers: Answered[] = [];
  const left = [...world.faults];
  async function askNext(): Promise<void> {
    for (let place = left.shift(); place; place = left.shift()) {
      answers.push(...(await askAt(place, url, step)));
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, askNext));
  return answers;
}

async function askAt(place: FaultPlace, url: string, { phase, calls }: Step): Promise<Answered[]> {
  const { id } = phase === 'all' ? place.reader : place.writer;
  const headers = await callers.headersOf(id);
  const ask = (call: Call): Promise<Answered> =>
    send(url, { ...call, name: `${call.name} under ${place.name}` }, headers);
  const answers = await Promise.all(calls.map(ask));
  return [...answers, ...(await Promise.all(HISTORY.map(ask)))];
}

function namesIn(outputs: readonly Output[], markers: readonly Marker[]): string[] {
  return [...new Set(findMarkers(outputs, markers).map(({ marker }) => marker))].sort();
}

const outputsOf = ({ answers, log, stderr, state, metrics }: Pass): Output[] => [
  ...answers.flatMap(toOutputs),
  metrics,
  ...state,
  { from: 'stdout', text: log },
  { from: 'stderr', text: stderr },
];
const secrets = (): Marker[] => [...world.tenants.flatMap(keysOf), ...callers.markers];

describe('every query and every mutation under every fault', () => {
  let pass: Pass;
  let audit: Output;
  beforeAll(async () => {
    pass = await runPass('production', [AT_ITS_READS, AT_ITS_WRITES]);
    const { stdout } = await runMain({ env: toEnv('production'), args: ['--export-audit'] });
    audit = { from: 'audit', text: stdout() };
  }, 60_000);

  test('reaches the providers, with the planted keys', () => {
    const placesOf = new Map<string, number>();
    const requestsAt = ({ sandbox }: FaultPlace) => [
      ...(sandbox?.returningAI.requests ?? []),
      ...(sandbox?.tagMango.requests ?? []),
    ];
    for (const place of world.faults) {
      for (const operation of new Set(requestsAt(place).map((request) => request.operation)))
        placesOf.set(operation, (placesOf.get(operation) ?? 0) + 1);
    }
    // After some failures a provider is left alone for a while, so not every operation meets every fault.
    expect(placesOf.size).toBe(8);
    expect(Math.min(...placesOf.values())).toBeGreaterThan(5);
    const sent = [{ from: 'providers', text: world.received() }];
    const keys = world.faults.flatMap(({ sandbox, reader, writer }) =>
      sandbox
        ? [reader, writer].flatMap(({ keys: { returningAI, tagMango } }) => [returningAI, tagMango])
        : [],
    );
    expect(namesIn(sent, keys)).toEqual(keys.map(({ name }) => name).sort());
  });

  test('takes no secret out of the process', () => {
    expect(findMarkers([...outputsOf(pass), audit], secrets())).toEqual([]);
  });

  test('takes nothing to a provider that callers sent along', () => {
    const sent = [{ from: 'providers', text: world.received() }];
    expect(findMarkers(sent, callers.markers)).toEqual([]);
  });

  test('shows a provider’s words in the fields of an answer that are meant for them only', () => {
    const whole = pass.answers.flatMap(toOutputs);
    const bare = pass.answers.map(withoutOwnFields).flatMap(toOutputs);
    expect(findMarkers(whole, asideMarkers)).toEqual([]);
    expect(findMarkers(bare, fieldMarkers)).toEqual([]);
    expect(namesIn(whole, fieldMarkers)).toEqual(fieldMarkers.map(({ name }) => name).sort());
  });

  test('keeps nothing that a provider says beside its records', () => {
    expect(findMarkers([...pass.state, audit], asideMarkers)).toEqual([]);
    expect(namesIn([...pass.state, audit], fieldMarkers)).toContain(FIELD_WORDS.written.name);
  });

  test('leaves records with a provider’s words in their changes only', () => {
    const records = toLogLines(audit.text);
    expect(records.length).toBeGreaterThan(world.faults.length);
    const bare = records.map(({ changes: _, badgeIds: _ids, ...rest }) => rest);
    expect(findMarkers([{ from: 'audit', text: JSON.stringify(bare) }], fieldMarkers)).toEqual([]);
  });

  test('logs a provider’s words in `providerMessage` only, and cut', () => {
    const lines = toLogLines(pass.log);
    // The id of a badge is a part of the path that was asked for.
    const fields = fieldMarkers.filter(({ name }) => name !== FIELD_WORDS.badgeId.name);
    const outside = [{ from: 'log', text: withoutTexts(lines) }];
    expect(findMarkers(outside, [...asideMarkers, ...fields])).toEqual([]);

    const texts = textsOf(lines);
    expect(Math.max(...texts.map(({ length }) => length))).toBe(300);
    expect(texts.filter((text) => text.includes('[redacted]')).length).toBeGreaterThan(100);
  });
});

test('the log for people shows no secret either', async () => {
  const pass = await runPass('development', [{ phase: 'writes', calls: WRITES.slice(0, 1) }]);
  expect(pass.log).toContain('[redacted]');
  expect(findMarkers(outputsOf(pass), secrets())).toEqual([]);
});
