import type { Operation } from '../../test/support/graphql-client.ts';
import { ANSWERS, idOf, toBody, wrap } from './provider-answers.ts';
import type { Answers } from './provider.ts';

/** A call other than the list, and its possible responses. */
export interface CallFamily {
  name: string;
  ask: Operation;
  answers: Answers;
}

const BYTES = 5 * 1024 * 1024 - 100_000;
const OK = '{"success":true,"meta":{"success":true},"result":[],"body":[]}';
const PERSON = `"_id":"${idOf(1)}","email":"ada@example.com"`;
const many = (count: number, unit: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => unit(index)).join(',');
const text = (unit: string, bytes = BYTES) =>
  unit.repeat(Math.floor(bytes / Buffer.byteLength(unit)));

const lookup: Operation = {
  query: '{ tagMangoMember(email: "ada@example.com") { id } }',
};
const found = (fields: string) => ({
  GET: { body: `{"success":true,"result":{${PERSON},${fields}}}` },
});
const create: Operation = {
  query:
    'mutation { createBadge(input: { tagMango: { name: "a" } }) { userErrors { code message } } }',
};
const update: Operation = {
  query: `mutation { updateBadge(input: { returningAI: { id: "${idOf(1)}", title: "new", hiddenFields: OMIT } }) {
    userErrors { code } warnings { code } } }`,
};
const award: Operation = {
  query: `mutation { awardBadge(input: { returningAI: { badgeId: "${idOf(1)}", user: { id: "12345" } } }) { userErrors { code } } }`,
};
const refused = (body: string, status = 400): Answers => ({
  GET: { body: wrap('tagMango', `[{"_id":"${idOf(1)}","name":"a"}]`) },
  POST: { status, body },
});
const withDescription = (description: string): Answers => {
  const record = { id: idOf(1), title: 'a', description };
  return {
    GET: { body: wrap('returningAI', JSON.stringify([record])) },
    PUT: { body: wrap('returningAI', JSON.stringify({ ...record, title: 'new' })) },
  };
};

export function toCallFamilies(seed: number): CallFamily[] {
  return [...lookups(seed), ...writes(), ...awards(seed)];
}

function lookups(seed: number): CallFamily[] {
  const of = (name: string, fields: string): CallFamily => ({
    name: `a member: ${name}`,
    ask: lookup,
    answers: found(fields),
  });
  const lists = ANSWERS.filter(({ only }) => only !== 'returningAI').map((family) => {
    const body = toBody(family, 'tagMango', seed);
    const badges = body.slice(body.indexOf('['), body.lastIndexOf(']') + 1);
    return of(`badges, ${family.name}`, `"badges":${badges}`);
  });
  return [
    of(
      'many fields',
      many(200_000, (at) => `"field${at}":1`),
    ),
    of('many lists of fields', `"attributes":[${many(200_000, () => '[{"a":1}]')}]`),
    of(
      'many custom fields',
      `"customFields":[${many(100_000, (at) => `{"name":"email","value":"a${at}@b"}`)}]`,
    ),
    of(
      'many addresses',
      `"emails":[${many(200_000, (at) => `"a${at}@b"`)}],"email2":[${many(100_000, () => '"a@b"')}]`,
    ),
    of('an address of marks', `"workEmail":"@${text('\u0301\u0323')}"`),
    of('an address of stars', `"workEmail":"a@${text('*')}"`),
    of('a long phone', `"phone":"${text('1-')}"`),
    of('deep fields', `"profile":${'{"profile":'.repeat(80)}1${'}'.repeat(80)}`),
    ...lists,
  ];
}

function writes(): CallFamily[] {
  const refusals: [string, string][] = [
    [
      'a message of one letter, and a detail of nearly the same',
      `{"message":"${text('a', 120_000)}","errors":["b${text('a', 60_000)}"]}`,
    ],
    ['many messages', `{"errors":[${many(8_000, (at) => `{"message":"m${at}"}`)}]}`],
    ['many fields with problems', `{"errors":{${many(9_000, (at) => `"f${at}":"m"`)}}}`],
    ['a text of tags', `{"message":"${text('<', 200_000)}"}`],
    ['a text of blanks after a bracket', `{"message":"<${text(' ', 200_000)}"}`],
    ['a long text', text('a')],
    ['many objects', `[${many(500_000, () => '{"a":1}')}]`],
  ];
  const descriptions: [string, string][] = [
    ['blanks', text(' ')],
    ['blanks and dots', `${text(' ')}...x`],
    ['entities', text('&amp;')],
    ['a signed URL', `https://img.example/?signature=1${text('&a=b')}`],
    ['marks', text('\u0301\u0323')],
  ];
  return [
    ...refusals.map(([name, body]) => ({
      name: `a refused write: ${name}`,
      ask: create,
      answers: refused(body),
    })),
    ...refusals.map(([name, body]) => ({
      name: `a write that is in doubt: ${name}`,
      ask: create,
      answers: refused(body, 200),
    })),
    ...descriptions.map(([name, description]) => ({
      name: `an update of a badge with ${name}`,
      ask: update,
      answers: withDescription(description),
    })),
    {
      name: 'a creation among 20,000 badges with its values',
      ask: create,
      answers: {
        GET: {
          body: wrap('tagMango', `[${many(20_000, (at) => `{"_id":"${idOf(at)}","name":"a"}`)}]`),
        },
        POST: { status: 500, body: '{}' },
      },
    },
  ];
}

function awards(seed: number): CallFamily[] {
  const list = wrap('returningAI', `[{"id":"${idOf(1)}","title":"a"}]`);
  return ANSWERS.filter(({ only }) => only !== 'tagMango').map((family) => ({
    name: `an award: ${family.name}`,
    ask: award,
    answers: { GET: { body: list }, POST: { body: toBody(family, 'returningAI', seed) || OK } },
  }));
}
