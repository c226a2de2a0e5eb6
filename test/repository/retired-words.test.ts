import { globSync, readdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import ts from 'typescript';
import { readText, root } from './lock.ts';
import { retiredWords, retiredWordsIn } from './retired-words.ts';

const texts = [
  ...globSync('schema/**/*.graphql', { cwd: root }),
  ...readdirSync(root).filter((file) => file.endsWith('.md')),
  ...readdirSync(`${root}/docs`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

test.each(texts)('%s uses no retired name or phrase', (file) => {
  expect(retiredWordsIn(readText(file))).toEqual([]);
});

const filesIn = (folder: string, ending: RegExp): string[] =>
  readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((file) => ending.test(file))
    .map((file) => `${folder}/${file}`);

test.each(filesIn('schema', /\.graphql$/))('%s uses no retired name or phrase', (file) => {
  expect(retiredWordsIn(readText(file))).toEqual([]);
});

/** Messages, descriptions and log lines, as the code has them; a text without a blank is a name. */
function textsOf(file: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) found.push(node.text);
    else if (ts.isTemplateMiddleOrTemplateTail(node)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readText(file), ts.ScriptTarget.Latest));
  return found.filter((text) => text.includes(' '));
}

test('no message, description or log line of the code uses a retired name or phrase', () => {
  const files = filesIn('src', /\.ts$/);
  expect(files.length).toBeGreaterThan(50);
  const found = files.flatMap((file) =>
    textsOf(file).flatMap((text) => retiredWordsIn(text).map((phrase) => `${file}: ${phrase}`)),
  );
  expect(found).toEqual([]);
});

test('no comment and no name of the code contains a retired phrase', () => {
  const files = filesIn('src', /\.[jt]s$/);
  expect(files.length).toBeGreaterThan(50);
  const found = files.flatMap((file) =>
    readText(file)
      .split('\n')
      .flatMap((line, index) =>
        retiredWordsIn(line).map((phrase) => `${file}:${index + 1}: ${phrase}`),
      ),
  );
  expect(found).toEqual([]);
});

test('every phrase of the list is found, also over two lines and in capitals', () => {
  const missed = retiredWords.filter(
    (phrase) =>
      !retiredWordsIn(`A ${phrase.toUpperCase().replaceAll(' ', '\n')} B`).includes(phrase),
  );
  expect(missed).toEqual([]);
});

test('a phrase inside another word is not one', () => {
  expect(retiredWordsIn('The bookshelf, consistent and insistently.')).toEqual([]);
});

test('the list is sorted, and names each phrase once', () => {
  const sorted = [...new Set(retiredWords)].sort((a, b) =>
    a.toLowerCase() < b.toLowerCase() ? -1 : 1,
  );
  expect(retiredWords).toEqual(sorted);
});
