import { inspect } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type GraphQLObjectType, isObjectType } from 'graphql';
import { type BadgesSchema, createBadgesSchema } from '../../src/badges/schema.ts';
import { ProviderError } from '../../src/http/provider-error.ts';
import {
  type BadgeFields,
  type RecordReading,
  toBadgeList,
} from '../../src/providers/badge-list.ts';
import { isHttpsUrl } from '../../src/providers/graph-types.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { toOutput } from './graph-output.ts';
import { anyJson, toArrayText } from './json-texts.ts';
import { numRuns } from './runs.ts';
import { wires } from './wires.ts';

let schema: BadgesSchema['schema'];
beforeAll(async () => {
  ({ schema } = await createBadgesSchema());
});

function typeOf({ badgeClass }: Provider): GraphQLObjectType {
  const type = schema.getType(badgeClass.name);
  if (!isObjectType(type)) throw new Error(`there is no type ${badgeClass.name}`);
  return type;
}

/** Once failures of the search, or near them: they are tried in every run. */
const ONCE_FAILED = [
  '{"success":{"toString":1,"valueOf":1},"body":[]}',
  `{"meta":{"success":${'['.repeat(20_000)}${']'.repeat(20_000)}},"body":[]}`,
  '{"__proto__":{"success":true,"polluted":1},"success":true,"result":[{"__proto__":{"a":1}}]}',
  '{"body":[{"id":"a","title":"x","__proto__":{"polluted":1},"constructor":null}]}',
];

describe.each(wires.map((wire) => [wire.provider.key, wire] as const))('%s', (_key, wire) => {
  const { provider, nameField, toBadge, readings, validRecord, nearlyValidRecord, shownOnly } =
    wire;
  const restore = (record: object): BadgeFields => {
    const badge = provider.restoreBadge(JSON.parse(JSON.stringify(record)), {
      isImageUrl: isHttpsUrl,
      values: undefined,
    });
    if (badge) return badge;
    throw new Error('a kept record is not restored');
  };
  /** The badge of a record that has one. */
  const readValid = (text: string): BadgeFields => {
    const reading = toBadge(JSON.parse(text));
    if ('badge' in reading) return reading.badge;
    throw new Error(`${reading.malformed.field} is unreadable`);
  };

  test('shows no setting of its tenant in its JSON, and none when it is printed', () => {
    const [record] = fc.sample(validRecord, { numRuns: 1, seed: 1 });
    const { record: kept } = readValid(record ?? '');
    const values = { [`${String(provider.key)}_API_KEY`]: 'planted-secret' };
    const badge = provider.restoreBadge(kept, { isImageUrl: isHttpsUrl, values });
    const printed = [JSON.stringify(badge), inspect(badge, { depth: 9, showHidden: true })];
    expect(printed.join()).toContain(badge?.id);
    expect(printed.join()).not.toMatch(/planted|API_KEY/);
  });

  test.each(Object.entries(readings))(
    '%s, whatever it is, gives sound badges or a ProviderError',
    async (_name, { read, answer }) => {
      let badgesRead = 0;
      let errors = 0;
      await fc.assert(
        fc.asyncProperty(answer, async (text) => {
          const json: unknown = JSON.parse(text);
          const prototypes = describePrototypes();
          const badges = await readOrRefuse(() => read(json));
          for (const badge of badges ?? []) expectSound(badge, typeOf(provider));
          expect(describePrototypes()).toBe(prototypes);
          badgesRead += badges?.length ?? 0;
          errors += badges ? 0 : 1;
        }),
        { numRuns, examples: ONCE_FAILED.map((text) => [text]) },
      );
      // A search that never meets both is of no use. About every sixth example gives badges.
      expect([badgesRead > numRuns / 50, errors > numRuns / 50]).toEqual([true, true]);
    },
  );

  test('all texts of a badge are plain if it says so, and it says so of plain records', () => {
    let plain = 0;
    fc.assert(
      fc.property(validRecord, (text) => {
        const badge = readValid(text);
        if (!/[^ -~]|\\/.test(JSON.stringify(badge.record))) expect(badge.hasPlainTexts).toBe(true);
        if (!badge.hasPlainTexts) return;
        plain += 1;
        for (const shown of Object.values(toOutput(typeOf(provider), badge))) {
          if (typeof shown !== 'string') continue;
          expect(Buffer.byteLength(JSON.stringify(shown))).toBe(shown.length + 2);
        }
      }),
      { numRuns },
    );
    expect(plain).toBeGreaterThan(0);
  });

  test('a badge is the same again after its record was kept as JSON', () => {
    fc.assert(
      fc.property(validRecord, (text) => {
        const badge = readValid(text);
        const restored = restore(badge.record);

        expect(restored).toBeInstanceOf(provider.badgeClass);
        expect(JSON.stringify(restored.record)).toBe(JSON.stringify(badge.record));
        expect(JSON.stringify(toOutput(typeOf(provider), restored))).toBe(
          JSON.stringify(toOutput(typeOf(provider), badge)),
        );
      }),
      { numRuns },
    );
  });

  test('the version hangs on the values only: not on their order, and never one for two names', () => {
    fc.assert(
      fc.property(validRecord, fc.string(), (text, otherName) => {
        const badge = readValid(text);
        const turned = Object.entries(JSON.parse(text) as object).reverse();
        const sameValues = readValid(JSON.stringify(Object.fromEntries(turned)));
        const renamed = restore({ ...badge.record, [nameField]: otherName });

        expect(sameValues.version).toBe(badge.version);
        expect(renamed.version === badge.version).toBe(otherName === badge.name);
      }),
      { numRuns },
    );
  });

  test('a field that is only shown, whatever it holds, costs the badge nothing else', async () => {
    const values = fc.record(Object.fromEntries(shownOnly.map((field) => [field, anyJson])));
    await fc.assert(
      fc.asyncProperty(validRecord, values, async (text, texts) => {
        const badge = readValid(text);
        const odd = Object.entries(texts).map(([field, value]): [string, unknown] => [
          field,
          JSON.parse(value),
        ]);
        const json = { ...(JSON.parse(text) as object), ...Object.fromEntries(odd) } as object;
        const reading = toBadge(json);
        if (!('badge' in reading)) throw new Error(`${reading.malformed.field} is unreadable`);

        const bare = (record: object) =>
          Object.entries(record).filter(([field]) => !shownOnly.includes(field));
        expect(bare(reading.badge.record)).toEqual(bare(badge.record));
        expect(reading.badge.version).toBe(badge.version);
        expectSound(reading.badge, typeOf(provider));
        const list = await toBadgeList([json], toBadge);
        expect(Object.keys(list.unreadableFields)).toEqual(reading.unreadable ?? []);
        expect(list.droppedRecords).toBe(0);
      }),
      { numRuns },
    );
  });

  test('a list has the first of each id, and counts every record that it drops', async () => {
    const records = fc.array(nearlyValidRecord, { maxLength: 8 }).map(toArrayText);
    await fc.assert(
      fc.asyncProperty(records, async (text) => {
        const json = JSON.parse(text) as unknown[];
        const all = json.map(toBadge);
        const malformed = all.filter((reading) => 'malformed' in reading);
        const firsts = all.filter((reading, index) => {
          const isKnown = all.slice(0, index).some((other) => idOf(other) === idOf(reading));
          return 'badge' in reading && !isKnown;
        });
        const list = await readOrRefuse(() => toBadgeList(json, toBadge));

        if (malformed.length > 0 && firsts.length === 0) return expect(list).toBeNull();
        expect(list?.badges.map(({ id }) => id)).toEqual(firsts.map(idOf));
        expect(list?.droppedRecords).toBe(malformed.length);
        expect(list?.ambiguousIds).toEqual(new Set(all.map(idOf).filter(isOfSeveralIn(all))));
        expect(list?.badges.filter(({ id }) => list.malformedIds.has(id))).toEqual([]);
      }),
      { numRuns },
    );
  });
});

/** Null for a `ProviderError`; anything else that is thrown fails the property. */
async function readOrRefuse<T>(read: () => T | Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ProviderError) return null;
    throw error;
  }
}

function expectSound(badge: BadgeFields, type: GraphQLObjectType): void {
  const { id, name, description, imageUrl, version, record } = badge;
  expect([typeof id, typeof name, id === '']).toEqual(['string', 'string', false]);
  expect(description === null || typeof description === 'string').toBe(true);
  expect(version).toMatch(/^[\w-]{22}$/);
  expect(badge.version).toBe(version);
  if (imageUrl !== null) expectPlainHttps(imageUrl);
  expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
  expect(toOutput(type, badge)).toMatchObject({ id, name, version });
}

function expectPlainHttps(url: string): void {
  const { protocol, username, password } = new URL(url);
  expect([protocol, username, password]).toEqual(['https:', '', '']);
  expect(url).toMatch(/^https:\/\/[^\s"<>\\]+$/i);
}

/** What pollution would change. */
function describePrototypes(): string {
  const keys = [Object.prototype, Array.prototype].map((prototype) =>
    Reflect.ownKeys(prototype).map((key) => [String(key), typeof Reflect.get(prototype, key)]),
  );
  return JSON.stringify(keys);
}

function idOf(reading: RecordReading<BadgeFields>): string | null {
  return 'badge' in reading ? reading.badge.id : reading.malformed.id;
}

/** Whether an id is that of records which differ; all that cannot be read count as one. */
function isOfSeveralIn(all: readonly RecordReading<BadgeFields>[]) {
  return (id: string | null): boolean => {
    const same = all.filter((reading) => id !== null && idOf(reading) === id);
    const records = same.map((reading) =>
      'badge' in reading ? JSON.stringify(reading.badge.record) : 'unreadable',
    );
    return new Set(records).size > 1;
  };
}
