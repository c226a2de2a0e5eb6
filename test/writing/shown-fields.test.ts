import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Alteration } from '../../src/sandbox/behaviour.ts';
import { TIMEOUT_MS, numRuns } from '../properties/runs.ts';
import { HIDDEN_VALUES, returningAIStored, tagMangoStored } from '../support/records.ts';
import {
  type WritingService,
  codesOf,
  startWritingService,
  warningsOf,
} from '../support/writing.ts';

/** Fields that Returning.AI's pages hide, at a provider that shows some or all of them, and edits in its dashboard. */

const ID = returningAIStored().id;
const { id: _id, awarded: _awarded, ...ALL_THIRTEEN } = returningAIStored();
const HIDDEN = Object.keys(HIDDEN_VALUES) as (keyof typeof HIDDEN_VALUES)[];

let service: WritingService;
beforeEach(async () => {
  service = await startWritingService({
    attemptTimeoutMs: 3_000,
    sandbox: {
      returningAI: { badges: [returningAIStored()] },
      tagMango: { badges: [tagMangoStored()], requestLimit: 1_000_000 },
    },
  });
});
afterEach(() => service.close());

const update = ({
  expectedVersion,
  ...fields
}: {
  expectedVersion?: unknown;
  [field: string]: unknown;
}) =>
  service.mutate({
    kind: 'update',
    input: { returningAI: { id: ID, ...fields } },
    expectedVersion,
  });
const stand = () => service.sandbox.returningAI;
const edit = (values: object) =>
  stand().badges.set(ID, { ...(stand().badges.get(ID) ?? returningAIStored()), ...values });
const lastBody = () => service.writes().at(-1)?.body;
const messageOf = ({ userErrors }: { userErrors: Record<string, unknown>[] }) =>
  String(userErrors[0]?.message);

describe('with a list that shows all thirteen fields', () => {
  beforeEach(() => {
    stand().behaviour.shows = 'all';
  });

  test('the seven are fields of the badge', async () => {
    const { badge } = await service.query(
      `{ badge(provider: RETURNING_AI, id: "${ID}") { ... on ReturningAIBadge { ${HIDDEN.join(' ')} } } }`,
    );
    expect(badge).toEqual(HIDDEN_VALUES);
  });

  test('a bare rename of a badge that this service never wrote sends what is shown', async () => {
    const renamed = await update({ title: 'Renamed' });
    expect(codesOf(renamed)).toEqual([]);
    expect(warningsOf(renamed)).toEqual([]);
    expect(lastBody()).toEqual({ ...ALL_THIRTEEN, title: 'Renamed' });
  });

  test.each(['REUSE', 'OMIT', 'REFUSE', null])(
    'a value edited in the dashboard after a write of ours stays (hiddenFields: %s)',
    async (hiddenFields) => {
      await update(ALL_THIRTEEN);
      edit({ awardXpQuantity: 999, title: 'In the dashboard' });
      const renamed = await update({ description: 'Ours', hiddenFields });
      expect(codesOf(renamed)).toEqual([]);
      expect(warningsOf(renamed)).not.toContain('HIDDEN_FIELDS_REUSED');
      expect(lastBody()).toMatchObject({ awardXpQuantity: 999, title: 'In the dashboard' });
    },
  );

  test('an edit of one of them counts in the version', async () => {
    const versionOf = async () => {
      const { badge } = await service.query(
        `{ badge(provider: RETURNING_AI, id: "${ID}") { ... on BadgeFields { version } } }`,
      );
      return (badge as { version: string }).version;
    };
    const expectedVersion = await versionOf();
    edit({ award: false });
    const refused = await update({ title: 'Renamed', expectedVersion });
    expect(codesOf(refused)).toEqual(['CONFLICT']);
  });
});

test('the seven are null where the provider does not show them', async () => {
  const { badge } = await service.query(
    `{ badge(provider: RETURNING_AI, id: "${ID}") { ... on ReturningAIBadge { ${HIDDEN.join(' ')} } } }`,
  );
  expect(badge).toEqual(Object.fromEntries(HIDDEN.map((field) => [field, null])));
});

test(
  'whatever part of the fields is shown, an update resets none and invents none',
  async () => {
    let number = 0;
    const cases = fc.record({
      shows: fc.subarray([...HIDDEN]),
      given: fc.subarray([...HIDDEN]),
      isWritten: fc.boolean(),
      isEdited: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ shows, given, isWritten, isEdited }) => {
        const id = `badge-${(number += 1)}`;
        stand().badges.set(id, returningAIStored({ id }));
        stand().behaviour.shows = [
          'title',
          'action',
          'quantity',
          'image',
          'description',
          'attachRequired',
          ...shows,
        ];
        const mutate = (fields: object) =>
          service.mutate({ kind: 'update', input: { returningAI: { id, ...fields } } });
        if (isWritten) await mutate({ ...ALL_THIRTEEN, title: 'Ours' });
        const edited = { awardXpQuantity: 999, quantity: 12 };
        if (isEdited)
          stand().badges.set(id, {
            ...returningAIStored({ id }),
            ...stand().badges.get(id),
            ...edited,
          });
        const before = { ...(stand().badges.get(id) ?? returningAIStored()) };

        const values = Object.fromEntries(given.map((field) => [field, HIDDEN_VALUES[field]]));
        const payload = await mutate({ ...values, title: 'Renamed' });
        const after = stand().badges.get(id);
        const known = (field: (typeof HIDDEN)[number]) =>
          shows.includes(field) || given.includes(field);
        const isComplete = HIDDEN.every(known) || (isWritten && !isEdited);
        expect(codesOf(payload)).toEqual(isComplete ? [] : ['HIDDEN_FIELDS_UNKNOWN']);
        expect(after).toEqual(isComplete ? { ...before, ...values, title: 'Renamed' } : before);
      }),
      { numRuns: Math.ceil(numRuns / 4) },
    );
  },
  TIMEOUT_MS,
);

test(
  'whatever answers show more or less than lists, the next read and update begin with the version of the payload',
  async () => {
    const shown = fc.subarray(
      Object.keys(ALL_THIRTEEN) as Exclude<keyof typeof ALL_THIRTEEN, 'applied'>[],
    );
    const lists = fc.constantFrom<'documented' | 'all'>('documented', 'all');
    const values = fc.record(
      { description: fc.constantFrom('', 'Described'), awardXpQuantity: fc.nat(3) },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(lists, shown, values, async (listed, answered, given) => {
        const answers = [...new Set(['title' as const, ...answered])];
        stand().behaviour.shows = { lists: listed, answers };
        const input = { title: 'Made', description: 'First', ...HIDDEN_VALUES };
        const made = await service.mutate({ kind: 'create', input: { returningAI: input } });
        const { id, version } = made.badge as { id: string; version: string };
        const changed = await service.mutate({
          kind: 'update',
          input: { returningAI: { id, title: 'Changed', ...given } },
          expectedVersion: version,
        });
        expect(codesOf(changed)).toEqual([]);
        const { badge } = await service.query(
          `{ badge(provider: RETURNING_AI, id: "${id}") { ... on ReturningAIBadge { name description version } } }`,
        );
        expect(badge).toMatchObject({ name: 'Changed', version: changed.badge?.version });
        const again = await service.mutate({
          kind: 'update',
          input: { returningAI: { id, title: 'Again' } },
          expectedVersion: changed.badge?.version,
        });
        expect(codesOf(again)).toEqual([]);
        expect(stand().badges.get(id)).toMatchObject({ ...input, ...given, title: 'Again' });
      }),
      { numRuns: Math.ceil(numRuns / 4) },
    );
  },
  TIMEOUT_MS,
);

describe('values that this service wrote last', () => {
  test('are not reused once the badge was edited elsewhere; one error says all', async () => {
    await update(ALL_THIRTEEN);
    edit({ description: 'In the dashboard' });
    const refused = await update({ title: 'Renamed' });

    expect(refused.userErrors).toMatchObject([
      {
        code: 'HIDDEN_FIELDS_UNKNOWN',
        fields: HIDDEN.map((field) => ['input', 'returningAI', field]),
      },
    ]);
    for (const field of HIDDEN) expect(messageOf(refused)).toContain(field);
    expect(messageOf(refused)).toMatch(/awardXpQuantity 70.* at 20\d\d-.*edited elsewhere/);
    expect(messageOf(refused)).toMatch(/REUSE.*OMIT/);
    expect(service.writes()).toHaveLength(1);
  });

  test('are reused in any case with REUSE, and never with REFUSE', async () => {
    await update(ALL_THIRTEEN);
    expect(codesOf(await update({ title: 'Renamed', hiddenFields: 'REFUSE' }))).toEqual([
      'HIDDEN_FIELDS_UNKNOWN',
    ]);
    edit({ description: 'In the dashboard' });
    const reused = await update({ title: 'Renamed', hiddenFields: 'REUSE' });
    expect(codesOf(reused)).toEqual([]);
    expect(warningsOf(reused)).toContain('HIDDEN_FIELDS_REUSED');
    expect(lastBody()).toEqual({
      ...ALL_THIRTEEN,
      title: 'Renamed',
      description: 'In the dashboard',
    });
  });

  test('are left out with OMIT once the badge was edited elsewhere', async () => {
    await update(ALL_THIRTEEN);
    edit({ description: 'In the dashboard' });
    const omitted = await update({ title: 'Renamed', hiddenFields: 'OMIT' });
    expect(warningsOf(omitted)).toContain('HIDDEN_FIELDS_OMITTED');
    expect(Object.keys(lastBody() as object)).not.toEqual(expect.arrayContaining(['award']));
  });

  test('REUSE of what was never written is refused', async () => {
    const refused = await update({ title: 'Renamed', hiddenFields: 'REUSE' });
    expect(codesOf(refused)).toEqual(['HIDDEN_FIELDS_UNKNOWN']);
    expect(messageOf(refused)).not.toContain('This service wrote');
  });

  test('count in the version: another operator’s write of them alone is a conflict', async () => {
    const seen = (await update(ALL_THIRTEEN)).badge?.version;
    const other = await update({ award: false });
    expect(codesOf(other)).toEqual([]);
    const mine = await update({ title: 'Renamed', expectedVersion: seen });
    expect(codesOf(mine)).toEqual(['CONFLICT']);
    await service.restart();
    const again = await update({ title: 'Renamed', expectedVersion: other.badge?.version });
    expect(codesOf(again)).toEqual([]);
  });
});

test.each([true, false])(
  'an awarded badge has the version that the list gives it (read before: %s)',
  async (isRead) => {
    await update(ALL_THIRTEEN);
    if (!isRead) stand().faults.set('listBadges', { kind: 'answer', status: 204 });
    const { awardedBadges } = await service.mutate({
      kind: 'award',
      input: { returningAI: { badgeId: ID, user: { id: '1102' } } },
    });
    stand().faults.clear();
    const expectedVersion = awardedBadges?.[0]?.version;
    expect(codesOf(await update({ title: 'Renamed', expectedVersion }))).toEqual([]);
  },
);

describe('a list that shows texts in another form', () => {
  const LONG = 'A sentence that goes on and on. '.repeat(30).trim();
  const FORMS: [string, Exclude<Alteration, { kind: 'ignore' }>, string][] = [
    ['cut at 200', { kind: 'cut', length: 200, fields: ['description'] }, LONG],
    ['escaped', { kind: 'escape-html', fields: ['description'] }, 'Salt & <pepper>'],
  ];

  test.each(FORMS)(
    '%s: what this service wrote goes back, also twice, and the update says so',
    async (_form, alteration, description) => {
      await update({ ...ALL_THIRTEEN, description });
      stand().behaviour.listShows = [alteration];
      for (const title of ['Once', 'Twice']) {
        const renamed = await update({ title });
        expect(codesOf(renamed)).toEqual([]);
        expect(renamed.warnings).toContainEqual(
          expect.objectContaining({
            code: 'SHOWN_VALUE_IN_DOUBT',
            fields: [['input', 'returningAI', 'description']],
          }),
        );
        expect(stand().badges.get(ID)).toMatchObject({ title, description });
      }
    },
  );

  const STORED: [string, Exclude<Alteration, { kind: 'ignore' }>][] = [
    ['escaped', { kind: 'escape-html', fields: ['description'] }],
    ['cut at 150', { kind: 'cut', length: 150, fields: ['description'] }],
    ['cut at 131', { kind: 'cut', length: 131, fields: ['description'] }],
    ['trimmed', { kind: 'trim', fields: ['description'] }],
  ];

  test.each(STORED)(
    'stored and answered %s: however often other fields are updated, it is not altered once more',
    async (_form, alteration) => {
      stand().behaviour.alters = [alteration];
      const texts = fc.stringMatching(/^ ?([a-z&<>]{1,9} ){5,40}$/);
      await fc.assert(
        fc.asyncProperty(texts, async (description) => {
          await update({ ...ALL_THIRTEEN, description });
          const once = stand().badges.get(ID)?.description;
          for (const title of ['Once', 'Twice', 'Thrice']) {
            expect(codesOf(await update({ title }))).toEqual([]);
            expect(stand().badges.get(ID)).toMatchObject({ title, description: once });
          }
        }),
        { numRuns: Math.ceil(numRuns / 10) },
      );
    },
    TIMEOUT_MS,
  );

  test('a description that is a link with a token has no signature: an edit of the token is an edit', async () => {
    const link = (token: string) => `https://x.example/join?token=${token}&e=1`;
    await update({ ...ALL_THIRTEEN, description: link('AAA') });
    const { badge } = await service.query(
      `{ badge(provider: RETURNING_AI, id: "${ID}") { ... on BadgeFields { version } } }`,
    );
    edit({ description: link('BBB') });
    const { version: expectedVersion } = badge as { version: string };
    expect(codesOf(await update({ title: 'New', expectedVersion }))).toEqual(['CONFLICT']);
    expect(codesOf(await update({ title: 'New' }))).toEqual(['HIDDEN_FIELDS_UNKNOWN']);
    expect(codesOf(await update({ title: 'New', ...HIDDEN_VALUES }))).toEqual([]);
    expect(stand().badges.get(ID)).toMatchObject({ title: 'New', description: link('BBB') });
  });

  test('a picture whose written URL has a token itself goes back as it is shown', async () => {
    const image = (token: string) => `https://x.example/o/major.png?alt=media&token=${token}`;
    await update({ ...ALL_THIRTEEN, image: image('AAA') });
    edit({ image: image('BBB') });
    expect(codesOf(await update({ title: 'New' }))).toEqual([]);
    expect(stand().badges.get(ID)).toMatchObject({ title: 'New', image: image('BBB') });
  });

  test('a text that is cut within a character goes back as it was, or is said to be in doubt', async () => {
    const description = `${'x'.repeat(199)}\u{1F600} and the rest of the text`;
    await update({ ...ALL_THIRTEEN, description });
    const { description: _, ...shown } = toShown();
    const body = [{ ...shown, description: description.slice(0, 200) }];
    const answer = { kind: 'answer', body: { meta: { success: true }, body }, times: 1 } as const;
    stand().faults.set('listBadges', answer);
    expect(codesOf(await update({ title: 'New' }))).toEqual([]);
    expect(stand().badges.get(ID)).toMatchObject({ title: 'New', description });
  });

  test.each([
    ['without its last sentences', LONG.slice(0, LONG.indexOf('.', 100) + 1)],
    ['without its last words', LONG.slice(0, LONG.indexOf(' ', 150))],
  ])('a text shortened in the dashboard, %s, is an edit, and is not undone', async (_how, text) => {
    await update({ ...ALL_THIRTEEN, description: LONG });
    edit({ description: text });
    expect(codesOf(await update({ title: 'Renamed' }))).toEqual(['HIDDEN_FIELDS_UNKNOWN']);
    const renamed = await update({ title: 'Renamed', ...HIDDEN_VALUES });
    expect(codesOf(renamed)).toEqual([]);
    expect(stand().badges.get(ID)).toMatchObject({ title: 'Renamed', description: text });
  });

  test.each([137, 149, 199])('a text that is cut at %i goes back as it was', async (length) => {
    await update({ ...ALL_THIRTEEN, description: LONG });
    stand().behaviour.listShows = [{ kind: 'cut', length, fields: ['description'] }];
    expect(codesOf(await update({ title: 'Renamed' }))).toEqual([]);
    expect(stand().badges.get(ID)).toMatchObject({ title: 'Renamed', description: LONG });
  });

  test('a text that is shown cut, of a badge that was edited elsewhere, does not become what this service wrote', async () => {
    await update({ ...ALL_THIRTEEN, description: LONG });
    edit({ title: 'In the dashboard', description: `${LONG} And further.` });
    stand().behaviour.listShows = [{ kind: 'cut', length: 200, fields: ['description'] }];
    const updated = await update({ quantity: 7, ...HIDDEN_VALUES });
    expect(codesOf(updated)).toEqual([]);
    expect(warningsOf(updated)).toContain('SHOWN_VALUE_IN_DOUBT');
    expect(lastBody()).toMatchObject({
      title: 'In the dashboard',
      description: LONG.slice(0, 200),
    });
  });

  test.each(FORMS)(
    '%s, of a badge that this service never wrote: the update warns, also in a dry run',
    async (_form, alteration, description) => {
      edit({ description });
      stand().behaviour.listShows = [alteration];
      const input = `{ returningAI: { id: "${ID}", title: "New", hiddenFields: OMIT } }`;
      const { updateBadge } = await service.query(
        `mutation { updateBadge(dryRun: true, input: ${input}) { warnings { code fields } } }`,
      );
      const doubt = {
        code: 'SHOWN_VALUE_IN_DOUBT',
        fields: [['input', 'returningAI', 'description']],
      };
      expect(updateBadge).toMatchObject({ warnings: expect.arrayContaining([doubt]) });
      const renamed = await update({ title: 'New', hiddenFields: 'OMIT' });
      expect(renamed.warnings).toContainEqual(expect.objectContaining(doubt));
    },
  );

  test('a picture whose URL is signed anew at every read is no edit, and no conflict', async () => {
    const image = 'https://img.example/major.png';
    await update({ ...ALL_THIRTEEN, image });
    let read = 0;
    const shown = () => {
      read += 1;
      return `${image}?X-Amz-Signature=${read}&X-Amz-Date=${read}&X-Amz-Expires=60`;
    };
    stand().faults.set('listBadges', {
      kind: 'answer',
      body: { meta: { success: true }, body: [{ ...toShown(), image: shown() }] },
    });
    const { badge } = await service.query(
      `{ badge(provider: RETURNING_AI, id: "${ID}") { ... on BadgeFields { version } } }`,
    );
    stand().faults.set('listBadges', {
      kind: 'answer',
      body: { meta: { success: true }, body: [{ ...toShown(), image: shown() }] },
    });
    const expectedVersion = (badge as { version: string }).version;
    const renamed = await update({ title: 'Renamed', expectedVersion });
    expect(codesOf(renamed)).toEqual([]);
    expect(lastBody()).toMatchObject({ image });
  });

  function toShown() {
    const { id, title, action, quantity, description, attachRequired } = returningAIStored();
    return {
      id,
      title,
      action,
      quantity: String(quantity),
      description,
      attachRequired: String(attachRequired),
      awarded: 'true',
    };
  }
});

test('mangoes in another order are no conflict', async () => {
  const mangoes = ['a', 'b', 'c'].map((digit) => digit.repeat(24));
  const id = tagMangoStored()._id;
  const badge = { ...tagMangoStored(), automationEnabledMangoes: mangoes };
  service.sandbox.tagMango.badges.set(id, badge);
  const { badge: seen } = await service.query(
    `{ badge(provider: TAG_MANGO, id: "${id}") { ... on BadgeFields { version } } }`,
  );
  service.sandbox.tagMango.badges.set(id, {
    ...badge,
    automationEnabledMangoes: mangoes.toReversed(),
  });
  const { version: expectedVersion } = seen as { version: string };
  const renamed = await service.mutate({
    kind: 'update',
    input: { tagMango: { id, name: 'Renamed' } },
    expectedVersion,
  });
  expect(codesOf(renamed)).toEqual([]);
});
