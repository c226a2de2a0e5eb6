import { expect, test } from '@jest/globals';
import { type LockedPackage, isProduction, lockedPackages, readLock, readText } from './lock.ts';
import { isMetBy } from './spdx.ts';

/** What is shipped may be given on in any form, as long as its notices stay with it. */
const IN_PRODUCTION = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
  'Unlicense',
]);
/**
 * CC-BY-4.0 is a table of browsers. Elastic-2.0 is Apollo's composition and gateway: free to use,
 * but not to be offered to others as a service, so they stay in tests and examples.
 */
const IN_DEVELOPMENT = new Set([...IN_PRODUCTION, 'CC-BY-4.0', 'Elastic-2.0']);

const packages = lockedPackages(readLock());

function licenceOf({ license, path }: LockedPackage): string {
  if (license !== undefined) return license;
  const installed = JSON.parse(readText(`${path}/package.json`)) as { license?: unknown };
  return typeof installed.license === 'string' ? installed.license : 'none';
}

function refused(some: LockedPackage[], allowed: ReadonlySet<string>): string[] {
  return some
    .map((one) => ({ ...one, licence: licenceOf(one) }))
    .filter(({ licence }) => !isMetBy(licence, allowed))
    .map(({ name, version, licence }) => `${name}@${version}: ${licence}`);
}

test.each([
  ['MIT', true],
  ['GPL-3.0-only', false],
  ['(MIT OR GPL-3.0-only)', true],
  ['GPL-3.0-only OR AGPL-3.0-only', false],
  ['MIT AND ISC', true],
  ['(MIT AND GPL-3.0-only)', false],
  ['GPL-3.0-only AND MIT OR ISC', true],
  ['GPL-3.0-only AND (MIT OR ISC)', false],
  ['MIT OR', false],
  ['MIT)', false],
  ['(MIT', false],
  ['MIT WITH an-exception', false],
  ['SEE LICENSE IN MIT', false],
  ['', false],
])('of the licence “%s” it is known whether MIT and ISC meet it', (expression, isMet) => {
  expect(isMetBy(expression, new Set(['MIT', 'ISC', 'Python-2.0']))).toBe(isMet);
});

test('what runs in production has a licence that allows to ship it', () => {
  const production = packages.filter(isProduction);
  expect(production.length).toBeGreaterThan(100);
  expect(refused(production, IN_PRODUCTION)).toEqual([]);
});

test('what develops and tests it has a licence that allows to use it', () => {
  const development = packages.filter((one) => !isProduction(one));
  expect(development.length).toBeGreaterThan(100);
  expect(refused(development, IN_DEVELOPMENT)).toEqual([]);
});
