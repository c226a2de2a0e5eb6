import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CheckSurroundings } from '../../src/check/check-providers.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type CheckRun, linesWith, runCheck } from './run-check.ts';

let sandbox: Sandbox;
let folder: string;
let time: number;
const now = (): number => time;
/** Time passes only while the check waits for a list. */
const pause = async (ms: number): Promise<void> => void (time += ms);
beforeEach(async () => {
  time = 0;
  sandbox = await startSandbox({ returningAI: { now }, tagMango: { now } });
  folder = mkdtempSync(join(tmpdir(), 'badges-check-'));
});
afterEach(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

const RETURNING_AI = 'Returning.AI';
const TAG_MANGO = 'TagMango';

async function scratch(
  title: string,
  surroundings: Partial<CheckSurroundings> = {},
  more: readonly string[] = [],
): Promise<CheckRun> {
  const args = ['--scratch-badge', '--confirm', title, '--out', join(folder, 'seen.json')];
  return runCheck(sandbox, [...args, ...more], surroundings);
}

/** The operations of all requests, the check's reads aside. */
function asked(key: 'returningAI' | 'tagMango'): Record<string, number> {
  return { ...sandbox[key].arrivals().byOperation };
}

const names = (): string[] => [
  ...[...sandbox.returningAI.badges.values()].map(({ title }) => title),
  ...[...sandbox.tagMango.badges.values()].map(({ name }) => name),
];

describe('on a badge of its own at Returning.AI', () => {
  test('a PUT that resets what it leaves out is as assumed', async () => {
    const before = names();
    const run = await scratch(RETURNING_AI);

    expect(run.code).toBe(0);
    expect(linesWith(run, 'fields left out')).toEqual(['fields left out  -  reset  reset']);
    expect(linesWith(run, 'answers with')).toEqual([
      'answers with  the new badge  -  the new badge',
    ]);
    expect(linesWith(run, 'fields in the answer')).toEqual([
      'fields in the answer  -  -  all except darkImage, lightImage, enabledDarkAndLight, award, awardCurrency, awardXpQuantity, awardCurrencyQuantity',
    ]);
    expect(linesWith(run, 'null for')).toEqual([
      'null for quantity  -  -  refused',
      'null for image  -  -  refused',
      'null for description  -  -  refused',
      'null for attachRequired  -  -  refused',
    ]);
    expect(linesWith(run, 'has been deleted')).toHaveLength(1);
    expect(names()).toEqual(before);
  });

  test('a PUT that merges is drift', async () => {
    sandbox.returningAI.behaviour.put = 'merges';
    const run = await scratch(RETURNING_AI);

    expect(run.code).toBe(1);
    expect(linesWith(run, 'DRIFT')).toEqual([
      'fields left out  -  reset  kept  DRIFT: differs from the contract',
    ]);
  });

  test('a PUT that keeps some fields and resets others says which', async () => {
    const run = await scratch(RETURNING_AI, {
      onProgress(message) {
        if (!message.includes('write 4')) return;
        sandbox.returningAI.behaviour.alters = [{ kind: 'ignore', fields: ['image'] }];
      },
    });

    expect(linesWith(run, 'fields left out')).toEqual([
      'fields left out  -  reset  reset: quantity, description, attachRequired; kept: image  DRIFT: differs from the contract',
    ]);
  });

  test('with all thirteen fields shown it sees what becomes of each', async () => {
    sandbox.returningAI.behaviour.shows = 'all';
    sandbox.returningAI.behaviour.put = 'merges';
    const run = await scratch(RETURNING_AI);

    expect(linesWith(run, 'fields in the list')).toEqual([
      'fields in the list  -  -  all written fields',
    ]);
    expect(linesWith(run, 'fields left out')).toEqual([
      'fields left out  -  reset  kept  DRIFT: differs from the contract',
    ]);
  });

  test('it touches no other badge, gives none away, and sends each write once', async () => {
    const before = JSON.stringify([...sandbox.returningAI.badges]);
    await scratch(RETURNING_AI);

    expect(asked('returningAI')).toMatchObject({
      createBadge: 1,
      updateBadge: 7,
      deleteBadge: 1,
    });
    expect(asked('returningAI')).not.toHaveProperty('awardBadge');
    expect(asked('tagMango')).toEqual({ listBadges: 1, lookupUser: 1 });
    expect(JSON.stringify([...sandbox.returningAI.badges])).toBe(before);
  });
});

describe('on a badge of its own at TagMango', () => {
  test('a PATCH keeps what it leaves out, null clears two fields, and the badge stays', async () => {
    const run = await scratch(TAG_MANGO);

    expect(run.code).toBe(0);
    expect(linesWith(run, 'fields left out')).toEqual(['fields left out  -  kept  kept']);
    expect(linesWith(run, 'null for')).toEqual([
      'null for description  -  -  refused',
      'null for imageUrl  -  -  refused',
      'null for pointsThreshold  -  cleared  cleared',
      'null for pointCategoryForAutomation  -  cleared  cleared',
    ]);
    const badge = [...sandbox.tagMango.badges.values()].at(-1);
    expect(badge?.name).toMatch(/^API check [0-9a-f]{8} 8$/);
    expect(badge?.enableAutomation).toBe(false);
    expect(linesWith(run, 'is still at')).toEqual([
      `The badge "${badge?.name}" (ID ${badge?._id}) is still at TagMango. Delete it in the dashboard.`,
    ]);
  });

  test('what null is ignored for is drift', async () => {
    sandbox.tagMango.behaviour.alters = [{ kind: 'ignore', fields: ['pointsThreshold'] }];
    const run = await scratch(TAG_MANGO);

    expect(run.code).toBe(1);
    expect(linesWith(run, 'DRIFT', 'null for')).toEqual([]);
    expect(linesWith(run, 'DRIFT')).toEqual([
      'stores numbers  -  as sent  ignored  DRIFT: differs from the contract',
    ]);
  });
});

describe.each([
  [RETURNING_AI, 'returningAI', 'quantity'],
  [TAG_MANGO, 'tagMango', 'pointsThreshold'],
] as const)('at %s', (title, key, number) => {
  test('an answer with the old badge is told', async () => {
    sandbox[key].behaviour.answers = 'before';
    const run = await scratch(title);

    expect(run.code).toBe(1);
    expect(linesWith(run, 'DRIFT')).toEqual([
      'answers with  the new badge  -  the old badge  DRIFT: differs from the contract',
    ]);
  });

  test('a list that lags is told, with how long', async () => {
    sandbox[key].behaviour.listLagMs = 2_500;
    const run = await scratch(title, { now, pause });

    expect(run.code).toBe(1);
    const lag = 'at once  after 3.0 s  DRIFT: differs from the contract';
    expect(linesWith(run, 'shows a new badge')).toEqual([`shows a new badge  -  ${lag}`]);
    expect(linesWith(run, 'shows an update')).toEqual([`shows an update  -  ${lag}`]);
    expect(linesWith(run, 'fields left out', 'DRIFT')).toEqual([]);
  });

  test('a list that never shows a write is waited for once, within a bound', async () => {
    sandbox[key].behaviour.listLagMs = 600_000;
    const run = await scratch(title, { now, pause });

    expect(time).toBeGreaterThan(20_000);
    expect(time).toBeLessThanOrEqual(30_000);
    expect(run.code).toBe(1);
    expect(linesWith(run, 'shows a new badge')).toEqual([
      'shows a new badge  -  at once  not within the waiting time  DRIFT: differs from the contract',
    ]);
    // Everything else is seen in the answers.
    expect(linesWith(run, 'fields left out', 'DRIFT')).toEqual([]);
    expect(linesWith(run, 'fields left out')).toHaveLength(1);
  });

  test('a provider that alters what it is given is told, kind by kind', async () => {
    sandbox[key].behaviour.alters = [
      { kind: 'trim' },
      { kind: 'cut', length: 200, fields: ['description'] },
      { kind: 'escape-html' },
      { kind: 'strip-emoji' },
      { kind: 'rewrite-urls' },
      { kind: 'round', to: 10, fields: [number] },
    ];
    const run = await scratch(title);

    expect(run.code).toBe(1);
    expect(linesWith(run, 'DRIFT')).toEqual([
      'stores texts  -  as sent  trimmed, HTML escaped, emoji removed  DRIFT: differs from the contract',
      expect.stringMatching(/^stores numbers {2}- {2}as sent {2}\d+ became \d+0 {2}DRIFT/),
      'stores URLs  -  as sent  at another host, with another path, with another query  DRIFT: differs from the contract',
      'stores long texts  -  as sent  cut at 200 characters  DRIFT: differs from the contract',
    ]);
  });

  test('a list that shows values otherwise is told', async () => {
    sandbox[key].behaviour.listShows = [
      { kind: 'cut', length: 200, fields: ['description'] },
      { kind: 'escape-html', fields: ['description'] },
      { kind: 'sign-urls' },
    ];
    const run = await scratch(title);

    expect(run.code).toBe(1);
    expect(linesWith(run, 'DRIFT')).toEqual([
      'shows texts  -  as stored  HTML escaped  DRIFT: differs from the contract',
      'shows URLs  -  as stored  with another query  DRIFT: differs from the contract',
      'shows long texts  -  as stored  cut at 200 characters  DRIFT: differs from the contract',
    ]);
    expect(linesWith(run, 'URLs of two reads')).toEqual(['URLs of two reads  -  -  differ']);
  });

  test('a creation that is refused is told, and nothing else is tried', async () => {
    sandbox[key].faults.set('createBadge', { name: 'bad-request' });
    const before = names();
    const run = await scratch(title);

    expect(run.code).toBe(1);
    expect(linesWith(run, '(rejected)')).toEqual([
      'The provider rejected the request as invalid (rejected). It says: "A fault of the sandbox".',
    ]);
    expect(asked(key)).not.toHaveProperty('updateBadge');
    expect(linesWith(run, 'is still at')).toEqual([]);
    expect(names()).toEqual(before);
  });

  test('a creation whose answer is lost is found in the list, and not sent again', async () => {
    sandbox[key].faults.set('createBadge', { kind: 'reset', isApplied: true });
    const run = await scratch(title);

    expect(asked(key)).toMatchObject({ createBadge: 1, updateBadge: 7 });
    expect(linesWith(run, 'fields left out')).toHaveLength(1);
    expect(linesWith(run, key === 'tagMango' ? 'is still at' : 'has been deleted')).toHaveLength(1);
  });

  test('a creation of unknown outcome that no list shows says that a badge may be there', async () => {
    sandbox[key].faults.set('createBadge', { kind: 'reset' });
    const run = await scratch(title, { now, pause });

    expect(run.code).toBe(1);
    expect(linesWith(run, 'with unknown ID')).toEqual([
      expect.stringMatching(
        /^The badge "API check [0-9a-f]{8}" \(with unknown ID\) may still be at /,
      ),
    ]);
    expect(asked(key)).toMatchObject({ createBadge: 1 });
  });

  test('a list that is refused is not waited for, and the answers tell all the same', async () => {
    sandbox[key].faults.set('listBadges', { name: 'not-found' });
    const run = await scratch(title, { now, pause });

    expect(time).toBe(0);
    expect(run.code).toBe(1);
    expect(linesWith(run, 'fields left out', 'DRIFT')).toEqual([]);
    expect(linesWith(run, 'fields left out')).toHaveLength(1);
    expect(linesWith(run, key === 'tagMango' ? 'is still at' : 'has been deleted')).toHaveLength(1);
  });

  test('an update that fails ends its own trial only, and the badge is removed', async () => {
    sandbox[key].faults.set('updateBadge', { name: 'server-error', times: 1 });
    const begun = performance.now();
    const run = await scratch(title);

    expect(performance.now() - begun).toBeLessThan(6_000);
    expect(run.code).toBe(1);
    expect(linesWith(run, '(unavailable)')).toHaveLength(1);
    expect(linesWith(run, 'fields left out')).toHaveLength(1);
  });

  test('when it is stopped, it tries nothing more and tidies up', async () => {
    const controller = new AbortController();
    const run = await scratch(title, {
      signal: controller.signal,
      onProgress: (message) => {
        if (message.includes('update')) controller.abort();
      },
    });

    expect(asked(key)).toMatchObject({ createBadge: 1, updateBadge: 1 });
    expect(run.code).toBe(1);
    if (key === 'returningAI') expect(asked(key)).toMatchObject({ deleteBadge: 1 });
  });
});

test('what a provider says of a write is told without the keys of any tenant', async () => {
  const other = 'tmk_of-another-tenant-0123456789';
  const { tagMango } = sandbox.providerValues;
  sandbox.tagMango.faults.set('createBadge', {
    kind: 'answer',
    status: 400,
    body: {
      code: 400,
      message: `No key ${other.slice(4, 24)}, nor ${tagMango?.TAG_MANGO_API_KEY}`,
    },
  });
  const run = await scratch(
    TAG_MANGO,
    {
      tenants: [
        { id: 'default', providerValues: sandbox.providerValues, requestLimits: {} },
        {
          id: 'acme',
          providerValues: { tagMango: { ...tagMango, TAG_MANGO_API_KEY: other } },
          requestLimits: {},
        },
      ],
    },
    ['--tenant', 'default'],
  );

  expect(linesWith(run, 'It says')).toEqual([
    expect.stringContaining('It says: "No key [redacted], nor [redacted]".'),
  ]);
});

test('a badge that cannot be deleted is named', async () => {
  sandbox.returningAI.faults.set('deleteBadge', { name: 'forbidden' });
  const run = await scratch(RETURNING_AI);
  const badge = [...sandbox.returningAI.badges.values()].at(-1);

  expect(run.code).toBe(1);
  expect(linesWith(run, 'is still at')).toEqual([
    `The badge "${badge?.title}" (ID ${badge?.id}) is still at Returning.AI. Delete it in the dashboard.`,
  ]);
});

describe('without a confirmation nothing is written', () => {
  const out = (): string[] => ['--scratch-badge', '--out', join(folder, 'seen.json')];

  test('where nobody can be asked it is refused before anything is asked', async () => {
    await expect(runCheck(sandbox, out())).rejects.toThrow(
      'this terminal is not interactive: add --confirm "Returning.AI"',
    );
    expect(asked('returningAI')).toEqual({});
  });

  test('a name that is no configured provider is refused before anything is asked', async () => {
    await expect(runCheck(sandbox, [...out(), '--confirm', 'Mango'])).rejects.toThrow(
      /^--confirm does not name a configured provider. Use Returning\.AI or 127\.0\.0\.1:\d+, TagMango or /,
    );
    expect(asked('returningAI')).toEqual({});
  });

  test('whoever is asked is told exactly what will be done, and types the name to agree', async () => {
    const questions: string[] = [];
    const run = await runCheck(sandbox, out(), {
      ask: async (question) => {
        questions.push(question);
        return question.includes(RETURNING_AI) ? ' returning.ai ' : 'yes';
      },
    });

    expect(questions).toEqual([
      'Type Returning.AI to continue with Returning.AI, or anything else to skip it: ',
      'Type TagMango to continue with TagMango, or anything else to skip it: ',
    ]);
    expect(run.output).toMatch(
      /A scratch badge at Returning\.AI \(127\.0\.0\.1:\d+\): the check\n {2}- creates one badge named "API check [0-9a-f]{8}", which members may see;\n {2}- updates its texts, numbers, images and flags with 7 requests, each sent once/,
    );
    expect(linesWith(run, 'was not confirmed')).toEqual([
      'TagMango was skipped, because it was not confirmed.',
    ]);
    expect(asked('returningAI')).toMatchObject({ createBadge: 1 });
    expect(asked('tagMango')).toEqual({ listBadges: 1, lookupUser: 1 });
  });

  test('the host of the provider confirms too', async () => {
    const { host } = new URL(sandbox.tagMango.origin);
    await runCheck(sandbox, [...out(), '--confirm', host]);

    expect(asked('tagMango')).toMatchObject({ createBadge: 1 });
    expect(asked('returningAI')).not.toHaveProperty('createBadge');
  });

  test('of several tenants one must be named', async () => {
    const tenants = ['acme', 'bolt'].map((id) => ({
      id,
      providerValues: sandbox.providerValues,
      requestLimits: {},
    }));
    await expect(
      runCheck(sandbox, [...out(), '--confirm', TAG_MANGO], { tenants }),
    ).rejects.toThrow('--scratch-badge requires a single tenant: add --tenant <id>.');
  });
});

describe('the file of what was seen', () => {
  test('has every line that was seen, and no value, name or id of anybody', async () => {
    sandbox.returningAI.behaviour.put = 'merges';
    await scratch(RETURNING_AI);
    const text = readFileSync(join(folder, 'seen.json'), 'utf8');
    const seen = JSON.parse(text) as {
      format: number;
      day: string;
      providers: { provider: string; operations: { operation: string; lines: object[] }[] }[];
    };

    expect([seen.format, seen.day]).toEqual([1, '2026-03-01']);
    const [returningAI, tagMango] = seen.providers;
    expect(returningAI?.operations.map(({ operation }) => operation)).toEqual([
      'listBadges',
      'userInfo',
      'createBadge',
      'listBadges',
      'updateBadge',
      'deleteBadge',
    ]);
    expect(tagMango?.provider).toBe('TAG_MANGO');
    const update = returningAI?.operations.find(({ operation }) => operation === 'updateBadge');
    expect(update?.lines).toContainEqual({
      path: 'fields left out',
      documented: null,
      inferred: 'reset',
      seen: 'kept',
      drift: ['differs from the contract'],
      pointer: '/paths/~1badges~1{id}/put/x-behaviour/fields left out',
    });
    expect(text).not.toMatch(/Chart Analyst|API check|ada@|84845081|sandbox-returning|tmk_/);
  });

  test('is written by reads only when it is asked for', async () => {
    const path = join(folder, 'reads.json');
    await runCheck(sandbox);
    expect(existsSync('providers-seen.json')).toBe(false);
    await runCheck(sandbox, ['--out', path]);
    expect(existsSync(path)).toBe(true);
  });
});
