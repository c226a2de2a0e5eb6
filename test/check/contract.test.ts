import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  type ContractNode,
  markSeen,
  readContract,
  readContractLines,
  readMark,
} from '../../src/check/contract.ts';
import { providers } from '../../src/providers/index.ts';

describe('the mark of a line', () => {
  test.each([
    ['type: string', { isInferred: false, seenOn: null }],
    ['type: string # inferred', { isInferred: true, seenOn: null }],
    ["get: # inferred: it's in the navigation", { isInferred: true, seenOn: null }],
    ['title: # seen 2026-03-01', { isInferred: false, seenOn: '2026-03-01' }],
    ['title: # inferred, seen 2026-03-01: why', { isInferred: true, seenOn: '2026-03-01' }],
    ["$ref: '#/components/schemas/Meta'", { isInferred: false, seenOn: null }],
    ['x-behaviour: # beside the form of its answer', { isInferred: false, seenOn: null }],
  ])('%s', (line, mark) => {
    expect(readMark(line)).toEqual(mark);
  });

  test.each([
    ['  type: string', '  type: string # seen 2026-03-01'],
    ['  type: string # inferred', '  type: string # inferred, seen 2026-03-01'],
    ['  get: # inferred: by analogy', '  get: # inferred, seen 2026-03-01: by analogy'],
    ['  title: # seen 2025-01-01', '  title: # seen 2026-03-01'],
    ['  a: b # inferred, seen 2025-01-01: why', '  a: b # inferred, seen 2026-03-01: why'],
    ["  $ref: '#/a'", "  $ref: '#/a' # seen 2026-03-01"],
  ])('becomes seen: %s', (line, marked) => {
    expect(markSeen(line, '2026-03-01')).toBe(marked);
    expect(markSeen(marked, '2026-03-01')).toBe(marked);
  });
});

/** What the comparison looks at, and what says nothing about an answer or is looked at by the tests only. */
const KEYWORDS = ['type', 'properties', 'required', 'items', 'enum', 'const', 'pattern', 'format'];
const BESIDE = ['description', 'minLength', 'minimum', 'additionalProperties', 'not', '$ref'];
const COMBINED = ['oneOf', 'allOf'];

/** The names of all keywords below a schema. */
function keywordsOf(schema: ContractNode): string[] {
  if (!(schema.value instanceof Map)) return [];
  const entries = [...(schema.value as ReadonlyMap<string, ContractNode>)];
  return entries.flatMap(([keyword, node]) => {
    const below =
      node.value instanceof Map ? [...(node.value as Map<string, ContractNode>).values()] : [];
    if (keyword === 'properties') return [keyword, ...below.flatMap(keywordsOf)];
    if (keyword === 'items') return [keyword, ...keywordsOf(node)];
    if (COMBINED.includes(keyword) && Array.isArray(node.value)) {
      return [keyword, ...node.value.flatMap(keywordsOf)];
    }
    return [keyword];
  });
}

describe.each(providers.map((provider) => [provider.name.title, provider] as const))(
  'the contract file of %s',
  (_title, { check, operations }) => {
    const lines = readContractLines(readFileSync(check.contract, 'utf8'));
    const schemas = ['components', 'schemas'].reduce<ContractNode | undefined>(
      (node, key) =>
        node?.value instanceof Map ? (node.value as Map<string, ContractNode>).get(key) : undefined,
      lines,
    );

    test('uses no keyword that the comparison would pass over', () => {
      const all = [...(schemas?.value as Map<string, ContractNode>).values()].flatMap(keywordsOf);

      expect(all).toEqual(expect.arrayContaining(['type', 'properties', 'required']));
      const known = [...KEYWORDS, ...BESIDE, ...COMBINED];
      expect([...new Set(all)].filter((keyword) => !known.includes(keyword))).toEqual([]);
    });

    test('has the operations that a check asks for', () => {
      const contract = readContract(check.contract);
      const asked = [
        ...check.reads.map(({ operation }) => operation),
        'createBadge',
        'updateBadge',
        ...(operations.delete ? ['deleteBadge'] : []),
      ];

      for (const operation of asked) {
        expect(contract.routeOf(operation).text).toMatch(/^[A-Z]+ \/\S+$/);
        const { shape } = contract.answerOf(operation);
        expect(shape.properties.size + shape.variants.length).toBeGreaterThan(0);
      }
      expect(() => contract.answerOf('readBadge')).toThrow('has no operation readBadge');
    });

    test('is read with its marks', () => {
      const marks: boolean[] = [];
      const look = (node: ContractNode): void => {
        marks.push(node.mark.isInferred);
        if (Array.isArray(node.value)) node.value.forEach(look);
        else if (node.value instanceof Map) (node.value as Map<string, ContractNode>).forEach(look);
      };
      look(lines);

      const text = readFileSync(check.contract, 'utf8');
      const marked = text.match(/^ *[^# \n].* # inferred\b/gm) ?? [];
      expect(marks.filter(Boolean).length).toBeGreaterThanOrEqual(marked.length);
      expect(marks.filter((isInferred) => !isInferred).length).toBeGreaterThan(100);
    });

    test('every setting that a read needs is one of the provider', () => {
      const settings = providers.flatMap((provider) => Object.keys(provider.settings));

      expect(
        check.reads.flatMap((read) => read.settings).filter((name) => !settings.includes(name)),
      ).toEqual([]);
    });

    test('the fields of a scratch badge are there to be written', () => {
      const { fields, requiredFields, textField, numberField, urlField, nullFields } =
        check.scratch;

      for (const field of [...requiredFields, textField, numberField, urlField, ...nullFields]) {
        expect(Object.keys(fields)).toContain(field);
      }
    });
  },
);
