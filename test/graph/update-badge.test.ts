import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  BadgePageDocument,
  OneBadgeDocument,
  UpdateBadgeDocument,
  type UpdateBadgeInput,
  type UpdateReturningAIBadgeInput,
  type UpdateTagMangoBadgeInput,
} from '../generated/operations.ts';
import { HIDDEN_VALUES, returningAIStored, tagMangoStored } from '../support/records.ts';
import { type TestService, startTestService } from '../support/service.ts';

const returningAIId = '84845081-98fd-46f3-96aa-1032174e58a5';
const tagMangoId = '6657092c8142bfe0656481bf';
const MANGO = '6659ca9e5f2acb7abfdcd8fd';

let service: TestService;
beforeEach(async () => {
  service = await startTestService({
    sandbox: {
      returningAI: { badges: [returningAIStored()] },
      tagMango: { badges: [tagMangoStored()] },
    },
    attemptTimeoutMs: 1_000,
  });
});
afterEach(() => service.close());

async function update(
  input: UpdateBadgeInput,
  args: { dryRun?: boolean; expectedVersion?: string | undefined } = {},
) {
  const { data, errors, headers } = await service.execute(UpdateBadgeDocument, { input, ...args });
  expect(errors).toBeUndefined();
  expect(headers.get('cache-control')).toBe('no-store');
  return data.updateBadge;
}
const updateTagMango = (
  {
    expectedVersion,
    ...input
  }: Omit<UpdateTagMangoBadgeInput, 'id'> & { expectedVersion?: string },
  dryRun = false,
) => update({ tagMango: { id: tagMangoId, ...input } }, { dryRun, expectedVersion });
const updateReturningAI = (input: Omit<UpdateReturningAIBadgeInput, 'id'>, dryRun = false) =>
  update({ returningAI: { id: returningAIId, ...HIDDEN_VALUES, ...input } }, { dryRun });

function writes(): unknown[] {
  const { returningAI, tagMango } = service.sandbox;
  return [...returningAI.requests, ...tagMango.requests].filter(({ method }) => method !== 'GET');
}

describe('an input is refused at its field, and nothing is sent:', () => {
  test.each<[string, Omit<UpdateReturningAIBadgeInput, 'id'>, string]>([
    ['a null title', { title: null }, 'title'],
    ['a blank title', { title: ' ' }, 'title'],
    ['a null action', { action: null }, 'action'],
    ['a blank action', { action: '' }, 'action'],
    ['a null quantity', { quantity: null }, 'quantity'],
    ['a fraction of a quantity', { quantity: 1.5 }, 'quantity'],
    ['a fraction of XP', { awardXpQuantity: 0.5 }, 'awardXpQuantity'],
    ['a fraction of coins', { awardCurrencyQuantity: -0.5 }, 'awardCurrencyQuantity'],
    ['a null boolean', { award: null }, 'award'],
    ['a null boolean', { attachRequired: null }, 'attachRequired'],
    ['an http image', { image: 'http://img.example/x.png' }, 'image'],
    ['a script for an image', { darkImage: 'javascript:alert(1)' }, 'darkImage'],
    ['a word for an image', { lightImage: 'dark' }, 'lightImage'],
  ])('Returning.AI, %s', async (_name, input, field) => {
    const { userErrors } = await updateReturningAI(input);
    expect(userErrors).toEqual([
      {
        __typename: 'BadgeInputError',
        code: 'INVALID_INPUT',
        fields: [['input', 'returningAI', field]],
        message: expect.stringContaining(field),
      },
    ]);
    expect(service.sandbox.returningAI.requests).toEqual([]);
  });

  test.each<[string, Omit<UpdateTagMangoBadgeInput, 'id'>, string]>([
    ['a null name', { name: null }, 'name'],
    ['a blank name', { name: '' }, 'name'],
    ['a null enableAutomation', { enableAutomation: null }, 'enableAutomation'],
    ['an http image', { imageUrl: 'http://img.example/x.png' }, 'imageUrl'],
    ['a mango that is no id', { automationEnabledMangoes: ['../x'] }, 'automationEnabledMangoes'],
    [
      'both kinds of automation, switched on',
      { enableAutomation: true, pointsThreshold: 0, automationEnabledMangoes: [MANGO] },
      'pointsThreshold and automationEnabledMangoes',
    ],
  ])('TagMango, %s', async (_name, input, field) => {
    const { userErrors } = await updateTagMango(input);
    expect(userErrors).toEqual([
      {
        __typename: 'BadgeInputError',
        code: 'INVALID_INPUT',
        fields: field.split(' and ').map((each) => ['input', 'tagMango', each]),
        message: expect.any(String),
      },
    ]);
    expect(service.sandbox.tagMango.requests).toEqual([]);
  });

  test('all problems at once', async () => {
    const { userErrors } = await updateReturningAI({ title: null, quantity: 1.5, image: 'x' });
    expect(userErrors.map(({ fields }) => fields.map((path) => path.at(-1)))).toEqual([
      ['title'],
      ['quantity'],
      ['image'],
    ]);
  });

  test.each([
    `${tagMangoId}/assign`,
    'x/assign',
    '../badges',
    '..',
    '%2e%2e',
    `${tagMangoId}?x`,
    `${tagMangoId}\r\n`,
    ` ${tagMangoId}`,
    '',
    '.',
    'a.b',
  ])('the id %j never enters a path', async (id) => {
    const tagMango = await update({ tagMango: { id, name: 'x' } });
    const returningAI = await update({
      returningAI: {
        id: id.startsWith(tagMangoId) ? `${id}/` : id,
        title: 'x',
        hiddenFields: 'OMIT',
      },
    });

    expect(tagMango.userErrors).toMatchObject([{ fields: [['input', 'tagMango', 'id']] }]);
    expect(returningAI.userErrors).toMatchObject([{ fields: [['input', 'returningAI', 'id']] }]);
    expect(service.sandbox.tagMango.requests).toEqual([]);
    expect(service.sandbox.returningAI.requests).toEqual([]);
  });
});

describe('an input that does not name exactly one provider', () => {
  test.each([
    ['two', { returningAI: { id: 'x', title: 'x' }, tagMango: { id: tagMangoId, name: 'x' } }],
    ['none', {}],
    ['one as null', { tagMango: null }],
  ])('is refused: %s', async (_name, input) => {
    const { data, errors } = await service.execute<unknown, object>(
      'mutation ($input: UpdateBadgeInput!) { updateBadge(input: $input) { userErrors { code } } }',
      { input },
    );
    const outcome = JSON.stringify(errors ?? data);
    expect(outcome).toMatch(/BAD_USER_INPUT|INVALID_INPUT/);
    expect(writes()).toEqual([]);
  });
});

test('a badge that the provider does not have is NOT_FOUND', async () => {
  const { userErrors } = await update({ tagMango: { id: 'f'.repeat(24), name: 'x' } });
  expect(userErrors).toEqual([
    {
      __typename: 'BadgeInputError',
      code: 'NOT_FOUND',
      fields: [['input', 'tagMango', 'id']],
      message: 'TagMango has no badge with this ID.',
    },
  ]);
  expect(writes()).toEqual([]);
});

test('a provider that is not configured is PROVIDER_NOT_CONFIGURED', async () => {
  const { returningAI } = service.sandbox.providerValues;
  const other = await startTestService({ providerValues: { returningAI } });
  const { data } = await other.execute(UpdateBadgeDocument, {
    input: { tagMango: { id: tagMangoId, name: 'x' } },
  });
  await other.close();
  expect(data.updateBadge.userErrors).toMatchObject([
    { __typename: 'BadgeProviderError', code: 'PROVIDER_NOT_CONFIGURED', retryable: false },
  ]);
});

describe('TagMango’s one kind of automation', () => {
  test('switches when one is given and the other cleared', async () => {
    await updateTagMango({ enableAutomation: true, pointsThreshold: 10 });
    const { userErrors, warnings, badge } = await updateTagMango({
      pointsThreshold: null,
      automationEnabledMangoes: [MANGO],
    });
    expect(userErrors).toEqual([]);
    expect(warnings.map(({ code }) => code)).toEqual(['AUTOMATION_DELAYED']);
    expect(badge).toMatchObject({ pointsThreshold: null, automationEnabledMangoes: [MANGO] });
  });

  test('given while the badge is on and still holds the other is refused, and nothing is sent', async () => {
    service.sandbox.tagMango.badges.set(
      tagMangoId,
      tagMangoStored({ enableAutomation: true, automationEnabledMangoes: [MANGO] }),
    );
    const { userErrors, badge } = await updateTagMango({ pointsThreshold: 10 });
    expect(userErrors).toMatchObject([
      {
        __typename: 'BadgeInputError',
        code: 'INVALID_INPUT',
        fields: [['input', 'tagMango', 'pointsThreshold']],
      },
    ]);
    expect(badge).toMatchObject({ name: 'Hall of Fame', automationEnabledMangoes: [MANGO] });
    expect(writes()).toEqual([]);
  });

  test('given while the badge is off and still holds the other is sent, without a warning', async () => {
    service.sandbox.tagMango.badges.set(
      tagMangoId,
      tagMangoStored({ automationEnabledMangoes: [MANGO] }),
    );
    const { userErrors, warnings } = await updateTagMango({ pointsThreshold: 10 });
    expect([userErrors, warnings]).toEqual([[], []]);
    expect(writes()).toMatchObject([{ body: { pointsThreshold: 10 } }]);
  });
});

describe('expectedVersion', () => {
  const current = async () => {
    const { data } = await service.execute(OneBadgeDocument, {
      provider: 'TAG_MANGO',
      id: tagMangoId,
    });
    return data.badge?.version ?? '';
  };

  test('that stands lets the update through, and the badge has a new one', async () => {
    const expectedVersion = await current();
    const { badge, userErrors } = await updateTagMango({ expectedVersion, name: 'New' });
    expect(userErrors).toEqual([]);
    expect(badge?.version).not.toBe(expectedVersion);
    expect(await current()).toBe(badge?.version);
  });

  test('that is old is a conflict with the current badge, and nothing is written', async () => {
    const expectedVersion = await current();
    service.sandbox.tagMango.badges.set(tagMangoId, tagMangoStored({ name: 'Edited elsewhere' }));

    const { userErrors } = await updateTagMango({ expectedVersion, description: 'New' });

    expect(userErrors).toMatchObject([
      {
        __typename: 'BadgeConflictError',
        code: 'CONFLICT',
        fields: [['expectedVersion']],
        currentBadge: { name: 'Edited elsewhere' },
      },
    ]);
    expect(writes()).toEqual([]);
  });

  test('of two updates at once lets one through', async () => {
    const expectedVersion = await current();
    const outcomes = await Promise.all(
      ['One', 'Two'].map((name) => updateTagMango({ expectedVersion, name })),
    );
    expect(outcomes.map(({ userErrors }) => userErrors.map(({ code }) => code)).sort()).toEqual([
      [],
      ['CONFLICT'],
    ]);
    expect(writes()).toHaveLength(1);
  });

  test('does not depend on what can only be read or only be written', async () => {
    const version = async () => {
      const { badge } = await updateTagMango({ name: 'Hall of Fame' }, true);
      return badge?.version;
    };
    const before = await version();
    const changed = (given: Parameters<typeof tagMangoStored>[0]) =>
      service.sandbox.tagMango.badges.set(tagMangoId, tagMangoStored(given));

    changed({ updatedAt: '2026-01-01T00:00:00.000Z', creator: 'f'.repeat(24) });
    expect(await version()).toBe(before);
    changed({ pointsThreshold: 7 });
    expect(await version()).not.toBe(before);
  });
});

test('two updates at once of different fields both survive', async () => {
  await Promise.all([
    updateReturningAI({ title: 'New title' }),
    updateReturningAI({ description: 'New description' }),
    updateReturningAI({ quantity: 9 }),
  ]);
  expect(service.sandbox.returningAI.badges.get(returningAIId)).toEqual(
    returningAIStored({ title: 'New title', description: 'New description', quantity: 9 }),
  );
});

describe.each([
  ['Returning.AI', () => updateReturningAI({ title: 'New' }, true)],
  ['TagMango', () => updateTagMango({ name: 'New', pointsThreshold: 3 }, true)],
])('a dry run at %s', (_name, dryRun) => {
  test('writes nothing, shows the badge unchanged, and predicts the changes', async () => {
    const predicted = await dryRun();
    expect(writes()).toEqual([]);
    expect(['Major', 'Hall of Fame']).toContain(predicted.badge?.name);

    const real = await (predicted.badge?.__typename === 'TagMangoBadge'
      ? updateTagMango({ name: 'New', pointsThreshold: 3 })
      : updateReturningAI({ title: 'New' }));
    expect(predicted.changes).toEqual(real.changes);
    expect(predicted.warnings).toEqual(real.warnings);
    expect(real.badge?.name).toBe('New');
  });
});

test('the next request shows the new value, although the list was cached', async () => {
  await service.execute(BadgePageDocument, {});
  await updateTagMango({ name: 'New' });
  const { data } = await service.execute(BadgePageDocument, {});
  expect(data.badges?.edges.map(({ node }) => node.name)).toContain('New');
});

describe('a write without a clear answer', () => {
  test.each([true, false])(
    'that is answered with a badge that cannot be read is settled by a read (applied: %s)',
    async (isApplied) => {
      const fault = { kind: 'answer', body: { name: 7 }, isApplied } as const;
      service.sandbox.tagMango.faults.set('updateBadge', fault);
      const { badge, userErrors } = await updateTagMango({ name: 'New' });
      expect(userErrors.map(({ code }) => code)).toEqual(isApplied ? [] : ['OUTCOME_UNKNOWN']);
      expect(badge?.name).toBe(isApplied ? 'New' : 'Hall of Fame');
      expect(writes()).toHaveLength(1);
    },
  );

  test.each([
    ['hangs', { kind: 'hang' }],
    ['is reset', { kind: 'reset' }],
    ['is answered with 503', { kind: 'answer', status: 503 }],
    ['is answered with 200 and no JSON', { kind: 'answer', contentType: 'text/html', body: 'ok' }],
  ] as const)(
    'that %s is sent once and OUTCOME_UNKNOWN, with what a read shows',
    async (_name, fault) => {
      for (const isApplied of [false, true]) {
        service.sandbox.tagMango.requests.length = 0;
        service.sandbox.tagMango.faults.set('updateBadge', { ...fault, isApplied });

        const { badge, userErrors } = await updateTagMango({ name: 'New' });

        expect(userErrors).toMatchObject([
          { code: 'OUTCOME_UNKNOWN', provider: 'TAG_MANGO', retryable: false },
        ]);
        expect(badge?.name).toBe(isApplied ? 'New' : 'Hall of Fame');
        expect(writes()).toHaveLength(1);
      }
    },
  );

  test('but with a 2xx is settled by a read, where a read can show it', async () => {
    service.sandbox.tagMango.faults.set('updateBadge', { kind: 'answer', status: 204, body: '' });
    const lost = await updateTagMango({ name: 'New' });
    service.sandbox.tagMango.faults.set('updateBadge', {
      kind: 'answer',
      status: 204,
      body: '',
      isApplied: true,
    });
    const made = await updateTagMango({ name: 'New' });

    expect(lost).toMatchObject({
      badge: { name: 'Hall of Fame' },
      userErrors: [{ code: 'OUTCOME_UNKNOWN' }],
    });
    expect(made).toMatchObject({ badge: { name: 'New' }, userErrors: [] });
    expect(writes()).toHaveLength(2);
  });

  test('is not the same as one that was refused', async () => {
    service.sandbox.tagMango.faults.set('updateBadge', {
      kind: 'answer',
      body: { success: false, message: 'secret words', code: 400 },
    });
    const { userErrors } = await updateTagMango({ name: 'New' });
    expect(userErrors).toEqual([
      {
        __typename: 'BadgeProviderError',
        code: 'INVALID_INPUT',
        fields: [],
        message:
          'TagMango rejected the request as invalid. Fields that were sent: name. Nothing was changed.',
        provider: 'TAG_MANGO',
        retryable: false,
        retryAfterMs: null,
      },
    ]);
  });

  test('is read by nobody else: it may take effect later', async () => {
    service.sandbox.tagMango.faults.set('updateBadge', { kind: 'answer', status: 503 });
    await updateTagMango({ name: 'New' });
    service.sandbox.tagMango.badges.set(tagMangoId, tagMangoStored({ name: 'New' }));

    const { data } = await service.execute(BadgePageDocument, {});
    expect(data.badges?.edges.map(({ node }) => node.name)).toContain('New');
  });

  test.each([500, '503'])(
    'is one that says success: false with the inner code %s',
    async (code) => {
      service.sandbox.tagMango.faults.set('updateBadge', {
        kind: 'answer',
        isApplied: true,
        body: { success: false, message: 'no', code },
      });
      const { badge, userErrors } = await updateTagMango({ name: 'New' });
      expect(userErrors).toMatchObject([{ code: 'OUTCOME_UNKNOWN' }]);
      expect(badge?.name).toBe('New');
    },
  );

  test('is not the same as one that was never sent', async () => {
    service.sandbox.tagMango.faults.set('listBadges', { kind: 'answer', status: 503 });
    const { userErrors } = await updateTagMango({ name: 'New', expectedVersion: 'not compared' });
    expect(userErrors).toMatchObject([
      {
        code: 'PROVIDER_UNAVAILABLE',
        message: 'TagMango returned the error status 503. Nothing was sent.',
        retryable: true,
      },
    ]);
    expect(writes()).toEqual([]);
  });
});

test('a conflict that the provider reports carries the current badge', async () => {
  service.sandbox.tagMango.faults.set('updateBadge', { kind: 'answer', status: 409, body: {} });
  const { userErrors } = await updateTagMango({ name: 'New' });
  expect(userErrors).toMatchObject([
    { code: 'CONFLICT', fields: [], currentBadge: { name: 'Hall of Fame' } },
  ]);
});

test('of two different records with one id, none is written over', async () => {
  service.sandbox.tagMango.faults.set('listBadges', {
    kind: 'answer',
    body: [tagMangoStored(), tagMangoStored({ description: 'Another copy.' })],
  });
  const { userErrors } = await updateTagMango({ name: 'New' });
  const { data } = await service.execute(BadgePageDocument, {});

  expect(userErrors).toMatchObject([{ code: 'PROVIDER_BAD_RESPONSE' }]);
  expect(data.badges?.edges.map(({ node }) => node.description)).toContain('Once a year.');
  expect(writes()).toEqual([]);
});

test('a field that TagMango does not show is unknown, not empty: clearing it is sent', async () => {
  service.sandbox.tagMango.faults.set('listBadges', {
    kind: 'answer',
    body: [{ _id: tagMangoId, name: 'Hall of Fame' }],
  });
  const { changes, warnings } = await updateTagMango({ description: null, pointsThreshold: null });
  expect(changes).toEqual([
    { field: 'description', before: null, after: '' },
    { field: 'pointsThreshold', before: null, after: null },
  ]);
  expect(warnings.map(({ code }) => code)).not.toContain('NO_CHANGE');
  expect(writes()).toMatchObject([{ body: { description: '', pointsThreshold: null } }]);
});

test('a badge whose record cannot be read is not written', async () => {
  service.sandbox.tagMango.faults.set('listBadges', {
    kind: 'answer',
    body: [tagMangoStored({ _id: 'a'.repeat(24) }), { ...tagMangoStored(), pointsThreshold: 'x' }],
  });
  const { userErrors } = await updateTagMango({ name: 'New' });
  const { errors } = await service.execute(OneBadgeDocument, {
    provider: 'TAG_MANGO',
    id: tagMangoId,
  });

  expect(userErrors).toMatchObject([{ code: 'PROVIDER_BAD_RESPONSE' }]);
  expect(errors).toMatchObject([{ extensions: { code: 'PROVIDER_BAD_RESPONSE' } }]);
  expect(writes()).toEqual([]);
});
