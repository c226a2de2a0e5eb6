import './register-forum.ts';
import { expect, test } from '@jest/globals';
import { type GraphQLResolveInfo, isObjectType } from 'graphql';
import { FieldResolver, Resolver, Root, getMetadataStorage } from 'type-graphql';
import { createBadgesSchema } from '../../src/badges/schema.ts';
import type { BadgeFields } from '../../src/providers/badge-list.ts';
import { forum } from './forum/index.ts';

@Resolver(() => forum.badgeClass)
class Initials {
  @FieldResolver(() => String)
  initial(@Root() { name }: BadgeFields): string {
    return name.slice(0, 1);
  }
}

test('a field that a provider computes has the value of its resolver, not of a property', async () => {
  const own = forum.resolvers;
  Object.assign(forum, { resolvers: [...own, Initials] });
  const { schema } = await createBadgesSchema();
  Object.assign(forum, { resolvers: own });

  const type = schema.getType(forum.badgeClass.name);
  const fields = isObjectType(type) ? type.getFields() : {};
  const read = (name: string) =>
    fields[name]?.resolve?.({ name: 'Night Shift' }, {}, {}, {} as GraphQLResolveInfo);
  expect(await read('initial')).toBe('N');
  expect(await read('name')).toBe('Night Shift');
});

test('a field that a class reads in a getter is read from the object, whatever made it', async () => {
  const { schema } = await createBadgesSchema();
  const type = schema.getType('TagMangoBadge');
  const fields = isObjectType(type) ? type.getFields() : {};
  const info = {} as GraphQLResolveInfo;
  const read = ['id', 'creator', 'createdAt'].map((name) =>
    fields[name]?.resolve?.({ id: 'a', creator: 'b', createdAt: 'c' }, {}, {}, info),
  );
  expect(read).toEqual(['a', 'b', 'c']);
});

test('a copy of the service knows no classes of another one, whichever test ran before', () => {
  const { interfaceTypes, objectTypes } = getMetadataStorage();
  const names = [...interfaceTypes, ...objectTypes].map(({ name }) => name);
  expect(names).toContain('BadgeFields');
  expect(names).toEqual([...new Set(names)]);
});
