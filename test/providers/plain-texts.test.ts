import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isHttpsUrl } from '../../src/providers/graph-types.ts';
import { ForumBadge } from '../conformance/forum/badge.ts';

/** Its texts may stand at any depth of the record. */
const badgeOf = (record: object) =>
  new ForumBadge(record as ConstructorParameters<typeof ForumBadge>[0], {
    isImageUrl: isHttpsUrl,
    values: undefined,
  });

test('the texts of a badge are plain if all of its record are, at any depth', () => {
  let plain = 0;
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (record) => {
      const texts: string[] = [];
      JSON.stringify(record, (_key, value: unknown) => {
        if (typeof value === 'string') texts.push(value);
        return value;
      });
      const arePlain = texts.every((text) => /^[ !#-[\]-~]*$/.test(text));
      plain += arePlain ? 1 : 0;
      expect(badgeOf(record).hasPlainTexts).toBe(arePlain);
    }),
  );
  expect(plain).toBeGreaterThan(0);
  for (const odd of ['é', '\u0001', '"', '\\', '\u007f']) {
    expect(badgeOf({ type: { names: ['plain', odd] } }).hasPlainTexts).toBe(false);
  }
});
