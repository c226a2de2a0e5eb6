import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Alteration } from '../../src/sandbox/behaviour.ts';
import { TIMEOUT_MS, numRuns } from '../properties/runs.ts';
import { ADA } from '../support/operation-cases.ts';
import { HIDDEN_VALUES, returningAIStored, tagMangoStored } from '../support/records.ts';
import {
  type Payload,
  type WritingService,
  codesOf,
  startWritingService,
  warningsOf,
} from '../support/writing.ts';

/** What a write shows, and what the next reads and writes begin with, at providers that show it late or otherwise. */

const LAG_MS = 2_000;
const { id: _id, awarded: _awarded, ...ALL_THIRTEEN } = returningAIStored();

/** What each provider calls the same things, so that what holds for both is said once. */
const PROVIDERS = [
  {
    key: 'returningAI',
    provider: 'RETURNING_AI',
    id: returningAIStored().id,
    name: 'title',
    number: 'quantity',
    complete: ALL_THIRTEEN,
    created: { title: 'Scout' },
  },
  {
    key: 'tagMango',
    provider: 'TAG_MANGO',
    id: tagMangoStored()._id,
    name: 'name',
    number: 'pointsThreshold',
    complete: {},
    created: { name: 'Scout' },
  },
] as const;
type Provider = (typeof PROVIDERS)[number];

let now = Date.now();
let service: WritingService;
afterEach(() => service.close());

async function start(): Promise<WritingService> {
  now = Date.now();
  service = await startWritingService({
    attemptTimeoutMs: 3_000,
    sandbox: {
      returningAI: { badges: [returningAIStored()], now: () => now },
      tagMango: { badges: [tagMangoStored()], now: () => now, requestLimit: 1_000_000 },
    },
  });
  return service;
}

const behaviourOf = ({ key }: Provider) => service.sandbox[key].behaviour;
const update = (
  { key, id }: Provider,
  { expectedVersion, ...fields }: { expectedVersion?: unknown; [field: string]: unknown },
): Promise<Payload> =>
  service.mutate({ kind: 'update', input: { [key]: { id, ...fields } }, expectedVersion });

async function read({ provider, id }: Provider, badgeId: string = id) {
  const { badge } = await service.query(
    `{ badge(provider: ${provider}, id: "${badgeId}") { ... on BadgeFields { name description version } } }`,
  );
  return badge as { name: string; description: string | null; version: string } | null;
}

test('a member is shown with a badge as the last write left it, though the look-up shows it late', async () => {
  const { _id: id } = tagMangoStored();
  const names = async () => {
    const { tagMangoMember } = await service.query(
      `{ tagMangoMember(email: "${ADA.email}") { badges { id name version } } }`,
    );
    return (tagMangoMember as { badges: { name: string; version: string }[] }).badges;
  };
  await start();
  service.sandbox.tagMango.awards.set(ADA.tagMango, new Set([id]));
  const [provider] = PROVIDERS.filter(({ key }) => key === 'tagMango');
  if (!provider) throw new Error('TagMango is missing among the providers');
  await update(provider, { name: 'Before' });
  behaviourOf(provider).listLagMs = LAG_MS;
  await update(provider, { name: 'After' });
  const { version } = (await read(provider)) ?? {};

  expect(await names()).toEqual([{ id, name: 'After', version }]);
  now += LAG_MS;
  // Somebody else's change counts as soon as the provider shows it.
  service.sandbox.tagMango.badges.set(id, { ...tagMangoStored(), name: 'Elsewhere' });
  expect(await names()).toMatchObject([{ id, name: 'Elsewhere' }]);
});

describe.each(PROVIDERS)('$key with a list that shows a write two seconds late', (provider) => {
  const { key, name, number, complete } = provider;

  test('keeps a first change through a second one', async () => {
    await start();
    await update(provider, complete);
    behaviourOf(provider).listLagMs = LAG_MS;
    await update(provider, { [name]: 'Renamed', description: 'Described' });
    const second = await update(provider, { [number]: 9 });

    expect(codesOf(second)).toEqual([]);
    now += LAG_MS;
    expect([...service.sandbox[key].badges.values()]).toMatchObject([
      { [name]: 'Renamed', description: 'Described', [number]: 9 },
    ]);
  });

  test('changes a name back at once', async () => {
    await start();
    await update(provider, { ...complete, [name]: 'Before' });
    behaviourOf(provider).listLagMs = LAG_MS;
    await update(provider, { [name]: 'Meanwhile' });
    const back = await update(provider, { [name]: 'Before' });

    expect(back.changes).toMatchObject([{ field: name, before: 'Meanwhile', after: 'Before' }]);
    expect(service.writes().at(-1)?.body).toMatchObject({ [name]: 'Before' });
    expect(await read(provider)).toMatchObject({ name: 'Before' });
  });

  test('shows a change at once, with the version that its payload had', async () => {
    await start();
    await update(provider, complete);
    behaviourOf(provider).listLagMs = LAG_MS;
    const { badge } = await update(provider, { [name]: 'Renamed' });
    expect(await read(provider)).toMatchObject({ name: 'Renamed', version: badge?.version });
    const again = await update(provider, { expectedVersion: badge?.version, [name]: 'Again' });
    expect(codesOf(again)).toEqual([]);
  });

  test('shows a new badge at once, and takes an update of it', async () => {
    await start();
    behaviourOf(provider).listLagMs = LAG_MS;
    const { badge } = await service.mutate({ kind: 'create', input: { [key]: provider.created } });
    const id = String(badge?.id);
    expect(await read(provider, id)).toMatchObject({ name: 'Scout', version: badge?.version });
    const renamed = await service.mutate({
      kind: 'update',
      input: { [key]: { id, [name]: 'Ranger' } },
    });
    expect(codesOf(renamed)).toEqual([]);
    expect(await read(provider, id)).toMatchObject({ name: 'Ranger' });
  });

  test(
    'keeps every change of ours, in any order of changes and moments',
    async () => {
      await start();
      await update(provider, { ...complete, [name]: 'name 0', description: 'text 0', [number]: 0 });
      const step = fc.record({
        field: fc.constantFrom<string>(name, 'description', number),
        value: fc.nat(3),
        wait: fc.constantFrom(0, 0, 500, 1_000, 2_500),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
          behaviourOf(provider).listLagMs = LAG_MS;
          const shown = await service.query(
            `{ badge(provider: ${provider.provider}, id: "${provider.id}") { ... on ReturningAIBadge { title description quantity } ... on TagMangoBadge { name description pointsThreshold } } }`,
          );
          const model: Record<string, unknown> = { ...(shown.badge as object) };
          for (const { field, value, wait } of steps) {
            const given = field === number ? value : `${field} ${value}`;
            const payload = await update(provider, { [field]: given });
            expect(codesOf(payload)).toEqual([]);
            expect(payload.changes.map((change) => change.field)).toEqual(
              model[field] === given ? [] : [field],
            );
            model[field] = given;
            now += wait;
            expect(payload.badge).toMatchObject(model);
          }
          now += LAG_MS;
          expect([...service.sandbox[key].badges.values()]).toMatchObject([model]);
        }),
        { numRuns: Math.ceil(numRuns / 10) },
      );
    },
    TIMEOUT_MS,
  );
});

test('a deleted badge that the list still shows is gone', async () => {
  await start();
  const [provider] = PROVIDERS;
  behaviourOf(provider).listLagMs = LAG_MS;
  await service.mutate({ kind: 'delete', input: { returningAI: { id: provider.id } } });
  expect(await read(provider)).toBeNull();
});

test('another replica shows a write too that the list does not show yet', async () => {
  await start();
  const [, provider] = PROVIDERS;
  behaviourOf(provider).listLagMs = LAG_MS;
  await update(provider, { name: 'Renamed' });
  const twin = await service.startTwin({});
  const { data } = await twin.execute<{ badge: unknown }, object>(
    `{ badge(provider: TAG_MANGO, id: "${provider.id}") { ... on BadgeFields { name } } }`,
  );
  await twin.close();
  expect(data.badge).toEqual({ name: 'Renamed' });
});

test('a list that shows our change late does so for a minute at most', async () => {
  let clock = Date.now();
  service = await startWritingService({
    attemptTimeoutMs: 3_000,
    wallTime: () => clock,
    now: () => clock,
    freshSeconds: 0,
    sandbox: { tagMango: { badges: [tagMangoStored()], now: () => now } },
  });
  const [, provider] = PROVIDERS;
  behaviourOf(provider).listLagMs = 600_000;
  await update(provider, { name: 'Renamed' });
  clock += 59_000;
  expect(await read(provider)).toMatchObject({ name: 'Renamed' });
  clock += 2_000;
  expect(await read(provider)).toMatchObject({ name: 'Hall of Fame' });
});

describe.each(PROVIDERS)('$key that answers with the badge as it was before', (provider) => {
  test('the new badge is shown, and its version is the next one that is expected', async () => {
    await start();
    behaviourOf(provider).answers = 'before';
    const renamed = await update(provider, { ...provider.complete, [provider.name]: 'Renamed' });

    expect(renamed.badge).toMatchObject({ name: 'Renamed' });
    expect(warningsOf(renamed)).not.toContain('VALUE_ALTERED');
    const next = await update(provider, {
      expectedVersion: renamed.badge?.version,
      description: 'Next',
    });
    expect(codesOf(next)).toEqual([]);
  });
});

const SENT = ' Ada & <Bob> 🏆 at LENGTH ';
const ALTERATIONS: [Alteration['kind'], Alteration][] = [
  ['trim', { kind: 'trim' }],
  ['cut', { kind: 'cut', length: 14 }],
  ['escape-html', { kind: 'escape-html' }],
  ['lower-case', { kind: 'lower-case' }],
  ['strip-emoji', { kind: 'strip-emoji' }],
  ['ignore', { kind: 'ignore', fields: ['description'] }],
];

describe.each(PROVIDERS)('$key that alters what it is given', (provider) => {
  describe.each(['new', 'before'] as const)('and answers with the %s badge', (answers) => {
    test.each(ALTERATIONS)(
      '%s: what stands is shown, with a warning',
      async (_kind, alteration) => {
        await start();
        behaviourOf(provider).alters = [alteration];
        behaviourOf(provider).answers = answers;
        const payload = await update(provider, { ...provider.complete, description: SENT });
        const stands = service.sandbox[provider.key].badges.get(provider.id)?.description;

        expect(stands).not.toBe(SENT);
        expect(payload.badge).toMatchObject({ description: stands });
        expect(payload.warnings).toContainEqual(
          expect.objectContaining({
            code: 'VALUE_ALTERED',
            fields: expect.arrayContaining([['input', provider.key, 'description']]),
          }),
        );
        const changed = payload.changes.find(({ field }) => field === 'description');
        expect(changed?.after ?? stands).toBe(stands);
        expect(await read(provider)).toEqual({
          name: payload.badge?.name,
          description: stands,
          version: payload.badge?.version,
        });
      },
    );
  });

  test('and lists it late: what the answer shows is shown', async () => {
    await start();
    await update(provider, { ...provider.complete, description: 'Old' });
    behaviourOf(provider).alters = [{ kind: 'trim' }];
    behaviourOf(provider).listLagMs = LAG_MS;
    const payload = await update(provider, { description: ' New ' });
    expect([payload.badge?.description, warningsOf(payload)]).toEqual([
      'New',
      expect.arrayContaining(['VALUE_ALTERED']),
    ]);
    expect(payload.changes).toMatchObject([{ before: 'Old', after: 'New' }]);
    expect(await read(provider)).toMatchObject({ description: 'New' });
    now += LAG_MS;
    expect(await read(provider)).toMatchObject({ description: 'New' });
  });

  test('what it does not alter is not warned of', async () => {
    await start();
    behaviourOf(provider).alters = [{ kind: 'trim' }];
    expect(
      warningsOf(await update(provider, { ...provider.complete, description: 'Plain' })),
    ).toEqual([]);
  });

  test('a new badge that it alters is shown as it stands', async () => {
    await start();
    behaviourOf(provider).alters = [{ kind: 'trim' }];
    const { badge, warnings, changes } = await service.mutate({
      kind: 'create',
      input: { [provider.key]: { [provider.name]: ' Scout ' } },
    });
    expect(badge).toMatchObject({ name: 'Scout' });
    expect(warnings).toMatchObject([
      { code: 'VALUE_ALTERED', fields: [['input', provider.key, provider.name]] },
    ]);
    expect(changes).toContainEqual({
      field: provider.name,
      sharedField: 'name',
      before: null,
      // There was none.
      beforeKnown: true,
      after: 'Scout',
    });
  });
});

describe.each(PROVIDERS)(
  '$key that answers with the badge as it was, and lists a write late',
  (provider) => {
    const { key, name, number, complete } = provider;
    const stored = () => service.sandbox[key].badges.get(provider.id);

    async function startLate(): Promise<void> {
      await start();
      await update(provider, { ...complete, [name]: 'Before', description: 'Old', [number]: 1 });
      behaviourOf(provider).listLagMs = LAG_MS;
      behaviourOf(provider).answers = 'before';
    }

    test.each([0, LAG_MS])(
      'keeps the values of a creation through an update, with a list that is late by %i ms',
      async (listLagMs) => {
        await startLate();
        behaviourOf(provider).listLagMs = listLagMs;
        const values = fc.record({
          [name]: fc.constantFrom('Scout', 'Ranger'),
          description: fc.constantFrom('', 'Described'),
          [number]: fc.integer({ min: 1, max: 3 }),
        });
        await fc.assert(
          fc.asyncProperty(
            values,
            fc.subarray([name, 'description', number]),
            async (sent, given) => {
              const made = await service.mutate({ kind: 'create', input: { [key]: sent } });
              const id = String(made.badge?.id);
              const changed = Object.fromEntries(
                given.map((field) => [field, field === number ? 9 : 'Changed']),
              );
              const input = { [key]: { id, ...changed, [number]: 9 } };
              const payload = await service.mutate({
                kind: 'update',
                input,
                expectedVersion: made.badge?.version,
              });
              expect(codesOf(payload)).toEqual([]);
              expect(service.sandbox[key].badges.get(id)).toMatchObject({
                ...sent,
                ...changed,
                [number]: 9,
              });
            },
          ),
          { numRuns: Math.ceil(numRuns / 8) },
        );
      },
      TIMEOUT_MS,
    );

    test('keeps a first change through a second one, and says what was sent again', async () => {
      await startLate();
      const first = await update(provider, { [name]: 'Renamed', description: 'Described' });
      expect(first.badge).toMatchObject({ [name]: 'Before', description: 'Old' });
      expect(first.warnings).toContainEqual({
        code: 'VALUE_ALTERED',
        message: expect.stringContaining('may show the write later'),
        fields: expect.arrayContaining([
          ['input', key, name],
          ['input', key, 'description'],
        ]),
      });
      expect(await read(provider)).toMatchObject({ version: first.badge?.version });

      const second = await update(provider, { expectedVersion: first.badge?.version, [number]: 9 });
      expect(codesOf(second)).toEqual([]);
      // Its answer shows the first one.
      expect(second.badge).toMatchObject({ [name]: 'Renamed', [number]: 1 });
      expect(stored()).toMatchObject({ [name]: 'Renamed', description: 'Described', [number]: 9 });
      const fields = second.warnings.filter(({ code }) => code === 'SHOWN_VALUE_IN_DOUBT');
      expect(fields.flatMap((warning) => warning.fields.map((path) => path.at(-1)))).toEqual(
        key === 'returningAI' ? ['title', 'description'] : [],
      );
      now += LAG_MS;
      expect(await read(provider)).toMatchObject({ name: 'Renamed', description: 'Described' });
    });

    test('changes a name back at once', async () => {
      await startLate();
      await update(provider, { [name]: 'Meanwhile' });
      const back = await update(provider, { [name]: 'Before' });
      expect(warningsOf(back)).not.toContain('NO_CHANGE');
      expect(stored()).toMatchObject({ [name]: 'Before' });
    });

    test('sends a value again that it may have ignored', async () => {
      await startLate();
      behaviourOf(provider).alters = [{ kind: 'ignore', fields: [name] }];
      await update(provider, { [name]: 'Renamed' });
      behaviourOf(provider).alters = [];
      await update(provider, { [name]: 'Renamed' });
      expect(stored()).toMatchObject({ [name]: 'Renamed' });
    });

    test('an edit in the dashboard counts as soon as it is shown', async () => {
      await startLate();
      await update(provider, { [name]: 'Renamed' });
      now += LAG_MS;
      const edited = { ...stored(), description: 'Elsewhere', [name]: 'Elsewhere' };
      service.sandbox[key].badges.set(provider.id, edited as never);
      const { badge } = await update(provider, {
        ...complete,
        [name]: 'Elsewhere',
        description: 'Elsewhere',
        [number]: 9,
      });
      expect(badge).toMatchObject({ [name]: 'Elsewhere' });
      expect(stored()).toMatchObject({
        [name]: 'Elsewhere',
        description: 'Elsewhere',
        [number]: 9,
      });
    });
  },
);

const ANSWERS = ['new', 'before', 'earlier'] as const;

/** An answer to an update, with the fields that are documented. */
function toAnswer({ key }: Provider, stored: object = {}): object {
  if (key === 'tagMango') return { success: true, result: stored };
  const hidden = Object.keys(HIDDEN_VALUES);
  const shown = Object.entries(stored).filter(([field]) => !hidden.includes(field));
  return { meta: { success: true }, body: Object.fromEntries(shown) };
}

describe.each(PROVIDERS)(
  '$key that shows writes late and answers with what it likes',
  (provider) => {
    const { key, name, number, complete } = provider;

    test(
      'never loses a value that it took',
      async () => {
        await start();
        const step = fc.record({
          field: fc.constantFrom<string>(name, 'description', number),
          value: fc.nat(2),
          wait: fc.constantFrom(0, 0, 500, 1_000, 2_500),
          answers: fc.constantFrom(...ANSWERS),
          lag: fc.constantFrom(0, LAG_MS),
          restarts: fc.constantFrom(false, false, false, false, true),
        });
        const late = { value: 1, wait: 0, answers: 'new', lag: LAG_MS, restarts: false } as const;
        const twoLate = [
          { ...late, field: name },
          { ...late, field: 'description', answers: 'earlier' as const },
          { ...late, field: number },
        ];
        await fc.assert(
          fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
            Object.assign(behaviourOf(provider), { listLagMs: 0, answers: 'new' });
            const model: Record<string, unknown> = {
              [name]: 'name 0',
              description: 'text 0',
              [number]: 0,
            };
            now += 120_000;
            await update(provider, { ...complete, ...model });
            const { faults, badges } = service.sandbox[key];
            const states = [badges.get(provider.id), badges.get(provider.id)];
            let isLastShown = true;
            for (const { field, value, wait, answers, lag, restarts } of steps) {
              const isEarlier = answers === 'earlier' && lag > 0 && !isLastShown;
              Object.assign(behaviourOf(provider), {
                listLagMs: lag,
                answers: answers === 'new' ? 'new' : 'before',
              });
              // As it was before the write before this one, which no list has shown yet.
              const body = toAnswer(provider, states.at(-2));
              if (isEarlier) faults.set('updateBadge', { kind: 'answer', isApplied: true, body });
              const given = field === number ? value : `${field} ${value}`;
              const payload = await update(provider, { [field]: given });
              expect(codesOf(payload)).toEqual([]);
              model[field] = given;
              faults.clear();
              expect(badges.get(provider.id)).toMatchObject(model);
              states.push(badges.get(provider.id));
              isLastShown = lag === 0 || wait >= lag;
              if (restarts) await service.restart();
              now += wait;
            }
          }),
          { numRuns: Math.ceil(numRuns / 20), examples: [[twoLate]] },
        );
      },
      TIMEOUT_MS,
    );
  },
);
