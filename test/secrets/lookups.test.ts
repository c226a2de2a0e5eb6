import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { attempt, createPool } from '../../src/http/attempt.ts';
import { toRetryAfterBounds } from '../../src/http/response.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import { runCheck } from '../check/run-check.ts';
import { TIMEOUT_MS, numRuns } from '../properties/runs.ts';
import { alwaysClosed, createSkippingClock } from '../support/clock.ts';
import { MAJOR, STORED } from '../support/operation-cases.ts';
import { type TestService, startTestService } from '../support/service.ts';
import { type Answered, type Call, send, toOutputs } from './calls.ts';
import { filesOf } from './files.ts';
import {
  type LookupAnswer,
  type LookupProvider,
  PLACES,
  type Transport,
  startLookupProvider,
} from './lookup-provider.ts';
import { type Marker, toPlainMarker } from './markers.ts';
import { type Finding, findMarkers } from './search.ts';
import { spelledOut } from './spellings.ts';

/*
 * Whom a look-up asks for is personal data, and so is all that a provider says of it: none of its words leave the
 * process, wherever they stand in the answer and however they are spelled.
 */

const digits = createHash('sha256').update('a phone').digest().join('').slice(0, 15);
const email = toPlainMarker('the e-mail of a member');
const name = toPlainMarker('the name of a member');
const PERSON: readonly Marker[] = [
  { ...email, value: `${email.core}@example.com` },
  { name: 'the phone of a member', value: digits, core: digits },
  { ...name, value: `Ada ${name.core}` },
  // As a key it looks like a name of a field.
  toLetters('the letters of a member'),
];

function toLetters(text: string): Marker {
  const core = toPlainMarker(text).core.replace(/\d/g, (digit) =>
    'abcdefghij'.charAt(Number(digit)),
  );
  return { name: text, value: core, core };
}

const EMAIL = `${email.core}@example.com`;
const USER = { returningAI: { badgeId: MAJOR, user: { email: EMAIL } } };
const ERRORS = `userErrors {
  __typename code message fields
  ... on BadgeProviderError { provider providerMessage retryable retryAfterMs }
}`;
const toLookup = (given: string): Call => ({
  name: `tagMangoMember by ${given}`,
  query: `{ tagMangoMember(${given}) { id badges { id } } }`,
});

/** Everything that looks a member up. */
const LOOKUPS: readonly Call[] = [
  toLookup(`email: "${EMAIL}"`),
  toLookup(`phone: "${digits}"`),
  toLookup(`email: "${EMAIL}", phone: "${digits}"`),
  ...(['award', 'revoke'] as const).flatMap((kind) =>
    [true, false].map((dryRun) => ({
      name: `${kind} by e-mail, dryRun: ${dryRun}`,
      query: `mutation ($input: ${kind === 'award' ? 'Award' : 'Revoke'}BadgeInput!) {
        ${kind}Badge(input: $input, dryRun: ${dryRun}) {
          changes { field before after } warnings { code message fields } ${ERRORS}
        }
      }`,
      variables: { input: USER },
    })),
  ),
];
const HISTORY: Call = {
  name: 'badgeHistory',
  query: `{ badgeHistory(provider: RETURNING_AI, id: "${MAJOR}") {
    nodes { id caller operation outcome changes { field before after } }
  } }`,
};

const STATUSES = [
  ...[200, 201, 202, 203, 204, 207, 301, 302, 304, 400, 401, 403, 404, 405, 407, 408, 409, 410],
  ...[413, 418, 422, 425, 429, 451, 500, 501, 502, 503, 504, 599],
];
const TRANSPORTS: readonly Transport[] = [
  ...(['whole', 'gzip', 'broken gzip', 'no UTF-8'] as const),
  ...(['reset', 'truncated', 'no HTTP', 'hang'] as const),
];
/** An answer that is taken for what it says. */
const SAYABLE = PLACES.filter(
  (place) =>
    !['whole body', 'content-encoding', 'errors', 'code', 'key of an error'].includes(place),
);
const SPELLINGS = PERSON.flatMap(({ value }) => Object.values(spelledOut(value)));

const QUIET: LookupAnswer = { status: 404, transport: 'whole', places: [], words: '' };
/** A look-up that waits for nobody says little, and takes long. */
const ATTEMPT_MS = 100;

const clock = createSkippingClock();
let folder: string;
let provider: LookupProvider;
let sandbox: Sandbox;
let store: ReturnType<typeof createEmbeddedStore>;
let service: TestService;
let providerValues: Sandbox['providerValues'];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'badges-lookups-'));
  provider = await startLookupProvider(QUIET);
  sandbox = await startSandbox(STORED);
  store = createEmbeddedStore({ folder, now: Date.now });
  const { origin } = provider;
  const { returningAI, tagMango } = sandbox.providerValues;
  providerValues = {
    // Awards go to the stand-in: what is said of a write is another matter.
    returningAI: { ...returningAI, RETURNING_AI_INTEGRATION_BASE_URL: origin },
    tagMango: { ...tagMango, TAG_MANGO_BASE_URL: origin },
  };
  service = await startTestService({
    store,
    providerValues,
    attemptTimeoutMs: ATTEMPT_MS,
    now: clock.now,
    http: {
      budget: undefined,
      clock,
      createBreaker: () => alwaysClosed,
    },
  });
});
afterAll(async () => {
  await service.close();
  await store.close();
  await sandbox.close();
  await provider.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  service.log.length = 0;
  provider.sent.length = 0;
});

/** Each after the provider's limit that the one before has met. */
async function ask(call: Call): Promise<Answered> {
  clock.skip(3_600_000);
  return send(`${service.url}/graphql`, call, {});
}

/** Asks, and searches what left. */
async function leaksOf(answer: LookupAnswer, call: Call): Promise<Finding[]> {
  provider.answer = answer;
  service.log.length = 0;
  const answered = await ask(call);
  return findMarkers(
    [...toOutputs(answered), { from: 'log', text: JSON.stringify(service.log) }],
    PERSON,
  );
}

/** All of the person, each spelled in the same way. */
const spelledBy = (turn: number): string =>
  PERSON.map(({ value }) => Object.values(spelledOut(value)))
    .map((spellings) => spellings[turn % spellings.length])
    .join(' ');

/** What is stored of it all, and what of that is shown. */
async function recordsLeak(): Promise<Finding[]> {
  const history = toOutputs(await ask(HISTORY));
  return findMarkers([...filesOf(folder), ...history], PERSON);
}

test('no word of a provider about a member leaves the process, under any status or fault of a look-up', async () => {
  let turn = 0;
  for (const call of LOOKUPS) {
    const faults = [
      ...STATUSES.map((status) => ({ status, transport: 'whole' as const })),
      ...TRANSPORTS.map((transport) => ({ status: 200, transport })),
    ];
    for (const fault of faults) {
      turn += 1;
      const places = fault.transport === 'whole' && turn % 2 ? SAYABLE : PLACES;
      const leaks = await leaksOf({ ...fault, places, words: spelledBy(turn) }, call);
      expect({ call: call.name, ...fault, leaks }).toEqual({
        call: call.name,
        ...fault,
        leaks: [],
      });
    }
  }
  expect(await recordsLeak()).toEqual([]);
  const sent = findMarkers([{ from: 'provider', text: provider.sent.join('\n') }], PERSON);
  expect(sent.map(({ marker }) => marker).sort()).toEqual(PERSON.map((one) => one.name).sort());
}, 60_000);

test(
  'nor in any spelling, in any places of its answer',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record<LookupAnswer>({
          status: fc.oneof(fc.constant(200), fc.constantFrom(...STATUSES)),
          transport: fc.oneof(
            { weight: 9, arbitrary: fc.constant<Transport>('whole') },
            { weight: 1, arbitrary: fc.constantFrom(...TRANSPORTS) },
          ),
          places: fc.subarray([...PLACES], { minLength: 1 }),
          words: fc.constantFrom(...SPELLINGS),
        }),
        fc.constantFrom(...LOOKUPS),
        async (answer, call) => {
          // Digits in the place of an id are one: who is given a badge is told by it.
          fc.pre(!(answer.places.includes('id of the member') && /^\d+$/.test(answer.words)));
          expect(await leaksOf(answer, call)).toEqual([]);
        },
      ),
      { numRuns },
    );
    expect(await recordsLeak()).toEqual([]);
  },
  TIMEOUT_MS,
);

test('nor in what a check of the providers tells', async () => {
  let compared = 0;
  for (const [index, words] of SPELLINGS.entries()) {
    const places = index % 2 ? PLACES : SAYABLE;
    provider.answer = { status: 200, transport: 'whole', places, words };
    const { output, progress } = await runCheck({ providerValues });
    const told = [output, ...progress].map((text) => ({ from: words, text }));
    expect(findMarkers(told, PERSON)).toEqual([]);
    compared += output.split('(field not shown)').length - 1;
  }
  expect(compared).toBeGreaterThan(SPELLINGS.length);
}, 60_000);

test('nor in the error of a look-up, which a crash would print whole', async () => {
  const pool = createPool(provider.origin);
  for (const transport of TRANSPORTS) {
    for (const status of STATUSES) {
      if (transport === 'hang' && status > 201) continue;
      provider.answer = { status, transport, places: PLACES, words: spelledBy(status) };
      const result = await attempt(
        pool,
        { method: 'GET', path: '/', headers: {} },
        { timeoutMs: ATTEMPT_MS, retryAfter: toRetryAfterBounds(undefined), read: () => null },
      );
      const error = 'error' in result ? result.error : undefined;
      const printed = [inspect(error, { depth: 9, showHidden: true }), JSON.stringify(error) ?? ''];
      const texts = printed.map((text) => ({ from: `${transport} ${status}`, text }));
      expect(findMarkers(texts, PERSON)).toEqual([]);
    }
  }
  await pool.destroy();
}, 60_000);

describe('a member who is unknown', () => {
  const ways: readonly (readonly [string, Partial<LookupAnswer>])[] = [
    ['with 404', { status: 404, places: ['message', 'errors', 'key'] }],
    ['with 410', { status: 410, places: ['message'] }],
    ['with a page and 404', { status: 404, places: ['whole body', 'content-type'] }],
  ];
  test.each(ways)('%s is an answer, and no warning', async (_what, answer) => {
    for (const call of LOOKUPS) {
      provider.answer = { ...QUIET, words: spelledBy(0), ...answer };
      const { body } = await ask(call);
      expect(body).toContain(
        call.name.startsWith('tagMango') ? '{"tagMangoMember":null}' : 'NOT_FOUND',
      );
    }
    expect(service.log.filter(({ level }) => Number(level) >= 40)).toEqual([]);
  });
});
