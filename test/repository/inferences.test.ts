import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { createBadgesSchema } from '../../src/badges/schema.ts';
import { providers } from '../../src/providers/index.ts';
import { type Described, describedElements } from './described-elements.ts';
import { readText, root } from './lock.ts';

/** How a text says that it rests on an inference, and not on a page of the provider. */
const MARK = /\binferred\b/i;
/** As good as the mark, for what a provider does not show: it says what is documented, and no more. */
const AS_DOCUMENTED = /\bdocumented answers\b|\bpages show\b/i;

/** What no page of a provider says. A text that says such a thing must have the mark. */
const CLAIMS: readonly (readonly [claim: string, said: RegExp, orMark?: RegExp])[] = [
  [
    'a PUT resets what it leaves out',
    /\breplaces (a|the|its) (whole )?(badge|object)|(?<!\bdoes an )\bupdate (would |may )?(replaces?|resets?)\b|\breplaces .* at (every|each) update/i,
  ],
  [
    'seven fields are never shown',
    /\bnever (shows?|shown|readable|be read)\b|cannot be read back/i,
    AS_DOCUMENTED,
  ],
  ['no route gives one badge', /\bneither (service|provider) can\b/i, AS_DOCUMENTED],
  [
    'awarded is not award',
    /\b(is|it is) (not|another thing than) (the )?(input )?(field )?`?award\b/i,
  ],
  ['ids have 24 digits', /\b24 hex/i],
  ['null clears', /(\bnull\b|""|\[\])( or (""|\[\]))? (clears|removes|empties)\b/i],
  ['badges grant XP and coins', /\b(with|much|many) (XP|coins)\b/i],
  ['a proof is required', /\bproof\b/i],
  ['a deletion is final', /\bdeletes?\b.*\bfor good\b|\bcannot be brought back\b/i],
  ['any ten seconds are counted', /\bany 10 seconds\b/i],
  ['a count has no effect', /\bwithout effect\b|\bno effect for\b/i],
  ['members have numeric ids', /\bnumeric id\b/i],
  ['a telephone number has a country code', /\bcountry code\b/i],
  ['an assignment adds', /\bkeeps (the others|those|what .* has)\b/i],
  ['a picture is an https URL', /(?<!\bno )\bhttps URL\b/i],
  ['the paths of the list and the deletion', /\bpaths? of (its|the) (list|delet)/i],
];

/** Where a rule of our own is said, and not what a provider does. */
const OWN_RULES =
  /^(src\/(config|server|http|sandbox)\/|src\/providers\/(graph-types|settings|input-checks)\.ts)/;

interface Text {
  at: string;
  text: string;
}

function claimsWithoutMark(texts: readonly Text[]): string[] {
  return texts
    .filter(({ text }) => !MARK.test(text))
    .flatMap(({ at, text }) =>
      CLAIMS.filter(([, said, orMark]) => said.test(text) && !orMark?.test(text)).map(
        ([claim]) => `${at}: ${claim}: ${text}`,
      ),
    );
}

/** Of messages and descriptions as the code has them; pieces that are filled in are left out. */
function stringsOf(file: string): Text[] {
  const found: string[] = [];
  const look = (node: ts.Node): void => {
    // The name of a property in a type is no text.
    if (ts.isLiteralTypeNode(node)) return;
    if (ts.isStringLiteralLike(node)) found.push(node.text);
    else if (ts.isTemplateExpression(node)) {
      found.push(
        [node.head, ...node.templateSpans.map(({ literal }) => literal)]
          .map(({ text }) => text)
          .join('…'),
      );
    }
    ts.forEachChild(node, look);
  };
  look(ts.createSourceFile(file, readText(file), ts.ScriptTarget.Latest));
  return found.map((text) => ({ at: file, text }));
}

function commentsOf(file: string): Text[] {
  const scanner = ts.createScanner(
    ts.ScriptTarget.Latest,
    false,
    ts.LanguageVariant.Standard,
    readText(file),
  );
  const found: Text[] = [];
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    const isComment =
      kind === ts.SyntaxKind.MultiLineCommentTrivia ||
      kind === ts.SyntaxKind.SingleLineCommentTrivia;
    if (isComment)
      found.push({ at: file, text: scanner.getTokenText().replace(/\s*\n\s*\*?\s*/g, ' ') });
  }
  return found;
}

/** A row of a table is one; the rest is cut at the ends of sentences. */
function sentencesOf(file: string): Text[] {
  return readText(file)
    .split('\n')
    .flatMap((line) => (line.startsWith('|') ? [line] : line.split(/(?<=[.;]) /)))
    .map((text) => ({ at: file, text }));
}

const code = readdirSync(`${root}/src`, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => `src/${file}`)
  .filter((file) => !OWN_RULES.test(file));
const pages = ['README.md', ...readdirSync(`${root}/docs`).map((file) => `docs/${file}`)].filter(
  (file) => file.endsWith('.md') && file !== 'docs/providers.md',
);
const contracts = readdirSync(`${root}/src`, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('contract.yaml'))
  .map((file) => `src/${file}`);

let elements: Described[];
beforeAll(async () => {
  elements = describedElements((await createBadgesSchema()).schema);
});

describe('what is a claim, and what marks it', () => {
  test.each([
    ['Returning.AI replaces the whole badge at each update.', 1],
    ['Returning.AI replaces the whole badge at each update (inferred).', 0],
    ["TagMango's id of the badge, 24 hexadecimal digits.", 1],
    ['Null or "" removes the description.', 1],
    ['Null clears it (inferred).', 0],
    ['It is not the input field `award`.', 1],
    ['Its documented answers never show it.', 0],
    ['Deletes a badge for good.', 1],
    ['The name of the badge.', 0],
  ])('%s', (text, claims) => {
    expect(claimsWithoutMark([{ at: '', text }])).toHaveLength(claims);
  });
});

describe('what is inferred says so', () => {
  test('in every description of the schema', () => {
    const texts = elements
      .filter(({ path }) => path !== 'HttpsUrl')
      .map(({ path, description }) => ({ at: path, text: description ?? '' }));
    expect(claimsWithoutMark(texts)).toEqual([]);
  });

  test('in messages and comments of the code', () => {
    expect(code.length).toBeGreaterThan(50);
    expect(claimsWithoutMark(code.flatMap(stringsOf))).toEqual([]);
    expect(claimsWithoutMark(code.flatMap(commentsOf))).toEqual([]);
  });

  test('on every page', () => {
    expect(claimsWithoutMark(pages.flatMap(sentencesOf))).toEqual([]);
  });

  test('in the contract files', () => {
    expect(contracts).toHaveLength(providers.length);
    const lines = contracts.flatMap((file) =>
      readText(file)
        .split('\n')
        .filter((line) => !line.startsWith('#'))
        .map((text) => ({ at: file, text })),
    );
    expect(claimsWithoutMark(lines)).toEqual([]);
  });
});

describe('docs/providers.md', () => {
  const page = readText('docs/providers.md');
  const [, weighty = ''] = page.split(/^## Where an inference carries weight\n([^]*?)^## /m);
  const rows = weighty.split('\n').filter((line) => line.startsWith('|'));
  const said = rows.slice(2).map((row) => {
    const cells = row.split('|').map((cell) => cell.trim());
    return {
      inference: cells[1] ?? '',
      at: [...(cells[4] ?? '').matchAll(/`([^`]+)`/g)].map(([, path]) => path),
    };
  });

  test('begins with who it is for, and with how little is certain', () => {
    const [, first = '', second = '', ...rest] = page.split('\n\n');
    expect(first).toMatch(/^This page is for /);
    expect(second).toContain('Know this first');
    const [notes = ''] = rest;
    expect(notes).toContain('Nothing was called live');
    expect(notes).toMatch(/"Developing"/);
    expect(notes).toMatch(/legacy/);
  });

  test('the README says the same of the status', () => {
    const [, section = ''] = readText('README.md').split(
      '## What is documented, and what is inferred',
    );
    expect(section).toMatch(/"Developing"[^]*legacy[^]*docs\/providers\.md/);
  });

  test('every inference that carries weight is marked where the schema says it', () => {
    expect(said.length).toBeGreaterThan(8);
    const marked = new Set(
      elements
        .filter(
          ({ description = '' }) =>
            MARK.test(description ?? '') || AS_DOCUMENTED.test(description ?? ''),
        )
        .map(({ path }) => path),
    );
    for (const { inference, at } of said) {
      expect({ inference, at, unmarked: at.filter((path) => !marked.has(path ?? '')) }).toEqual({
        inference,
        at: expect.arrayContaining([expect.any(String)]),
        unmarked: [],
      });
    }
  });

  test('every fact has a column for what is documented, what is inferred, and whether it was seen', () => {
    const tables = page
      .split(/^## /m)
      .filter((part) => /^(Returning\.AI|TagMango)$/m.test(part.split('\n')[0] ?? ''));
    expect(tables).toHaveLength(2);
    for (const table of tables) {
      const lines = table.split('\n').filter((line) => line.startsWith('|'));
      expect(lines[0]?.split('|').map((cell) => cell.trim())).toEqual([
        '',
        'Topic',
        'Documented',
        'Inferred',
        'Seen',
        '',
      ]);
      const seen = lines.slice(2).map((line) => line.split('|').at(-2)?.trim());
      expect(seen.length).toBeGreaterThan(10);
      expect(seen.filter((cell) => !/^(no|\d{4}-\d{2}-\d{2})$/.test(cell ?? ''))).toEqual([]);
    }
  });
});
