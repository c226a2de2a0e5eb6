import { Lexer, Source as Text, type Token, TokenKind } from 'graphql';
import { pick } from '../../support/random.ts';
import type { FuzzAsk } from './ask.ts';
import { makeJson } from './wild.ts';

interface Chance {
  random: () => number;
  /** Names of the schema, and others. */
  names: readonly string[];
}

const SIGNS = ['{', '}', '(', ')', '[', ']', ':', '=', '!', '@', '$', '...', '|', '&', ''];

/** A document that was valid, with one thing changed. */
export function spoil(ask: FuzzAsk, chance: Chance): FuzzAsk {
  const { random } = chance;
  const names = Object.keys(ask.variables ?? {});
  if (names.length === 0 || random() < 0.6) return { ...ask, query: spoilText(ask.query, chance) };
  return { ...ask, variables: spoilVariables(ask.variables ?? {}, pick(names, random), random) };
}

function spoilText(query: string, { random, names }: Chance): string {
  const token = pick(tokensOf(query), random);
  const next = token.next ?? token;
  const text = query.slice(token.start, token.end);
  const before = query.slice(0, token.start);
  const after = query.slice(token.end);
  const changes: (() => string)[] = [
    () => `${before} ${after}`,
    () => `${before}${text} ${text}${after}`,
    () => `${before}${query.slice(next.start, next.end)} ${text} ${query.slice(next.end)}`,
    () => `${before}${text}`,
    () => query.replace(/^\w+/, pick(['query', 'mutation', 'subscription'], random)),
    () => `${before}${text}${pick(['\u0000', '"', '"""', '#', '💥', '\\', '1e'], random)}${after}`,
    () => `${before}${spoilToken(token, text, { random, names })}${after}`,
    () => `${before}${spoilToken(token, text, { random, names })}${after}`,
  ];
  return pick(changes, random)();
}

/** Another of its kind, or of a kind that does not belong there. */
function spoilToken({ kind }: Token, text: string, { random, names }: Chance): string {
  const other = pick([...names.slice(0, 1), 'null', '1', '-1.5', '"x"', '[]', '{}', '$x'], random);
  if (random() < 0.3) return ` ${other} `;
  if (kind === TokenKind.NAME) return pick(names, random);
  if (kind === TokenKind.INT || kind === TokenKind.FLOAT) return `${text}9999999999`;
  return ` ${pick(SIGNS, random)} `;
}

function tokensOf(query: string): Token[] {
  const lexer = new Lexer(new Text(query));
  const tokens: Token[] = [];
  while (lexer.advance().kind !== TokenKind.EOF) tokens.push(lexer.token);
  return tokens;
}

function spoilVariables(variables: object, name: string, random: () => number): object {
  const all: Record<string, unknown> = { ...variables };
  const { [name]: value, ...others } = all;
  const changes: (() => object)[] = [
    () => others,
    () => ({ ...others, [name]: null }),
    () => ({ ...others, [name]: [value] }),
    () => ({ ...others, [name]: { x: value } }),
    () => ({ ...others, [name]: makeJson(random, 3) }),
    () => ({ ...others, [name]: spoilInside(value, random) }),
    () => ({ ...variables, extra: makeJson(random, 2) }),
  ];
  return pick(changes, random)();
}

/** Changes one field of an object, at any depth. */
function spoilInside(value: unknown, random: () => number): unknown {
  if (typeof value !== 'object' || value === null) return makeJson(random, 1);
  if (Array.isArray(value)) return [...(value as unknown[]), makeJson(random, 1)];
  const fields = new Map<string, unknown>(Object.entries(value));
  if (fields.size === 0 || random() < 0.2) return { ...value, extra: makeJson(random, 1) };
  const name = pick([...fields.keys()], random);
  return { ...value, [name]: spoilInside(fields.get(name), random) };
}
