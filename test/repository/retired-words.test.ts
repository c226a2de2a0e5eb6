import { globSync, readdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';
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
