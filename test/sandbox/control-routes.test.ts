import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ALTERATIONS, BEHAVIOURS } from '../../src/sandbox/behaviour.ts';
import { PRESET_NAMES, faultSchema } from '../../src/sandbox/faults.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { RETURNING_AI_BEHAVIOURS } from '../../src/sandbox/returning-ai.ts';

type StandInKey = 'returningAI' | 'tagMango';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.returningAI.faults.clear());
afterAll(() => sandbox.close());

async function put(key: StandInKey, operation: string, fault: unknown): Promise<unknown[]> {
  const response = await fetch(`${sandbox[key].origin}/_sandbox/faults/${operation}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  });
  return [response.status, (await response.json()) as unknown];
}

test.each(['returningAI', 'tagMango'] as const)('%s says what there is', async (key) => {
  const { origin, operations } = sandbox[key];
  const response = await fetch(`${origin}/_sandbox`);

  const kinds = faultSchema.options.map(({ shape }) => [shape.kind.value, expect.any(String)]);
  expect(await response.json()).toEqual({
    operations: [...operations],
    kinds: Object.fromEntries(kinds) as object,
    presets: PRESET_NAMES,
    behaviour: key === 'tagMango' ? BEHAVIOURS : { ...RETURNING_AI_BEHAVIOURS, ...BEHAVIOURS },
    alterations: ALTERATIONS,
  });
});

test('every kind can be switched on', async () => {
  const needed = { delay: { ms: 1 }, headers: { headers: {} }, records: { change: 'no-ids' } };
  for (const { shape } of faultSchema.options) {
    const kind = shape.kind.value;
    const rest = Object.entries(needed).find(([name]) => name === kind)?.[1];
    const [status, entries] = await put('returningAI', 'listBadges', { kind, ...rest });

    expect([status, entries]).toEqual([200, { listBadges: expect.objectContaining({ kind }) }]);
  }
});

test('a named fault is shown as it was given', async () => {
  expect(await put('returningAI', 'listBadges', { name: 'html', times: 3 })).toEqual([
    200,
    { listBadges: { name: 'html', times: 3 } },
  ]);
});

describe('refuses', () => {
  test.each([
    ['an unknown name', { name: 'htlm' }],
    ['a name and a kind', { name: 'html', kind: 'hang' }],
    ['a name with an option', { name: 'html', status: 201 }],
    ['a name that is none', { name: null }],
    ['no times', { name: 'html', times: 0 }],
    ['a delay without a time', { kind: 'delay' }],
    ['a delay that no timer can hold', { kind: 'delay', ms: 2 ** 31 }],
    ['a drip of nothing', { kind: 'drip', everyMs: 0 }],
    ['a part that no answer has', { kind: 'drip', part: 'trailers' }],
    ['a reset at the end', { kind: 'reset', at: 'end' }],
    ['more than the sandbox can send', { kind: 'huge', bytes: 2 ** 40 }],
    ['a bomb of nothing', { kind: 'bomb', megabytes: 0 }],
    ['half a level', { kind: 'deep', levels: 0.5 }],
    ['headers that are none', { kind: 'headers', headers: { 'bad name': 'x' } }],
    [
      'trailers, which would break the sandbox itself',
      { kind: 'headers', headers: { Trailer: 'x' } },
    ],
    ['an unknown change', { kind: 'records', change: 'no-titles' }],
    [
      'records of a write that is not to take effect',
      { kind: 'records', change: 'other-id', isApplied: false },
    ],
    ['a clock of a write that is not to take effect', { name: 'clock-ahead', isApplied: false }],
    ['another creator where there is none', { kind: 'records', change: 'other-creator' }],
  ])('%s', async (_case, fault) => {
    const [status, body] = await put('returningAI', 'listBadges', fault);

    expect([status, body]).toEqual([
      400,
      {
        meta: expect.objectContaining({
          success: false,
          message: expect.stringMatching(/\w/) as unknown,
        }),
      },
    ]);
    expect(sandbox.returningAI.faults.entries()).toEqual({});
  });

  test('a change of records that an answer cannot show, and says why', async () => {
    expect(await put('tagMango', 'assignBadges', { kind: 'records', change: 'no-ids' })).toEqual([
      400,
      expect.objectContaining({
        message:
          'The answer of assignBadges holds no badges; there are listBadges, createBadge, updateBadge, lookupUser',
      }),
    ]);
  });
});
