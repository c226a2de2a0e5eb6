import { globSync } from 'node:fs';
import { beforeAll, expect, test } from '@jest/globals';
import { Kind, buildSchema, concatAST, parse, validate } from 'graphql';
import { parse as parseYaml } from 'yaml';
import { type BadgesSchema, createBadgesSchema } from '../../src/badges/schema.ts';
import { providers } from '../../src/providers/index.ts';
import { describedElements } from './described-elements.ts';
import { readText } from './lock.ts';

let badges: BadgesSchema;
beforeAll(async () => {
  badges = await createBadgesSchema();
});

test('every element of the schema is described', () => {
  const elements = describedElements(badges.schema);
  expect(elements.length).toBeGreaterThan(100);
  expect(elements.filter(({ description }) => !description).map(({ path }) => path)).toEqual([]);
});

test('the names that other people rely on are there', () => {
  const types = providers.map(({ badgeClass }) => badgeClass.name).sort();
  expect(types).toEqual(expect.arrayContaining(['ReturningAIBadge', 'TagMangoBadge']));
  const { sdl } = badges;
  for (const line of [
    `union Badge = ${types.join(' | ')}`,
    'type ReturningAIBadge implements BadgeFields @key(fields: "id")',
    'type TagMangoBadge implements BadgeFields @key(fields: "id")',
    'input UpdateBadgeInput @oneOf',
    'type PageInfo @shareable',
    'version: String!',
  ]) {
    expect(sdl).toContain(line);
  }
  expect(sdl).not.toMatch(/interface BadgeFields @key|@interfaceObject/);
});

test('the printed SDL does not depend on the order of the code', () => {
  const names = parse(badges.sdl).definitions.flatMap((definition) =>
    'name' in definition && definition.name && definition.kind !== Kind.DIRECTIVE_DEFINITION
      ? [definition.name.value]
      : [],
  );
  expect(names).toEqual([...names].sort());
});

test('editors read a valid schema without federation, and all operations fit it', () => {
  const config = parseYaml(readText('.graphqlrc.yml')) as { schema: string; documents: string[] };
  const sdl = readText(config.schema);
  expect(sdl).not.toMatch(/@link|@key|@shareable|@listSize|_entities|_service/);
  const files = globSync(config.documents);
  expect(files.length).toBeGreaterThan(15);
  const documents = concatAST(files.map((file) => parse(readText(file))));
  const unused = /is never used/;
  const errors = validate(buildSchema(sdl), documents).map(({ message }) => message);
  expect(errors.filter((message) => !unused.test(message))).toEqual([]);
});
