import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TIMEOUT_MS, numRuns } from '../properties/runs.ts';
import { tagMangoStored } from '../support/records.ts';
import {
  type Payload,
  type WritingService,
  codesOf,
  startWritingService,
  warningsOf,
} from '../support/writing.ts';

/** TagMango runs one kind of automation at a time, while automation is enabled. */

const MANGO = '6659ca9e5f2acb7abfdcd8fd';
const POINTS = { pointsThreshold: 100, pointCategoryForAutomation: 'lifetime' };
const MANGOES = { automationEnabledMangoes: [MANGO] };

let service: WritingService;
let number = 0;
beforeAll(async () => {
  service = await startWritingService({
    attemptTimeoutMs: 3_000,
    sandbox: { tagMango: { requestLimit: 1_000_000 } },
  });
});
afterAll(() => service.close());

function make(given: object): string {
  number += 1;
  const id = number.toString(16).padStart(24, 'b');
  service.sandbox.tagMango.badges.set(id, { ...tagMangoStored(given), _id: id });
  return id;
}
const update = (id: string, fields: object): Promise<Payload> =>
  service.mutate({ kind: 'update', input: { tagMango: { id, ...fields } } });

describe('while automation is off', () => {
  test('a badge takes values for both kinds, in one update or two, without a word', async () => {
    const together = await update(make({}), { enableAutomation: false, ...POINTS, ...MANGOES });
    const id = make({});
    await update(id, POINTS);
    const apart = await update(id, MANGOES);
    for (const payload of [together, apart]) {
      expect(codesOf(payload)).toEqual([]);
      expect(warningsOf(payload)).toEqual([]);
    }
  });

  test('a new badge takes values for both kinds', async () => {
    const created = await service.mutate({
      kind: 'create',
      input: { tagMango: { name: 'New', enableAutomation: false, ...POINTS, ...MANGOES } },
    });
    expect(codesOf(created)).toEqual([]);
    expect(warningsOf(created)).toEqual([]);
  });

  test.each([
    { pointsThreshold: null },
    { automationEnabledMangoes: [] },
    { pointCategoryForAutomation: '' },
  ])('a new badge without a rule warns of nothing: %j', async (empty) => {
    const created = await service.mutate({
      kind: 'create',
      input: { tagMango: { name: 'New', ...empty } },
    });
    expect(codesOf(created)).toEqual([]);
    expect(warningsOf(created)).toEqual([]);
  });

  test('switching it off warns of nothing', async () => {
    const payload = await update(make({ enableAutomation: true, ...POINTS }), {
      enableAutomation: false,
    });
    expect(codesOf(payload)).toEqual([]);
    expect(warningsOf(payload)).toEqual([]);
  });
});

describe('while automation is on', () => {
  test.each<[string, object, object, string[]]>([
    [
      'given together',
      {},
      { enableAutomation: true, ...POINTS, ...MANGOES },
      ['pointsThreshold', 'automationEnabledMangoes'],
    ],
    [
      'one beside the other',
      { enableAutomation: true, ...POINTS },
      MANGOES,
      ['automationEnabledMangoes'],
    ],
    [
      'switched on over both',
      { ...POINTS, ...MANGOES },
      { enableAutomation: true },
      ['enableAutomation'],
    ],
    [
      'turned to the other over both',
      { ...MANGOES, enableAutomation: true },
      POINTS,
      ['pointsThreshold'],
    ],
  ])('both kinds are refused, %s', async (_how, held, fields, atFault) => {
    const sent = service.writes().length;
    const payload = await update(make(held), fields);
    expect(payload.userErrors).toMatchObject([
      { code: 'INVALID_INPUT', fields: atFault.map((field) => ['input', 'tagMango', field]) },
    ]);
    expect(service.writes()).toHaveLength(sent);
  });

  test('one kind is switched for the other in one update', async () => {
    const payload = await update(make({ enableAutomation: true, ...POINTS }), {
      ...MANGOES,
      pointsThreshold: null,
    });
    expect(codesOf(payload)).toEqual([]);
    expect(warningsOf(payload)).toEqual(['AUTOMATION_DELAYED']);
  });

  test('without any rule it is said', async () => {
    const payload = await update(make({}), { enableAutomation: true });
    expect(codesOf(payload)).toEqual([]);
    expect(warningsOf(payload)).toEqual(['AUTOMATION_WITHOUT_RULE']);
  });

  test('a badge that holds both already is renamed without a word', async () => {
    const payload = await update(make({ enableAutomation: true, ...POINTS, ...MANGOES }), {
      name: 'Renamed',
    });
    expect(codesOf(payload)).toEqual([]);
    expect(warningsOf(payload)).toEqual([]);
  });
});

test(
  'the same final state gets the same answer, in one update or field by field',
  async () => {
    const values = fc.record(
      {
        enableAutomation: fc.boolean(),
        pointsThreshold: fc.option(fc.integer({ min: 1, max: 9 }), { nil: null }),
        automationEnabledMangoes: fc.constantFrom(null, [], [MANGO]),
      },
      { requiredKeys: [] },
    );
    const held = fc.record({
      enableAutomation: fc.boolean(),
      pointsThreshold: fc.constantFrom(null, 50),
      automationEnabledMangoes: fc.constantFrom([], ['f'.repeat(24)]),
    });
    await fc.assert(
      fc.asyncProperty(held, values, async (before, given) => {
        fc.pre(Object.keys(given).length > 0);
        const after = { ...before, ...given };
        const isOnWithBoth =
          after.enableAutomation &&
          after.pointsThreshold !== null &&
          (after.automationEnabledMangoes ?? []).length > 0;
        const isChanged = Object.entries(given).some(
          ([field, value]) =>
            JSON.stringify(value ?? (field === 'automationEnabledMangoes' ? [] : null)) !==
            JSON.stringify(before[field as keyof typeof before]),
        );
        const together = await update(make(before), given);
        expect(codesOf(together)).toEqual(isOnWithBoth && isChanged ? ['INVALID_INPUT'] : []);

        const id = make(before);
        const answers: string[] = [];
        for (const [field, value] of Object.entries(given)) {
          answers.push(...codesOf(await update(id, { [field]: value })).map(String));
        }
        if (isOnWithBoth && isChanged) expect(answers).toContain('INVALID_INPUT');
      }),
      { numRuns: Math.ceil(numRuns / 3) },
    );
  },
  TIMEOUT_MS,
);
