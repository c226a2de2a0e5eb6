import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { linesWith, runCheck } from './run-check.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.close());

const HIDDEN = [
  'darkImage',
  'lightImage',
  'enabledDarkAndLight',
  'award',
  'awardCurrency',
  'awardXpQuantity',
  'awardCurrencyQuantity',
];

test('providers that keep to their contract files are in agreement', async () => {
  const run = await runCheck(sandbox);

  expect(run.code).toBe(0);
  expect(linesWith(run, 'agree')).toEqual([
    'In agreement: 34 lines agree with the contract files.',
  ]);
  expect(linesWith(run, 'listBadges')).toEqual([
    expect.stringMatching(/^listBadges \(GET \/badges, inferred\): 8 badges, after \d+ ms$/),
    expect.stringMatching(/^listBadges \(GET .+, documented\): 8 badges, after \d+ ms$/),
  ]);
  expect(linesWith(run, 'body[].quantity')).toEqual(['body[].quantity  -  string  string × 8']);
  expect(linesWith(run, 'result[].pointsThreshold')).toEqual([
    'result[].pointsThreshold  number  null  null × 5, number × 3',
  ]);
  expect(linesWith(run, 'no such member')).toHaveLength(2);
});

test('it only reads', async () => {
  await runCheck(sandbox);

  const asked = [...sandbox.returningAI.requests, ...sandbox.tagMango.requests];
  expect(asked.map(({ operation }) => operation)).toEqual([
    'listBadges',
    'userInfo',
    'listBadges',
    'lookupUser',
  ]);
});

test('an empty community agrees, and says what could not be seen', async () => {
  sandbox.returningAI.badges.clear();
  const run = await runCheck(sandbox);

  expect(run.code).toBe(0);
  expect(linesWith(run, 'could not be seen')).toEqual([
    'In agreement: 26 lines agree with the contract files, 8 could not be seen.',
  ]);
});

describe('drift', () => {
  test('all thirteen fields shown: the seven that no page shows are named', async () => {
    sandbox.returningAI.behaviour.shows = 'all';
    const run = await runCheck(sandbox);

    expect(run.code).toBe(1);
    expect(linesWith(run, 'DRIFT')).toEqual(
      HIDDEN.map(
        (field) => `body[].${field}  -  -  string × 8  DRIFT: is in the contract for requests only`,
      ),
    );
    expect(linesWith(run, 'Not in agreement')).toEqual([
      'Not in agreement: 34 lines agree with the contract files, 7 differ.',
    ]);
  });

  test('a field that is missing', async () => {
    sandbox.returningAI.behaviour.shows = [
      'title',
      'action',
      'quantity',
      'attachRequired',
      'awarded',
      'image',
    ];
    const run = await runCheck(sandbox);

    expect(run.code).toBe(1);
    expect(linesWith(run, 'DRIFT')).toEqual([
      'body[].description  -  string  -  DRIFT: is missing in 8',
    ]);
  });

  test('a field of another type, in one record of many, of both providers', async () => {
    sandbox.returningAI.faults.set('listBadges', { kind: 'records', change: 'one-malformed' });
    sandbox.tagMango.faults.set('listBadges', { kind: 'records', change: 'one-malformed' });
    const run = await runCheck(sandbox);

    expect(run.code).toBe(1);
    expect(linesWith(run, 'DRIFT')).toEqual([
      'body[].title  -  string  number, string × 7  DRIFT: is number instead of string',
      'result[].name  string  -  number, string × 7  DRIFT: is number instead of string',
    ]);
  });

  test('fields that the contract does not know', async () => {
    sandbox.tagMango.faults.set('listBadges', { kind: 'records', change: 'extra-fields' });
    const run = await runCheck(sandbox);

    expect(run.code).toBe(1);
    expect(linesWith(run, 'DRIFT')).toEqual([
      'result[].rarity  -  -  string × 8  DRIFT: is not in the contract',
      'result[].tiers  -  -  array × 8  DRIFT: is not in the contract',
    ]);
  });

  test('another envelope', async () => {
    sandbox.returningAI.faults.set('listBadges', { kind: 'answer', body: [] });
    const run = await runCheck(sandbox);

    expect(run.code).toBe(1);
    expect(linesWith(run, 'DRIFT')).toEqual([
      '(the answer)  -  object  array  DRIFT: is array instead of object',
    ]);
  });
});

describe('a call that fails', () => {
  test('a wrong key is told, with the settings to check', async () => {
    sandbox.returningAI.keys.clear();
    const run = await runCheck(sandbox);

    expect(run.code).toBe(1);
    expect(linesWith(run, 'FAILED')).toEqual([
      expect.stringMatching(/^listBadges \(GET \/badges, inferred\): FAILED, after \d+ ms$/),
    ]);
    expect(linesWith(run, 'auth-failed')).toEqual([
      'The provider rejected the credentials of this service (auth-failed). Check RETURNING_AI_BASE_URL, RETURNING_AI_API_KEY.',
    ]);
    expect(linesWith(run, 'Not in agreement')).toEqual([
      'Not in agreement: 20 lines agree with the contract files, 1 could not be seen, 1 call failed.',
    ]);
  });

  test('a part of a list is not the list', async () => {
    sandbox.returningAI.faults.set('listBadges', { kind: 'records', change: 'part' });
    sandbox.tagMango.faults.set('listBadges', { kind: 'records', change: 'part' });
    const run = await runCheck(sandbox);

    expect(run.code).toBe(1);
    expect(linesWith(run, 'bad-response')).toEqual([
      'The provider returned only part of its badges, according to total (bad-response).',
      'The provider returned only part of its badges, according to total (bad-response).',
    ]);
    expect(linesWith(run, 'DRIFT')).toEqual([
      'body  -  array  object  DRIFT: is object instead of array',
      'result  array  -  object  DRIFT: is object instead of array',
    ]);
  });

  test('a list that says in a header that there is more is not the list either', async () => {
    const headers = { link: '<https://api.example/badges?page=2>; rel="next"' };
    sandbox.tagMango.faults.set('listBadges', { kind: 'headers', headers });
    const run = await runCheck(sandbox);

    expect(run.code).toBe(1);
    expect(linesWith(run, 'bad-response')).toEqual([
      'The provider returned only part of its badges, according to the header link (bad-response).',
    ]);
  });

  test('a path that the provider does not know is told, with the address to check', async () => {
    sandbox.returningAI.faults.set('listBadges', { name: 'not-found' });
    const run = await runCheck(sandbox);

    expect(linesWith(run, 'not-found')).toEqual([
      'The provider has no such resource (not-found). Check the address in RETURNING_AI_BASE_URL.',
    ]);
  });

  test('a hanging provider is named while it is waited for, and given up at the deadline', async () => {
    sandbox.tagMango.faults.set('listBadges', { kind: 'hang' });
    const begun = performance.now();
    const run = await runCheck(sandbox, [], { attemptTimeoutMs: 900, operationDeadlineMs: 2_000 });

    expect(performance.now() - begun).toBeLessThan(6_000);
    expect(run.code).toBe(1);
    expect(run.progress[0]).toBe('Waiting for TagMango: listBadges, 1 s of at most 2 s');
    expect(linesWith(run, 'timeout')).toEqual([
      'The provider did not respond in time (timeout). Check that this machine can connect to it, and check TAG_MANGO_BASE_URL, TAG_MANGO_API_KEY, TAG_MANGO_WHITELABEL_HOST.',
    ]);
    // The other provider is checked all the same.
    expect(linesWith(run, 'body[].title')).toHaveLength(1);
  });
});

test('no value, no odd field name and no secret is told', async () => {
  const planted = 'ada.lovelace@example.com';
  const key = sandbox.variables.RETURNING_AI_API_KEY ?? '';
  const record = { id: 'b1', title: planted, [planted]: key, [key]: planted, action: 7 };
  const meta = { success: true, message: planted, devMessage: key };
  sandbox.returningAI.faults.set('*', { kind: 'answer', body: { meta, body: [record] } });
  sandbox.tagMango.faults.set('*', {
    kind: 'answer',
    status: 400,
    body: { code: 400, message: `${planted} ${sandbox.variables.TAG_MANGO_API_KEY ?? ''}` },
  });
  const { code, output, progress } = await runCheck(sandbox);

  const told = [output, ...progress].join('\n');
  expect(code).toBe(1);
  expect(told).toContain('(invalid name)');
  expect(told).not.toMatch(/lovelace|sandbox-returning|5a5a5a5a/i);
});

describe('tenants', () => {
  const tenants = () =>
    ['acme', 'bolt'].map((id) => ({
      id,
      providerValues: { tagMango: sandbox.providerValues.tagMango },
      requestLimits: {},
    }));

  test('all are checked, each under its name', async () => {
    const run = await runCheck(sandbox, [], { tenants: tenants(), defaultTenant: undefined });

    expect(run.code).toBe(0);
    expect(linesWith(run, ' at 127.0.0.1:')).toEqual([
      expect.stringMatching(/^TagMango of acme at /),
      expect.stringMatching(/^TagMango of bolt at /),
    ]);
  });

  test('one is checked by its id', async () => {
    const run = await runCheck(sandbox, ['--tenant', 'bolt'], {
      tenants: tenants(),
      defaultTenant: undefined,
    });

    expect(linesWith(run, ' at 127.0.0.1:')).toEqual([
      expect.stringMatching(/^TagMango of bolt at /),
    ]);
  });

  test('an unknown one is refused', async () => {
    await expect(runCheck(sandbox, ['--tenant', 'acne'])).rejects.toThrow(
      'There is no tenant "acne".',
    );
  });

  test('without a provider there is nothing to check', async () => {
    await expect(runCheck({ providerValues: {} })).rejects.toThrow('No provider is configured');
  });
});

test.each([
  [['--tenants', 'x'], "Unknown option '--tenants'"],
  [['everything'], 'Unexpected argument'],
  [['--confirm', 'TagMango'], '--confirm has no effect without --scratch-badge.'],
  [['--out', '/nowhere/seen.json'], '--out: /nowhere/seen.json cannot be written (ENOENT).'],
])('%j is refused before anything is asked', async (args, message) => {
  await expect(runCheck(sandbox, args)).rejects.toThrow(message);
  expect(sandbox.returningAI.requests).toEqual([]);
});
