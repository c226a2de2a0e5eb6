import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { print } from 'graphql';
import { startSandbox } from '../../src/sandbox/index.ts';
import { eventually } from '../state/eventually.ts';
import { ADA, HALL_OF_FAME, MAJOR, STORED, operationCases } from '../support/operation-cases.ts';
import { type Answer, type TestService, startTestService } from '../support/service.ts';
import {
  STAGES,
  STALLS,
  type Stage,
  type Stall,
  type StallingFront,
  startStallingFront,
} from '../support/stalling-front.ts';

/** Every operation ends in time and lets go of its connections, with real timers and short settings. */

const ATTEMPT_MS = 400;
const DEADLINE_MS = 2_200;
const MARGIN_MS = 250;
/** How finely time is taken; see `now`. */
const TICK_MS = 10;

interface Operation {
  what: string;
  at: 'returningAI' | 'tagMango';
  query: string;
  variables: object;
  /** Whether it is sent only after a read; undefined: it never writes. */
  needsReads?: boolean;
}

const reads: Operation[] = [
  { what: 'badges', at: 'returningAI', query: '{ badges { totalCount } }', variables: {} },
  {
    what: 'badge',
    at: 'tagMango',
    query: `{ badge(provider: TAG_MANGO, id: "${HALL_OF_FAME}") { __typename } }`,
    variables: {},
  },
  {
    what: '_entities',
    at: 'returningAI',
    query: `{ _entities(representations: [{ __typename: "ReturningAIBadge", id: "${MAJOR}" }]) { __typename } }`,
    variables: {},
  },
  {
    what: 'tagMangoMember',
    at: 'tagMango',
    query: `{ tagMangoMember(email: "${ADA.email}") { id } }`,
    variables: {},
  },
];
const writes = operationCases.map(({ what, at, asked, needsReads = false }): Operation => ({
  what,
  at,
  query: print(asked.document),
  variables: asked.variables,
  needsReads,
}));

interface Meeting {
  stall: Stall;
  stage: Stage;
}

interface World {
  front: StallingFront;
  service: TestService;
  close(): Promise<void>;
}

/** The one provider that the operation is about, behind a front that stalls. */
async function startWorld(at: Operation['at'], meeting: Meeting): Promise<World> {
  const sandbox = await startSandbox(STORED);
  const front = await startStallingFront(sandbox[at].origin, meeting);
  const through = Object.fromEntries(
    Object.entries(sandbox.providerValues[at] ?? {}).map(([name, value]) => [
      name,
      value?.replace(sandbox[at].origin, front.origin),
    ]),
  );
  const service = await startTestService({
    providerValues: { [at]: through },
    attemptTimeoutMs: ATTEMPT_MS,
    operationDeadlineMs: DEADLINE_MS,
    now,
    wallTime: Date.now,
  });
  return {
    front,
    service,
    async close() {
      await service.close();
      await front.close();
      await sandbox.close();
    },
  };
}

/**
 * Time as this process had it: a moment in which the machine gave it no turn counts as one tick. The service, which
 * runs in the same process and could do nothing in it, measures its own time so too.
 */
let ticks = 0;
const ticking = setInterval(() => (ticks += 1), TICK_MS);
afterAll(() => clearInterval(ticking));
const now = (): number => ticks * TICK_MS;

/** Codes wherever an answer can have them. */
function codesOf({ data, errors = [] }: Answer<Record<string, unknown> | null>): unknown[] {
  const payloads = Object.values(data ?? {}) as ({ userErrors?: { code: string }[] } | null)[];
  return [
    ...errors.map(({ extensions }) => extensions?.code),
    ...payloads.flatMap((payload) => payload?.userErrors?.map(({ code }) => code) ?? []),
  ];
}

/** A read that a write can do without is given up in time for the write. */
function expectedCode({ needsReads }: Operation, { stage }: Meeting): string {
  const isSent = needsReads === false || (needsReads === true && stage !== 'all');
  return isSent ? 'OUTCOME_UNKNOWN' : 'PROVIDER_TIMEOUT';
}

interface Seen extends Meeting {
  codes: unknown[];
  writes: number;
  isInTime: true | string;
  isClosed: true | string;
}

async function meet({ at, query, variables }: Operation, meeting: Meeting): Promise<Seen> {
  const world = await startWorld(at, meeting);
  const { service, front } = world;
  const begun = now();
  const answer = await service.execute<Record<string, unknown> | null, object>(query, variables);
  const tookMs = now() - begun;
  await eventually(() => front.openAnswers() === 0);
  const closedMs = now() - begun - tookMs;
  const writes = front.writes();
  await world.close();
  return {
    ...meeting,
    codes: codesOf(answer),
    writes,
    isInTime: tookMs <= DEADLINE_MS + MARGIN_MS || `took ${tookMs} ms`,
    isClosed: closedMs <= MARGIN_MS || `closed after ${closedMs} ms`,
  };
}

describe.each([...reads, ...writes])('$what', (operation) => {
  const stages = operation.needsReads === undefined ? (['all'] as const) : STAGES;
  let seen: Seen[];

  // All of one operation at once, for they wait.
  beforeAll(async () => {
    const meetings = STALLS.flatMap((stall) => stages.map((stage) => ({ stall, stage })));
    seen = await Promise.all(meetings.map((meeting) => meet(operation, meeting)));
  });

  test.each(STALLS)('ends within its deadline, and its connections are closed: %s', (stall) => {
    expect(seen.filter((one) => one.stall === stall)).toEqual(
      stages.map((stage) => {
        const code = expectedCode(operation, { stall, stage });
        const sent = code === 'OUTCOME_UNKNOWN' ? 1 : 0;
        return { stall, stage, codes: [code], writes: sent, isInTime: true, isClosed: true };
      }),
    );
  });
});

test('once all is closed, neither a timer nor a socket keeps the process', async () => {
  const dist = join(import.meta.dirname, '../../dist/service.js');
  if (!existsSync(dist)) throw new Error('dist/ is missing: run npm run build');
  const child = join(import.meta.dirname, 'leftovers.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [child], { timeout: 15_000 });
  const { codes, left, keptMs } = JSON.parse(stdout) as Record<string, unknown>;
  expect([codes, left]).toEqual([['PROVIDER_TIMEOUT', 'PROVIDER_TIMEOUT'], []]);
  expect(keptMs).toBeLessThan(MARGIN_MS);
});
