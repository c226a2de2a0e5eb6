import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TIMEOUT_MS, numRuns } from '../properties/runs.ts';
import { returningAIStored, tagMangoStored } from '../support/records.ts';
import {
  type MutationCall,
  type Payload,
  WHOLE_BADGE,
  type WritingService,
  codesOf,
  startWritingService,
  warningsOf,
} from '../support/writing.ts';

/** What people can do after a write of which nobody heard the outcome. */

const PROVIDERS = [
  { key: 'returningAI', name: 'title', id: returningAIStored().id },
  { key: 'tagMango', name: 'name', id: tagMangoStored()._id },
] as const;

let now = 0;
let service: WritingService;
beforeEach(async () => {
  service = await startWritingService({
    attemptTimeoutMs: 3_000,
    sandbox: {
      returningAI: { badges: [returningAIStored()], now: () => now },
      tagMango: { badges: [tagMangoStored()], now: () => now, requestLimit: 1_000_000 },
    },
  });
});
afterEach(() => service.close());

describe.each(PROVIDERS)('a creation at $key of unknown outcome', ({ key, name }) => {
  const call = (rest: Partial<MutationCall> = {}): MutationCall => ({
    kind: 'create',
    input: { [key]: { [name]: 'Scout', description: 'Always prepared.' } },
    ...rest,
  });
  const badges = () => service.sandbox[key].badges;
  const lose = (isApplied: boolean) =>
    service.sandbox[key].faults.set('createBadge', { kind: 'reset', isApplied, times: 1 });

  test('gives the one badge that has appeared with its values', async () => {
    lose(true);
    const created = await service.mutate(call());
    expect(created.userErrors).toMatchObject([{ code: 'OUTCOME_UNKNOWN', retryable: false }]);
    expect(created.badge).toMatchObject({ name: 'Scout', description: 'Always prepared.' });
    expect(String(created.userErrors[0]?.message)).toMatch(
      /Check "badge" \(a new badge with these values\) before you retry\.$/,
    );
  });

  test('does not take a twin that was there before for it', async () => {
    await service.mutate(call());
    lose(false);
    const created = await service.mutate(call());
    expect(codesOf(created)).toEqual(['OUTCOME_UNKNOWN']);
    expect(created.badge).toBeNull();
    expect(String(created.userErrors[0]?.message)).toMatch(
      /Check whether the list contains a badge/,
    );
  });

  test('names none of two that have appeared since', async () => {
    lose(true);
    service.sandbox[key].behaviour.listLagMs = 400;
    await service.mutate(call({ key: 'once' }));
    await service.mutate(call());
    now += 400;
    const repeated = await service.mutate(call({ key: 'once' }));
    expect(codesOf(repeated)).toEqual(['OUTCOME_UNKNOWN']);
    expect(repeated.badge).toBeNull();
  });

  test('is found out by a repeat of its key, which writes nothing', async () => {
    lose(true);
    service.sandbox[key].behaviour.listLagMs = 400;
    const created = await service.mutate(call({ key: 'once' }));
    expect(created.userErrors).toMatchObject([{ code: 'OUTCOME_UNKNOWN', retryable: true }]);
    expect(created.badge).toBeNull();
    expect(String(created.userErrors[0]?.message)).toMatch(/same idempotency key/);
    now += 400;

    const count = badges().size;
    const repeated = await service.mutate(call({ key: 'once' }));
    expect(codesOf(repeated)).toEqual([]);
    expect(repeated.badge).toMatchObject({ name: 'Scout' });
    expect(await service.mutate(call({ key: 'once' }))).toEqual(repeated);
    expect(badges().size).toBe(count);
    expect(service.writes()).toHaveLength(1);
  });

  test('is not taken for the same creation of somebody else', async () => {
    lose(false);
    await service.mutate(call({ key: 'lost' }));
    const other = await service.mutate(call({ key: 'other' }));
    expect(codesOf(other)).toEqual([]);
    const repeated = await service.mutate(call({ key: 'lost' }));
    expect(codesOf(repeated)).toEqual(['OUTCOME_UNKNOWN']);
    expect(repeated.badge).toBeNull();
  });

  test('is not taken for an older badge that an update gave the same values', async () => {
    const { badge } = await service.mutate({
      kind: 'create',
      input: { [key]: { [name]: 'Guide', description: 'Always prepared.' } },
    });
    // The same badge once more, as if it was created without this service.
    const olderId = key === 'tagMango' ? '64b7f3a2c9e77b0012ab34cd' : '900001';
    const idField = key === 'tagMango' ? '_id' : 'id';
    const stored: Map<string, object> = badges();
    stored.set(olderId, { ...stored.get(String(badge?.id)), [idField]: olderId });
    lose(false);
    await service.mutate(call({ key: 'once' }));
    const hidden = key === 'returningAI' ? { hiddenFields: 'OMIT' } : {};
    const update = { id: olderId, [name]: 'Scout', ...hidden };
    const updated = await service.mutate({ kind: 'update', input: { [key]: update } });
    expect(updated.userErrors).toEqual([]);
    const repeated = await service.mutate(call({ key: 'once' }));
    expect(codesOf(repeated)).toEqual(['OUTCOME_UNKNOWN']);
    expect(repeated.badge).toBeNull();
  });

  test('is not taken for an older badge that somebody gave its values at the provider', async () => {
    const input = { [key]: { [name]: 'Guide', description: 'Always prepared.' } };
    const { badge } = await service.mutate({ kind: 'create', input });
    const stored: Map<string, object> = badges();
    const older = key === 'tagMango' ? '64b7f3a2c9e77b0012ab34cd' : '900001';
    const idField = key === 'tagMango' ? '_id' : 'id';
    stored.set(older, { ...stored.get(String(badge?.id)), [idField]: older });
    lose(false);
    expect(codesOf(await service.mutate(call({ key: 'once' })))).toEqual(['OUTCOME_UNKNOWN']);
    stored.set(older, { ...stored.get(older), [name]: 'Scout' });
    await service.restart();
    const repeated = await service.mutate(call({ key: 'once' }));
    expect(codesOf(repeated)).toEqual(['OUTCOME_UNKNOWN']);
    expect(repeated.badge).toBeNull();
  });

  test('is one that the answer names by the ID of an older badge, also of an unreadable one', async () => {
    const id = key === 'tagMango' ? '64b7f3a2c9e77b0012ab34cd' : '900001';
    const record = { [key === 'tagMango' ? '_id' : 'id']: id, [name]: 'Scout', description: '' };
    const body = { success: true, meta: { success: true }, result: record, body: record };
    const stored: Map<string, object> = badges();
    for (const older of ['Scout', null]) {
      const [example] = [...stored.values()];
      stored.set(id, { ...example, ...record, [name]: older });
      service.sandbox[key].faults.set('createBadge', { kind: 'answer', body, times: 1 });
      expect(codesOf(await service.mutate(call()))).toEqual(['OUTCOME_UNKNOWN']);
    }
  });

  test('is not taken for an older badge that could not be read before', async () => {
    const { badge } = await service.mutate(call());
    const stored: Map<string, object> = badges();
    const id = String(badge?.id);
    const unreadable = { ...stored.get(id), [name]: null };
    const whole = stored.get(id) ?? {};
    // As if it was made without this service.
    const older = key === 'tagMango' ? '64b7f3a2c9e77b0012ab34cd' : '900001';
    const idField = key === 'tagMango' ? '_id' : 'id';
    stored.delete(id);
    stored.set(older, { ...unreadable, [idField]: older });
    lose(false);
    expect(codesOf(await service.mutate(call({ key: 'once' })))).toEqual(['OUTCOME_UNKNOWN']);
    stored.set(older, { ...whole, [idField]: older });
    const repeated = await service.mutate(call({ key: 'once' }));
    expect([repeated.outcome, repeated.badge]).toEqual(['UNKNOWN', null]);
  });

  test('is not taken for a newer badge that an update gave the same values', async () => {
    const { badge } = await service.mutate(call());
    const stored: Map<string, object> = badges();
    const id = String(badge?.id);
    const newer = key === 'tagMango' ? '64b7f3a2c9e77b0012ab34cd' : '900001';
    const idField = key === 'tagMango' ? '_id' : 'id';
    lose(false);
    expect(codesOf(await service.mutate(call({ key: 'once' })))).toEqual(['OUTCOME_UNKNOWN']);
    stored.set(newer, { ...stored.get(id), [idField]: newer, [name]: 'Guide' });
    const hidden = key === 'returningAI' ? { hiddenFields: 'OMIT' } : {};
    const update = { id: newer, [name]: 'Scout', ...hidden };
    expect(codesOf(await service.mutate({ kind: 'update', input: { [key]: update } }))).toEqual([]);
    const repeated = await service.mutate(call({ key: 'once' }));
    expect([repeated.outcome, repeated.badge]).toEqual(['UNKNOWN', null]);
  });

  test('that was not applied stays unknown under its key, also after a restart', async () => {
    lose(false);
    await service.mutate(call({ key: 'once' }));
    await service.restart();
    const repeated = await service.mutate(call({ key: 'once' }));
    expect(codesOf(repeated)).toEqual(['OUTCOME_UNKNOWN']);
    expect(service.writes()).toHaveLength(1);
  });

  test(
    'names no badge that another one names, however many equal ones are lost',
    async () => {
      const step = fc.record({
        caller: fc.constantFrom('ada', 'bob'),
        key: fc.constantFrom('a', 'b'),
        isApplied: fc.boolean(),
      });
      let round = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { minLength: 2, maxLength: 4 }),
          fc.boolean(),
          async (steps, isAtOnce) => {
            round += 1;
            service.sandbox[key].behaviour.listLagMs = 400;
            const send = ({ caller, key: own }: (typeof steps)[number]) =>
              service.mutate(call({ key: `${own}${round}`, caller }));
            for (const each of steps) {
              lose(each.isApplied);
              await send(each);
              service.sandbox[key].faults.clear();
            }
            now += 400;
            const keys = [...new Map(steps.map((each) => [each.caller + each.key, each])).values()];
            const repeats: Payload[] = [];
            if (isAtOnce) repeats.push(...(await Promise.all(keys.map(send))));
            else for (const each of keys) repeats.push(await send(each));
            const ids = repeats.flatMap(({ badge }) => (badge ? [badge.id] : []));
            expect(new Set(ids).size).toBe(ids.length);
            badges().clear();
          },
        ),
        { numRuns: Math.ceil(numRuns / 10) },
      );
    },
    TIMEOUT_MS,
  );

  test('refused with 409 says where to look', async () => {
    service.sandbox[key].faults.set('createBadge', { kind: 'answer', status: 409 });
    const refused = await service.mutate(call());
    expect(refused.userErrors).toMatchObject([{ code: 'CONFLICT', currentBadge: null }]);
    expect(String(refused.userErrors[0]?.message)).toMatch(/Check the list/);
    expect(String(refused.userErrors[0]?.message)).not.toMatch(/currentBadge/);
  });
});

test('a badge that was found out by a repeat is renamed by its title alone', async () => {
  service.sandbox.returningAI.faults.set('createBadge', {
    kind: 'reset',
    isApplied: true,
    times: 1,
  });
  const call: MutationCall = {
    kind: 'create',
    input: { returningAI: { title: 'Scout' } },
    key: 'k',
  };
  await service.mutate(call);
  const { badge } = await service.mutate(call);
  const renamed = await service.mutate({
    kind: 'update',
    input: { returningAI: { id: badge?.id, title: 'Ranger' } },
  });
  expect(codesOf(renamed)).toEqual([]);
  expect(warningsOf(renamed)).toEqual(['HIDDEN_FIELDS_REUSED']);
});

test('hidden values of a badge that a later repeat has found are sent only with REUSE', async () => {
  const { faults, badges } = service.sandbox.returningAI;
  faults.set('createBadge', { kind: 'reset', times: 1 });
  const call: MutationCall = {
    kind: 'create',
    input: { returningAI: { title: 'Scout' } },
    key: 'k',
  };
  expect(codesOf(await service.mutate(call))).toEqual(['OUTCOME_UNKNOWN']);
  // Somebody creates the same badge in the dashboard, with another value in a field that no list shows.
  const created = { ...returningAIStored(), id: '900001', title: 'Scout', awardXpQuantity: 500 };
  const shownDefaults = { action: 'custom', quantity: 1, image: '', description: '' };
  badges.set('900001', { ...created, ...shownDefaults, attachRequired: false });
  const { badge } = await service.mutate(call);
  expect(badge?.id).toBe('900001');
  const rename = (more: object) =>
    service.mutate({
      kind: 'update',
      input: { returningAI: { id: '900001', title: 'Ranger', ...more } },
    });
  const refused = await rename({});
  expect(codesOf(refused)).toEqual(['HIDDEN_FIELDS_UNKNOWN']);
  expect(badges.get('900001')).toMatchObject({ title: 'Scout', awardXpQuantity: 500 });
  expect(codesOf(await rename({ hiddenFields: 'REUSE' }))).toEqual([]);
});

test.each([true, false])(
  'an update of unknown outcome (applied: %s) is warned of what it may have reset, as are its repeats',
  async (isApplied) => {
    const { faults, badges } = service.sandbox.returningAI;
    faults.set('updateBadge', { kind: 'reset', isApplied, times: 1 });
    const { id } = returningAIStored();
    const call: MutationCall = {
      kind: 'update',
      input: { returningAI: { id, title: 'New', hiddenFields: 'OMIT' } },
      key: 'k',
    };
    const unknown = await service.mutate(call);
    expect([unknown.outcome, warningsOf(unknown)]).toEqual(['UNKNOWN', ['HIDDEN_FIELDS_OMITTED']]);
    expect(badges.get(id)?.awardXpQuantity).toBe(
      isApplied ? 0 : returningAIStored().awardXpQuantity,
    );
    const repeat = await service.mutate(call);
    expect(repeat.outcome).toBe(isApplied ? 'APPLIED' : 'UNKNOWN');
    expect(repeat.warnings).toEqual(unknown.warnings);
  },
);

test.each(['reset', 'no-content'])(
  'an update of values that no read shows is not confirmed by one after the fault %s',
  async (fault) => {
    const { id: _id, awarded: _awarded, ...all } = returningAIStored();
    const { id } = returningAIStored();
    const update = (fields: object, key?: string) =>
      service.mutate({
        kind: 'update',
        input: { returningAI: { id, ...fields } },
        key: key ?? null,
      });
    expect(codesOf(await update({ ...all, title: 'Known' }))).toEqual([]);
    const kind = fault === 'reset' ? { kind: 'reset' } : { kind: 'answer', status: 204 };
    service.sandbox.returningAI.faults.set('updateBadge', { ...kind, times: 1 } as never);
    const hidden = await update({ awardXpQuantity: 999 }, 'once');
    expect(hidden.outcome).toBe('UNKNOWN');
    expect((await update({ awardXpQuantity: 999 }, 'once')).outcome).toBe('UNKNOWN');
    // The others are known: both writes sent the same values.
    const renamed = await update({ title: 'Renamed' });
    expect(renamed.userErrors).toMatchObject([
      { code: 'HIDDEN_FIELDS_UNKNOWN', fields: [['input', 'returningAI', 'awardXpQuantity']] },
    ]);
    expect(codesOf(await update({ title: 'Renamed', awardXpQuantity: 5 }))).toEqual([]);
    expect(service.sandbox.returningAI.badges.get(id)).toMatchObject({
      ...all,
      title: 'Renamed',
      awardXpQuantity: 5,
    });
  },
);

describe.each(PROVIDERS)('the badge of an unknown outcome at $key', ({ key, name, id }) => {
  const policy = key === 'returningAI' ? { awardXpQuantity: 5, hiddenFields: 'OMIT' } : {};
  const update = (fields: object) => ({ [key]: { id, ...policy, ...fields } });
  test.each<[MutationCall['kind'], boolean]>([
    ['create', true],
    ['update', true],
    ['update', false],
  ])(
    'has the version of later reads, which an update can expect, after a reset %s (applied: %s)',
    async (kind, isApplied) => {
      const input =
        kind === 'create' ? { [key]: { [name]: 'Scout' } } : update({ [name]: 'Scout' });
      const fault = { kind: 'reset', isApplied, times: 1 } as const;
      service.sandbox[key].faults.set(`${kind}Badge`, fault);
      const { outcome, badge } = await service.mutate({ kind, input });
      expect(outcome).toBe('UNKNOWN');
      const read = await service.query(
        `{ badge(provider: ${String(badge?.provider)}, id: "${String(badge?.id)}") { ...Whole } } ${WHOLE_BADGE}`,
      );
      expect(read.badge).toEqual(badge);
      const next = await service.mutate({
        kind: 'update',
        input: update({ id: badge?.id, [name]: 'Guide' }),
        expectedVersion: badge?.version,
      });
      expect(next.userErrors).toEqual([]);
    },
  );
});

test('a creation that a repeat has found keeps its warnings', async () => {
  const { faults } = service.sandbox.tagMango;
  faults.set('createBadge', { kind: 'reset', isApplied: true, times: 1 });
  const call: MutationCall = {
    kind: 'create',
    input: { tagMango: { name: 'Scout', enableAutomation: true } },
    key: 'k',
  };
  const unknown = await service.mutate(call);
  expect(warningsOf(unknown)).toEqual(['AUTOMATION_WITHOUT_RULE']);
  const repeat = await service.mutate(call);
  expect([repeat.outcome, repeat.warnings]).toEqual(['APPLIED', unknown.warnings]);
});

test.each<[string, MutationCall, string]>([
  [
    'update',
    { kind: 'update', input: { tagMango: { id: PROVIDERS[1].id, name: 'New' } } },
    'updateBadge',
  ],
  ['delete', { kind: 'delete', input: { returningAI: { id: PROVIDERS[0].id } } }, 'deleteBadge'],
  [
    'award',
    {
      kind: 'award',
      input: { tagMango: { userId: '6650aa11bb22cc33dd44ee55', badgeIds: [PROVIDERS[1].id] } },
    },
    'assignBadges',
  ],
  [
    'revoke',
    { kind: 'revoke', input: { returningAI: { badgeId: PROVIDERS[0].id, user: { id: '1102' } } } },
    'removeBadge',
  ],
])(
  'an unknown %s can be repeated with its key, and cannot without',
  async (_kind, call, operation) => {
    for (const standIn of [service.sandbox.returningAI, service.sandbox.tagMango]) {
      if (standIn.operations.has(operation)) standIn.faults.set(operation, { kind: 'reset' });
    }
    const bare = await service.mutate(call);
    expect(bare.userErrors).toMatchObject([{ code: 'OUTCOME_UNKNOWN', retryable: false }]);
    const keyed = await service.mutate({ ...call, key: 'k' });
    expect(keyed.userErrors).toMatchObject([{ code: 'OUTCOME_UNKNOWN', retryable: true }]);
    const sent = service.writes().length;
    await service.mutate({ ...call, key: 'k' });
    expect(service.writes()).toHaveLength(sent);
  },
);

test('an unknown revocation shows the badge that its input names, also in a repeat', async () => {
  const [{ id: badgeId }] = PROVIDERS;
  const call: MutationCall = {
    kind: 'revoke',
    input: { returningAI: { badgeId, user: { id: '1102' } } },
    key: 'k',
  };
  service.sandbox.returningAI.faults.set('removeBadge', { kind: 'reset' });
  const unknown = await service.mutate(call);
  expect(codesOf(unknown)).toEqual(['OUTCOME_UNKNOWN']);
  expect(unknown.badge).toMatchObject({ id: badgeId });
  expect(await service.mutate(call)).toEqual(unknown);
});
