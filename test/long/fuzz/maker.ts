import {
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import type { FuzzAsk, Kind } from './ask.ts';
import { spoil } from './nearly-valid.ts';
import { askAgain } from './known.ts';
import { makeValid } from './valid.ts';
import type { Known } from './values.ts';
import { makeWild } from './wild.ts';

const OTHER_NAMES = ['x', '__proto__', 'constructor', '__schema', '__type', '__typename', '_'];

/** Generates one request from random numbers. */
export function createMaker(
  schema: GraphQLSchema,
  known: Known,
): (random: () => number) => { kind: Kind; ask: FuzzAsk } {
  const names = [...namesOf(schema), ...OTHER_NAMES];
  const entity = schema.getType('_Entity');
  const possible = entity && 'getTypes' in entity ? entity.getTypes() : [];
  const entityNames = [...possible.map(({ name }) => name), 'Query', 'x'];

  return (random) => {
    const dice = random();
    if (dice < 1 / 4) return { kind: 'wild', ask: makeWild({ random, names }) };
    if (dice < 1 / 2) return { kind: 'asked again', ask: askAgain({ random, known, entityNames }) };
    const valid = makeValid(schema, { random, known, entityNames });
    if (dice < 3 / 4) return { kind: 'valid', ask: valid };
    return { kind: 'nearly valid', ask: spoil(valid, { random, names }) };
  };
}

function namesOf(schema: GraphQLSchema): string[] {
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
  const inside = types.flatMap((type) => {
    if (isEnumType(type)) return type.getValues().map(({ name }) => name);
    if (isInputObjectType(type)) return Object.keys(type.getFields());
    if (!isObjectType(type) && !isInterfaceType(type)) return [];
    const fields = Object.values(type.getFields());
    return fields.flatMap(({ name, args }) => [name, ...args.map((argument) => argument.name)]);
  });
  return [...new Set([...types.map((type) => getNamedType(type).name), ...inside])];
}
