import { expect, test } from '@jest/globals';
import { readLock, readText } from './lock.ts';

interface Described {
  version: string;
  license: string;
  description: string;
  keywords: string[];
}

const manifest = JSON.parse(readText('package.json')) as Described;

test('the licence in package.json is that of the file LICENSE, and the lock agrees', () => {
  expect(readText('LICENSE').startsWith(`${manifest.license} License\n`)).toBe(true);
  const { version, license } = readLock().packages[''] ?? {};
  expect({ version, license }).toEqual({ version: manifest.version, license: manifest.license });
});

test('the changelog begins with the version of package.json', () => {
  const [, newest] = /^## (\S+)/m.exec(readText('CHANGELOG.md')) ?? [];
  expect(newest).toBe(manifest.version);
});

test('the package is described, with sorted keywords', () => {
  expect(manifest.description).toMatch(/^An? .*subgraph/);
  expect(manifest.keywords.length).toBeGreaterThan(4);
  expect(manifest.keywords).toEqual([...manifest.keywords].sort());
});
