import { beforeAll, expect, test } from '@jest/globals';
import type { GraphQLResolveInfo } from 'graphql';
import { getMetadataStorage } from 'type-graphql';
import { callMethodsDirectly } from '../../src/badges/context.ts';
import { type BadgesSchema, createBadgesSchema } from '../../src/badges/schema.ts';

type RootMethod = Parameters<typeof callMethodsDirectly>[1][number];

const INFO = { fieldName: 'badges' } as GraphQLResolveInfo;

class Queries {
  badges(...values: unknown[]): unknown[] {
    return this.withNames(values);
  }
  withNames(values: unknown[]): unknown[] {
    return values;
  }
}

let schema: BadgesSchema['schema'];
let badges: RootMethod;
beforeAll(async () => {
  ({ schema } = await createBadgesSchema());
  const found = getMetadataStorage().queries.find(({ schemaName }) => schemaName === 'badges');
  badges = { ...(found as RootMethod), target: Queries };
});

test('a method gets the arguments, the context and the info as they are, and may call others of its class', () => {
  callMethodsDirectly(schema, [badges]);
  const [args, context] = [{ first: 2, filter: null }, {}];
  const values = schema.getQueryType()?.getFields().badges?.resolve?.({}, args, context, INFO);
  expect(values).toHaveLength(3);
  [args, context, INFO].forEach((each, at) => expect((values as unknown[])[at]).toBe(each));
});

test.each<[string, Partial<RootMethod>]>([
  ['roles', { roles: ['admin'] }],
  ['middlewares', { middlewares: [(_data, next) => next()] }],
  [
    'a root',
    {
      params: [
        {
          kind: 'root',
          target: Queries,
          methodName: 'badges',
          index: 0,
          propertyName: undefined,
          getType: undefined,
        },
      ],
    },
  ],
  [
    'a part of the context',
    {
      params: [
        {
          kind: 'context',
          target: Queries,
          methodName: 'badges',
          index: 0,
          propertyName: 'caller',
        },
      ],
    },
  ],
])(
  'a method with %s is refused, since only type-graphql knows what to do with it',
  (_what, part) => {
    expect(() => callMethodsDirectly(schema, [{ ...badges, ...part }])).toThrow('type-graphql');
  },
);
