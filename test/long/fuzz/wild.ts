import { pick } from '../../support/random.ts';
import type { FuzzAsk } from './ask.ts';

const SIGNS = ['{', '}', '(', ')', '[', ']', ':', '=', '!', '@', '$', '...', '|', ','];
const VALUES = ['null', 'true', '0', '-1', '1.5e3', '"x"', '"""x"""', '""', '$x', '#\n', '\ufeff'];
const KEYWORDS = [
  'query',
  'mutation',
  'subscription',
  'fragment',
  'on',
  'type',
  'schema',
  'extend',
];
const LEAVES: readonly unknown[] = [null, true, 0, -1, 1.5, 1e300, '', 'x', '💥', '\u0000', '1'];
const KEYS = ['id', 'x', '', '__proto__', 'constructor', 'toJSON', '__typename', 'length'];
const MAX_TOKENS = 60;

interface Chance {
  random: () => number;
  /** Names of the schema, and others. */
  names: readonly string[];
}

/** Random text in place of a document. */
export function makeWild({ random, names }: Chance): FuzzAsk {
  return {
    query: random() < 0.9 ? makeTokens(random, names) : makeCharacters(random),
    ...(random() < 0.5 ? { variables: makeObject(random, 3) } : {}),
    ...(random() < 0.1 ? { operationName: makeJson(random, 1) } : {}),
    ...(random() < 0.1 ? { extensions: makeJson(random, 2) } : {}),
  };
}

/** Half of them are in braces, so that the parser gets further. */
function makeTokens(random: () => number, names: readonly string[]): string {
  const length = Math.floor(random() * MAX_TOKENS);
  const kinds = [SIGNS, SIGNS, names, names, names, VALUES, KEYWORDS];
  const tokens = Array.from({ length }, () => pick(pick(kinds, random), random)).join(' ');
  return random() < 0.5 ? `{ ${tokens} }` : tokens;
}

function makeCharacters(random: () => number): string {
  const length = Math.floor(random() * MAX_TOKENS);
  return String.fromCharCode(...Array.from({ length }, () => Math.floor(random() * 0x10000)));
}

/** Random JSON with at most so many levels. */
export function makeJson(random: () => number, levels: number): unknown {
  const dice = random();
  if (levels === 0 || dice < 0.6) return pick(LEAVES, random);
  if (dice < 0.7) return Array.from({ length: 3 }, () => makeJson(random, levels - 1));
  return makeObject(random, levels);
}

function makeObject(random: () => number, levels: number): object {
  const keys = KEYS.filter(() => random() < 0.3);
  return Object.fromEntries(keys.map((key) => [key, makeJson(random, levels - 1)]));
}
