import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { StateError } from '../../src/state/state-store.ts';
import { eventually } from '../state/eventually.ts';
import { DEFAULT_FIELDS, HIDDEN_VALUES, returningAIStored } from '../support/records.ts';
import {
  type MutationCall,
  type WritingService,
  codesOf,
  fieldsUnknownIn,
  startWritingService,
  warningsOf,
} from '../support/writing.ts';

/** The stand-in replaces the whole badge at every PUT, as the provider does. */

const ID = '84845081-98fd-46f3-96aa-1032174e58a5';
const HIDDEN = Object.keys(HIDDEN_VALUES);
const { id: _id, awarded: _awarded, ...ALL_THIRTEEN } = returningAIStored({ title: 'Set here' });

let service: WritingService;
beforeEach(async () => {
  service = await startWritingService({
    sandbox: { returningAI: { badges: [returningAIStored()] } },
  });
});
afterEach(() => service.close());

const update = (fields: object, rest: Partial<MutationCall> = {}) =>
  service.mutate({ kind: 'update', input: { returningAI: { id: ID, ...fields } }, ...rest });
const stored = (id = ID) => service.sandbox.returningAI.badges.get(id);
const lastBody = () => service.writes().at(-1)?.body;

test('all thirteen set here, then, after a restart, only the title: all thirteen are sent', async () => {
  expect(codesOf(await update(ALL_THIRTEEN))).toEqual([]);
  await service.restart();
  const renamed = await update({ title: 'Renamed' });

  expect(codesOf(renamed)).toEqual([]);
  expect(lastBody()).toEqual({ ...ALL_THIRTEEN, title: 'Renamed' });
  expect(stored()).toMatchObject({ ...ALL_THIRTEEN, title: 'Renamed' });
  expect(renamed.changes).toMatchObject([{ field: 'title', before: 'Set here', after: 'Renamed' }]);
  expect(renamed.warnings).toEqual([
    {
      code: 'HIDDEN_FIELDS_REUSED',
      fields: HIDDEN.map((field) => ['input', 'returningAI', field]),
      message: expect.stringMatching(
        /at 20\d\d-\d\d-\d\dT.*darkImage.*Later edits of them .* are lost/,
      ),
    },
  ]);
});

test('a hidden field changes alone: its value before is known, the six others go back', async () => {
  await update(ALL_THIRTEEN);
  const changed = await update({ awardXpQuantity: 71 });
  expect(changed.changes).toMatchObject([{ field: 'awardXpQuantity', before: 70, after: 71 }]);
  expect(changed.warnings.map(({ fields }) => fields)).toEqual([
    HIDDEN.filter((field) => field !== 'awardXpQuantity').map((field) => [
      'input',
      'returningAI',
      field,
    ]),
  ]);
  expect(lastBody()).toEqual({ ...ALL_THIRTEEN, awardXpQuantity: 71 });
  expect(warningsOf(await update({ awardXpQuantity: 71 }))).toEqual(['NO_CHANGE']);
  const message = 'The badge already has all the given values. Nothing was sent.';
  expect((await update({ title: ALL_THIRTEEN.title, awardXpQuantity: 71 })).warnings).toMatchObject(
    [
      {
        message: `${message} Returning.AI does not show these fields, so this is known only from what this service wrote last: awardXpQuantity.`,
      },
    ],
  );
  expect((await update({ title: ALL_THIRTEEN.title })).warnings).toMatchObject([{ message }]);
  const sent = service.writes().length;
  const again = { ...ALL_THIRTEEN, awardXpQuantity: 71, hiddenFields: 'REFUSE' };
  expect(codesOf(await update(again))).toEqual([]);
  expect(service.writes()).toHaveLength(sent + 1);
});

test('nothing remembered, the title alone is refused with one error for all seven, and nothing is sent', async () => {
  const refused = await update({ title: 'Renamed' });
  expect(fieldsUnknownIn(refused)).toEqual(HIDDEN);
  expect(service.writes()).toEqual([]);
});

describe('OMIT', () => {
  test('leaves out only what is not known: what is remembered goes back', async () => {
    await update(ALL_THIRTEEN);
    await update({ title: 'Renamed', hiddenFields: 'OMIT' });
    expect(lastBody()).toEqual({ ...ALL_THIRTEEN, title: 'Renamed' });
  });

  test('forgets nothing that it sends, and remembers nothing that it leaves out', async () => {
    const given = { award: true, awardXpQuantity: 5 };
    await update({ title: 'Renamed', ...given, hiddenFields: 'OMIT' });
    const refused = await update({ title: 'Again' });
    expect(fieldsUnknownIn(refused)).toEqual(HIDDEN.filter((field) => !(field in given)));
  });
});

describe('an outcome that stays unknown', () => {
  const values = { ...HIDDEN_VALUES, awardXpQuantity: 71, award: false };

  test.each([false, true])(
    'makes unknown the fields in which it differs, also after a restart (applied: %s)',
    async (isApplied) => {
      await update(ALL_THIRTEEN);
      service.sandbox.returningAI.faults.set('updateBadge', { kind: 'reset', isApplied, times: 1 });
      // Only hidden fields change, so that no read can tell whether they did.
      expect(codesOf(await update(values))).toEqual(['OUTCOME_UNKNOWN']);
      await service.restart();

      const refused = await update({ title: 'Renamed' });
      expect(fieldsUnknownIn(refused)).toEqual(['award', 'awardXpQuantity']);
      const written = await update({ title: 'Renamed', award: true, awardXpQuantity: 70 });
      expect(codesOf(written)).toEqual([]);
      expect(lastBody()).toEqual({ ...ALL_THIRTEEN, title: 'Renamed' });
      expect(codesOf(await update({ title: 'Known again' }))).toEqual([]);
    },
  );

  test('stays so through a second one that sends the old values', async () => {
    await update(ALL_THIRTEEN);
    service.sandbox.returningAI.faults.set('updateBadge', { kind: 'reset', times: 2 });
    await update(values);
    await update({ award: true, awardXpQuantity: 70 });
    expect(fieldsUnknownIn(await update({ title: 'Renamed' }))).toEqual([
      'award',
      'awardXpQuantity',
    ]);
  });

  test('is settled by a read that shows its other fields, and then all is known', async () => {
    await update(ALL_THIRTEEN);
    service.sandbox.returningAI.faults.set('updateBadge', {
      kind: 'reset',
      isApplied: true,
      times: 1,
    });
    expect(codesOf(await update({ ...values, title: 'Shown' }))).toEqual(['OUTCOME_UNKNOWN']);
    expect(codesOf(await update({ title: 'Renamed' }))).toEqual([]);
    expect(lastBody()).toEqual({ ...ALL_THIRTEEN, ...values, title: 'Renamed' });
  });

  test('that a list shows only later leaves the other fields known', async () => {
    const { returningAI } = service.sandbox;
    await update(ALL_THIRTEEN);
    const { title, action, quantity, description, image, attachRequired } = ALL_THIRTEEN;
    const shown = { id: ID, title, action, quantity, description, image, attachRequired };
    const listed = { meta: { success: true }, body: [shown] };
    returningAI.faults.set('listBadges', { kind: 'answer', body: listed });
    returningAI.faults.set('updateBadge', { kind: 'reset', isApplied: true, times: 1 });
    expect(codesOf(await update({ ...values, title: 'Late' }))).toEqual(['OUTCOME_UNKNOWN']);
    returningAI.faults.clear();
    const refused = await update({ quantity: 8 });
    expect(refused.badge).toMatchObject({ title: 'Late' });
    expect(fieldsUnknownIn(refused)).toEqual(['award', 'awardXpQuantity']);
  });

  test('of the first write leaves nothing known', async () => {
    service.sandbox.returningAI.faults.set('updateBadge', { kind: 'reset', times: 1 });
    await update({ ...HIDDEN_VALUES, title: 'Lost' });
    expect(fieldsUnknownIn(await update({ title: 'Renamed' }))).toEqual(HIDDEN);
  });
});

test('a refused write changes nothing of what is remembered', async () => {
  await update(ALL_THIRTEEN);
  service.sandbox.returningAI.faults.set('updateBadge', { kind: 'answer', status: 400, times: 1 });
  expect(codesOf(await update({ awardXpQuantity: 71 }))).toEqual(['INVALID_INPUT']);
  await update({ title: 'Renamed' });
  expect(lastBody()).toEqual({ ...ALL_THIRTEEN, title: 'Renamed' });
});

test('a dry run remembers nothing', async () => {
  await service.query(
    `mutation { updateBadge(dryRun: true, input: { returningAI: {
      id: "${ID}", darkImage: "", lightImage: "", enabledDarkAndLight: false, award: true
      awardCurrency: false, awardXpQuantity: 9, awardCurrencyQuantity: 0
    } }) { userErrors { code } } }`,
  );
  expect(fieldsUnknownIn(await update({ title: 'Renamed' }))).toEqual(HIDDEN);
});

test('a created badge is known from its birth, with the defaults that were sent', async () => {
  const created = await service.mutate({
    kind: 'create',
    input: { returningAI: { title: 'New', award: true, awardXpQuantity: 30 } },
  });
  const id = String(created.badge?.id);
  await service.restart();
  const renamed = await service.mutate({
    kind: 'update',
    input: { returningAI: { id, title: 'Renamed' } },
  });

  expect(codesOf(renamed)).toEqual([]);
  expect(warningsOf(renamed)).toEqual(['HIDDEN_FIELDS_REUSED']);
  expect(lastBody()).toEqual({
    ...DEFAULT_FIELDS,
    title: 'Renamed',
    award: true,
    awardXpQuantity: 30,
  });
});

test('a deleted badge is forgotten: one that comes back under its id is a stranger', async () => {
  await update(ALL_THIRTEEN);
  const removed = await service.mutate({ kind: 'delete', input: { returningAI: { id: ID } } });
  expect(removed).toMatchObject({ deletedBadgeId: ID, userErrors: [] });
  service.sandbox.returningAI.badges.set(ID, returningAIStored());
  expect(fieldsUnknownIn(await update({ title: 'Renamed' }))).toEqual(HIDDEN);
});

test('what a rejected write restores late does not replace what a later write has left', async () => {
  let changesLeft = Infinity;
  const failing = async <T>(key: string, change: () => Promise<T>): Promise<T> => {
    if (!key.startsWith('hidden/')) return change();
    changesLeft -= 1;
    if (changesLeft === 0) throw new StateError('unavailable', 'switched off');
    return change();
  };
  await service.close();
  service = await startWritingService({
    wrapStore: (store) => ({
      ...store,
      set: (key, value, options) => failing(key, () => store.set(key, value, options)),
      compareAndSet: (key, change) => failing(key, () => store.compareAndSet(key, change)),
    }),
    sandbox: { returningAI: { badges: [returningAIStored()] } },
  });
  await update(ALL_THIRTEEN);
  service.sandbox.returningAI.faults.set('updateBadge', { kind: 'answer', status: 400, times: 1 });
  // The values are pending, and cannot be withdrawn.
  changesLeft = 2;
  expect(codesOf(await update({ awardXpQuantity: 999 }))).toEqual(['INVALID_INPUT']);
  expect(changesLeft).toBe(0);
  expect(codesOf(await update({ ...ALL_THIRTEEN, awardXpQuantity: 5 }))).toEqual([]);
  const known = changesLeft;
  await eventually(() => changesLeft < known);
  expect(codesOf(await update({ title: 'Renamed' }))).toEqual([]);
  expect(stored()).toMatchObject({ ...ALL_THIRTEEN, title: 'Renamed', awardXpQuantity: 5 });
});

test('a remembered value that is given again is sent if the badge was edited elsewhere', async () => {
  await update(ALL_THIRTEEN);
  const edited = { ...returningAIStored(), title: 'Elsewhere', awardXpQuantity: 500 };
  service.sandbox.returningAI.badges.set(ID, edited);
  expect(fieldsUnknownIn(await update({ awardXpQuantity: 70 }))).toEqual(
    HIDDEN.filter((field) => field !== 'awardXpQuantity'),
  );
  const { outcome, changes } = await update(HIDDEN_VALUES);
  expect(outcome).toBe('APPLIED');
  expect(changes.map(({ field, beforeKnown }) => [field, beforeKnown])).toEqual(
    HIDDEN.map((field) => [field, false]),
  );
  expect(stored()).toMatchObject({ ...ALL_THIRTEEN, title: 'Elsewhere' });
  // Now nothing speaks for another edit.
  expect((await update(HIDDEN_VALUES)).outcome).toBe('UNCHANGED');
});
