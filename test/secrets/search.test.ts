import { describe, expect, test } from '@jest/globals';
import { toSecretMarker, toWords } from './markers.ts';
import { findMarkers } from './search.ts';
import { spelledOut } from './spellings.ts';

const planted = toSecretMarker('a key');
const other = toSecretMarker('another key');
const around = (text: string): string => `{"level":30,"msg":"${text}","time":1}\n`;
const namesIn = (text: string): string[] =>
  findMarkers([{ from: 'log', text: around(text) }], [other, planted]).map(({ marker }) => marker);

describe('a secret that leaked on purpose is found', () => {
  test.each(Object.entries(spelledOut(planted.value)))('%s', (_way, text) => {
    expect(namesIn(text)).toEqual(['a key']);
  });

  test.each([
    ['its first twelve letters', planted.core.slice(0, 12)],
    ['eight letters of its middle', planted.core.slice(9, 17)],
    [
      'in JSON in a text of JSON in another',
      JSON.stringify(JSON.stringify(JSON.stringify(planted.value))),
    ],
    ['in base64 of a header in JSON', JSON.stringify(btoa(`user:${planted.value}`))],
    ['in a URL in a URL', encodeURIComponent(encodeURIComponent(`a ${planted.value}`))],
    ['backwards', [...planted.value].reverse().join('')],
  ])('%s', (_way, text) => {
    expect(namesIn(text)).toEqual(['a key']);
  });
});

test('a finding says which marker it is, where it left, and what stands around it', () => {
  const text = around(`the key is ${planted.core}, they say`);
  expect(findMarkers([{ from: 'stderr', text }], [planted])).toEqual([
    { marker: 'a key', from: 'stderr', excerpt: expect.stringContaining(planted.core) },
  ]);
});

test('what was not planted is not found, not even seven letters of it', () => {
  expect(namesIn(toWords('of a provider').value)).toEqual([]);
  expect(namesIn(planted.core.slice(0, 7))).toEqual([]);
});
