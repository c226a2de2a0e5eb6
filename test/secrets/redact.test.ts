import { describe, expect, test } from '@jest/globals';
import { createRedact } from '../../src/http/provider-text.ts';
import { toPlainMarker, toSecretMarker } from './markers.ts';
import { findMarkers } from './search.ts';
import { spelledOut } from './spellings.ts';

const markers = [toSecretMarker('with other letters'), toPlainMarker('of letters and digits')];

describe.each(markers)('our key $name is not in what is logged of an echo', (marker) => {
  test.each(Object.entries(spelledOut(marker.value)))('%s', (_way, echo) => {
    const text = createRedact(['another secret', marker.value])(`no such key: ${echo} (403)`);
    expect(findMarkers([{ from: 'log', text }], [marker])).toEqual([]);
    expect(text).toMatch(/^no such key: /);
  });

  test('where the text is cut', () => {
    const redact = createRedact([marker.value]);
    const texts = Array.from({ length: 40 }, (_, before) =>
      redact('-'.repeat(290 - before) + marker.value + marker.value),
    );
    expect(findMarkers([{ from: 'log', text: texts.join('\n') }], [marker])).toEqual([]);
    for (const text of texts) expect(text.length).toBeLessThanOrEqual(300);
  });
});

test('megabytes of an echo are cut before they are read', () => {
  const [marker] = markers;
  const echo = `${marker?.value} `.repeat(100_000);
  expect(createRedact([marker?.value ?? ''])(echo)).toMatch(/^(\[redacted\] )+/);
});

test('what is no secret stays as it is', () => {
  const text = 'Größe: {"message":"Badge not found","code":404} <b>İ</b>';
  expect(createRedact(['a secret that is not there'])(text)).toBe(text);
});
