import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { UpdateBadgeDocument, type UpdateReturningAIBadgeInput } from '../generated/operations.ts';
import { HIDDEN_VALUES, returningAIStored } from '../support/records.ts';
import { type TestService, startTestService } from '../support/service.ts';
import { fieldsUnknownIn } from '../support/writing.ts';

/** The stand-in replaces the whole badge at every PUT, as the provider does. */

const id = '84845081-98fd-46f3-96aa-1032174e58a5';
const HIDDEN = Object.keys(HIDDEN_VALUES);

let service: TestService;
beforeEach(async () => {
  service = await startTestService({ sandbox: { returningAI: { badges: [returningAIStored()] } } });
});
afterEach(() => service.close());

type Fields = Omit<UpdateReturningAIBadgeInput, 'id'> & { expectedVersion?: string };

async function update({ expectedVersion, ...input }: Fields, badgeId = id) {
  const { data } = await service.execute(UpdateBadgeDocument, {
    input: { returningAI: { id: badgeId, ...input } },
    ...(expectedVersion !== undefined && { expectedVersion }),
  });
  return data.updateBadge;
}
const stored = (badgeId = id) => service.sandbox.returningAI.badges.get(badgeId);
const writes = () => service.sandbox.returningAI.requests.filter(({ method }) => method === 'PUT');

test('a bare rename is refused with one error that names all seven; nothing is written', async () => {
  const refused = await update({ title: 'New' });

  expect(fieldsUnknownIn(refused)).toEqual(HIDDEN);
  expect(refused.badge).toMatchObject({ name: 'Major' });
  expect(writes()).toEqual([]);
});

test('with some of the seven given, the others are named', async () => {
  const { award: _award, darkImage: _darkImage, ...rest } = HIDDEN_VALUES;
  expect(fieldsUnknownIn(await update({ title: 'New', ...rest }))).toEqual(['darkImage', 'award']);
  expect(writes()).toEqual([]);
});

test('with all seven given, everything else is kept', async () => {
  const { userErrors, changes } = await update({ title: 'New', ...HIDDEN_VALUES });

  expect(userErrors).toEqual([]);
  expect(stored()).toEqual(returningAIStored({ title: 'New' }));
  expect(changes).toEqual([
    { field: 'title', before: 'Major', after: 'New' },
    ...Object.entries(HIDDEN_VALUES).map(([field, value]) => ({
      field,
      before: null,
      after: value,
    })),
  ]);
});

test('OMIT leaves them out on the caller’s word, and says what may have been reset', async () => {
  const { userErrors, warnings } = await update({ title: 'New', hiddenFields: 'OMIT' });

  expect(userErrors).toEqual([]);
  expect(Object.keys(writes()[0]?.body as object)).toEqual([
    'title',
    'action',
    'quantity',
    'image',
    'description',
    'attachRequired',
  ]);
  expect(warnings).toEqual([
    {
      code: 'HIDDEN_FIELDS_OMITTED',
      fields: HIDDEN.map((field) => ['input', 'returningAI', field]),
      message: expect.stringContaining('darkImage'),
    },
  ]);
  expect(stored()).toMatchObject({ title: 'New', award: false, awardXpQuantity: 0 });
});

test.each([null, 'REFUSE', 'REUSE'] as const)(
  'hiddenFields: %s is no word to omit',
  async (hiddenFields) => {
    expect(fieldsUnknownIn(await update({ title: 'New', hiddenFields }))).toEqual(HIDDEN);
    expect(writes()).toEqual([]);
  },
);

test.each(['REUSE', undefined] as const)(
  'what is remembered of no field is not offered with hiddenFields: %s',
  async (hiddenFields) => {
    const { userErrors } = await update({ title: 'New', ...(hiddenFields && { hiddenFields }) });
    expect(userErrors.map(({ message }) => message)).toEqual([
      `Returning.AI replaces the whole badge at each update (inferred) and does not show these fields: ${HIDDEN.join(', ')}. Nothing was sent. This service remembers no values of them. Set these fields, or set "hiddenFields" to OMIT, which leaves them out; Returning.AI may then reset them.`,
    ]);
  },
);

test('what is remembered of some fields is offered, and the others are told apart', async () => {
  const { award: _award, ...some } = HIDDEN_VALUES;
  expect((await update({ title: 'New', ...some, hiddenFields: 'OMIT' })).userErrors).toEqual([]);
  const { userErrors } = await update({ title: 'Newer', hiddenFields: 'REFUSE' });
  const [, after = ''] = userErrors[0]?.message.split('Nothing was sent. ') ?? [];
  expect(after).toMatch(
    /^This service wrote darkImage .* at [-:.\dTZ]+, but does not send that again/,
  );
  expect(after).toContain(
    'because "hiddenFields" is REFUSE. It remembers no values of the others. Set these fields, or set "hiddenFields" to REUSE, which sends the values that this service wrote, or to OMIT, which leaves them out; Returning.AI may then reset them.',
  );
});

test('a readable field that the provider does not show is treated as hidden', async () => {
  const { id: _id, ...rest } = { id, title: 'Major', action: 'custom', image: '', quantity: '' };
  service.sandbox.returningAI.faults.set('listBadges', {
    kind: 'answer',
    body: { meta: { success: true }, body: [{ id, ...rest }] },
  });

  const refused = await update({ title: 'New', ...HIDDEN_VALUES });

  expect(fieldsUnknownIn(refused)).toEqual(['quantity', 'description', 'attachRequired']);
  expect(writes()).toEqual([]);
});

test('what the provider holds in a form that we would refuse goes back as it was read', async () => {
  const odd = { image: 'http://plain.example/x.png', quantity: -4, action: ' ' };
  service.sandbox.returningAI.badges.set(id, returningAIStored(odd));
  service.sandbox.returningAI.faults.set('updateBadge', { kind: 'answer', status: 503 });

  await update({ title: 'New', ...HIDDEN_VALUES });

  expect(writes()[0]?.body).toMatchObject(odd);
});

test('all thirteen given, the write needs no readable list', async () => {
  const { id: _id, awarded: _awarded, ...complete } = returningAIStored({ title: 'New' });
  service.sandbox.returningAI.faults.set('listBadges', { kind: 'answer', status: 503 });

  const { userErrors, changes, warnings, badge } = await update(complete);

  expect(userErrors).toEqual([]);
  expect(writes()).toHaveLength(1);
  expect(badge).toMatchObject({ name: 'New' });
  expect(changes).toHaveLength(13);
  expect(new Set(changes.map(({ before }) => before))).toEqual(new Set([null]));
  expect(warnings.map(({ code }) => code)).toEqual(['PREVIOUS_VALUES_UNKNOWN']);
});

test('all thirteen given, a record that cannot be read is still not written over', async () => {
  const { id: _id, awarded: _awarded, ...complete } = returningAIStored({ title: 'New' });
  const readable = { id: 'another', title: 'Another' };
  service.sandbox.returningAI.faults.set('listBadges', {
    kind: 'answer',
    body: { meta: { success: true }, body: [readable, { id, title: 'Major', quantity: 'lots' }] },
  });

  const { userErrors } = await update(complete);

  expect(userErrors).toMatchObject([{ code: 'PROVIDER_BAD_RESPONSE' }]);
  expect(writes()).toEqual([]);
});

test('a dry run that would be refused shows the changes beside the error', async () => {
  const { data } = await service.execute(UpdateBadgeDocument, {
    input: { returningAI: { id, title: 'New' } },
    dryRun: true,
  });
  expect(data.updateBadge.changes).toEqual([{ field: 'title', before: 'Major', after: 'New' }]);
  expect(fieldsUnknownIn(data.updateBadge)).toEqual(HIDDEN);
});

test('all thirteen given with a version, the write does need it', async () => {
  const { id: _id, awarded: _awarded, ...complete } = returningAIStored({ title: 'New' });
  service.sandbox.returningAI.faults.set('listBadges', { kind: 'answer', status: 503 });

  const { userErrors } = await update({ ...complete, expectedVersion: 'x' });

  expect(userErrors).toMatchObject([{ code: 'PROVIDER_UNAVAILABLE', retryable: true }]);
  expect(writes()).toEqual([]);
});

test('whichever fields are given, no other one is ever reset, unless OMIT was said', async () => {
  const { id: _id, awarded: _awarded, ...before } = returningAIStored();
  const text = fc.string({ minLength: 1, maxLength: 8 }).map((value) => `x${value}`);
  const url = fc.constantFrom('', 'https://img.example/other.png');
  const values = {
    title: text,
    action: text,
    quantity: fc.nat(9),
    image: url,
    description: text,
    darkImage: url,
    lightImage: url,
    enabledDarkAndLight: fc.boolean(),
    award: fc.boolean(),
    awardCurrency: fc.boolean(),
    awardXpQuantity: fc.nat(9),
    awardCurrencyQuantity: fc.nat(9),
    attachRequired: fc.boolean(),
  };
  const outcomes = new Set<string>();
  let badgeNumber = 0;

  await fc.assert(
    fc.asyncProperty(
      fc.record(values, { requiredKeys: [] }),
      fc.constantFrom('REFUSE' as const, 'OMIT' as const),
      fc.boolean(),
      async (given, hiddenFields, isComplete) => {
        // A badge of its own, which this service has never written.
        const badgeId = `badge-${(badgeNumber += 1)}`;
        service.sandbox.returningAI.badges.set(badgeId, returningAIStored({ id: badgeId }));
        const fields = isComplete ? { ...HIDDEN_VALUES, ...given } : given;
        const { userErrors } = await update({ ...fields, hiddenFields }, badgeId);

        const {
          id: _storedId,
          awarded: _storedAwarded,
          ...after
        } = stored(badgeId) ?? returningAIStored();
        const isWritten = userErrors.length === 0;
        const expected = isWritten ? { ...before, ...fields } : before;
        const mayBeReset = HIDDEN.filter((field) => !(field in fields) && hiddenFields === 'OMIT');
        const compared = Object.keys(before).filter((field) => !mayBeReset.includes(field));
        expect(compared.map((field) => [field, after[field as keyof typeof after]])).toEqual(
          compared.map((field) => [field, expected[field as keyof typeof expected]]),
        );
        outcomes.add(`${hiddenFields} ${isWritten ? 'written' : 'refused'}`);
      },
    ),
    { numRuns: 200 },
  );
  expect([...outcomes]).toEqual(
    expect.arrayContaining(['OMIT written', 'REFUSE refused', 'REFUSE written']),
  );
});
