import {
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLNonNull,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import { pick } from '../../support/random.ts';

/** A value of an input type, for the document and for its variables. */
export interface Value {
  literal: string;
  json: unknown;
}

/** The existing badges. */
export interface Known {
  ids: readonly string[];
  representations: readonly { __typename: string; id: string }[];
  /** Names, e-mails and cursors. */
  texts: readonly string[];
}

/** Where values come from. */
export interface Source {
  random: () => number;
  known: Known;
  /** Names of types with a key, and of others. */
  entityNames: readonly string[];
}

const TEXTS = [
  '',
  'x',
  ' ',
  'ä💥',
  '\u0000\u2028',
  '"\\',
  '__proto__',
  '../x',
  '{}',
  'x'.repeat(300),
];
const SIZES = [0, 1, 2, 50, 100];
const NUMBERS = [...SIZES, 101, -1, 2 ** 31 - 1, -(2 ** 31)];
const FLOATS = [0, -0.5, 1.5, 1e21, -1e308, 5e-324];
/** A text that is valid for every text field. */
const IMAGE = 'https://img.example/x.png';
const MAX_ITEMS = 3;
const NULL: Value = { literal: 'null', json: null };

/** A value that is valid for the type. */
export function makeValue(type: GraphQLInputType, source: Source): Value {
  const { random } = source;
  if (!isNonNullType(type) && random() < 0.1) return NULL;
  const nullable = getNullableType(type);
  if (isListType(nullable)) return makeList(nullable.ofType, source);
  const named = getNamedType(type);
  if (isEnumType(named)) {
    const { name } = pick(named.getValues(), random);
    return { literal: name, json: name };
  }
  if (isInputObjectType(named)) return makeObject(named, source);
  return named.name === '_Any'
    ? makeRepresentation(source)
    : ofJson(makeScalar(named.name, source));
}

function makeScalar(name: string, { random, known }: Source): unknown {
  switch (name) {
    case 'Int':
      return pick(random() < 0.7 ? SIZES : NUMBERS, random);
    case 'Float':
      return pick([...NUMBERS, ...FLOATS], random);
    case 'Boolean':
      return random() < 0.5;
    case 'ID':
      return pick(random() < 0.8 ? known.ids : TEXTS, random);
    default:
      return random() < 0.6 ? IMAGE : pick([...known.texts, ...TEXTS], random);
  }
}

function ofJson(json: unknown): Value {
  return { literal: JSON.stringify(json), json };
}

function makeList(itemType: GraphQLInputType, source: Source): Value {
  const length = Math.floor(source.random() * (MAX_ITEMS + 1));
  const items = Array.from({ length }, () => makeValue(itemType, source));
  return {
    literal: `[${items.map(({ literal }) => literal).join(' ')}]`,
    json: items.map(({ json }) => json),
  };
}

function makeObject(type: GraphQLInputObjectType, source: Source): Value {
  const fields = Object.values(type.getFields());
  if (type.isOneOf) {
    const one = pick(fields, source.random);
    return toObject([[one.name, makeValue(new GraphQLNonNull(getNullableType(one.type)), source)]]);
  }
  const given = fields.filter((field) => isRequired(field) || source.random() < 0.4);
  return toObject(given.map((field) => [field.name, makeValue(field.type, source)]));
}

export function isRequired({ type, defaultValue }: GraphQLInputField): boolean {
  return isNonNullType(type) && defaultValue === undefined;
}

function makeRepresentation({ random, known, entityNames }: Source): Value {
  const typeName = ofJson(pick(entityNames, random));
  const id = ofJson(random() < 0.9 ? pick(known.ids, random) : 1);
  return toObject([
    ['__typename', typeName],
    ['id', id],
  ]);
}

function toObject(entries: readonly (readonly [name: string, value: Value])[]): Value {
  return {
    literal: `{${entries.map(([name, { literal }]) => `${name}: ${literal}`).join(' ')}}`,
    json: Object.fromEntries(entries.map(([name, { json }]) => [name, json])),
  };
}
