import { createRandom } from '../../test/support/random.ts';

/** Slow responses of a provider within the size limit. */
export interface AnswerFamily {
  name: string;
  /** Records of a list, or the text of a whole answer. */
  make: (side: Side, random: () => number) => { records: string[] } | { body: string };
  /** The one side that it is about. */
  only?: Side;
}

export type Side = 'returningAI' | 'tagMango';

/** A little below the bound of an answer. */
const MAX_BYTES = 5 * 1024 * 1024 - 4_096;
const MAX_RECORDS = 20_000;
const ALTERNATING = '\u0301\u0323';

/** A list in the envelope of its provider. */
export function wrap(side: Side, list: string): string {
  return side === 'returningAI'
    ? `{"meta":{"success":true,"code":200},"body":${list}}`
    : `{"success":true,"result":${list}}`;
}

export function toBody(family: AnswerFamily, side: Side, seed: number): string {
  const made = family.make(side, createRandom(seed));
  return 'body' in made ? made.body : wrap(side, `[${made.records.join(',')}]`);
}

/** Undefined where it is about more than records. */
export function recordsOf(family: AnswerFamily, side: Side, seed: number): string[] | undefined {
  const made = family.make(side, createRandom(seed));
  return 'records' in made ? made.records : undefined;
}

/** As many as fit. */
function fill(record: (index: number) => string, most = MAX_RECORDS): string[] {
  const records: string[] = [];
  let bytes = 0;
  while (records.length < most) {
    const next = record(records.length);
    bytes += Buffer.byteLength(next) + 1;
    if (bytes > MAX_BYTES) break;
    records.push(next);
  }
  return records;
}

function list(unit: string): string {
  return `[${Array.from({ length: Math.floor(MAX_BYTES / (unit.length + 1)) }, () => unit).join(',')}]`;
}

function keys(count: number, start = 0): string {
  return Array.from({ length: count }, (_, index) => `"unknown${start + index}":${index}`).join(
    ',',
  );
}

export function idOf(index: number): string {
  return index.toString(16).padStart(24, '0');
}

/** A record with these fields of both providers. Undefined fields are omitted. */
function record(side: Side, id: string, fields: Readonly<Record<string, unknown>>): string {
  const { name, image, ...rest } = fields;
  const own = side === 'returningAI' ? { title: name, image } : { name, imageUrl: image };
  return JSON.stringify({ ...(side === 'returningAI' ? { id } : { _id: id }), ...own, ...rest });
}

function goodRecord(side: Side, index: number, random: () => number): string {
  const name = `Badge ${Math.floor(random() * 1e6)} of honour`;
  const common = {
    name,
    description: 'For those who do well.',
    image: `https://img.example/${index}.png`,
  };
  const own =
    side === 'returningAI'
      ? {
          action: 'trade',
          quantity: '12',
          award: 'true',
          awardCurrency: false,
          attachRequired: '',
          awarded: 'FALSE',
        }
      : {
          creator: idOf(7),
          enableAutomation: true,
          pointsThreshold: 10,
          createdAt: '2024-05-31T13:03:26Z',
          updatedAt: 1717160606,
        };
  return record(side, idOf(index), { ...common, ...own });
}

const small = (side: Side, index: number): string => record(side, idOf(index), { name: 'a' });
const long = (text: string, bytes = MAX_BYTES - 1_000): string =>
  text.repeat(Math.floor(bytes / Buffer.byteLength(text)));

export const ANSWERS: readonly AnswerFamily[] = [
  {
    name: 'good records',
    make: (side, random) => ({ records: fill((at) => goodRecord(side, at, random)) }),
  },
  { name: 'small records', make: (side) => ({ records: fill((at) => small(side, at)) }) },
  {
    name: 'malformed records',
    make: (side) => ({
      records: fill((at) =>
        record(side, idOf(at), {
          name: 1,
          description: [],
          image: {},
          quantity: 'x',
          enableAutomation: 3,
          action: 3,
          award: 7,
          awardCurrency: 'maybe',
        }),
      ),
    }),
  },
  {
    name: 'records of nothing, and one that is good',
    make: (side) => ({ records: [small(side, 1), ...fill(() => '{}', MAX_RECORDS - 1)] }),
  },
  {
    name: 'a record of 200,000 unknown keys',
    make: (side) => ({ records: [`${small(side, 1).slice(0, -1)},${keys(200_000)}}`] }),
  },
  {
    name: 'records of 9,000 unknown keys',
    make: (side) => ({ records: fill((at) => `${small(side, at).slice(0, -1)},${keys(9_000)}}`) }),
  },
  {
    name: 'records of 9,000 unknown keys of their own',
    make: (side) => ({
      records: fill((at) => `${small(side, at).slice(0, -1)},${keys(9_000, at * 9_000)}}`),
    }),
  },
  {
    name: 'one id: a long record and 8,000 small ones',
    make: (side) => ({
      records: [
        record(side, idOf(1), { name: 'a', description: long('x', 1_000_000) }),
        ...fill(() => small(side, 1), 8_000),
      ],
    }),
  },
  {
    name: 'one id: small records, and long ones',
    make: (side, random) => ({
      records: fill((at) =>
        record(side, idOf(1), {
          name: 'a',
          description: long('x', random() < 0.01 ? 20_000 : 20) + at,
        }),
      ),
    }),
  },
  {
    name: 'one id: equal records',
    make: (side) => ({
      records: fill(() => record(side, idOf(1), { name: 'a', description: long('x', 2_000) })),
    }),
  },
  {
    name: 'one id: malformed and good ones by turns',
    make: (side) => ({ records: fill((at) => record(side, idOf(1), { name: at % 2 ? 'a' : 1 })) }),
  },
  {
    name: 'a long description',
    make: (side) => ({ records: [record(side, idOf(1), { name: 'a', description: long('x') })] }),
  },
  {
    name: 'a description of escapes',
    make: (side) => ({
      records: [
        record(side, idOf(1), {
          name: 'a',
          description: long('"').slice(0, MAX_BYTES / 2 - 1_000),
        }),
      ],
    }),
  },
  {
    name: 'halves of characters, spelled',
    make: (side) => ({
      records: [
        small(side, 1),
        record(side, idOf(2), { name: 'a', description: '@' }).replace('@', long('\\ud83d')),
      ],
    }),
  },
  {
    name: 'pairs of halves, spelled',
    make: (side) => ({
      records: [
        small(side, 1),
        record(side, idOf(2), { name: 'a', description: '@' }).replace('@', long('\\ud83d\\ude00')),
      ],
    }),
  },
  {
    name: 'a long name',
    make: (side) => ({ records: [record(side, idOf(1), { name: long('x') })] }),
  },
  {
    name: 'a long name of marks',
    make: (side) => ({ records: [record(side, idOf(1), { name: long(ALTERNATING) })] }),
  },
  {
    name: 'names of marks',
    make: (side) => ({
      records: fill((at) => record(side, idOf(at), { name: ALTERNATING.repeat(60) })),
    }),
  },
  {
    name: 'names that differ at their end',
    make: (side, random) => ({
      records: fill((at) =>
        record(side, idOf(at), { name: 'x'.repeat(190) + Math.floor(random() * 1e9) }),
      ),
    }),
  },
  {
    name: 'long names that differ at their end',
    make: (side, random) => ({
      records: fill((at) =>
        record(side, idOf(at), { name: 'x'.repeat(990) + Math.floor(random() * 1e9) }),
      ),
    }),
  },
  {
    name: 'a long id',
    make: (side) => ({ records: [small(side, 1), record(side, long('x'), { name: 'a' })] }),
  },
  {
    name: 'long pictures',
    make: (side) => ({
      records: fill((at) =>
        record(side, idOf(at), { name: 'a', image: `https://img.example/${'ä'.repeat(3_900)}` }),
      ),
    }),
  },
  {
    name: 'signed pictures',
    make: (side) => ({
      records: fill((at) =>
        record(side, idOf(at), {
          name: 'a',
          image: `https://img.example/?signature=1${'&a=b'.repeat(1_000)}`,
        }),
      ),
    }),
  },
  {
    name: 'one signed picture',
    make: (side) => ({
      records: [
        record(side, idOf(1), {
          name: 'a',
          image: `https://img.example/?signature=1${long('&a=b')}`,
        }),
      ],
    }),
  },
  {
    name: 'a long number in a text',
    only: 'returningAI',
    make: (side) => ({
      records: [small(side, 2), record(side, idOf(1), { name: 'a', quantity: long('9') })],
    }),
  },
  {
    name: 'a long word for a boolean',
    only: 'returningAI',
    make: (side) => ({
      records: [
        small(side, 2),
        record(side, idOf(1), { name: 'a', award: long('t'), awarded: long('T').slice(0, 10) }),
      ],
    }),
  },
  {
    name: 'a long date',
    only: 'tagMango',
    make: (side) => ({
      records: [record(side, idOf(1), { name: 'a', createdAt: `2024-05-31 ${long(' ')}x` })],
    }),
  },
  {
    name: 'a date of digits',
    only: 'tagMango',
    make: (side) => ({ records: [record(side, idOf(1), { name: 'a', createdAt: long('9') })] }),
  },
  {
    name: 'a list of mangoes',
    only: 'tagMango',
    make: (side) => ({
      records: [
        small(side, 2),
        `{"_id":"${idOf(1)}","name":"a","automationEnabledMangoes":${list('"a"')}}`,
      ],
    }),
  },
  {
    name: 'a list of malformed mangoes',
    only: 'tagMango',
    make: (side) => ({
      records: [
        small(side, 2),
        `{"_id":"${idOf(1)}","name":"a","automationEnabledMangoes":${list('1')}}`,
      ],
    }),
  },
  {
    name: 'lists of 900 mangoes',
    only: 'tagMango',
    make: (side) => ({
      records: [
        small(side, 2),
        ...fill(
          (at) =>
            `{"_id":"${idOf(at)}","name":"a","automationEnabledMangoes":[${Array.from({ length: 900 }, (_, index) => `"${index}"`).join()}]}`,
        ),
      ],
    }),
  },
  { name: 'numbers', make: (side) => ({ body: wrap(side, list('0')) }) },
  { name: 'empty lists', make: (side) => ({ body: wrap(side, list('[]')) }) },
  { name: 'empty objects', make: (side) => ({ body: wrap(side, list('{}')) }) },
  {
    name: 'lists in a record',
    make: (side) => ({
      records: [small(side, 1), `${small(side, 2).slice(0, -1)},"more":${list('[]')}}`],
    }),
  },
  {
    name: 'objects of one key in a record',
    make: (side) => ({
      records: [small(side, 1), `${small(side, 2).slice(0, -1)},"more":${list('{"a":1}')}}`],
    }),
  },
  {
    name: 'deep lists',
    make: (side) => ({ body: wrap(side, list(`${'['.repeat(90)}${']'.repeat(90)}`)) }),
  },
  { name: 'blanks', make: (side) => ({ body: wrap(side, `[${long(' ')}${small(side, 1)}]`) }) },
  {
    name: 'an envelope of 200,000 keys',
    make: (side) => ({
      body: `${wrap(side, `[${small(side, 1)}]`).slice(0, -1)},${keys(200_000)}}`,
    }),
  },
  {
    name: 'an envelope of many objects',
    make: (side) => ({
      body: `${wrap(side, `[${small(side, 1)}]`).slice(0, -1)},"more":${list('{"a":1,"b":2}')}}`,
    }),
  },
  {
    name: 'an envelope of many errors',
    make: (side) => ({
      body: `${wrap(side, `[${small(side, 1)}]`).slice(0, -1)},"errors":${list('[0]')}}`,
    }),
  },
  {
    name: 'an envelope of nested errors',
    make: (side) => ({
      body: `${wrap(side, `[${small(side, 1)}]`).slice(0, -1)},"errors":${'{"errors":'.repeat(9)}${list('0')}${'}'.repeat(9)}}`,
    }),
  },
  {
    name: 'an envelope with long words',
    make: (side) => ({
      body: `${wrap(side, `[${small(side, 1)}]`).slice(0, -1)},"status":"${long('success')}"}`,
    }),
  },
  {
    name: 'an envelope with a long key',
    make: (side) => ({
      body: `${wrap(side, `[${small(side, 1)}]`).slice(0, -1)},"${long('next')}":1}`,
    }),
  },
  {
    name: 'an envelope with a key of errors',
    make: (side) => ({
      body: `${wrap(side, `[${small(side, 1)}]`).slice(0, -1)},"${long('error')}x":1}`,
    }),
  },
  {
    name: 'broken at its end',
    make: (side, random) => ({
      body: wrap(side, `[${fill((at) => goodRecord(side, at, random)).join(',')}`).slice(0, -1),
    }),
  },
];
