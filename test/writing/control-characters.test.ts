import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { exampleOperations } from '../../src/badges/examples.ts';
import { TIMEOUT_MS, numRuns } from '../properties/runs.ts';
import { type TestService, startTestService } from '../support/service.ts';
import { writesOf } from '../support/writing.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());
beforeEach(() => {
  for (const standIn of [service.sandbox.returningAI, service.sandbox.tagMango]) {
    standIn.requests.length = 0;
  }
});

/** Of one line, and so of every text but descriptions. */
const LINES = ['\t', '\n', '\r\n', '\u2028', '\u2029'];
const CONTROLS = [
  ...['\0', '\u0001', '\u0007', '\b', '\v', '\f', '\r', '\u001b', '\u001b[2J', '\u007f', '\u0085'],
  ...['\u009b', '\u202a', '\u202b', '\u202c', '\u202d', '\u202e', '\u2066', '\u2067', '\u2068'],
  ...['\u2069', '\u206a', '\u206f', '\ufff9', '\ufffb', '\ufffe', '\uffff', '\u{1ffff}'],
];
/** What people write with, in some script or other. */
const LETTERS = [
  ...['A', 'é', 'e\u0301', 'ß', '名', 'ñ', 'אב\u200f!', 'می\u200cخواهم', '\u061cعربي', 'x\u200ey'],
  ...[
    '👩‍👩‍👧',
    '🏅',
    '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
    '❤\ufe0f',
    '\u00a0',
    '\u00ad',
  ],
];

/** Where an input holds text that is sent to a provider: its path from "input" on. */
interface TextField {
  name: string;
  query: string;
  variables: { input: Record<string, object> };
  path: string[];
}

interface TypeRef {
  kind: string;
  name: string | null;
  ofType: TypeRef | null;
}
interface Schema {
  __schema: { types: { name: string; inputFields: { name: string; type: TypeRef }[] | null }[] };
}

async function readTextFields(): Promise<TextField[]> {
  const ref =
    'kind name ofType { kind name ofType { kind name ofType { kind name ofType { name } } } }';
  const { data } = await service.execute<Schema, object>(
    `{ __schema { types { name inputFields { name type { ${ref} } } } } }`,
  );
  const inputs = new Map(data.__schema.types.map(({ name, inputFields }) => [name, inputFields]));
  const named = ({ name, ofType }: TypeRef): string => name ?? (ofType ? named(ofType) : '');
  const pathsOf = (type: string): string[][] =>
    (inputs.get(type) ?? []).flatMap(({ name, type: of }) => {
      if (['String', 'ID'].includes(named(of))) return [[name]];
      return pathsOf(named(of)).map((path) => [name, ...path]);
    });
  const seen = new Set<string>();
  return exampleOperations
    .filter(({ query }) => /^mutation/m.test(query))
    .flatMap(({ name, query, variables }) => {
      const [, type = ''] = /\$input: (\w+)!/.exec(query) ?? [];
      const { input } = variables as TextField['variables'];
      return pathsOf(type)
        .filter(([provider = '']) => provider in input)
        .map((path) => ({
          name: `${type}.${path.join('.')}`,
          query,
          variables: { input },
          path,
          of: name,
        }));
    })
    .filter(({ name }) => !seen.has(name) && seen.add(name));
}

/** The example's input with a text at the field, alone or in a list, as the field takes it. */
function withText({ variables: { input }, path }: TextField, text: string): object {
  const place = (value: unknown, [name, ...rest]: readonly string[]): unknown => {
    if (name === undefined) return Array.isArray(value) ? [text] : text;
    // Of the ways to name a member only one may be given.
    const others =
      name === 'email' || (name === 'id' && rest.length === 0 && path.includes('user'))
        ? {}
        : value;
    return {
      ...(others as object),
      [name]: place((value as Record<string, unknown>)?.[name], rest),
    };
  };
  return { input: place(input, path) };
}

interface Payload {
  userErrors: { code: string; fields: string[][] }[];
}

async function run(field: TextField, text: string): Promise<Payload['userErrors']> {
  const { data, errors } = await service.execute<Record<string, Payload>, object>(
    field.query,
    withText(field, text),
  );
  expect(errors).toBeUndefined();
  return Object.values(data).flatMap(({ userErrors }) => userErrors);
}

/** Several problems may stand at the field; a path into a member may end at the member. */
function expectRefusal(field: TextField, errors: Payload['userErrors'], text: string): void {
  const whole = ['input', ...field.path].join('.');
  const told = errors.flatMap(({ code, fields }) => fields.map((at) => `${code} ${at.join('.')}`));
  expect([field.name, text, told.length > 0]).toEqual([field.name, text, true]);
  for (const one of told) expect(`INVALID_INPUT ${whole}`.startsWith(one)).toBe(true);
}

describe('control characters in texts that are written', () => {
  const isDescription = ({ path }: TextField) => path.at(-1) === 'description';

  test('are refused in each text of each mutation of each provider, and nothing is sent', async () => {
    const fields = await readTextFields();
    expect(fields.length).toBeGreaterThan(20);
    for (const field of fields) {
      const refused = isDescription(field) ? CONTROLS : [...CONTROLS, ...LINES];
      for (const control of refused) {
        for (const text of [`a${control}b`, `${control}a`, `a${control}`]) {
          expectRefusal(field, await run(field, text), text);
        }
      }
    }
    expect(writesOf(service.sandbox)).toEqual([]);
  }, 120_000);

  test('tabs and line breaks are written in descriptions, and the letters of all scripts everywhere', async () => {
    const fields = await readTextFields();
    const texts = fields.filter(({ path }) =>
      ['title', 'name', 'action', 'description'].includes(path.at(-1) ?? ''),
    );
    expect(texts.length).toBeGreaterThan(5);
    for (const field of texts) {
      const good = isDescription(field) ? [...LETTERS, ...LINES] : LETTERS;
      const text = `a${good.join('b')}`;
      service.sandbox.tagMango.requests.length = service.sandbox.returningAI.requests.length = 0;
      expect(await run(field, text)).toEqual([]);
      expect(writesOf(service.sandbox).map(({ body }) => body)).toEqual([
        expect.objectContaining({ [field.path.at(-1) ?? '']: text }),
      ]);
    }
  });

  test(
    'whatever stands around them',
    async () => {
      const fields = await readTextFields();
      const letters = fc.array(fc.constantFrom(...LETTERS, ' ', 'a', '-'), { maxLength: 20 });
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...fields),
          letters,
          fc.constantFrom(...CONTROLS),
          letters,
          async (field, before, control, after) => {
            const text = [...before, control, ...after].join('');
            expectRefusal(field, await run(field, text), text);
          },
        ),
        { numRuns },
      );
      expect(writesOf(service.sandbox)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
